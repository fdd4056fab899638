"""Arithmetic over an event's properties, as the value that a meter reads: a small grammar, never run as code.

    sum     = product { ("+" | "-") product }
    product = factor { ("*" | "/") factor }
    factor  = [ "-" ] ( number | property | "(" sum ")" )

A property is a name such as `tokens`, a path such as `_llm.total_tokens`, or any text in double quotes.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from operator import add, mul, sub, truediv

from gateway.core.errors import InvalidValue
from gateway.core.faults import text_fault
from gateway.core.numbers import read_decimal

expression_length_max = 500
expression_depth_max = 20

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<property>[^\W\d][\w.]*)|\"(?P<quoted>[^\"]+)\"|(?P<sign>[-+*/()]))\s*",
    re.ASCII,
)
_OPERATIONS: Mapping[str, Callable[[Fraction, Fraction], Fraction]] = {"+": add, "-": sub, "*": mul, "/": truediv}


@dataclass(frozen=True, slots=True)
class Number:
    """A number as written."""

    value: Decimal


@dataclass(frozen=True, slots=True)
class Property:
    """The value of an event's property."""

    name: str


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Two parts, and what becomes of them: +, -, * or /."""

    operation: str
    left: "Part"
    right: "Part"


Part = Number | Property | Arithmetic


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression as `text`, and what it means."""

    text: str
    whole: Part
    properties: tuple[str, ...]

    def value(self, values: Mapping[str, Decimal]) -> Fraction:
        """The exact value where properties have these values. Raises `ZeroDivisionError`."""
        return _value(self.whole, values)


def read_expression(text: str) -> Expression:
    """The expression in a text. Raises `InvalidValue` for one that does not parse, names no property or is too long."""
    if len(text) > expression_length_max:
        raise InvalidValue(f"has {len(text)} characters; use at most {expression_length_max}")
    whole = _Parser(list(_tokens(text))).whole()
    names = tuple(dict.fromkeys(_properties(whole)))
    if not names:
        raise InvalidValue(f"{text!r} names no property, so that every event would count the same")
    return Expression(text, whole, names)


def _value(part: Part, values: Mapping[str, Decimal]) -> Fraction:
    if isinstance(part, Arithmetic):
        return _OPERATIONS[part.operation](_value(part.left, values), _value(part.right, values))
    return Fraction(part.value if isinstance(part, Number) else values[part.name])


def _properties(part: Part) -> Iterator[str]:
    if isinstance(part, Property):
        yield part.name
    elif isinstance(part, Arithmetic):
        yield from _properties(part.left)
        yield from _properties(part.right)


@dataclass(frozen=True, slots=True)
class _Token:
    """A piece of an expression: a number, the name of a property, or a sign; the end is a sign without text."""

    kind: str
    text: str
    place: int


def _tokens(text: str) -> Iterator[_Token]:
    place = 0
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None:
            raise InvalidValue(f"{text[place : place + 20]!r} at character {place + 1} is nothing that is known here")
        kind = found.lastgroup or ""
        yield _Token(kind, found[kind], found.start(kind) + 1)
        place = found.end()
    yield _Token("sign", "", len(text) + 1)


@dataclass(slots=True)
class _Parser:
    """Reads tokens from left to right."""

    tokens: list[_Token]
    next: int = 0
    depth: int = field(default=0)

    def whole(self) -> Part:
        found = self._sum()
        if self._ahead:
            raise self._unexpected("+, -, * or / or the end")
        return found

    @property
    def _ahead(self) -> str:
        """The sign that comes next; another text for what is no sign, and nothing at the end."""
        token = self.tokens[self.next]
        return token.text if token.kind == "sign" else "operand"

    def _take(self) -> _Token:
        self.next += 1
        return self.tokens[self.next - 1]

    def _sum(self) -> Part:
        return self._chain(("+", "-"), self._product)

    def _product(self) -> Part:
        return self._chain(("*", "/"), self._factor)

    def _chain(self, signs: tuple[str, str], part: Callable[[], Part]) -> Part:
        found = part()
        while self._ahead in signs:
            found = Arithmetic(self._take().text, found, part())
        return found

    def _factor(self) -> Part:
        if self._ahead == "-":
            self._take()
            return Arithmetic("-", Number(Decimal(0)), self._operand())
        return self._operand()

    def _operand(self) -> Part:
        if self._ahead == "(":
            return self._group()
        if self._ahead != "operand":
            raise self._unexpected("a number, a property or an opening parenthesis")
        token = self._take()
        if token.kind == "number":
            return Number(read_decimal(token.text))
        if fault := text_fault(token.text):
            raise InvalidValue(f"the property at character {token.place} {fault}")
        return Property(token.text)

    def _group(self) -> Part:
        self._take()
        self.depth += 1
        if self.depth > expression_depth_max:
            raise InvalidValue(f"has more than {expression_depth_max} parentheses within each other")
        found = self._sum()
        if self._ahead != ")":
            raise self._unexpected("a closing parenthesis")
        self._take()
        self.depth -= 1
        return found

    def _unexpected(self, wanted: str) -> InvalidValue:
        token = self.tokens[self.next]
        found = repr(token.text) if token.text else "the end"
        return InvalidValue(f"has {found} at character {token.place}, where {wanted} should be")
