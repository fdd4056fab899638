"""Two events of one id are the same, or in conflict, by what they mean and not by how they are written."""

from dataclasses import replace
from datetime import timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.events import PropertyValue, UsageEvent, canonical
from tests.core.samples import usage

SAME: list[tuple[PropertyValue, PropertyValue]] = [
    (1, Decimal("1.0")),
    (Decimal("1E+2"), 100),
    (Decimal("-0.0"), 0),
    ({"a": 1, "b": [1, 2]}, {"b": [Decimal("1.00"), 2], "a": 1}),
    (Decimal("10E+999998"), Decimal("1E+999999")),
]
DIFFERENT: list[tuple[PropertyValue, PropertyValue]] = [
    (1, "1"),
    (1, True),
    (0, False),
    (0, None),
    ("", None),
    ([1, 2], [2, 1]),
    ([], {}),
    ([[1], 2], [[1, 2]]),
    ({"a": None}, {}),
    ("é", "e\u0301"),
    (Decimal("0.1"), Decimal("0.10000000000000000001")),
]


@pytest.mark.parametrize(("first", "second"), SAME)
def test_values_that_mean_the_same_are_the_same(first: PropertyValue, second: PropertyValue) -> None:
    assert canonical(usage(value=first)) == canonical(usage(value=second))


@pytest.mark.parametrize(("first", "second"), DIFFERENT)
def test_values_that_differ_are_a_conflict(first: PropertyValue, second: PropertyValue) -> None:
    assert canonical(usage(value=first)) != canonical(usage(value=second))


def test_the_offset_of_a_time_does_not_matter_and_a_microsecond_does() -> None:
    event = usage()
    elsewhere = replace(event, occurred_at=event.occurred_at.astimezone(timezone(timedelta(hours=-5))))
    later = replace(event, occurred_at=event.occurred_at + timedelta(microseconds=1))

    assert canonical(elsewhere) == canonical(event)
    assert canonical(later) != canonical(event)


@pytest.mark.parametrize("field", ["type", "customer", "subscription"])
def test_type_customer_and_subscription_belong_to_the_content(field: str) -> None:
    assert canonical(replace(usage(), **{field: "other"})) != canonical(usage())


numbers = st.integers(-(10**30), 10**30) | st.decimals(allow_nan=False, allow_infinity=False)
values: st.SearchStrategy[PropertyValue] = st.recursive(
    st.none() | st.booleans() | numbers | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)


@given(st.dictionaries(st.text(max_size=5), values, max_size=6))
def test_neither_the_order_of_keys_nor_trailing_zeros_matter(properties: dict[str, PropertyValue]) -> None:
    event = UsageEvent("s", "id", "t", "c", usage().occurred_at, None, properties)

    rewritten = replace(event, properties=_rewritten(properties))

    assert canonical(rewritten) == canonical(event)


def _rewritten(value: PropertyValue) -> PropertyValue:
    match value:
        case bool():
            return value
        case int() | Decimal():
            sign, digits, exponent = Decimal(value).as_tuple()
            assert isinstance(exponent, int)
            return Decimal((sign, (*digits, 0), exponent - 1))
        case list():
            return [_rewritten(item) for item in value]
        case dict():
            return {key: _rewritten(value[key]) for key in reversed(value)}
        case _:
            return value
