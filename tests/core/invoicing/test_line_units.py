"""What quantities of lines are measured in, and what one unit costs where that is one price."""

from dataclasses import replace
from decimal import Decimal

import pytest

from gateway.core.invoicing.line_units import plural, unit_amount_of, unit_of, units_of
from gateway.core.invoicing.thresholds import less_billed
from gateway.core.metering.meter import Meter
from gateway.core.plans.price_models import (
    CapacityTier,
    Graduated,
    Matrix,
    Package,
    PerUnit,
    PriceModel,
    Stairstep,
    Tier,
)
from gateway.core.plans.price_terms import WITHOUT_TERMS, PriceTerms
from tests.core.documents import line
from tests.core.invoicing.test_billed_usage import counted, line_of, priced
from tests.core.samples import meter_version

D = Decimal
TIERS = Graduated((Tier(D(10), D("0.5")), Tier(None, D("0.25"))))
ONE_PRICE = [
    (PerUnit(D("0.002")), "11.838709677419", "0.002"),
    (PerUnit(D("0.002")), "-3", "0.002"),
    (TIERS, "10", "0.5"),
]
NO_ONE_PRICE = [
    (TIERS, "10.5"),
    (PerUnit(D(2)), "0"),
    (Package(D(1000), D(5)), "1"),
    (Stairstep((CapacityTier({}, D(30)),)), "1"),
    (Graduated((Tier(None, D(2), flat_amount=D(1)),)), "3"),
]


@pytest.mark.parametrize(("model", "quantity", "expected"), ONE_PRICE)
def test_a_unit_has_a_price_where_one_holds_for_the_whole_quantity(
    model: PriceModel, quantity: str, expected: str
) -> None:
    assert unit_amount_of(line_of(priced(model), counted(quantity))) == D(expected)


@pytest.mark.parametrize(("model", "quantity"), NO_ONE_PRICE)
def test_a_unit_has_no_price_where_there_is_not_one(model: PriceModel, quantity: str) -> None:
    assert unit_amount_of(line_of(priced(model), counted(quantity))) is None


@pytest.mark.parametrize("terms", [PriceTerms(included_units=D(1)), PriceTerms(minimum_amount=D(50))])
def test_terms_leave_no_one_price(terms: PriceTerms) -> None:
    assert unit_amount_of(line_of(priced(PerUnit(D(2)), terms), counted("5"))) is None


def test_a_price_by_dimension_has_one_for_each_line_whatever_the_dimension_is_called() -> None:
    price = priced(Matrix("tier", {"gold": D(3)}), WITHOUT_TERMS)

    assert unit_amount_of(line_of(price, counted("1", tier="gold"))) == D(3)


def test_fees_and_what_was_billed_before_have_no_unit_price() -> None:
    used = line_of(priced(PerUnit(D(2))), counted("1"))
    back = less_billed((), [used])[0]
    by_dimension = replace(back, dimensions=(("region", "eu"),))

    assert [unit_amount_of(each) for each in (line("base", "5"), back, by_dimension)] == [None, None, None]


def test_the_unit_is_that_of_the_version_that_counted() -> None:
    versions = (meter_version(key="m", unit="call"), meter_version(key="m", version=2, unit="GB"))
    meters = {"m": Meter("m", "M", versions)}

    assert [unit_of(meters, *pinned) for pinned in (("m", 1), ("m", 2))] == ["call", "GB"]
    assert [unit_of(meters, *pinned) for pinned in ((None, None), ("m", None), ("n", 1))] == [None] * 3


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("departure", "departures"),
        ("query", "queries"),
        ("day", "days"),
        ("search", "searches"),
        ("aircraft", "aircraft"),
        ("sms", "sms"),
        ("GB", "GB"),
        ("ms", "ms"),
        ("GB-month", "GB-month"),
    ],
)
def test_units_are_named_in_the_plural_where_they_are_words(unit: str, expected: str) -> None:
    assert plural(unit) == expected
    assert (units_of(D(1), unit), units_of(D("0.5"), unit)) == (unit, expected)
