"""Arithmetic over properties: what it comes to, and what is refused."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.errors import InvalidValue
from gateway.core.metering.expressions import (
    Arithmetic,
    Number,
    Part,
    Property,
    expression_depth_max,
    expression_length_max,
    read_expression,
)

VALUES = {"a": Decimal(6), "b": Decimal("0.5"), "_llm.tokens": Decimal(100), "content-length": Decimal(7)}

EXPRESSIONS = [
    # text, value
    ("a", "6"),
    ("a + b", "6.5"),
    ("a - b - b", "5"),
    ("a / b / 2", "6"),
    ("1 + a * 2", "13"),
    ("(1 + a) * 2", "14"),
    ("-a", "-6"),
    ("2 - -a", "8"),
    ("-(a + b) * 2", "-13"),
    ("_llm.tokens * 0.002", "0.2"),
    ('"content-length" / 7', "1"),
    (" ( ( a ) ) ", "6"),
    ("a/b", "12"),
    ("a / 4", "1.5"),
    ("a / 7", "6/7"),
]


@pytest.mark.parametrize(("text", "value"), EXPRESSIONS)
def test_an_expression_has_the_value_that_arithmetic_gives_it(text: str, value: str) -> None:
    assert read_expression(text).value(VALUES) == Fraction(value)


def test_an_expression_names_each_of_its_properties_once() -> None:
    assert read_expression('b + a * (b - "content-length") + 1').properties == ("b", "a", "content-length")


REFUSED = [
    ("", "the end at character 1, where a number"),
    ("a +", "the end at character 4, where a number"),
    ("a b", "has 'b' at character 3, where +, -, * or / or the end should be"),
    ("a * / b", "'/' at character 5, where a number"),
    ("(a + b", "the end at character 7, where a closing parenthesis"),
    ("a + b)", "')' at character 6, where +, -"),
    ("a ** 2", "'*' at character 4, where a number"),
    ("a, b", "', b' at character 2 is nothing"),
    ("a" + "?" * 30, "'????????????????????' at character 2 is nothing that is known here"),
    ("__import__('os')", "at character 12 is nothing"),
    ("a.b(1)", "'(' at character 4"),
    ("1 + 2", "names no property"),
    ("--a", "'-' at character 2"),
    ('" " + a', "the property at character 2 is empty"),
    ("(" * (expression_depth_max + 1) + "a", "more than 20 parentheses"),
    ("(a) + " + "(" * (expression_depth_max + 1) + "a", "more than 20 parentheses"),
    ("a" * (expression_length_max + 1), "has 501 characters"),
]


@pytest.mark.parametrize(("text", "fault"), REFUSED)
def test_what_does_not_parse_is_refused_with_its_place(text: str, fault: str) -> None:
    with pytest.raises(InvalidValue) as refusal:
        read_expression(text)

    assert fault in str(refusal.value)


@pytest.mark.parametrize(
    "text",
    [
        "a" + " " * (expression_length_max - 1),
        "(a) + " + "(" * expression_depth_max + "a" + ")" * expression_depth_max,
        " + ".join(["(a)"] * (expression_depth_max + 1)),
    ],
    ids=["as long as it may be", "as deep as it may be", "more parentheses, but not within each other"],
)
def test_what_is_as_large_as_it_may_be_is_read(text: str) -> None:
    assert read_expression(text).properties == ("a",)


def test_a_division_by_zero_is_left_to_the_reader() -> None:
    with pytest.raises(ZeroDivisionError):
        read_expression("a / (b - 0.5)").value(VALUES)


PARTS = st.recursive(
    st.integers(0, 9).map(lambda number: Number(Decimal(number))) | st.just(Property("a")),
    lambda parts: st.builds(Arithmetic, st.sampled_from("+-*"), parts, parts),
    max_leaves=8,
)


def written(part: Part) -> str:
    match part:
        case Number(value):
            return str(value)
        case Property(name):
            return name
        case Arithmetic(operation, left, right):
            return f"({written(left)} {operation} {written(right)})"


def worth(part: Part) -> int:
    match part:
        case Number(value):
            return int(value)
        case Property():
            return 6
        case Arithmetic("+", left, right):
            return worth(left) + worth(right)
        case Arithmetic("-", left, right):
            return worth(left) - worth(right)
        case Arithmetic(_, left, right):
            return worth(left) * worth(right)


@given(PARTS)
def test_what_is_written_is_what_is_read(part: Part) -> None:
    assert read_expression(f"a + {written(part)}").value({"a": Decimal(6)}) == 6 + worth(part)
