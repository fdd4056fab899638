"""Reading a table of a definition document, value by value, with every fault and its path."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from gateway.core.errors import InvalidDefinition, InvalidValue
from gateway.core.faults import Fault, beneath, joined, key_fault, text_fault
from gateway.core.numbers import read_decimal
from gateway.core.time import read_instant

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

whole_number_max = 10**12
shown_length_max = 80
_SEPARATOR = re.compile(r"[.\[]")


@dataclass(slots=True)
class Faults:
    """The faults found so far in one document."""

    found: list[Fault] = field(default_factory=list)
    _faulty: set[str] = field(default_factory=set)
    _closed: set[str] = field(default_factory=set)

    def add(self, path: str, fault: str) -> None:
        """Note a fault, unless a part of what is at `path` was unreadable already: then it may only be its echo."""
        around = [path[: mark.start()] for mark in _SEPARATOR.finditer(path)]
        if path not in self._faulty and self._closed.isdisjoint(around):
            self.found.append((path, fault))
            self._faulty.update(around, ["", path])

    def close(self, path: str, fault: str) -> None:
        """Note a fault that makes everything beneath `path` unreadable, so that nothing there is a fault of its own."""
        self.add(path, fault)
        self._closed.add(path)

    def are_at(self, path: str) -> bool:
        """Whether there are faults at `path` or beneath."""
        return path in self._faulty


class Table:
    """One table of a document.

    Each reading returns a value of the right type in any case, so that reading goes on: where it notes a fault that is
    a stand-in, and the document will be refused as a whole.
    """

    def __init__(self, content: object, path: str, faults: Faults) -> None:
        self.path = path
        self._faults = faults
        self._unread: dict[str, object] = {}
        if isinstance(content, Mapping):
            self._unread = {key: value for key, value in content.items() if value is not None}
        else:
            faults.close(path, f"is {_kind(content)}; write a table of keys and values")

    def has(self, key: str) -> bool:
        """Whether `key` is there and not yet read."""
        return key in self._unread

    def names(self) -> list[str]:
        """What is there and not yet read."""
        return list(self._unread)

    def key(self, key: str) -> str:
        """The key of a definition, which has to be there."""
        written = self._unread.get(key)
        return self._read(key, _key, written if isinstance(written, str) else "unreadable")

    def text(self, key: str) -> str:
        """A text that has to be there."""
        return self._read(key, _text, "unreadable")

    def text_or_none(self, key: str) -> str | None:
        """A text that may be left out."""
        return self.text(key) if self.has(key) else None

    def long_text_or_none(self, key: str) -> str | None:
        """A text of any length that may be left out; what it is for says how long it may be."""
        return self._read(key, _string, "unreadable") if self.has(key) else None

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; empty where it is left out."""
        return tuple(self._items(key, _text, ""))

    def amount(self, key: str) -> Decimal:
        """An exact number that has to be there."""
        return self._read(key, _decimal, Decimal(1))

    def amount_or_none(self, key: str) -> Decimal | None:
        """An exact number that may be left out."""
        return self.amount(key) if self.has(key) else None

    def amount_list(self, key: str) -> tuple[Decimal, ...]:
        """A list of exact numbers; empty where it is left out."""
        return tuple(self._items(key, _decimal, Decimal(1)))

    def amounts(self, key: str) -> dict[str, Decimal]:
        """A table of exact numbers; empty where it is left out."""
        if not self.has(key):
            return {}
        table = self.table(key)
        return {name: table.amount(name) for name in table.names()}

    def whole(self, key: str, default: int) -> int:
        """A whole number of 0 or more."""
        return self._read(key, _whole, default) if self.has(key) else default

    def integer(self, key: str, default: int) -> int:
        """A whole number, which may be negative."""
        return self._read(key, _integer, default) if self.has(key) else default

    def flag(self, key: str) -> bool:
        """True or false; false where it is left out."""
        return self._read(key, _flag, False) if self.has(key) else False

    def choice(self, key: str, choices: type[E]) -> E | None:
        """One of the values of `choices`, which has to be there; None where it cannot be read."""
        return self._read(key, lambda value: _choice(value, choices), None)

    def choice_or(self, key: str, choices: type[E], default: E) -> E:
        """One of the values of `choices`, or `default` where it is left out."""
        return (self.choice(key, choices) if self.has(key) else None) or default

    def instant(self, key: str, default: datetime) -> datetime:
        """A time with an offset."""
        return self._read(key, _instant, default) if self.has(key) else default

    def table(self, key: str) -> "Table":
        """A table that has to be there."""
        return Table(self._unread.pop(key, {}), joined(self.path, key), self._faults)

    def tables(self, key: str) -> list["Table"]:
        """A list of tables; empty where it is left out."""
        path = joined(self.path, key)
        return [Table(item, f"{path}[{index}]", self._faults) for index, item in enumerate(self._list(key))]

    def ignore(self) -> None:
        """Pass over what is left, because something else must be put right first."""
        self._unread.clear()

    def finish(self) -> None:
        """Note everything that nobody read."""
        for key in self._unread:
            self._faults.add(joined(self.path, key[:shown_length_max]), "is not a key that is known here")

    def build(self, make: Callable[[], T]) -> T | None:
        """What `make` makes; where it breaks a rule None, with the faults noted at this table's path."""
        try:
            return make()
        except InvalidDefinition as error:
            self.note(error.faults)
        return None

    def build_whole(self, make: Callable[[], T]) -> T | None:
        """The same, but nothing may be left unread, and None wherever this table has a fault."""
        made = self.build(make)
        self.finish()
        return None if self.is_faulty else made

    def note(self, faults: Iterable[Fault]) -> None:
        """Note faults whose paths begin at this table."""
        for path, fault in beneath(self.path, faults):
            self._faults.add(path, fault)

    def has_faults(self, key: str) -> bool:
        """Whether anything at `key` has a fault so far."""
        return self._faults.are_at(joined(self.path, key))

    @property
    def is_faulty(self) -> bool:
        """Whether anything in this table has a fault so far."""
        return self._faults.are_at(self.path)

    def _read(self, key: str, read: Callable[[object], T], stand_in: T) -> T:
        path = joined(self.path, key)
        if key not in self._unread:
            self._faults.add(path, "is missing")
            return stand_in
        return self._reading(path, self._unread.pop(key), read, stand_in)

    def _items(self, key: str, read: Callable[[object], T], stand_in: T) -> list[T]:
        path = joined(self.path, key)
        items = enumerate(self._list(key))
        return [self._reading(f"{path}[{index}]", item, read, stand_in) for index, item in items]

    def _list(self, key: str) -> list[object]:
        content = self._unread.pop(key, [])
        if isinstance(content, (list, tuple)):
            return list(content)
        self._faults.add(joined(self.path, key), f"is {_kind(content)}; write a list")
        return []

    def _reading(self, path: str, value: object, read: Callable[[object], T], stand_in: T) -> T:
        try:
            return read(value)
        except InvalidValue as fault:
            self._faults.add(path, str(fault))
            return stand_in


def _key(value: object) -> str:
    return _without(key_fault, _string(value))


def _text(value: object) -> str:
    return _without(text_fault, _string(value))


def _string(value: object) -> str:
    if isinstance(value, str):
        return value
    raise InvalidValue(f"is {_kind(value)}; write it as a string")


def _without(fault_in: Callable[[str], str | None], text: str) -> str:
    fault = fault_in(text)
    if fault is not None:
        raise InvalidValue(fault)
    return text


def _decimal(value: object) -> Decimal:
    if isinstance(value, str):
        return read_decimal(value)
    if isinstance(value, Decimal) or (isinstance(value, int) and not isinstance(value, bool)):
        return Decimal(value)
    raise InvalidValue(f'is {_kind(value)}; write it as a string, such as "12.50"')


def _whole(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= whole_number_max:
        return value
    raise InvalidValue(f"{_shown(value)} is not a whole number of 0 or more")


def _integer(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= whole_number_max:
        return value
    raise InvalidValue(f"{_shown(value)} is not a whole number")


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise InvalidValue(f"{_shown(value)} is not true or false")


def _choice(value: object, choices: type[E]) -> E:
    for choice in choices:
        if choice.value == value:
            return choice
    raise InvalidValue(f"{_shown(value)} is not one of {', '.join(choices)}")


def _instant(value: object) -> datetime:
    return read_instant(value.isoformat() if isinstance(value, datetime) else _string(value))


def _shown(value: object) -> str:
    """A value as a message names it: never longer than the message."""
    return repr(value[:shown_length_max] if isinstance(value, str) else value)[: shown_length_max + 2]


def _kind(value: object) -> str:
    names = {str: "a string", bool: "true or false", int: "a whole number", list: "a list", dict: "a table"}
    return names.get(type(value), f"a {type(value).__name__}")
