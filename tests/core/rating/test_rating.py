"""Rating: quantity in, exact amount and its terms out; amounts are written out for an accountant."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.errors import InvalidValue
from gateway.core.plans.plan import (
    FlatFee,
    Graduated,
    Matrix,
    Package,
    PackageRounding,
    PerUnit,
    PriceModel,
    Tier,
    Volume,
)
from gateway.core.rating.rate import rate

DEPARTURES = Graduated(
    (
        Tier(Decimal(1000), Decimal("12.50")),
        Tier(Decimal(3000), Decimal("11.25")),
        Tier(None, Decimal("9.875")),
    )
)
AIRCRAFT = Volume(
    (
        Tier(Decimal(50), Decimal("40.00")),
        Tier(Decimal(200), Decimal("35.00")),
        Tier(None, Decimal("30.00")),
    )
)
WITH_FLAT_FEES = (
    Tier(Decimal(10), Decimal(2), flat_amount=Decimal(5)),
    Tier(Decimal(20), Decimal(1), flat_amount=Decimal(3)),
    Tier(None, Decimal(0), flat_amount=Decimal(7)),
)
MILES = Package(Decimal(1000), Decimal("1.35"))
WHOLE_MILES = Package(Decimal(1000), Decimal("1.35"), PackageRounding.DOWN)
TENTHS = Package(Decimal("0.1"), Decimal("0.01"))
RUNWAY = Matrix("origin", {"JFK": Decimal("3.10"), "LGA": Decimal("4.25")})
WITH_DEFAULT = Matrix("origin", {"JFK": Decimal("3.10")}, Decimal("1.00"))

RATED = [
    # what, price, quantity, amount
    ("graduated: nothing", DEPARTURES, "0", "0"),
    ("graduated: below the edge", DEPARTURES, "999", "12487.50"),
    ("graduated: on the edge", DEPARTURES, "1000", "12500.00"),
    ("graduated: one above", DEPARTURES, "1001", "12511.25"),
    ("graduated: a fraction above", DEPARTURES, "1000.5", "12505.625"),
    ("graduated: second edge", DEPARTURES, "3000", "35000.00"),
    ("graduated: above all", DEPARTURES, "4605", "50849.375"),
    ("graduated: a correction below zero", DEPARTURES, "-2", "-25.00"),
    ("graduated: the first flat fee at zero", Graduated(WITH_FLAT_FEES), "0", "5"),
    ("graduated: on the edge the next is not entered", Graduated(WITH_FLAT_FEES), "10", "25"),
    ("graduated: just above it is", Graduated(WITH_FLAT_FEES), "10.000000000001", "28.000000000001"),
    ("graduated: all flat fees", Graduated(WITH_FLAT_FEES), "21", "45"),
    ("volume: nothing", AIRCRAFT, "0", "0"),
    ("volume: below the edge", AIRCRAFT, "49", "1960.00"),
    ("volume: on the edge", AIRCRAFT, "50", "2000.00"),
    ("volume: one above, and the total falls", AIRCRAFT, "51", "1785.00"),
    ("volume: between whole numbers", AIRCRAFT, "50.5", "1767.500"),
    ("volume: above all", AIRCRAFT, "201", "6030.00"),
    ("volume: the flat fee of the one tier", Volume(WITH_FLAT_FEES), "20", "23"),
    ("package: none started", MILES, "0", "0"),
    ("package: one started", MILES, "1", "1.35"),
    ("package: one full", MILES, "1000", "1.35"),
    ("package: a second started", MILES, "1000.000000000001", "2.70"),
    ("package: many", MILES, "6746943", "9108.45"),
    ("package: whole ones only", WHOLE_MILES, "1999", "1.35"),
    ("package: none whole", WHOLE_MILES, "999", "0"),
    ("package: 0.3 is three tenths, not four", TENTHS, "0.3", "0.03"),
    ("package: 0.31 starts a fourth", TENTHS, "0.31", "0.04"),
    ("package: a correction below zero", MILES, "-1500", "-1.35"),
    ("per unit", PerUnit(Decimal("0.0375")), "980893", "36783.4875"),
    ("per unit: free", PerUnit(Decimal(0)), "12", "0"),
    ("flat fee", FlatFee(Decimal("1000.00")), "1", "1000.00"),
    ("per unit: 38 digits times 18 places", PerUnit(Decimal("0.000000000000000001")), "9" * 26, "99999999." + "9" * 18),
]


@pytest.mark.parametrize(("model", "quantity", "amount"), [row[1:] for row in RATED], ids=[row[0] for row in RATED])
def test_a_quantity_costs(model: PriceModel, quantity: str, amount: str) -> None:
    assert rate(model, Decimal(quantity)).amount == Decimal(amount)


def test_the_terms_of_a_graduated_price_are_its_tiers() -> None:
    steps = rate(DEPARTURES, Decimal(3001)).steps

    assert [(step.label, str(step.units), str(step.amount)) for step in steps] == [
        ("up to 1,000", "1000", "12500.00"),
        ("above 1,000 up to 3,000", "2000", "22500.00"),
        ("above 3,000", "1", "9.875"),
    ]


@pytest.mark.parametrize(
    ("model", "origin", "amount"),
    [(RUNWAY, "JFK", "31.00"), (RUNWAY, "LGA", "42.50"), (WITH_DEFAULT, "EWR", "10.00"), (WITH_DEFAULT, "", "10.00")],
)
def test_a_matrix_prices_each_value_of_its_dimension(model: Matrix, origin: str, amount: str) -> None:
    assert rate(model, Decimal(10), (("origin", origin),)).amount == Decimal(amount)


@pytest.mark.parametrize("dimensions", [(("origin", "EWR"),), (("origin", ""),), ()])
def test_a_value_without_amount_is_refused_with_the_remedy(dimensions: tuple[tuple[str, str], ...]) -> None:
    with pytest.raises(InvalidValue, match="add it to the price or give it a default"):
        rate(RUNWAY, Decimal(1), dimensions)


amounts = st.decimals(0, 10**6, places=6)
sizes = st.decimals(0, 10**9, places=6).filter(bool)
quantities = st.decimals(0, 10**10, places=6)


@st.composite
def tier_rows(draw: st.DrawFn, with_flat_fees: bool = False) -> tuple[Tier, ...]:
    """Tiers with random edges and prices."""
    edges: list[Decimal | None] = [*sorted(draw(st.sets(sizes, max_size=5))), None]
    flat = amounts if with_flat_fees else st.just(Decimal(0))
    return tuple(Tier(edge, draw(amounts), draw(flat)) for edge in edges)


@given(tier_rows(with_flat_fees=True), quantities)
def test_tiers_sum_to_the_whole(tiers: tuple[Tier, ...], quantity: Decimal) -> None:
    rated = rate(Graduated(tiers), quantity)

    assert sum(step.units for step in rated.steps) == quantity
    assert sum(step.amount for step in rated.steps) == rated.amount


@given(tier_rows(), quantities, quantities)
def test_a_graduated_price_is_continuous_and_never_falls(
    tiers: tuple[Tier, ...], first: Decimal, second: Decimal
) -> None:
    model = Graduated(tiers)

    whole, part = rate(model, first + second), rate(model, first)

    assert whole.amount >= part.amount
    assert whole.amount - part.amount <= second * max(tier.unit_amount for tier in tiers)


@given(amounts, quantities)
def test_one_price_for_all_tiers_is_a_price_per_unit(amount: Decimal, quantity: Decimal) -> None:
    tiers = (Tier(Decimal(10), amount), Tier(Decimal(1000), amount), Tier(None, amount))

    found = {rate(model, quantity).amount for model in (PerUnit(amount), Graduated(tiers), Volume(tiers))}

    assert found == {amount * quantity}


@given(sizes, amounts, quantities)
def test_a_package_count_covers_the_quantity_and_no_more_than_one_too_many(
    size: Decimal, amount: Decimal, quantity: Decimal
) -> None:
    [up] = rate(Package(size, amount), quantity).steps
    [down] = rate(Package(size, amount, PackageRounding.DOWN), quantity).steps

    assert down.units * size <= quantity <= up.units * size
    assert up.units - down.units == (0 if quantity == down.units * size else 1)
