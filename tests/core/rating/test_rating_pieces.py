"""Prices with terms, for a whole period and piece by piece; the amounts are written out for an accountant."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.errors import InvalidDefinition
from gateway.core.metering.quantities import (
    ConversionOperation,
    RoundingMode,
    UnitConversion,
    UnitRounding,
)
from gateway.core.money import Money
from gateway.core.plans.plan import Timing
from gateway.core.plans.price_models import (
    CapacityTier,
    CostPlus,
    FlatFee,
    Graduated,
    Matrix,
    Package,
    Percentage,
    PerUnit,
    PriceModel,
    Stairstep,
    Tier,
    Volume,
    is_settled_at_the_end,
)
from gateway.core.plans.price_terms import WITHOUT_TERMS, PriceTerms, terms_faults
from gateway.core.rating.pieces import (
    LinePosition,
    is_adjustment,
    rate_fee_piece,
    rate_piece,
    rate_with_terms,
    still_owed,
)
from gateway.core.rating.rate import rate
from gateway.core.rating.rated import Usage

D = Decimal
THOUSANDS = UnitConversion(ConversionOperation.DIVIDE, D(1000))
STARTED = UnitRounding(RoundingMode.UP)
TEN = PerUnit(D(10))
TIERS = Graduated((Tier(D(5), D(0), D(100)), Tier(D(10), D(5)), Tier(None, D(1))))

WHOLE = [
    # what, price, terms, quantity, amount
    ("nothing said", TEN, PriceTerms(), "3", "30"),
    ("included units", TEN, PriceTerms(included_units=D(2)), "3", "10"),
    ("all of it included", TEN, PriceTerms(included_units=D(5)), "3", "0"),
    ("a correction has nothing included", TEN, PriceTerms(included_units=D(5)), "-3", "-30"),
    ("included before packages", Package(D(10), D(100)), PriceTerms(included_units=D(5)), "12", "100"),
    ("converted", TEN, PriceTerms(conversion=THOUSANDS), "1400", "14.0"),
    ("converted and rounded", TEN, PriceTerms(THOUSANDS, STARTED), "1400", "20"),
    ("then the included are taken off", TEN, PriceTerms(THOUSANDS, STARTED, D("0.5")), "1400", "15.0"),
    ("the flat amount at no usage", TIERS, PriceTerms(), "0", "100"),
    ("not where no usage is free", TIERS, PriceTerms(zero_usage_is_free=True), "0", "0"),
    ("but where there is some", TIERS, PriceTerms(zero_usage_is_free=True), "1", "100"),
    ("a discount", TEN, PriceTerms(discount_percent=D("12.5")), "3", "26.25"),
    ("below the minimum", TEN, PriceTerms(minimum_amount=D(50)), "3", "50"),
    ("at the minimum", TEN, PriceTerms(minimum_amount=D(50)), "5", "50"),
    ("above the maximum", TEN, PriceTerms(maximum_amount=D(50)), "6", "50"),
    ("at the maximum", TEN, PriceTerms(maximum_amount=D(50)), "5", "50"),
    ("the discount first", TEN, PriceTerms(discount_percent=D(50), maximum_amount=D(50)), "12", "50"),
    ("the minimum after the discount", TEN, PriceTerms(discount_percent=D(50), minimum_amount=D(50)), "9", "50"),
]


@pytest.mark.parametrize(
    ("model", "terms", "quantity", "amount"), [row[1:] for row in WHOLE], ids=[r[0] for r in WHOLE]
)
def test_a_period_costs(model: PriceModel, terms: PriceTerms, quantity: str, amount: str) -> None:
    rated = rate_with_terms(model, terms, Usage(D(quantity)))

    assert rated.amount == D(amount)
    assert sum(step.amount for step in rated.steps) == rated.amount


def test_each_term_that_changes_the_amount_is_a_step() -> None:
    terms = PriceTerms(discount_percent=D(50), maximum_amount=D(100), minimum_amount=D(10))

    dear, cheap = (rate_with_terms(TEN, terms, Usage(D(quantity))) for quantity in (30, 1))

    assert [is_adjustment(step) for step in dear.steps] == [False, True, True]

    assert [(step.label, step.amount) for step in dear.steps] == [
        ("per unit", D(300)),
        ("less 50 percent", D(-150)),
        ("lowered to at most 100", D(-50)),
    ]
    assert [(step.label, step.amount) for step in cheap.steps] == [
        ("per unit", D(10)),
        ("less 50 percent", D(-5)),
        ("raised to at least 10", D(5)),
    ]


def test_a_price_with_terms_names_the_tier_that_it_chose() -> None:
    model = Volume((Tier(D(5), D(3)), Tier(None, D(2))))

    rated = rate_with_terms(model, PriceTerms(discount_percent=D(50)), Usage(D(6)))

    assert (rated.amount, rated.tier) == (D(6), 2)


SINGLE, FIRST, MIDDLE, LAST = LinePosition
LIMITS = PriceTerms(maximum_amount=D(100), minimum_amount=D(60))
PIECES = [
    # what, price, terms, piece, before, quantity, billed before; usage, discount, maximum, minimum, total
    ("a first piece", TIERS, WITHOUT_TERMS, FIRST, "0", "3", "0", "100 0 0 0 100"),
    ("within a flat tier that is billed", TIERS, WITHOUT_TERMS, MIDDLE, "3", "2", "100", "0 0 0 0 0"),
    ("across tiers", TIERS, WITHOUT_TERMS, LAST, "8", "4", "115", "12 0 0 0 12"),
    ("no minimum before the end", TEN, LIMITS, MIDDLE, "0", "1", "0", "10 0 0 0 10"),
    ("the minimum at the end", TEN, LIMITS, LAST, "1", "2", "10", "20 0 0 30 50"),
    ("the minimum of a whole period", TEN, LIMITS, SINGLE, "0", "2", "0", "20 0 0 40 60"),
    ("the maximum counts what was billed", TEN, LIMITS, MIDDLE, "7", "5", "70", "50 0 20 0 30"),
    ("a package that is open already", Package(D(10), D(15)), WITHOUT_TERMS, MIDDLE, "1", "9", "15", "0 0 0 0 0"),
    ("a part of a cent comes later", PerUnit(D("0.004")), WITHOUT_TERMS, MIDDLE, "1", "1", "0", "0.01 0 0 0 0.01"),
    ("volume at the end", Volume((Tier(None, D(2)),)), WITHOUT_TERMS, LAST, "4", "1", "0", "10 0 0 0 10"),
    ("cost-plus, rounded", CostPlus(D("1.33333")), LIMITS, MIDDLE, "70", "50", "93.33", "66.67 0 60 0 6.67"),
]


@pytest.mark.parametrize(("last_amount", "is_late"), [("5", True), ("10", False), ("15", False)])
def test_a_stairstep_whose_amount_falls_is_settled_at_the_end(last_amount: str, is_late: bool) -> None:
    model = Stairstep((CapacityTier({"": D(10)}, D(10)), CapacityTier({}, D(last_amount))))

    assert is_settled_at_the_end(model) == is_late


@pytest.mark.parametrize(
    ("model", "terms", "position", "before", "quantity", "billed", "amounts"),
    [row[1:] for row in PIECES],
    ids=[row[0] for row in PIECES],
)
def test_a_piece_of_a_period_costs(
    model: PriceModel, terms: PriceTerms, position: LinePosition, before: str, quantity: str, billed: str, amounts: str
) -> None:
    billed_before = Money.rounded(D(billed), "USD")

    line = rate_piece(
        model, terms, position, "USD", before=D(before), quantity=D(quantity), billed_before=billed_before
    )

    assert line is not None
    found = (line.usage, line.percentage_discount, line.maximum_discount, line.minimum_charge, line.total)
    assert found == tuple(Money.rounded(D(amount), "USD") for amount in amounts.split())


def test_a_price_that_may_fall_has_no_line_before_the_end() -> None:
    model = Volume((Tier(None, D(2)),))

    line = rate_piece(model, WITHOUT_TERMS, MIDDLE, "USD", before=D(0), quantity=D(1), billed_before=Money.zero("USD"))

    assert line is None


@pytest.mark.parametrize(
    ("timing", "position", "amount"),
    [
        (Timing.IN_ADVANCE, SINGLE, "100"),
        (Timing.IN_ADVANCE, FIRST, "100"),
        (Timing.IN_ADVANCE, MIDDLE, "0"),
        (Timing.IN_ADVANCE, LAST, "0"),
        (Timing.IN_ARREARS, SINGLE, "100"),
        (Timing.IN_ARREARS, FIRST, "0"),
        (Timing.IN_ARREARS, MIDDLE, "0"),
        (Timing.IN_ARREARS, LAST, "100"),
    ],
)
def test_a_flat_fee_of_a_split_period_is_billed_once(timing: Timing, position: LinePosition, amount: str) -> None:
    assert rate_fee_piece(FlatFee(D(100)), timing, position).amount == D(amount)


def test_a_cost_that_was_billed_to_the_cent_owes_nothing_more() -> None:
    assert still_owed(D("3.69"), D("3.69")) == 0


UNFIT = [
    # model, terms, path and fault
    (FlatFee(D(1)), PriceTerms(minimum_amount=D(1)), "minimum_amount", "a flat fee has no usage"),
    (Matrix("d", {"a": D(1)}), PriceTerms(included_units=D(1)), "included_units", "a line for each value"),
    (Percentage(D(1), D(1)), PriceTerms(conversion=THOUSANDS), "conversion", "each transaction"),
    (Stairstep((CapacityTier({}, D(1)),), "d"), PriceTerms(included_units=D(1)), "included_units", "each quantity"),
]


@pytest.mark.parametrize(("model", "terms", "path", "fault"), UNFIT)
def test_terms_that_do_not_go_with_a_model_are_named(
    model: PriceModel, terms: PriceTerms, path: str, fault: str
) -> None:
    [(found, reason)] = terms_faults(model, terms)

    assert found == path
    assert fault in reason


@pytest.mark.parametrize("model", [TEN, Percentage(D(1)), Stairstep((CapacityTier({}, D(1)),))])
def test_terms_of_one_quantity_go_with_its_models(model: PriceModel) -> None:
    terms = PriceTerms(THOUSANDS, STARTED, D(1), discount_percent=D(1), maximum_amount=D(2), minimum_amount=D(1))

    assert list(terms_faults(model, terms)) == []


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"discount_percent": D(101)}, "discount_percent: 101 is above 100"),
        ({"discount_percent": D(-1)}, "discount_percent: -1 is negative"),
        ({"included_units": D(-1)}, "included_units: -1 is negative"),
        ({"minimum_amount": D(-1)}, "minimum_amount: -1 is negative"),
        ({"minimum_amount": D(2), "maximum_amount": D(1)}, "maximum_amount: 1 is below the minimum_amount of 2"),
    ],
)
def test_terms_that_cannot_be_are_refused(fields: dict[str, Decimal], fault: str) -> None:
    with pytest.raises(InvalidDefinition) as refused:
        PriceTerms(**fields)  # type: ignore[arg-type]

    assert fault in str(refused.value)


amounts = st.decimals(0, 1000, places=4)
quantities = st.decimals(0, 1000, places=3)


@st.composite
def models(draw: st.DrawFn) -> PriceModel:
    edges: list[Decimal | None] = [*sorted(draw(st.sets(st.decimals("0.001", 1000, places=3), max_size=3))), None]
    tiers = Graduated(tuple(Tier(edge, draw(amounts), draw(amounts)) for edge in edges))
    return draw(st.sampled_from([tiers, PerUnit(draw(amounts)), Package(D(7), draw(amounts))]))


terms_without_limits = st.builds(
    PriceTerms,
    st.none() | st.just(THOUSANDS),
    st.none() | st.just(STARTED),
    st.decimals(0, 10, places=1),
    discount_percent=st.decimals(0, 100, places=1),
)


@given(models(), terms_without_limits, st.lists(quantities, min_size=1, max_size=5), st.none() | amounts)
def test_the_pieces_sum_to_the_whole(
    model: PriceModel, terms: PriceTerms, parts: list[Decimal], least: Decimal | None
) -> None:
    limits = {"minimum_amount": least and round(least, 2), "discount_percent": terms.discount_percent}
    limited = PriceTerms(terms.conversion, terms.rounding, terms.included_units, **limits)
    positions = [FIRST, *[MIDDLE] * (len(parts) - 2), LAST] if len(parts) > 1 else [SINGLE]

    before, billed = D(0), Money.zero("USD")
    for position, part in zip(positions, parts, strict=True):
        line = rate_piece(model, limited, position, "USD", before=before, quantity=part, billed_before=billed)
        assert line is not None
        before, billed = before + part, billed + line.total

    whole = rate_piece(model, limited, SINGLE, "USD", before=D(0), quantity=before, billed_before=Money.zero("USD"))
    assert whole is not None
    assert billed == whole.total


@given(models(), quantities, amounts, amounts)
def test_an_amount_is_from_the_minimum_to_the_maximum(
    model: PriceModel, quantity: Decimal, one: Decimal, other: Decimal
) -> None:
    terms = PriceTerms(minimum_amount=min(one, other), maximum_amount=max(one, other))

    rated = rate_with_terms(model, terms, Usage(quantity))

    assert min(one, other) <= rated.amount <= max(one, other)
    assert rated.amount == sum(step.amount for step in rated.steps)


@given(models(), quantities)
def test_a_price_without_terms_is_its_model(model: PriceModel, quantity: Decimal) -> None:
    assert rate_with_terms(model, WITHOUT_TERMS, Usage(quantity)) == rate(model, quantity)
