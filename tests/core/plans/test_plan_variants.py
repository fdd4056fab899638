"""Plans that are based on another one: the same but for the prices that somebody agreed."""

from decimal import Decimal

import pytest

from gateway.core.definitions.reading import Definitions, read_definitions
from gateway.core.errors import InvalidDefinition
from gateway.core.plans.plan import PlanVersion
from gateway.core.plans.price_models import PerUnit

Document = dict[str, object]
D = Decimal

METERS = [
    {"key": key, "name": key, "event_type": "t", "aggregation": "count", "unit": "u"}
    for key in ("calls", "users", "jobs")
]


def price(key: str, amount: str, **fields: object) -> Document:
    return {"key": key, "name": key.title(), "meter": key, "model": "per_unit", "unit_amount": amount, **fields}


def base(amount: str = "1.00", **fields: object) -> Document:
    shared: Document = {"key": "pro", "name": "Pro", "currency": "EUR", "interval": "quarter"}
    promise = {"key": "least", "name": "Least", "amount": "100", "counts": ["calls"]}
    prices = [price("calls", amount), price("users", "4.00")]
    return {**shared, "grace_period_seconds": 60, "prices": prices, "commitments": [promise], **fields}


def variant(*prices: Document, **fields: object) -> Document:
    return {"key": "pro-acme", "name": "Pro for Acme", "based_on": "pro", "prices": list(prices), **fields}


def read(*plans: Document, published: tuple[PlanVersion, ...] = ()) -> Definitions:
    return read_definitions({"meters": METERS, "plans": list(plans)}, (), published)


def faults(*plans: Document) -> list[tuple[str, str]]:
    with pytest.raises(InvalidDefinition) as refused:
        read(*plans)
    return refused.value.faults


def unit_amounts(plan: PlanVersion) -> dict[str, Decimal]:
    return {each.key: each.model.unit_amount for each in plan.prices if isinstance(each.model, PerUnit)}


def test_a_variant_has_its_own_prices_and_everything_else_of_its_base() -> None:
    pro, acme = read(base(), variant(price("calls", "0.80"), price("jobs", "2.00"))).plans

    assert (acme.plan, acme.name, acme.version) == ("pro-acme", "Pro for Acme", 1)
    assert (acme.currency, acme.interval, acme.grace, acme.commitments) == (
        pro.currency,
        pro.interval,
        pro.grace,
        pro.commitments,
    )
    assert unit_amounts(acme) == {"calls": D("0.80"), "users": D("4.00"), "jobs": D("2.00")}
    assert unit_amounts(pro) == {"calls": D("1.00"), "users": D("4.00")}


def test_a_variant_follows_the_newest_version_that_is_published() -> None:
    [first] = read(base("1.00")).plans
    [second] = read(base("1.50")).plans
    newest = PlanVersion(
        **{**{name: getattr(second, name) for name in PlanVersion.__slots__}, "version": 2}  # type: ignore[arg-type]
    )

    [acme] = read(variant(), published=(newest, first)).plans

    assert (unit_amounts(acme), acme.version) == ({"calls": D("1.50"), "users": D("4.00")}, 1)


@pytest.mark.parametrize(
    ("written", "is_early"),
    [
        (base(), False),
        (base(invoice_thresholds={"period": ["5"]}), True),
        (base(prices=[price("calls", "1", timing="in_advance")]), True),
    ],
)
def test_a_plan_knows_whether_it_bills_usage_early(written: Document, is_early: bool) -> None:
    [plan] = read(written).plans

    assert plan.bills_usage_early == is_early


FAULTS = [
    # the plans, path, words of the fault
    ([variant()], "plans[0].based_on", "there is no plan 'pro'"),
    ([variant(based_on="pro-acme")], "plans[0].based_on", "is the plan itself"),
    ([variant(), base()], "plans[0].based_on", "define it before"),
    ([base(), variant(currency="USD")], "plans[1].currency", "is not a key that is known here"),
    ([base(), variant(price("calls", "-1"))], "plans[1].prices[0].unit_amount", "is negative"),
    ([base(), variant(price("calls", "1"), price("calls", "2"))], "plans[1].prices[1].key", "'calls' is given twice"),
    ([base(), variant(price("more", "1", meter="calls"))], "plans[1].prices[2].meter", "by another price of this plan"),
    ([base(currency="EURO"), variant()], "plans[0].currency", "is not an ISO 4217 code"),
]


@pytest.mark.parametrize(("plans", "path", "words"), FAULTS)
def test_a_fault_of_a_variant_is_named_with_its_path(plans: list[Document], path: str, words: str) -> None:
    [(found, fault)] = faults(*plans)

    assert found == path
    assert words in fault
