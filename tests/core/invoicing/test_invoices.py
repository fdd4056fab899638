"""Invoices: which lines a boundary has, what they come to, and where a document may go."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.errors import CurrencyMismatch, IllegalTransition, InvalidValue
from gateway.core.invoicing.drafting import draft_invoice, draft_lines, inputs_hash, unpriced
from gateway.core.invoicing.invoice import Invoice, InvoiceLine, InvoiceStatus, MeteredQuantity
from gateway.core.metering.meter import Aggregation, Meter
from gateway.core.money import Money, minor_unit_places
from gateway.core.periods.period import BillingPeriod
from gateway.core.plans.plan import (
    Commitment,
    FlatFee,
    Graduated,
    Matrix,
    PerUnit,
    PlanVersion,
    Price,
    Tier,
    Timing,
)
from gateway.core.subscriptions.subscription import Boundary, Subscription, boundaries
from tests.core.samples import (
    BASE,
    DEPARTURES,
    MINIMUM,
    RUNWAY,
    at,
    local,
    meter,
    meter_version,
    plan,
    subscription,
)

METERS = {each.key: each for each in (meter(), meter(key="runway", dimensions=("origin",)))}


def counted(quantity: str, meter_key: str = "departures", version: int = 1, **dimensions: str) -> MeteredQuantity:
    return MeteredQuantity(meter_key, version, tuple(dimensions.items()), Decimal(quantity))


def boundary_at(instant: str, **fields: object) -> Boundary:
    """The boundary of United's subscription on a day in UTC."""
    return next(each for each in boundaries(subscription(**fields), at("2030-01-01")) if each.at == at(instant))


def billed(
    version: PlanVersion, boundary: Boundary, *quantities: MeteredQuantity, meters: dict[str, Meter] = METERS
) -> list[tuple[str, str, str]]:
    """Price, quantity and amount of each line."""
    lines = draft_lines(version, meters, boundary, quantities)
    return [(line.description, f"{line.quantity:f}", str(line.amount)) for line in lines]


def test_the_first_boundary_bills_fees_in_advance_alone() -> None:
    assert billed(plan(BASE, DEPARTURES), boundary_at("2026-01-01")) == [("Base fee", "1", "1000.00")]


def test_a_boundary_bills_the_usage_that_ended_and_the_fee_that_begins_in_the_order_of_the_prices() -> None:
    lines = draft_lines(plan(DEPARTURES, BASE), METERS, boundary_at("2026-02-01"), [counted("3")])

    assert [(line.price, line.period.start, str(line.amount)) for line in lines] == [
        ("departures", at("2026-01-01"), "37.50"),
        ("base", at("2026-02-01"), "1000.00"),
    ]


def test_the_last_boundary_bills_usage_alone() -> None:
    last = boundary_at("2026-03-01", ends_at=at("2026-03-01"))

    assert billed(plan(BASE, DEPARTURES), last, counted("2")) == [("Departures", "2", "25.00")]


def test_a_metered_price_has_a_line_at_quantity_zero_and_one_by_dimension_has_none() -> None:
    assert billed(plan(DEPARTURES, RUNWAY), boundary_at("2026-02-01")) == [("Departures", "0", "0.00")]


def test_a_price_by_dimension_has_a_line_per_value_in_alphabetical_order() -> None:
    quantities = [counted("2", "runway", origin="JFK"), counted("1", "runway", origin="EWR")]

    lines = draft_lines(plan(RUNWAY), METERS, boundary_at("2026-02-01"), quantities)

    assert [(line.dimensions, str(line.amount)) for line in lines] == [
        ((("origin", "EWR"),), "2.90"),
        ((("origin", "JFK"),), "6.20"),
    ]
    assert [line.description for line in lines] == ["Runway fee (EWR)", "Runway fee (JFK)"]


def test_dimensions_that_a_price_does_not_tell_apart_are_added_before_rating() -> None:
    by_tier = Price(
        "departures", "Departures", Graduated((Tier(Decimal(3), Decimal(10)), Tier(None, Decimal(1)))), "departures"
    )
    quantities = [counted("2", origin="JFK"), counted("2", origin="EWR")]

    assert billed(plan(by_tier), boundary_at("2026-02-01"), *quantities) == [("Departures", "4", "31.00")]


def test_a_matrix_adds_up_the_dimensions_that_it_does_not_name() -> None:
    quantities = [
        counted("2", "runway", origin="JFK", terminal="4"),
        counted("1", "runway", origin="JFK", terminal="8"),
    ]

    assert billed(plan(RUNWAY), boundary_at("2026-02-01"), *quantities) == [("Runway fee (JFK)", "3", "9.30")]


def test_versions_of_a_meter_within_a_period_are_rated_once_and_the_line_names_the_latest() -> None:
    tiers = Graduated((Tier(Decimal(1000), Decimal("12.50")), Tier(None, Decimal("9.875"))))
    price = Price("departures", "Departures", tiers, meter="departures")
    quantities = [counted("700", version=2), counted("600", version=1)]

    [line] = draft_lines(plan(price), METERS, boundary_at("2026-02-01"), quantities)

    assert (str(line.quantity), str(line.amount), line.meter_version) == ("1300", "15462.50", 2)


def test_a_line_at_quantity_zero_names_the_version_in_force_when_its_period_began() -> None:
    versions = (meter_version(version=1), meter_version(version=2, effective_from=at("2026-01-20")))
    meters = {"departures": Meter("departures", "Departures", versions)}

    [line] = draft_lines(plan(DEPARTURES), meters, boundary_at("2026-02-01"), [])

    assert line.meter_version == 1


def test_a_line_is_rounded_once_and_keeps_what_was_rated() -> None:
    price = Price("air-time", "Air time", PerUnit(Decimal("0.0375")), meter="departures")

    [line] = draft_lines(plan(price), METERS, boundary_at("2026-02-01"), [counted("980893")])

    assert (line.exact_amount, str(line.amount)) == ("36783.4875", "36783.49")


def test_quantities_of_more_than_28_digits_are_added_exactly() -> None:
    price = Price("departures", "Departures", PerUnit(Decimal("0.01")), meter="departures")
    large = [counted("9" * 26 + "." + "9" * 12, origin=origin) for origin in ("EWR", "JFK")]

    [line] = draft_lines(plan(price), METERS, boundary_at("2026-02-01"), large)

    assert line.quantity == Decimal("199999999999999999999999999.999999999998")
    assert str(line.amount) == "2000000000000000000000000.00"


PRORATED = [
    # subscription from, to, boundary, base fee of 1,000.00
    ("2026-01-15", None, "2026-01-15", "548.39"),  # 17 of 31 days
    ("2026-01-31T12:00", None, "2026-01-31T12:00", "16.13"),  # half a day of 31
    ("2026-01-01", "2026-01-10", "2026-01-01", "290.32"),  # 9 of 31 days
    ("2024-02-01", "2024-02-02", "2024-02-01", "34.48"),  # 1 of 29 days
    ("2026-02-01", "2026-02-01T00:00:01", "2026-02-01", "0.00"),  # 1 of 2,419,200 seconds
]


@pytest.mark.parametrize(("starts", "ends", "on", "amount"), PRORATED)
def test_a_fee_for_a_part_of_a_period_is_prorated_by_the_second(
    starts: str, ends: str | None, on: str, amount: str
) -> None:
    boundary = boundary_at(on, starts_at=at(starts), ends_at=at(ends) if ends else None, anchor=at("2024-01-01"))

    assert billed(plan(BASE), boundary) == [("Base fee", "1", amount)]


def test_a_prorated_fee_keeps_its_exact_fraction_and_says_of_what() -> None:
    boundary = boundary_at("2026-01-15", starts_at=at("2026-01-15"))

    [line] = draft_lines(plan(BASE), METERS, boundary, [])

    assert line.exact_amount == "17000/31"
    assert [step.label for step in line.steps] == ["flat fee, 17/31 of it for a part of the period"]


def test_a_fee_across_a_change_of_clocks_is_prorated_by_the_hours_that_pass() -> None:
    march = subscription(starts_at=local("2026-03-08"), anchor=local("2026-01-01"), time_zone="America/New_York")

    first = next(boundaries(march, at("2026-12-31")))

    assert billed(plan(BASE), first) == [("Base fee", "1", "773.89")]  # 575 of 743 hours


@pytest.mark.parametrize(
    ("quantity", "missing"),
    [("0", "2500.00"), ("199", "12.50"), ("199.9992", "0.01"), ("200", None), ("201", None)],
)
def test_a_commitment_is_filled_by_a_true_up_only_above_zero(quantity: str, missing: str | None) -> None:
    lines = billed(plan(DEPARTURES, commitments=(MINIMUM,)), boundary_at("2026-02-01"), counted(quantity))

    assert lines[1:] == ([("Minimum", "1", missing)] if missing else [])


def cut_at(instant: str, **fields: object) -> Boundary:
    """Where another phase takes over from United's subscription, which had no end."""
    return boundary_at(instant, ends_at=at(instant), is_cut=True, **fields)


def test_what_is_left_of_a_fee_in_advance_is_given_back() -> None:
    [line] = draft_lines(plan(BASE), METERS, cut_at("2026-01-16T12:00"), [])

    assert (line.description, str(line.amount), line.exact_amount) == ("Base fee, unused", "-500.00", "-500")
    assert line.period == BillingPeriod(at("2026-01-16T12:00"), at("2026-02-01"))
    assert [(step.label, str(step.unit_amount), str(step.amount)) for step in line.steps] == [
        ("flat fee, 1/2 of it for a part of the period", "-1000.00", "-1000.00")
    ]


def test_a_fee_is_given_back_to_its_last_digit() -> None:
    fee = replace(BASE, model=FlatFee(Decimal("123456789012345678.123456789012345678")))

    [line] = draft_lines(plan(fee), METERS, cut_at("2026-01-16T12:00"), [])

    assert [str(step.amount) for step in line.steps] == ["-123456789012345678.123456789012345678"]
    assert line.exact_amount == "-61728394506172839.061728394506172839"


def test_a_fee_that_is_kept_is_not_given_back() -> None:
    assert billed(plan(BASE), cut_at("2026-01-16T12:00", keeps_fees=True)) == []


def test_a_fee_in_arrears_leaves_nothing_to_give_back() -> None:
    fee = Price("support", "Support", FlatFee(Decimal(31)), timing=Timing.IN_ARREARS)

    assert billed(plan(fee), cut_at("2026-01-11")) == [("Support", "1", "10.00")]


def test_of_a_fee_of_nothing_nothing_comes_back() -> None:
    [line] = draft_lines(plan(replace(BASE, model=FlatFee(Decimal(0)))), METERS, cut_at("2026-01-11"), [])

    assert (str(line.amount), line.exact_amount) == ("0.00", "0")


def test_a_commitment_is_not_promised_before_a_period_has_ended() -> None:
    assert billed(plan(DEPARTURES, commitments=(MINIMUM,)), boundary_at("2026-01-01")) == []


TRUE_UPS = [
    # the subscription's last day, departures at 12.50, what is missing of 2,500.00 a month
    ("2026-02-01", "0", "2500.00"),
    ("2026-01-16", "0", "1209.68"),  # 15 of 31 days: 1,209.677...
    ("2026-01-16", "96", "9.68"),
    ("2026-01-16", "97", None),
    ("2026-01-02", "1", "68.15"),  # 1 of 31 days: 80.645...
]


@pytest.mark.parametrize(("ends", "quantity", "missing"), TRUE_UPS)
def test_a_commitment_of_a_period_that_is_cut_short_is_prorated(ends: str, quantity: str, missing: str | None) -> None:
    last = boundary_at(ends, ends_at=at(ends))

    lines = billed(plan(DEPARTURES, commitments=(MINIMUM,)), last, counted(quantity))

    assert lines[1:] == ([("Minimum", "1", missing)] if missing else [])


def test_the_true_up_fills_what_the_rounded_lines_leave() -> None:
    third = Price("third", "Third", PerUnit(Decimal("0.333")), meter="departures")
    promise = Commitment("minimum", "Minimum", Decimal("1.00"), ("third",))

    lines = draft_lines(plan(third, commitments=(promise,)), METERS, boundary_at("2026-02-01"), [counted("2")])

    assert [str(line.amount) for line in lines] == ["0.67", "0.33"]
    assert sum(line.amount.amount_minor for line in lines) == 100


def test_a_commitment_counts_the_prices_it_names_alone() -> None:
    other = Price("other", "Other", PerUnit(Decimal(100)), meter="runway")
    quantities = [counted("10"), counted("50", "runway")]

    lines = billed(plan(DEPARTURES, other, commitments=(MINIMUM,)), boundary_at("2026-02-01"), *quantities)

    assert lines[-1] == ("Minimum", "1", "2375.00")


def test_a_commitment_that_names_a_fee_in_advance_counts_the_one_paid_for_the_period_that_ended() -> None:
    promise = replace(MINIMUM, counts=("base", "departures"))
    first = boundary_at("2026-02-01", starts_at=at("2026-01-15"))

    lines = billed(plan(BASE, DEPARTURES, commitments=(promise,)), first, counted("10"))

    # 17 of 31 days: a commitment of 1,370.97, less the fee of 548.39 billed on 15 January, less 125.00 of usage
    assert lines[-1] == ("Minimum", "1", "697.58")


def test_a_fee_in_arrears_is_billed_at_the_end_of_its_period() -> None:
    fee = Price("support", "Support", FlatFee(Decimal("30")), timing=Timing.IN_ARREARS)

    before, after = billed(plan(fee), boundary_at("2026-01-01")), billed(plan(fee), boundary_at("2026-02-01"))

    assert (before, after) == ([], [("Support", "1", "30.00")])


@pytest.mark.parametrize(("currency", "amount"), [("JPY", "38"), ("USD", "37.50"), ("KWD", "37.500")])
def test_amounts_have_the_places_of_their_currency(currency: str, amount: str) -> None:
    lines = billed(plan(DEPARTURES, currency=currency), boundary_at("2026-02-01"), counted("3"))

    assert lines == [("Departures", "3", amount)]


def test_values_without_an_amount_are_listed_before_rating_refuses_them() -> None:
    known, unknown = counted("1", "runway", origin="JFK"), counted("2", "runway", origin="BOS")
    version = plan(RUNWAY, DEPARTURES)

    found = unpriced(version, [known, unknown, counted("3"), counted("4", "unrelated", origin="BOS")])

    assert found == (unknown,)
    with pytest.raises(InvalidValue, match="No unit amount for origin 'BOS'"):
        draft_lines(version, METERS, boundary_at("2026-02-01"), [known, unknown])


def test_a_default_amount_leaves_nothing_unpriced() -> None:
    price = replace(RUNWAY, model=Matrix("origin", {}, Decimal("1.00")))

    assert unpriced(plan(price), [counted("2", "runway", origin="BOS")]) == ()


def drafted(*lines: InvoiceLine, owner: Subscription | None = None) -> Invoice:
    boundary = boundary_at("2026-02-01")
    return draft_invoice("inv_1", owner or subscription(), plan(DEPARTURES), boundary, lines, [], cut_off=9)


def line(amount: Money) -> InvoiceLine:
    [found] = draft_lines(plan(DEPARTURES), METERS, boundary_at("2026-02-01"), [])
    return replace(found, amount=amount)


def test_a_total_is_the_sum_of_the_rounded_lines() -> None:
    assert drafted(line(Money(1050, "USD")), line(Money(-50, "USD")), line(Money(1, "USD"))).total == Money(1001, "USD")


exact_amounts = st.decimals(-(10**6), 10**6, places=6)


@given(st.lists(exact_amounts, min_size=1, max_size=20), st.sampled_from(["JPY", "USD", "KWD"]))
def test_rounded_lines_sum_to_the_total(amounts: list[Decimal], currency: str) -> None:
    version = plan(
        *(Price(f"p{n}", "P", PerUnit(Decimal(1)), meter=f"m{n}") for n in range(len(amounts))), currency=currency
    )
    meters = {f"m{n}": meter(key=f"m{n}") for n in range(len(amounts))}
    quantities = [MeteredQuantity(f"m{n}", 1, (), amount) for n, amount in enumerate(amounts)]
    boundary = boundary_at("2026-02-01")

    lines = draft_lines(version, meters, boundary, quantities)
    total = draft_invoice("inv_1", subscription(), version, boundary, lines, quantities, cut_off=9).total

    assert total.amount == sum((line.amount.amount for line in lines), Decimal(0))
    assert all(abs(line.amount.amount - line.quantity) * 2 * 10 ** minor_unit_places(currency) <= 1 for line in lines)


def test_an_invoice_has_lines_in_its_own_currency_only() -> None:
    with pytest.raises(CurrencyMismatch, match="is in USD, but its line 'departures' is in EUR"):
        drafted(line(Money(1, "EUR")))


def test_an_invoice_is_dated_on_the_local_day_of_its_boundary() -> None:
    new_york = subscription(anchor=local("2026-01-01"), starts_at=local("2026-01-01"), time_zone="America/New_York")
    boundary = list(boundaries(new_york, at("2026-02-02")))[1]

    invoice = draft_invoice("inv_1", new_york, plan(DEPARTURES), boundary, (), [], cut_off=9)

    assert (invoice.issued_on.isoformat(), invoice.key.boundary_at) == ("2026-02-01", at("2026-02-01T05:00"))


STATES = ["draft", "held", "approved", "finalized", "void"]
ALLOWED = {"draft": "held approved void", "held": "approved void", "approved": "finalized void", "finalized": "void"}


@pytest.mark.parametrize("origin", STATES)
@pytest.mark.parametrize("target", STATES)
def test_a_document_moves_along_its_life_only(origin: str, target: str) -> None:
    invoice = replace(drafted(), status=InvoiceStatus(origin))

    if target in ALLOWED.get(origin, "").split():
        assert invoice.moved_to(InvoiceStatus(target)).status == target
    else:
        with pytest.raises(IllegalTransition, match=f"is {origin} and cannot become {target}"):
            invoice.moved_to(InvoiceStatus(target))


def test_only_an_approved_invoice_gets_a_number() -> None:
    approved = drafted().moved_to(InvoiceStatus.APPROVED)

    finalized = approved.finalized("INV-000001", at("2026-02-01"))

    assert (finalized.number, finalized.status, finalized.lines) == ("INV-000001", "finalized", approved.lines)
    with pytest.raises(IllegalTransition):
        drafted().finalized("INV-000001", at("2026-02-01"))


quantity_lists = st.lists(
    st.builds(
        lambda amount, origin: counted(str(amount), "runway", origin=origin),
        st.decimals(-1000, 1000, places=3),
        st.sampled_from(["JFK", "EWR"]),
    ),
    max_size=8,
)


@given(quantity_lists, st.randoms(use_true_random=False))
def test_lines_and_the_hash_of_their_inputs_do_not_depend_on_the_order_of_counts(
    quantities: list[MeteredQuantity], random: object
) -> None:
    version, boundary = plan(RUNWAY), boundary_at("2026-02-01")
    shuffled = list(quantities)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert draft_lines(version, METERS, boundary, quantities) == draft_lines(version, METERS, boundary, shuffled)
    assert inputs_hash(version, boundary, quantities) == inputs_hash(version, boundary, shuffled)


@pytest.mark.parametrize(
    "other",
    [
        (plan(DEPARTURES), "2026-03-01", "1"),
        (replace(plan(DEPARTURES), version=2), "2026-02-01", "1"),
        (plan(DEPARTURES), "2026-02-01", "1.1"),
    ],
)
def test_the_hash_covers_plan_version_periods_and_quantities(other: tuple[PlanVersion, str, str]) -> None:
    version, on, quantity = other

    first = inputs_hash(plan(DEPARTURES), boundary_at("2026-02-01"), [counted("1")])

    assert inputs_hash(version, boundary_at(on), [counted(quantity)]) != first
    assert inputs_hash(plan(DEPARTURES), boundary_at("2026-02-01"), [counted("1.0")]) == first


def test_the_hash_covers_what_is_left_of_a_period() -> None:
    cut = cut_at("2026-01-16T12:00")

    assert inputs_hash(plan(BASE), cut, []) != inputs_hash(plan(BASE), replace(cut, unused=None), [])


def test_a_unique_count_of_two_versions_is_the_sum_of_both() -> None:
    meters = {"aircraft": meter(Aggregation.UNIQUE_COUNT, "aircraft")}
    price = Price("aircraft", "Aircraft", PerUnit(Decimal(40)), meter="aircraft")
    quantities = [counted("2", "aircraft", version=1), counted("3", "aircraft", version=2)]

    assert billed(plan(price), boundary_at("2026-02-01"), *quantities, meters=meters) == [("Aircraft", "5", "200.00")]
