"""Property values with what they mean, written down by hand and never computed by the code under test."""

from dataclasses import dataclass
from decimal import Decimal

from gateway.core.metering.meter import UncountableReason

NOT_A_NUMBER = UncountableReason.NOT_A_NUMBER


@dataclass(frozen=True, slots=True)
class Value:
    """A value as senders may spell it, what a sum reads, and what filters, dimensions and unique counts read."""

    spellings: tuple[str, ...]
    number: Decimal | UncountableReason
    text: str | None


def number(*spellings: str, is_read_as: str, text: str) -> Value:
    """A number, or a text that holds one."""
    return Value(spellings, Decimal(is_read_as), text)


NULL = Value(("null",), UncountableReason.MISSING, None)
NUMBERS = (
    number("100", "100.0", "1e2", is_read_as="100", text="100"),
    number("7", "7.000", is_read_as="7", text="7"),
    number("1.5", "1.50", "15E-1", is_read_as="1.5", text="1.5"),
    number('"2.25"', '"\\u0032.25"', is_read_as="2.25", text="2.25"),
    number("-3", "-3.0", is_read_as="-3", text="-3"),
    number("0", "-0", "0.0", is_read_as="0", text="0"),
    # The thirteenth place is rounded half-even: to nothing.
    number("0.0000000000005", is_read_as="0", text="0.0000000000005"),
    number("123456789.000000000001", is_read_as="123456789.000000000001", text="123456789.000000000001"),
)
NO_NUMBERS = (
    NULL,
    Value(('"abc"',), NOT_A_NUMBER, "abc"),
    Value(("true",), NOT_A_NUMBER, "true"),
    Value(("[1]", "[1.0]"), NOT_A_NUMBER, None),
    Value(("1e30", "1E+30"), UncountableReason.TOO_LARGE, "1" + "0" * 30),
)


def word(text: str) -> Value:
    """A text that is no number."""
    return Value((f'"{text}"', f'"\\u{ord(text[0]):04x}{text[1:]}"'), NOT_A_NUMBER, text)


WORDS = tuple(map(word, ("eu", "us", "übersee", "u1", "u2", "u3")))
STATUSES = tuple(number(code, is_read_as=code, text=code) for code in ("200", "404", "500", "503", "504"))
