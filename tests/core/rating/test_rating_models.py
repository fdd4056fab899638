"""Price models beyond unit, tier and package: amounts are written out for an accountant."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.errors import InvalidDefinition
from gateway.core.plans.price_models import (
    BlockTier,
    BlockTiersAll,
    BlockTiersTop,
    CapacityTier,
    CostPlus,
    Dynamic,
    FlatFee,
    Graduated,
    GraduatedPercentage,
    Matrix,
    Package,
    PercentageTier,
    PerUnit,
    PriceModel,
    Stairstep,
    Tier,
    Volume,
)
from gateway.core.rating.many import amounts_of
from gateway.core.rating.rate import average_unit_amount, rate
from gateway.core.rating.rated import Rated, UnitChange, Usage, amount_step

D = Decimal

RATES = GraduatedPercentage((PercentageTier(D(100), D(5)), PercentageTier(None, D(2), flat_amount=D(10))))
CAPPED = Graduated((Tier(D(10), D(1), D(2), cap_amount=D(6)), Tier(None, D("0.5"))))
THREE = (BlockTier(D(1), D(1), 5), BlockTier(D(1), D("0.50"), 5), BlockTier(D(1), D("0.25")))
MINUTES = (BlockTier(D(100), D(1), 10), BlockTier(D(1000), D("0.50"), 5))
OPEN_MINUTES = (BlockTier(D(100), D(1), 10), BlockTier(D(1000), D("0.50")))
STEPS = Stairstep((CapacityTier({"": D(10)}, D(5)), CapacityTier({"": D(50)}, D(20)), CapacityTier({}, D(80))))

RATED = [
    # what, price, quantity, amount, tier chosen
    ("rates: nothing", RATES, "0", "0", None),
    ("rates: on the edge", RATES, "100", "5", None),
    ("rates: the next tier is entered", RATES, "150", "16", None),
    ("cap: below it", CAPPED, "3", "5", None),
    ("cap: reached, flat amount included", CAPPED, "4", "6", None),
    ("cap: above it", CAPPED, "10", "6", None),
    ("cap: the next tier adds to it", CAPPED, "12", "7.0", None),
    ("blocks by tier: nothing", BlockTiersAll(MINUTES), "0", "0", None),
    ("blocks by tier: one started", BlockTiersAll(MINUTES), "1", "1", None),
    ("blocks by tier: the first tier is full", BlockTiersAll(MINUTES), "1000", "10", None),
    ("blocks by tier: the next is started", BlockTiersAll(MINUTES), "1000.5", "10.50", None),
    ("blocks by tier: the last goes on", BlockTiersAll(MINUTES), "9001", "14.50", None),
    ("blocks by tier: open", BlockTiersAll(OPEN_MINUTES), "9001", "14.50", None),
    ("blocks by tier: a correction below zero", BlockTiersAll(MINUTES), "-250", "-2", None),
    ("top block: nothing", BlockTiersTop(MINUTES), "0", "0", 1),
    ("top block: the end is inclusive", BlockTiersTop(MINUTES), "1000", "10", 1),
    ("top block: above it, and the total falls", BlockTiersTop(MINUTES), "1001", "1.00", 2),
    ("top block: the last goes on", BlockTiersTop(MINUTES), "9001", "5.00", 2),
    ("top block: tiers lie on each other", BlockTiersTop(THREE), "6", "3.00", 2),
    ("top block: the end of the second", BlockTiersTop(THREE), "10", "5.00", 2),
    ("top block: above it", BlockTiersTop(THREE), "11", "2.75", 3),
    ("stairstep: nothing", STEPS, "0", "5", 1),
    ("stairstep: on the edge", STEPS, "10", "5", 1),
    ("stairstep: above it", STEPS, "10.1", "20", 2),
    ("stairstep: open", STEPS, "51", "80", 3),
    ("dynamic: an amount in the major unit", Dynamic(), "40.205", "40.205", None),
    ("dynamic: cents and parts of them", Dynamic(2), "40.2", "0.402", None),
    ("cost-plus", CostPlus(D("1.25")), "40", "50.00", None),
]


@pytest.mark.parametrize(("model", "quantity", "amount", "tier"), [row[1:] for row in RATED], ids=[r[0] for r in RATED])
def test_a_quantity_costs(model: PriceModel, quantity: str, amount: str, tier: int | None) -> None:
    rated = rate(model, D(quantity))

    assert (rated.amount, rated.tier) == (D(amount), tier)


LABELS = [
    # price, quantity, what the terms are called
    (RATES, "150", "up to 100, above 100"),
    (CAPPED, "12", "up to 10, at most 6, above 10"),
    (Volume((Tier(D(5), D(3)), Tier(D(10), D(2)), Tier(None, D(1)))), "5", "up to 5"),
    (Volume((Tier(D(5), D(3)), Tier(D(10), D(2)), Tier(None, D(1)))), "6", "above 5 up to 10"),
    (Volume((Tier(D(5), D(3)), Tier(D(10), D(2)), Tier(None, D(1)))), "11", "above 10"),
    (BlockTiersAll(MINUTES), "1001", "tier 1, blocks of 100, tier 2, blocks of 1,000"),
    (BlockTiersTop(MINUTES), "1", "tier 1, blocks of 100"),
    (BlockTiersTop(MINUTES), "1001", "tier 2, blocks of 1,000"),
    (STEPS, "11", "tier 2"),
    (Dynamic(2), "1", "amounts of the events"),
    (CostPlus(D(2)), "1", "cost"),
    (FlatFee(D(2)), "1", "flat fee"),
    (PerUnit(D(2)), "1", "per unit"),
    (Package(D(10), D(2)), "1", "packages of 10"),
]


@pytest.mark.parametrize(("model", "quantity", "labels"), LABELS)
def test_the_terms_of_an_amount_are_named(model: PriceModel, quantity: str, labels: str) -> None:
    assert ", ".join(step.label for step in rate(model, D(quantity)).steps) == labels


def test_a_price_by_dimension_names_the_value() -> None:
    [step] = rate(Matrix("origin", {"JFK": D("3.10")}), D(2), (("origin", "JFK"),)).steps

    assert (step.label, step.amount) == ("origin JFK", D("6.20"))


def test_a_price_by_dimension_has_an_amount_for_usage_without_the_dimension() -> None:
    model = Matrix("origin", {"": D("1.10"), "JFK": D("3.10")})

    assert rate(model, D(2), (("terminal", "4"),)).amount == D("2.20")


SEVERAL = Stairstep(
    (
        CapacityTier({"cpu": D(10), "disk": D(100)}, D(1)),
        CapacityTier({"cpu": D(50)}, D(10)),
        CapacityTier({"cpu": D(75), "disk": D(750)}, D(99)),
    ),
    dimension="kind",
)


@pytest.mark.parametrize(
    ("quantities", "amount"),
    [
        ({"cpu": "10", "disk": "100"}, "1"),
        ({"cpu": "10"}, "1"),
        ({"cpu": "10", "disk": "101"}, "10"),
        ({"cpu": "51", "disk": "101"}, "99"),
        ({"cpu": "76"}, "99"),
    ],
)
def test_a_stairstep_of_several_quantities_is_the_first_whose_limits_all_hold(
    quantities: dict[str, str], amount: str
) -> None:
    usage = Usage(D(0), by_value={value: D(quantity) for value, quantity in quantities.items()})

    assert rate(SEVERAL, usage).amount == D(amount)


def test_a_capped_tier_says_so() -> None:
    [first, second] = rate(CAPPED, D(12)).steps

    assert (first.label, first.units, first.amount) == ("up to 10, at most 6", D(10), D(6))
    assert second.label == "above 10"


def test_the_amounts_of_events_are_summed_exactly() -> None:
    usage = Usage.of_values([D("10.1"), D("901.9")])

    assert rate(Dynamic(2), usage).amount == D("9.12")


@pytest.mark.parametrize(("amount", "quantity", "average"), [("0.402", "20", "0.0201"), ("1", "0", "0")])
def test_an_average_unit_amount_is_exact(amount: str, quantity: str, average: str) -> None:
    assert average_unit_amount(D(amount), D(quantity)) == D(average)


# A seat from the first day on is one seat; from the middle of the month on it is half of one.
SEATS = (Tier(D(5), D(10), D(100)), Tier(None, D(5), D(50)))
PRORATED = [
    # what, changes as (seats, prorated seats), amount
    ("nothing", [], "100"),
    ("one for a part of the period", [("1", "0.7")], "107"),
    ("up to the edge and back", [("5", "3.5"), ("-2", "-1")], "125"),
    ("one change across the edge is shared by its tiers", [("4", "2.8"), ("2", "1")], "185.5"),
    ("back across the edge", [("4", "2.8"), ("2", "1"), ("-3", "-0.6")], "180.5"),
    ("a change of nothing", [("0", "0"), ("1", "0.5")], "105"),
    ("down to nothing keeps the flat amounts", [("6", "3"), ("-6", "-3")], "150"),
    ("below zero costs nothing", [("4", "1.6"), ("-100", "-33.33")], "0"),
    ("no seat at any time", [("0", "0")], "100"),
    ("below zero and back", [("-2", "-1"), ("3", "2")], "110"),
    ("a third of a seat has 12 places", [("6", "1")], "159.166666666665"),
]


@pytest.mark.parametrize(("changes", "amount"), [row[1:] for row in PRORATED], ids=[row[0] for row in PRORATED])
def test_prorated_seats_cost(changes: list[tuple[str, str]], amount: str) -> None:
    usage = Usage(D(0), changes=tuple(UnitChange(D(full), D(prorated)) for full, prorated in changes))

    assert rate(Graduated(SEATS), usage).amount == D(amount)


def test_prorated_seats_are_told_by_their_tiers() -> None:
    usage = Usage(D(0), changes=(UnitChange(D(6), D(3)),))

    assert [step.label for step in rate(Graduated(SEATS), usage).steps] == ["up to 5", "above 5"]


def test_the_volume_tier_of_prorated_units_is_that_of_the_full_ones() -> None:
    rated = rate(Volume(SEATS), Usage(D("2.5"), full_quantity=D(6)))

    assert (rated.amount, rated.tier) == (D("62.5"), 2)


def test_what_is_owed_beyond_an_earlier_quantity_is_told_tier_by_tier() -> None:
    model = Graduated(SEATS)

    owed = rate(model, D(8)).beyond(rate(model, D(3)))

    assert owed.amount == D(85)
    assert [(step.label, step.units, step.unit_amount, step.flat_amount, step.amount) for step in owed.steps] == [
        ("up to 5", D(2), D(10), D(0), D(20)),
        ("above 5", D(3), D(5), D(50), D(65)),
    ]


def test_what_was_charged_by_another_tier_is_taken_back() -> None:
    model = Volume(SEATS)

    owed = rate(model, D(8)).beyond(rate(model, D(3)))

    assert (owed.amount, owed.tier) == (D(-40), 2)
    assert [(step.label, step.units, step.unit_amount, step.amount) for step in owed.steps] == [
        ("above 5", D(8), D(5), D(90)),
        ("up to 5", D(-3), D(10), D(-130)),
    ]


def test_nothing_is_an_exact_number_too() -> None:
    """A whole number of Python in its place would be summed in whatever context there is."""
    assert isinstance(Usage.of_values([]).quantity, Decimal)
    assert isinstance(Rated.of().amount, Decimal)


def test_several_amounts_together_keep_their_terms() -> None:
    together = Rated.together([Rated.of(amount_step("a", D(1))), Rated.of(amount_step("b", D("0.5")))])

    assert (together.amount, [step.label for step in together.steps]) == (D("1.5"), ["a", "b"])


UNSOUND = [
    # what is wrong, what is made, path and fault
    ("no tiers", lambda: Stairstep(()), "tiers: has 0 tiers; use 1 to 100"),
    ("no blocks", lambda: BlockTiersAll(()), "tiers: has 0 tiers; use 1 to 100"),
    ("a gap", lambda: BlockTiersTop((BlockTier(D(1), D(1)),) * 2), "tiers[0].blocks_in_tier: is missing; only the"),
    ("no blocks in a tier", lambda: BlockTier(D(1), D(1), 0), "blocks_in_tier: 0 is not 1 to"),
    ("a block of nothing", lambda: BlockTier(D(0), D(1)), "block_size: 0 is not above 0"),
    ("a limit of nothing", lambda: CapacityTier({"a": D(0)}, D(1)), "limits.a: 0 is not above 0"),
    ("a tier never chosen", lambda: Stairstep((STEPS.tiers[2], STEPS.tiers[0])), "tiers[1].limits: are not above"),
    ("an empty dimension", lambda: Stairstep(STEPS.tiers, " "), "dimension: is empty"),
    ("too many places", lambda: Dynamic(7), "amount_places: 7 is not 0 to 6"),
    ("a negative factor", lambda: CostPlus(D(-1)), "multiplier: -1 is negative"),
    ("a negative cap", lambda: Tier(None, D(1), cap_amount=D(-1)), "cap_amount: -1 is negative"),
    ("a negative rate", lambda: PercentageTier(None, D(-1)), "rate_percent: -1 is negative"),
]


@pytest.mark.parametrize(("make", "fault"), [row[1:] for row in UNSOUND], ids=[row[0] for row in UNSOUND])
def test_a_model_that_cannot_be_rated_is_refused(make: object, fault: str) -> None:
    with pytest.raises(InvalidDefinition) as refused:
        make()  # type: ignore[operator]

    assert fault in str(refused.value)


amounts = st.decimals(0, 10**6, places=6)
sizes = st.decimals("0.000001", 10**6, places=6)
quantities = st.decimals(0, 10**7, places=6)
blocks = st.builds(BlockTier, sizes, amounts, st.integers(1, 1000))


@given(st.lists(blocks, min_size=1, max_size=4), quantities, quantities)
def test_more_blocks_never_cost_less(tiers: list[BlockTier], first: Decimal, second: Decimal) -> None:
    model = BlockTiersAll(tuple(tiers))

    assert rate(model, first).amount <= rate(model, first + second).amount


@given(st.lists(st.tuples(st.integers(1, 50), st.integers(0, 50)), max_size=6))
def test_unprorated_changes_cost_what_their_sum_costs(changes: list[tuple[int, int]]) -> None:
    ups = tuple(UnitChange(D(units), D(units)) for units, _ in changes)
    total = sum(units for units, _ in changes)

    assert rate(Graduated(SEATS), Usage(D(0), changes=ups)).amount == rate(Graduated(SEATS), D(total)).amount


ALL_CAPPED = Graduated((Tier(D(10), D(1), cap_amount=D(6)), Tier(None, D("0.5"), cap_amount=D(3))))


@given(st.sampled_from([Graduated(SEATS), CAPPED, ALL_CAPPED, RATES]), st.lists(st.decimals(-100, 10**6, places=6)))
def test_many_quantities_cost_what_each_of_them_costs(model: PriceModel, quantities: list[Decimal]) -> None:
    assert amounts_of(model, quantities) == [rate(model, quantity).amount for quantity in quantities]
