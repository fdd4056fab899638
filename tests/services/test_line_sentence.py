"""Sentences about lines, as a customer reads them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from gateway.core.definitions.reading import read_definitions
from gateway.core.invoicing.drafting import draft_lines
from gateway.core.invoicing.invoice import InvoiceLine, MeteredQuantity
from gateway.core.metering.meter import UncountableReason
from gateway.core.periods.period import BillingPeriod
from gateway.core.rating.rated import Transaction
from gateway.core.subscriptions.subscription import Boundary
from gateway.services.line_sentence import line_sentence

UTC_ZONE = ZoneInfo("UTC")
JANUARY = BillingPeriod(datetime(2013, 1, 1, tzinfo=UTC), datetime(2013, 2, 1, tzinfo=UTC))


def plan_with(price: dict, currency: str = "USD", commitments: list | None = None):
    """A plan with one price on a meter of departures, or a fee."""
    counting = {"aggregation": "sum", "value": "v"}
    meter = {"key": "departures", "name": "Departures", "event_type": "flight", "unit": "x", **counting}
    plan = {"key": "p", "name": "P", "currency": currency, "interval": "month", "commitments": commitments or []}
    return read_definitions(
        {"meters": [meter], "plans": [{**plan, "prices": [{"key": "price", "name": "Price", **price}]}]}
    )


def line_of(
    defined, quantity: str, period: BillingPeriod = JANUARY, whole: BillingPeriod = JANUARY, values: Sequence[str] = ()
) -> InvoiceLine:
    transactions = tuple(Transaction(period.start, place, Decimal(value)) for place, value in enumerate(values))
    counted = MeteredQuantity("departures", 1, (), Decimal(quantity), transactions)
    meters = {meter.key: meter for meter in defined.meters}
    lines = draft_lines(defined.plans[0], meters, Boundary(period.end, period, whole, period, whole), [counted])
    return lines[-1]


def sentence(price: dict, quantity: str = "0", unit: str = "departure", currency: str = "USD", **terms) -> str:
    defined = plan_with(price, currency, terms.pop("commitments", None))
    zone = terms.pop("zone", UTC_ZONE)
    left_out = terms.pop("left_out", ())
    return line_sentence(line_of(defined, quantity, **terms), defined.plans[0], unit, zone, left_out)


GRADUATED = {
    "meter": "departures",
    "model": "graduated",
    "tiers": [
        {"up_to": "1000", "unit_amount": "12.50"},
        {"up_to": "3000", "unit_amount": "11.25"},
        {"unit_amount": "9.875"},
    ],
}


@pytest.mark.parametrize(
    ("price", "quantity", "expected"),
    [
        (
            GRADUATED,
            "3120",
            "3,120 departures from 1 to 31 January 2013: the first 1,000 at 12.50, the next 2,000 at 11.25, "
            "the last 120 at 9.875 make 36,185.00 USD.",
        ),
        (GRADUATED, "8", "8 departures from 1 to 31 January 2013: all of them at 12.50 make 100.00 USD."),
        (GRADUATED, "1", "1 departure from 1 to 31 January 2013: at 12.50 makes 12.50 USD."),
        (GRADUATED, "0", "No departures from 1 to 31 January 2013: 0.00 USD."),
        (
            {"meter": "departures", "model": "graduated", "tiers": [{"unit_amount": "1", "flat_amount": "5"}]},
            "0",
            "No departures from 1 to 31 January 2013: all of them at 1.00 plus 5.00 make 5.00 USD.",
        ),
        (
            {"meter": "departures", "model": "package", "package_size": "1000", "package_amount": "1.35"},
            "1000.5",
            "1,000.5 departures from 1 to 31 January 2013: 2 packages of 1,000 at 1.35 make 2.70 USD.",
        ),
        (
            {"meter": "departures", "model": "per_unit", "unit_amount": "0.0375"},
            "3",
            "3 departures from 1 to 31 January 2013: all of them at 0.0375 make 0.11 USD, rounded from 0.1125.",
        ),
        (
            {
                "meter": "departures",
                "model": "volume",
                "tiers": [{"up_to": "50", "unit_amount": "40"}, {"unit_amount": "35"}],
            },
            "60",
            "60 departures from 1 to 31 January 2013: all of them at 35.00 make 2,100.00 USD.",
        ),
    ],
)
def test_usage_says_how_much_when_and_at_what_price(price: dict, quantity: str, expected: str) -> None:
    assert sentence(price, quantity) == expected


def test_a_currency_shows_its_own_places() -> None:
    price = {"meter": "departures", "model": "per_unit", "unit_amount": "12"}

    assert sentence(price, "3", currency="JPY") == (
        "3 departures from 1 to 31 January 2013: all of them at 12 make 36 JPY."
    )


def test_a_fee_for_a_part_of_a_period_says_which_part() -> None:
    price = {"model": "flat", "amount": "1000", "timing": "in_advance"}
    part = BillingPeriod(datetime(2013, 1, 15, tzinfo=UTC), datetime(2013, 2, 1, tzinfo=UTC))

    assert sentence(price, period=part) == (
        "Price for 15 to 31 January 2013: 1,000.00 for a whole period, 17/31 of it for a part of the period, "
        "makes 548.39 USD, rounded from 17000/31."
    )


def test_a_true_up_says_what_was_promised_and_what_was_counted() -> None:
    price = {"meter": "departures", "model": "per_unit", "unit_amount": "2"}
    commitments = [{"key": "minimum", "name": "Minimum", "amount": "2500"}]

    assert sentence(price, "100", commitments=commitments) == (
        "Minimum for 1 to 31 January 2013: the commitment, 2500.00, less 200.00, makes 2,300.00 USD."
    )


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2013-01-03T00:00", "2013-01-04T00:00", "on 3 January 2013"),
        ("2013-01-15T00:00", "2013-02-15T00:00", "from 15 January to 14 February 2013"),
        ("2012-12-15T00:00", "2013-01-15T00:00", "from 15 December 2012 to 14 January 2013"),
        ("2013-01-15T10:30", "2013-02-15T10:30", "from 15 January 2013, 10:30 to 15 February 2013, 10:30"),
    ],
)
def test_the_last_day_is_included(start: str, end: str, expected: str) -> None:
    period = BillingPeriod(*(datetime.fromisoformat(each).replace(tzinfo=UTC) for each in (start, end)))

    text = sentence(GRADUATED, "0", period=period, whole=period)

    assert text == f"No departures {expected}: 0.00 USD."


@pytest.mark.parametrize(
    ("left_out", "expected"),
    [
        (((UncountableReason.MISSING, 1),), "1 event is left out: it has no value."),
        (
            ((UncountableReason.NOT_A_NUMBER, 1200),),
            "1,200 events are left out: they have a value that is not a number.",
        ),
        (
            ((UncountableReason.MISSING, 2), (UncountableReason.TOO_LARGE, 1)),
            "3 events are left out: 2 with no value, 1 with a value that is too large.",
        ),
    ],
)
def test_what_is_left_out_is_said_with_its_reason(left_out, expected: str) -> None:
    assert sentence(GRADUATED, "1", left_out=left_out).endswith(f" makes 12.50 USD. {expected}")
