"""What a case gives, read field by field: one that nobody reads is a failure, because it may change the answer."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any


class UnknownField(AssertionError):
    """A field of a case that its adapter does not read."""


class UnknownKind(AssertionError):
    """A kind of case that its adapter does not know."""


class Given:
    """An object of a case, whose fields are taken once each; its parts are such objects too."""

    def __init__(self, fields: Mapping[str, Any], path: str = "given") -> None:
        self._left = dict(fields)
        self._path = path
        self._parts: list[Given] = []

    def has(self, name: str) -> bool:
        """Whether the case gives this field and nobody has taken it yet, null or not."""
        return name in self._left

    def take(self, name: str, default: Any = None) -> Any:
        """The value of a field, `default` if it is not given: a scalar or a list of scalars."""
        return self._left.pop(name, default)

    def decimal(self, name: str, default: str | None = None) -> Decimal | None:
        """The value of a field as a number; None where it is null or neither given nor defaulted."""
        value = self.take(name, default)
        return None if value is None else Decimal(value)

    def number(self, name: str, default: str = "0") -> Decimal:
        """The value of a field as a number; `default` where it is null or not given."""
        return Decimal(default) if (value := self.take(name)) is None else Decimal(value)

    def part(self, name: str) -> "Given":
        """The object in a field; one without fields if it is not given."""
        return self._part(self.take(name) or {}, f"{self._path}.{name}")

    def parts(self, name: str) -> "list[Given]":
        """The objects in the list of a field."""
        return [self._part(item, f"{self._path}.{name}[{index}]") for index, item in enumerate(self.take(name) or [])]

    def items(self) -> Iterator[tuple[str, Any]]:
        """Every field left, for an object whose keys are names of its own."""
        left, self._left = self._left, {}
        return iter(left.items())

    def named_parts(self) -> "dict[str, Given]":
        """The objects in an object whose keys are names of its own."""
        return {name: self._part(value, f"{self._path}.{name}") for name, value in self.items()}

    def require_all_read(self) -> None:
        """Raise `UnknownField` if a field was not taken, here or in a part."""
        for name in self._left:
            raise UnknownField(f"{self._path}.{name} is not read by the adapter")
        for part in self._parts:
            part.require_all_read()

    def _part(self, fields: Mapping[str, Any], path: str) -> "Given":
        part = Given(fields, path)
        self._parts.append(part)
        return part
