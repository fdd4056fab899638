"""Payments and refunds of a quarter, made from a seed: the same on every machine."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from gateway_example_marketplace.sellers import SELLERS, Seller

SEED = 2026
STARTS_AT = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = 90
PLACES = {"EUR": 2, "USD": 2, "JPY": 0, "KWD": 3}

_MINUTES_PER_DAY = 24 * 60
_REFUND_AFTER_DAYS = 12

Event = dict[str, Any]


def sales() -> list[Event]:
    """Every payment, and every refund as a negative amount, in order of time."""
    found = [event for number, seller in enumerate(SELLERS) for event in _sales_of(seller, _random(number))]
    return sorted(found, key=lambda event: (event["occurred_at"], event["id"]))


def _random(number: int) -> Random:
    """The numbers of one seller; a seller more changes nobody else's."""
    return Random(SEED + number)  # noqa: S311 - nothing is kept secret by them


def _sales_of(seller: Seller, random: Random) -> Iterator[Event]:
    number = 0
    for day in range(seller.days):
        for _ in range(random.randint(0, 2 * seller.payments_per_day)):
            number += 1
            paid_at = STARTS_AT + timedelta(days=day, minutes=random.randrange(_MINUTES_PER_DAY))
            amount = _amount(seller, random)
            yield _event(seller, f"{number:05}", "payment", paid_at, amount)
            if random.randrange(100) < seller.refund_percent:
                refunded_at = paid_at + timedelta(minutes=random.randrange(_REFUND_AFTER_DAYS * _MINUTES_PER_DAY))
                yield _event(seller, f"{number:05}-refund", "refund", refunded_at, -amount)


def _amount(seller: Seller, random: Random) -> Decimal:
    """Between a tenth and twice of what is typical, in whole minor units."""
    percent = random.randint(10, 200)
    return (seller.typical_amount * percent / 100).quantize(Decimal(1).scaleb(-PLACES[seller.currency]))


def _event(seller: Seller, number: str, kind: str, occurred_at: datetime, amount: Decimal) -> Event:
    return {
        "source": "checkout",
        "id": f"{seller.key}-{number}",
        "type": "transaction.settled",
        "customer": seller.key,
        "occurred_at": occurred_at.isoformat().replace("+00:00", "Z"),
        "properties": {"kind": kind, "amount": str(amount), "currency": seller.currency},
    }
