"""The straight line goes on, exactly."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.forecasting import straight_line
from gateway.core.forecasting.straight_line import projected, unprojected
from gateway.core.invoicing.invoice import MeteredQuantity
from gateway.core.metering.meter import Aggregation
from gateway.core.rating.rated import Transaction
from tests.core.samples import at, instants, meter, month

JANUARY = month(1)


def forecast(quantity: str, as_of: str, aggregation: Aggregation = Aggregation.SUM, **options: object) -> str:
    counted = MeteredQuantity("departures", 1, (), Decimal(quantity))
    [found] = projected([counted], JANUARY, at(as_of), {"departures": meter(aggregation, **options)})
    return f"{found.quantity:f}"


@pytest.mark.parametrize(
    ("quantity", "as_of", "at_the_end"),
    [
        ("100", "2026-01-16T12:00", "200"),  # half of 31 days
        ("10", "2026-01-11", "31"),
        ("1", "2026-01-04", "10"),  # 10.33: whole things stay whole
        ("1.5", "2026-01-04", "15.500000000000"),
        ("0.1", "2026-01-08", "0.442857142857"),
        ("100", "2026-02-01", "100"),
        ("100", "2026-03-01", "100"),
        ("100", "2026-01-01", "100"),
        ("100", "2025-12-01", "100"),
        ("12345678901234567890123456789", "2026-01-16T12:00", "24691357802469135780246913578"),
        ("0", "2026-01-02", "0"),
    ],
)
def test_usage_goes_on_as_it_went_so_far(quantity: str, as_of: str, at_the_end: str) -> None:
    assert forecast(quantity, as_of) == at_the_end


def test_what_is_to_come_comes_at_another_pace() -> None:
    counted = MeteredQuantity("departures", 1, (), Decimal(100))

    [found] = projected([counted], JANUARY, at("2026-01-16T12:00"), {"departures": meter()}, Fraction(7, 10))

    assert found.quantity == 170


@pytest.mark.parametrize(
    ("aggregation", "options", "at_the_end"),
    [
        (Aggregation.UNIQUE_COUNT, {}, "200"),
        (Aggregation.WEIGHTED_SUM, {"recurring": True}, "200"),
        (Aggregation.SUM, {"recurring": True, "prorated_by_day": True}, "200"),
        (Aggregation.SUM, {"recurring": True}, "100"),
        (Aggregation.MAX, {}, "100"),
        (Aggregation.LATEST, {}, "100"),
    ],
)
def test_what_does_not_grow_with_time_stays(
    aggregation: Aggregation, options: dict[str, object], at_the_end: str
) -> None:
    assert forecast("100", "2026-01-16T12:00", aggregation, **options) == at_the_end


def transactions(*values: str) -> MeteredQuantity:
    """Transactions on the first days of January."""
    single = tuple(Transaction(at(f"2026-01-0{day}"), day, Decimal(value)) for day, value in enumerate(values, start=1))
    return MeteredQuantity("departures", 1, (), sum(map(Decimal, values), Decimal(0)), single)


def test_single_transactions_come_again_in_the_same_order() -> None:
    [found] = projected([transactions("10", "2.5")], JANUARY, at("2026-01-11"), {"departures": meter()})

    # 10 of 31 days: 6.2 transactions, the second, third and fourth time 10, 20 and 30 days later.
    assert [(f"{each.occurred_at:%d}", str(each.value)) for each in found.transactions] == [
        ("01", "10"),
        ("02", "2.5"),
        ("11", "10"),
        ("12", "2.5"),
        ("21", "10"),
        ("22", "2.5"),
    ]
    assert found.quantity == Decimal("37.5")


def test_too_many_single_transactions_stay_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(straight_line, "transactions_max", 5)
    counted, meters = [transactions("10", "2.5"), MeteredQuantity("calls", 1, (), Decimal(7))], {"departures": meter()}

    assert projected(counted[:1], JANUARY, at("2026-01-11"), meters) == tuple(counted[:1])
    assert unprojected(counted, JANUARY, at("2026-01-11")) == {"departures"}
    assert unprojected(counted, JANUARY, at("2026-01-17")) == frozenset()
    assert unprojected(counted, JANUARY, at("2026-01-01")) == frozenset()


@given(st.decimals(0, 10**12, places=6), instants("2026-01-01", "2026-02-10"))
def test_a_forecast_never_falls_below_what_was_used(quantity: Decimal, as_of: object) -> None:
    counted = MeteredQuantity("departures", 1, (), quantity)

    [found] = projected([counted], JANUARY, as_of, {"departures": meter()})  # type: ignore[arg-type]

    assert found.quantity >= quantity
    assert (found.meter, found.version, found.dimensions) == ("departures", 1, ())
