"""Percentages of transactions, with allowances, fixed amounts and limits for each."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.errors import InvalidDefinition, InvalidValue
from gateway.core.plans.price_models import Percentage
from gateway.core.rating.rate import rate
from gateway.core.rating.rated import Usage
from gateway.core.rating.transactions import rate_transactions

D = Decimal
PLAIN = Percentage(D("2.5"))
WITH_FIXED = Percentage(D(1), fixed_amount=D("0.30"))
LIMITED = Percentage(D(1), D("0.30"), transaction_minimum=D(1), transaction_maximum=D(5))
TWO_FREE = Percentage(D(1), D("0.30"), free_transactions=2)
HUNDRED_FREE = Percentage(D(1), D("0.30"), free_amount=D(100))
EITHER_FREE = Percentage(D(1), D("0.30"), free_transactions=2, free_amount=D(100))

CHARGED = [
    # what, price, values, what each costs
    ("a rate alone", PLAIN, ["100", "0.01"], ["2.5", "0.00025"]),
    ("a fixed amount each", WITH_FIXED, ["100", "0"], ["1.30", "0.30"]),
    ("a refund gives back the rate alone", WITH_FIXED, ["100", "-100"], ["1.30", "-1"]),
    ("raised and lowered, fixed amount included", LIMITED, ["10", "100", "1000"], ["1", "1.30", "5"]),
    ("a refund is limited too", LIMITED, ["-10", "-1000"], ["-0.10", "-5"]),
    ("the first two are free", TWO_FREE, ["10", "20", "30"], ["0", "0", "0.60"]),
    ("a refund is no transaction that is free", TWO_FREE, ["10", "-10", "20", "30"], ["0", "0", "0", "0.60"]),
    ("one of nothing is a free one too", TWO_FREE, ["0", "0.5", "30"], ["0", "0", "0.60"]),
    ("up to a value", HUNDRED_FREE, ["60", "40", "30"], ["0", "0", "0.60"]),
    ("one across the value pays for the rest", HUNDRED_FREE, ["60", "50", "30"], ["0", "0.40", "0.60"]),
    ("a refund gives back the allowance", HUNDRED_FREE, ["60", "-30", "60", "20"], ["0", "0", "0", "0.40"]),
    ("after the allowance a refund is money", HUNDRED_FREE, ["110", "-20"], ["0.40", "-0.20"]),
    ("the count ends first, and the rest of the value is lost", EITHER_FREE, ["1", "1", "50"], ["0", "0", "0.80"]),
    ("the value ends first", EITHER_FREE, ["90", "20"], ["0", "0.40"]),
]


@pytest.mark.parametrize(("model", "values", "costs"), [row[1:] for row in CHARGED], ids=[row[0] for row in CHARGED])
def test_each_transaction_costs(model: Percentage, values: list[str], costs: list[str]) -> None:
    rated = rate_transactions(model, [D(value) for value in values])

    assert [one.amount for one in rated] == [D(cost) for cost in costs]


WAYS = [
    # price, value, by what its amount was found
    (LIMITED, "69", "minimum"),
    (LIMITED, "70", "rate"),
    (LIMITED, "470", "rate"),
    (LIMITED, "471", "maximum"),
    (LIMITED, "-500", "rate"),
    (LIMITED, "-501", "maximum"),
    (TWO_FREE, "1", "free"),
]


@pytest.mark.parametrize(("model", "value", "way"), WAYS)
def test_an_amount_says_by_what_it_was_found(model: Percentage, value: str, way: str) -> None:
    [one] = rate_transactions(model, [D(value)])

    assert one.charge == way


def test_where_none_is_charged_by_the_rate_the_term_is_there_with_nothing() -> None:
    rated = rate(LIMITED, Usage.of_values([D(1)]))

    assert [(step.label, f"{step.units:f}", step.amount) for step in rated.steps] == [
        ("1 percent", "0", D(0)),
        ("at the minimum for a transaction", "1", D(1)),
    ]


def test_the_terms_tell_how_transactions_were_charged() -> None:
    values = [D(value) for value in ("60", "50", "10", "100", "1000", "-1000")]
    model = Percentage(D(1), D("0.30"), free_amount=D(100), transaction_minimum=D("0.50"), transaction_maximum=D(5))

    rated = rate(model, Usage.of_values(values))

    assert rated.amount == D("2.30")
    assert [(step.label, step.units, step.unit_amount, step.flat_amount, step.amount) for step in rated.steps] == [
        ("free", D(100), D(0), D(0), D(0)),
        ("1 percent", D(100), D("0.01"), D("0.30"), D("1.30")),
        ("at the minimum for a transaction", D(2), D("0.50"), D(0), D("1.00")),
        ("at the maximum for a transaction", D(1), D(-5), D(0), D(-5)),
        ("at the maximum for a transaction", D(1), D(5), D(0), D(5)),
    ]


def test_a_transaction_of_nothing_has_its_fixed_amount_in_the_term_of_the_rate() -> None:
    rated = rate(WITH_FIXED, Usage.of_values([D(0), D(-10)]))

    assert [(step.units, step.flat_amount, step.amount) for step in rated.steps] == [(D(-10), D("0.30"), D("0.20"))]


@pytest.mark.parametrize(("model", "quantity", "amount"), [(PLAIN, "100", "2.5"), (LIMITED, "0", "0")])
def test_the_sum_of_the_values_is_enough_where_it_says_what_they_cost(
    model: Percentage, quantity: str, amount: str
) -> None:
    assert rate(model, D(quantity)).amount == D(amount)


def test_the_sum_alone_is_refused_where_each_transaction_has_a_price_of_its_own() -> None:
    with pytest.raises(InvalidValue, match="needs their values: 100 in all does not say"):
        rate(WITH_FIXED, D(100))


UNSOUND = [
    ({"rate_percent": D(-1)}, "rate_percent: -1 is negative"),
    ({"free_transactions": -1}, "free_transactions: -1 is not a count"),
    ({"free_amount": D(-1)}, "free_amount: -1 is negative"),
    ({"transaction_minimum": D(2), "transaction_maximum": D(1)}, "transaction_maximum: 1 is below the transaction_min"),
    ({"transaction_maximum": D(-1)}, "transaction_maximum: -1 is negative"),
]


@pytest.mark.parametrize(("fields", "fault"), UNSOUND)
def test_a_percentage_that_cannot_be_rated_is_refused(fields: dict[str, object], fault: str) -> None:
    with pytest.raises(InvalidDefinition) as refused:
        Percentage(**{"rate_percent": D(1), **fields})  # type: ignore[arg-type]

    assert fault in str(refused.value)


amounts = st.decimals(0, 1000, places=4)
models = st.builds(
    Percentage, amounts, amounts, st.integers(0, 5), amounts, st.none() | st.just(D(1)), st.none() | st.just(D(2))
)


@given(models, st.lists(st.decimals(-1000, 1000, places=4), max_size=20))
def test_the_terms_sum_to_what_the_transactions_cost(model: Percentage, values: list[Decimal]) -> None:
    rated = rate(model, Usage.of_values(values))

    assert rated.amount == sum(one.amount for one in rate_transactions(model, values))
    assert rated.amount == sum(step.units * step.unit_amount + step.flat_amount for step in rated.steps)


@given(models, st.lists(st.decimals(0, 1000, places=4), max_size=20))
def test_a_transaction_costs_from_the_minimum_to_the_maximum(model: Percentage, values: list[Decimal]) -> None:
    for one in rate_transactions(model, values):
        is_free = one.amount == 0 and one.billable_value == 0
        assert is_free or (model.transaction_minimum or D(0)) <= one.amount
        assert model.transaction_maximum is None or one.amount <= model.transaction_maximum
