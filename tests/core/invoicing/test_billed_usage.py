"""Usage lines: what a price rates of the counts of a period, with its terms; amounts are written out."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

import pytest

from gateway.core.invoicing.billed_usage import usage_by_line
from gateway.core.invoicing.drafting import draft_lines, inputs_hash, usage_lines
from gateway.core.invoicing.invoice import InvoiceLine, MeteredQuantity
from gateway.core.metering.meter import Aggregation, Meter
from gateway.core.metering.recount import CountingScope, recount
from gateway.core.plans.plan import Commitment, Price
from gateway.core.plans.price_models import (
    CapacityTier,
    Graduated,
    Percentage,
    PerUnit,
    PriceModel,
    Stairstep,
    Tier,
)
from gateway.core.plans.price_terms import WITHOUT_TERMS, PriceTerms
from gateway.core.rating.rated import Transaction
from gateway.core.subscriptions.subscription import Boundary
from tests.core.samples import at, logged, meter, month, plan, subscription, usage

D = Decimal
COUNT, SUM = Aggregation.COUNT, Aggregation.SUM
METERS: Mapping[str, Meter] = {"m": meter(key="m")}
JANUARY = Boundary(at("2026-02-01"), month(1), month(1), None, None)


def counted(quantity: str, *transactions: Transaction, version: int = 1, **dimensions: str) -> MeteredQuantity:
    return MeteredQuantity("m", version, tuple(dimensions.items()), D(quantity), transactions)


def priced(model: PriceModel, terms: PriceTerms = WITHOUT_TERMS) -> Price:
    return Price("p", "Usage", model, "m", terms=terms)


def line_of(price: Price, *quantities: MeteredQuantity, boundary: Boundary = JANUARY) -> InvoiceLine:
    [line] = draft_lines(plan(price), METERS, boundary, quantities)
    return line


LIMITED = PriceTerms(included_units=D(10), discount_percent=D(10), maximum_amount=D(100), minimum_amount=D(20))


@pytest.mark.parametrize(("quantity", "amount"), [("0", "20.00"), ("10", "20.00"), ("32", "39.60"), ("1000", "100.00")])
def test_a_line_is_rated_with_the_terms_of_its_price(quantity: str, amount: str) -> None:
    line = line_of(priced(PerUnit(D("2.00")), LIMITED), counted(quantity))

    assert (line.quantity, str(line.amount)) == (D(quantity), amount)
    assert sum(step.amount for step in line.steps) == D(line.exact_amount)


def test_a_part_of_a_period_has_its_share_of_the_minimum() -> None:
    price = priced(PerUnit(D(1)), PriceTerms(minimum_amount=D(31), maximum_amount=D(100), included_units=D(5)))
    first_ten_days = month(1).clip(month(1).start, at("2026-01-11"))

    line = line_of(price, counted("6"), boundary=Boundary(at("2026-01-11"), first_ten_days, month(1), None, None))

    assert str(line.amount) == "10.00"


def test_a_share_of_a_minimum_is_rounded_once() -> None:
    terms = PriceTerms(minimum_amount=D(100)).for_share(Fraction(1, 3), "USD")

    assert terms == PriceTerms(minimum_amount=D("33.33"))


def test_before_the_end_the_minimum_is_not_due() -> None:
    [line] = usage_lines(plan(priced(PerUnit(D(1)), LIMITED)), METERS, month(1), [counted("20")])

    assert str(line.amount) == "9.00"


KINDS = Stairstep(
    (CapacityTier({"cpu": D(10), "disk": D(100)}, D(5)), CapacityTier({"cpu": D(20)}, D(9)), CapacityTier({}, D(30))),
    dimension="kind",
)


@pytest.mark.parametrize(
    ("cpu", "disk", "amount"),
    [("10", "100", "5.00"), ("11", "100", "9.00"), ("20", "101", "9.00"), ("21", "1", "30.00")],
)
def test_a_stairstep_over_a_dimension_has_one_line(cpu: str, disk: str, amount: str) -> None:
    line = line_of(priced(KINDS), counted(cpu, kind="cpu"), counted(disk, kind="disk"))

    assert (str(line.amount), line.dimensions) == (amount, ())


def test_a_stairstep_without_a_dimension_is_of_the_whole_quantity() -> None:
    steps = Stairstep((CapacityTier({"": D(10)}, D(5)), CapacityTier({}, D(9))))

    line = line_of(priced(steps), counted("6", kind="cpu"), counted("6", kind="disk"))

    assert str(line.amount) == "9.00"


def test_versions_of_a_meter_are_rated_together() -> None:
    tiers = Graduated((Tier(D(10), D(2)), Tier(None, D(1))))
    quantities = [counted("8"), counted("8", version=2)]

    [(_, (version, usage))] = usage_by_line(priced(tiers), quantities).items()

    assert (version, usage.quantity) == (2, D(16))


# Two of the three are free: those that occurred first, whatever the order in which they were counted.
LATE, EARLY, LAST = (
    Transaction(at("2026-01-20"), 1, D(100)),
    Transaction(at("2026-01-10"), 2, D(50)),
    Transaction(at("2026-01-30"), 3, D(10)),
)
OF_TRANSACTIONS = priced(Percentage(D(1), D("0.30"), free_transactions=2))


def test_transactions_use_up_an_allowance_in_the_order_of_time() -> None:
    line = line_of(OF_TRANSACTIONS, counted("110", LATE, LAST, kind="a"), counted("50", EARLY, kind="b"))

    assert (line.quantity, str(line.amount)) == (D(160), "0.40")


def test_the_values_of_transactions_are_inputs_of_rating() -> None:
    def hashed(*transactions: Transaction) -> str:
        return inputs_hash(plan(OF_TRANSACTIONS), JANUARY, [counted("150", *transactions)])

    assert len({hashed(), hashed(LATE, EARLY), hashed(EARLY, LATE)}) == 3


def test_a_recount_keeps_the_transactions_of_the_meters_that_are_asked_for() -> None:
    counts, sums, others = (meter(kind, key) for kind, key in ((COUNT, "calls"), (SUM, "paid"), (SUM, "other")))
    scope = CountingScope(subscription(), month(1), (counts, sums, others), by_transaction=frozenset({"paid", "calls"}))
    events = [usage("b", "2026-01-20T12:00:00Z", value="3"), usage("a", "2026-01-10T12:00:00Z", value="4")]

    found = recount([logged(event, position) for position, event in enumerate(events, 1)], [scope])

    kept = {key.meter: [each.value for each in count.transactions] for key, count in found.counts.items()}
    assert kept == {"calls": [], "paid": [D(4), D(3)], "other": []}


def test_a_plan_before_the_end_of_its_period_promises_nothing() -> None:
    promising = plan(priced(PerUnit(D(1)), LIMITED), commitments=(Commitment("c", "C", D(5), ("p",)),))

    found = promising.before_the_end

    assert (found.commitments, found.prices[0].terms.minimum_amount) == ((), None)
    assert found.prices[0].terms.maximum_amount == D(100)


def test_a_plan_knows_the_meters_that_are_rated_by_transaction() -> None:
    by_transaction, by_sum = OF_TRANSACTIONS, Price("q", "Q", Percentage(D(1)), "n")

    assert plan(by_transaction, by_sum).rated_by_transaction == {"m"}
