"""The custom scalars of the schema: strict about what comes in, exact, and written one way only."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NewType

import strawberry
from graphql import GraphQLError, IntValueNode, StringValueNode, ValueNode
from strawberry.types.scalar import ScalarDefinition

from gateway.core.errors import InvalidValue
from gateway.core.numbers import read_decimal

Long = NewType("Long", int)
EventBatch = NewType("EventBatch", str)

decimal_digits_before_max = 40
decimal_places_max = 18
decimal_size_out_max = 400
long_min, long_max = -(2**63), 2**63 - 1

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_HOUR_MINUTE = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_DATE_TIME = re.compile(rf"{_DATE.pattern}[Tt]{_HOUR_MINUTE}:[0-9]{{2}}(?:\.[0-9]{{1,6}})?(?:[Zz]|[+-]{_HOUR_MINUTE})")
_LONG = re.compile(r"-?(?:0|[1-9][0-9]{0,18})")


def read_decimal_string(text: str) -> Decimal:
    """The exact value of `text`. Raises `InvalidValue` if it is no number, or has more digits than allowed."""
    number = read_decimal(text)
    if number and number.adjusted() >= decimal_digits_before_max:
        raise InvalidValue(f"{_quoted(text)} has more than {decimal_digits_before_max} digits before the point")
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and -exponent > decimal_places_max:
        raise InvalidValue(f"{_quoted(text)} has more than {decimal_places_max} digits after the point; round it")
    return number


def write_decimal(number: Decimal) -> str:
    """`number` in plain notation, with the places it has: 12.50 stays "12.50", -0.0 becomes "0.0".

    Raises `ValueError` unless it is finite and of a sane size.
    """
    _, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int) or len(digits) + abs(exponent) > decimal_size_out_max:
        raise ValueError(f"not finite, or longer than {decimal_size_out_max} digits")
    return format(number if number else number.copy_abs(), "f")


def read_date_time(text: str) -> datetime:
    """The instant named by an RFC 3339 `text`, in UTC. Raises `InvalidValue` for a time without an offset."""
    if not _DATE_TIME.fullmatch(text):
        raise InvalidValue(
            f"{_quoted(text)} is no RFC 3339 time with an offset; write it like 2013-01-31T17:30:00-05:00"
        )
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidValue(f"{_quoted(text)} names no time that exists between the years 1 and 9999") from None


def write_date_time(moment: datetime) -> str:
    """`moment` in UTC with Z, and microseconds only if there are any. Raises `ValueError` if it has no zone."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def read_date(text: str) -> date:
    """The calendar day named by `text`. Raises `InvalidValue` if it does not exist or is written another way."""
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise InvalidValue(f"{_quoted(text)} is no date; write it like 2013-01-31")


def write_date(day: date) -> str:
    """`day` as 2013-01-31. Raises `ValueError` for a datetime: its day depends on a zone."""
    if isinstance(day, datetime):
        raise ValueError("a time where a day belongs")
    return day.isoformat()


def read_long(text: str) -> Long:
    """The integer in `text`. Raises `InvalidValue` beyond 64 bits with sign."""
    if _LONG.fullmatch(text) and long_min <= int(text) <= long_max:
        return Long(int(text))
    raise InvalidValue(f"{_quoted(text)} is no integer of 64 bits; write it like 42")


def write_long(number: int) -> str:
    """`number` in digits. Raises `ValueError` for any but an integer of 64 bits with sign."""
    if not isinstance(number, int) or not long_min <= number <= long_max:
        raise ValueError("not an integer of 64 bits")
    return f"{number:d}"


def read_event_batch(text: str) -> EventBatch:
    """`text` as it is: ingest reads it, and answers for each event."""
    return EventBatch(text)


def _quoted(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:40] + "...")


def _scalar(
    name: str,
    description: str,
    read: Callable[[str], object],
    write: Callable[[Any], str],
    *,
    takes_integers: bool = False,
    specified_by_url: str | None = None,
) -> ScalarDefinition:
    def parse_value(value: object, node: ValueNode | None = None) -> object:
        if takes_integers and isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            kinds = "a string or an integer" if takes_integers else "a string, in quotes"
            raise GraphQLError(f"{name} is written as {kinds}.", node)
        try:
            return read(value)
        except InvalidValue as error:
            raise GraphQLError(f"{name}: {error}.", node) from None

    def parse_literal(node: ValueNode, _variables: object = None) -> object:
        # Not an enum value, which graphql-core would read as a string.
        accepted = (StringValueNode, IntValueNode) if takes_integers else (StringValueNode,)
        return parse_value(node.value if isinstance(node, accepted) else None, node)

    return strawberry.scalar(
        name=name,
        description=description,
        specified_by_url=specified_by_url,
        serialize=write,
        parse_value=parse_value,
        parse_literal=parse_literal,
    )


SCALARS: dict[object, ScalarDefinition] = {
    Decimal: _scalar(
        "Decimal",
        'An exact decimal number as a string in plain notation, such as "12.50". At most '
        f"{decimal_digits_before_max} digits before and {decimal_places_max} after the point; numbers without quotes "
        "are refused.",
        read_decimal_string,
        write_decimal,
    ),
    datetime: _scalar(
        "DateTime",
        'A point in time as an RFC 3339 string with an offset, such as "2013-01-31T17:30:00-05:00". '
        "Answers are in UTC with Z, and have microseconds only if there are any.",
        read_date_time,
        write_date_time,
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
    ),
    date: _scalar("Date", 'A calendar day as a string, such as "2013-01-31".', read_date, write_date),
    Long: _scalar(
        "Long",
        "An integer of 64 bits with sign. Answered as a string of digits, since JavaScript rounds large numbers; "
        "taken as a string or a number.",
        read_long,
        write_long,
        takes_integers=True,
    ),
    EventBatch: _scalar(
        "EventBatch",
        "A batch of usage events as one string of JSON text: an array of events, as `POST /v1/events` takes it.",
        read_event_batch,
        str,
    ),
}
"""For `StrawberryConfig(scalar_map=SCALARS)`."""
