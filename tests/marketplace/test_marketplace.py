"""The marketplace against an oracle that shares no code with us: every line in every currency."""

import random
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from gateway_example_marketplace import EVENT_COUNT, events
from gateway_example_marketplace.sellers import SELLERS

from gateway.cli.examples import Event, load_example
from tests.flights.demo_runs import run
from tests.marketplace.oracle import expected_invoices

CURRENCIES_AND_ZONES = {seller.key: (seller.currency, seller.zone) for seller in SELLERS}
FEW = ["kuwait-coffee", "osaka-origami", "oslo-outlet", "austin-audio"]


def billed(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The invoices of a demo in the shape of the oracle."""
    return [
        {
            "customer": invoice["customer"],
            "issued_on": invoice["issued_on"],
            "currency": invoice["currency"],
            "total": Decimal(invoice["total"]),
            "lines": [
                {
                    "price": line["price"],
                    "period_start": line["period_start"],
                    "quantity": Decimal(line["quantity"]),
                    "amount": Decimal(line["amount"]),
                }
                for line in invoice["lines"]
            ],
        }
        for invoice in sorted(document["invoices"], key=lambda invoice: (invoice["issued_on"], invoice["customer"]))
    ]


def shuffled(found: list[Event]) -> list[Event]:
    return random.Random(7).sample(found, len(found))


def sent_again(found: list[Event]) -> list[Event]:
    return [*found, *found[::20]]


def test_the_quarter_is_billed_as_recomputed_from_the_sales(tmp_path: Any) -> None:
    document = run(f"sqlite:///{tmp_path}/gateway.db", load_example("marketplace"))

    assert document["events"] == {"accepted": EVENT_COUNT, "duplicate": 0, "conflict": 0, "quarantined": 0}
    assert {invoice["status"] for invoice in document["invoices"]} == {"finalized"}
    assert billed(document) == expected_invoices(events(), CURRENCIES_AND_ZONES)


def test_the_sales_have_every_currency_and_a_month_that_gives_commission_back() -> None:
    lines = [
        (invoice["currency"], line["amount"])
        for invoice in expected_invoices(events(), CURRENCIES_AND_ZONES)
        for line in invoice["lines"]
    ]
    assert {(currency, -amount.as_tuple().exponent) for currency, amount in lines} == {
        ("JPY", 0),
        ("USD", 2),
        ("EUR", 2),
        ("KWD", 3),
    }
    assert [currency for currency, amount in lines if amount < 0] == ["EUR"]


@pytest.mark.parametrize("change", [shuffled, sent_again])
def test_neither_order_nor_repeats_change_a_bill(
    database_url: str, change: Callable[[list[Event]], list[Event]]
) -> None:
    example = load_example("marketplace").only(FEW, None)
    changed = replace(example, events=lambda: change(list(example.events())))
    few = {key: CURRENCIES_AND_ZONES[key] for key in FEW}

    document = run(database_url, changed)

    assert billed(document) == expected_invoices((sale for sale in events() if sale["customer"] in few), few)
