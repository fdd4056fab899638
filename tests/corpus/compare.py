"""Whether an answer is the one expected: equal numbers, equal instants, equal order; labels only describe."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from itertools import islice
from typing import Any

_LABELS = frozenset({"line", "note", "journal_from_source"})


def differences(expected: Any, answer: Any, path: str = "expect") -> Iterator[str]:
    """Where `answer` is not what is expected; it may hold more than that."""
    if isinstance(expected, Mapping):
        yield from _in_object(expected, answer, path)
    elif isinstance(expected, list):
        yield from _in_list(expected, answer, path)
    elif not _is_equal(expected, answer):
        yield f"{path}: expected {expected!r}, the answer is {answer!r}"


def _in_object(expected: Mapping[str, Any], answer: Any, path: str) -> Iterator[str]:
    if not isinstance(answer, Mapping):
        yield f"{path}: expected an object, the answer is {answer!r}"
        return
    for name, value in expected.items():
        if name in _LABELS:
            continue
        if name not in answer:
            yield f"{path}.{name}: the answer does not say; it says {sorted(map(str, answer))}"
        else:
            yield from differences(value, answer[name], f"{path}.{name}")


def _in_list(expected: list[Any], answer: Any, path: str) -> Iterator[str]:
    if isinstance(answer, Iterator):
        # The row is endless, and a case shows how it begins.
        answer = list(islice(answer, len(expected)))
    if not isinstance(answer, Sequence) or isinstance(answer, str) or len(answer) != len(expected):
        yield f"{path}: expected {len(expected)} items {expected!r}, the answer is {answer!r}"
        return
    for index, (one, other) in enumerate(zip(expected, answer, strict=True)):
        yield from differences(one, other, f"{path}[{index}]")


def _is_equal(expected: Any, answer: Any) -> bool:
    if expected is None or answer is None or isinstance(expected, bool) or isinstance(answer, bool):
        return expected is answer
    numbers = _number(expected), _number(answer)
    if None not in numbers:
        return numbers[0] == numbers[1]
    instants = _instant(expected), _instant(answer)
    if None not in instants:
        return instants[0] == instants[1]
    return str(expected) == str(answer)


def _number(value: Any) -> Fraction | None:
    """A number, exactly; a text such as 17/31 or 3+2/31 is one too."""
    if isinstance(value, (int, Decimal, Fraction)):
        return Fraction(value)
    try:
        return sum(map(Fraction, value.split("+")), Fraction(0)) if isinstance(value, str) else None
    except (ValueError, InvalidOperation, ZeroDivisionError):
        return None


def _instant(value: Any) -> datetime | None:
    """An instant, or a day as its midnight; without an offset it is UTC."""
    if isinstance(value, date):
        value = value.isoformat()
    try:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return instant.replace(tzinfo=UTC) if instant is not None and instant.tzinfo is None else instant
