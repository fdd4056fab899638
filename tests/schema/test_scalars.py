"""The scalars keep every digit and instant, both as literals and as variables, and refuse what is unclear."""

import asyncio
import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
import strawberry
from hypothesis import given
from hypothesis import strategies as st
from strawberry.schema.config import StrawberryConfig

from gateway.schema.scalars import SCALARS, EventBatch, Long


@strawberry.type
class Query:
    @strawberry.field
    def decimal(self, value: Decimal) -> Decimal:
        return value

    @strawberry.field
    def moment(self, value: datetime) -> datetime:
        return value

    @strawberry.field
    def day(self, value: date) -> date:
        return value

    @strawberry.field
    def long(self, value: Long) -> Long:
        return value

    @strawberry.field
    def batch(self, value: EventBatch) -> EventBatch:
        return value

    @strawberry.field
    def answer(self, kind: str) -> Decimal:
        return ANSWERS[kind]

    @strawberry.field
    def answer_long(self, kind: str) -> Long:
        return ANSWERS[kind]

    @strawberry.field
    def answer_moment(self, kind: str) -> datetime:
        return ANSWERS[kind]

    @strawberry.field
    def answer_day(self, kind: str) -> date:
        return ANSWERS[kind]


ANSWERS: dict[str, Any] = {
    "exponent": Decimal("1E+3"),
    "tiny": Decimal("1E-18"),
    "places": Decimal("12.50"),
    "negative zero": Decimal("-0.00"),
    "nan": Decimal("NaN"),
    "infinity": Decimal("-Infinity"),
    "endless": Decimal("1E+5000"),
    "float": 1.5,
    "too long": 2**63,
    "half": Decimal("0.5"),
    "naive": datetime(2013, 1, 1),  # noqa: DTZ001
    "moment": datetime(2013, 1, 1, tzinfo=UTC),
}

SCHEMA = strawberry.Schema(Query, config=StrawberryConfig(scalar_map=SCALARS))
TYPES = {"decimal": "Decimal", "moment": "DateTime", "day": "Date", "long": "Long", "batch": "EventBatch"}


class Refusal(Exception):
    """The message with which the schema refused a value."""


def ask(document: str, variables: dict[str, Any] | None = None) -> Any:
    result = asyncio.run(SCHEMA.execute(document, variables))
    if result.errors:
        raise Refusal(result.errors[0].message)
    [value] = (result.data or {}).values()
    return value


def as_literal(field: str, literal: str) -> Any:
    return ask(f"{{ {field}(value: {literal}) }}")


def as_variable(field: str, value: object) -> Any:
    return ask(f"query($value: {TYPES[field]}!) {{ {field}(value: $value) }}", {"value": value})


def both_ways(field: str, text: str) -> Any:
    literal, variable = as_literal(field, json.dumps(text)), as_variable(field, text)
    assert literal == variable
    return variable


def refused_both_ways(field: str, text: str) -> str:
    with pytest.raises(Refusal) as literal:
        as_literal(field, json.dumps(text))
    with pytest.raises(Refusal) as variable:
        as_variable(field, text)
    assert str(literal.value) in str(variable.value)
    return str(literal.value)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("12345678901234567.89", "12345678901234567.89"),
        ("0.000000000000000001", "0.000000000000000001"),
        ("9" * 40 + "." + "9" * 18, "9" * 40 + "." + "9" * 18),
        ("12.50", "12.50"),
        ("-0", "0"),
        ("-0.0", "0.0"),
        ("1e3", "1000"),
        ("1.5E-2", "0.015"),
    ],
)
def test_a_decimal_keeps_every_digit_and_place(text: str, answer: str) -> None:
    assert both_ways("decimal", text) == answer


@pytest.mark.parametrize(
    "text",
    ["", " 1", "1 ", "+1", ".5", "1.", "01", "0x10", "1_000", "1,5", "NaN", "sNaN", "Infinity", "-inf", "٣", "1e99999"],
)
def test_a_decimal_is_a_plain_number(text: str) -> None:
    assert refused_both_ways("decimal", text).startswith("Decimal: ")


@pytest.mark.parametrize("text", ["1" + "0" * 40, "1e40", "0." + "0" * 18 + "1", "1e-19", "1." + "0" * 19])
def test_a_decimal_has_a_bounded_number_of_digits(text: str) -> None:
    assert "has more than" in refused_both_ways("decimal", text)


@pytest.mark.parametrize(("literal", "value"), [("1.5", 1.5), ("1", 1), ("true", True), ("ONE", ["1"])])
def test_a_decimal_without_quotes_is_refused(literal: str, value: object) -> None:
    with pytest.raises(Refusal, match="Decimal is written as a string, in quotes"):
        as_literal("decimal", literal)
    with pytest.raises(Refusal, match="Decimal is written as a string, in quotes"):
        as_variable("decimal", value)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=18, min_value=-(10**39), max_value=10**39))
def test_a_decimal_comes_back_as_it_went(number: Decimal) -> None:
    answer = both_ways("decimal", format(number, "f"))

    assert Decimal(answer).as_tuple() == (number if number else number.copy_abs()).as_tuple()


@pytest.mark.parametrize(
    ("kind", "text"),
    [("exponent", "1000"), ("tiny", "0.000000000000000001"), ("places", "12.50"), ("negative zero", "0.00")],
)
def test_decimals_are_answered_in_plain_notation(kind: str, text: str) -> None:
    assert ask(f'{{ answer(kind: "{kind}") }}') == text


@pytest.mark.parametrize("kind", ["nan", "infinity", "endless", "float"])
def test_what_is_no_exact_decimal_is_never_answered(kind: str) -> None:
    with pytest.raises(Refusal):
        ask(f'{{ answer(kind: "{kind}") }}')


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("2013-01-31T17:30:00-05:00", "2013-01-31T22:30:00Z"),
        ("2013-01-31t17:30:00z", "2013-01-31T17:30:00Z"),
        ("2013-01-31T17:30:00.5Z", "2013-01-31T17:30:00.500000Z"),
        ("2013-01-31T17:30:00.000000+00:00", "2013-01-31T17:30:00Z"),
        ("2012-02-29T23:59:59.999999-23:59", "2012-03-01T23:58:59.999999Z"),
        ("0999-01-01T00:00:00Z", "0999-01-01T00:00:00Z"),
    ],
)
def test_a_time_is_answered_in_utc(text: str, answer: str) -> None:
    assert both_ways("moment", text) == answer


@pytest.mark.parametrize(
    "text",
    [
        "2013-01-31T17:30:00",
        "2013-01-31",
        "2013-01-31 17:30:00Z",
        "2013-01-31T17:30Z",
        "2013-01-31T17:30:00.1234567Z",
        "2013-01-31T17:30:00,5Z",
        "2013-01-31T17:30:00+0500",
        "2013-01-31T17:30:00+24:00",
        "2013-01-31T17:30:00+05:60",
        "2013-01-31T24:00:00Z",
        "2013-01-31T17:30:60Z",
        "2013-02-29T00:00:00Z",
        "20130131T173000Z",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "1359653400",
        "٢٠١٣-01-31T17:30:00Z",
        "2013-01-31T17:30:00Z\n",
        "",
    ],
)
def test_a_time_without_an_offset_or_that_does_not_exist_is_refused(text: str) -> None:
    assert refused_both_ways("moment", text).startswith("DateTime: ")


OFFSETS = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.datetimes(timezones=OFFSETS))
def test_a_time_comes_back_as_the_same_instant(moment: datetime) -> None:
    try:
        expected = moment.astimezone(UTC)
    except OverflowError:
        assert "names no time" in refused_both_ways("moment", moment.isoformat())
        return

    answer = both_ways("moment", moment.isoformat())

    assert answer.endswith("Z")
    assert datetime.fromisoformat(answer) == expected
    assert ("." in answer) == bool(moment.microsecond)


@given(st.dates())
def test_a_day_comes_back_as_it_went(day: date) -> None:
    assert both_ways("day", day.isoformat()) == day.isoformat()


@pytest.mark.parametrize(
    "text", ["20130131", "2013-W05-4", "2013-1-31", "2013-02-29", "2013-01-31T00:00:00Z", "0000-01-01", ""]
)
def test_a_day_is_written_one_way_only(text: str) -> None:
    assert refused_both_ways("day", text).startswith("Date: ")


@given(st.integers(-(2**63), 2**63 - 1))
def test_a_long_comes_back_as_digits_however_it_went(number: int) -> None:
    assert both_ways("long", str(number)) == str(number)
    assert as_literal("long", str(number)) == str(number)
    assert as_variable("long", number) == str(number)


@pytest.mark.parametrize("text", [str(2**63), str(-(2**63) - 1), "1.0", "1e3", "01", "-", "", " 1", "٣", "9" * 5000])
def test_a_long_is_an_integer_of_64_bits(text: str) -> None:
    assert refused_both_ways("long", text).startswith("Long: ")


@pytest.mark.parametrize(("literal", "value"), [("1.0", 1.0), ("true", True), ("ONE", None), ("[1]", {"a": 1})])
def test_a_long_is_no_other_kind_of_value(literal: str, value: object) -> None:
    with pytest.raises(Refusal):
        as_literal("long", literal)
    with pytest.raises(Refusal):
        as_variable("long", value)


@pytest.mark.parametrize(
    "field",
    [
        'answerLong(kind: "too long")',
        'answerLong(kind: "half")',
        'answerMoment(kind: "naive")',
        'answerDay(kind: "moment")',
    ],
)
def test_a_value_of_ours_that_would_mislead_is_never_answered(field: str) -> None:
    with pytest.raises(Refusal):
        ask(f"{{ {field} }}")


@given(st.text())
def test_a_batch_is_handed_on_as_it_came(text: str) -> None:
    assert as_variable("batch", text) == text


@pytest.mark.parametrize(("literal", "value"), [("[]", []), ("{}", {}), ("EVENTS", 1), ("1", 1.5)])
def test_a_batch_is_json_text_and_no_json(literal: str, value: object) -> None:
    with pytest.raises(Refusal, match="EventBatch is written as a string"):
        as_literal("batch", literal)
    with pytest.raises(Refusal, match="EventBatch is written as a string"):
        as_variable("batch", value)


def test_every_scalar_says_how_it_is_written() -> None:
    for name in TYPES.values():
        assert f'\n"""\nscalar {name}' in SCHEMA.as_str()
