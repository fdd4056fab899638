"""What differs between two documents of plain values, such as two versions of a plan."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

_ABSENT = object()


@dataclass(frozen=True, slots=True)
class Difference:
    """The value at a path before and after; None also stands for a value that is not there."""

    path: str
    before: object
    after: object


def differences(before: object, after: object, path: str = "") -> Iterator[Difference]:
    """Every value that differs, in the order of the documents; tables in a list are matched by their `key`."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from _in_tables(before, after, path)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _in_lists(before, after, path)
    elif before != after:
        yield Difference(path, *(None if value is _ABSENT else value for value in (before, after)))


def _in_tables(before: Mapping[str, object], after: Mapping[str, object], path: str) -> Iterator[Difference]:
    for name in dict.fromkeys((*before, *after)):
        place = f"{path}.{name}" if path else name
        yield from differences(before.get(name, _ABSENT), after.get(name, _ABSENT), place)


def _in_lists(before: Sequence[object], after: Sequence[object], path: str) -> Iterator[Difference]:
    earlier, later = _by_key(before), _by_key(after)
    if earlier is not None and later is not None:
        for key in dict.fromkeys((*earlier, *later)):
            yield from differences(earlier.get(key, _ABSENT), later.get(key, _ABSENT), f"{path}[{key}]")
        return
    for index, (one, other) in enumerate(zip_longest(before, after, fillvalue=_ABSENT)):
        yield from differences(one, other, f"{path}[{index}]")


def _by_key(items: Sequence[object]) -> dict[str, object] | None:
    """Tables by their key; None if one of the items has none."""
    keyed: dict[str, object] = {str(item["key"]): item for item in items if isinstance(item, Mapping) and "key" in item}
    return keyed if len(keyed) == len(items) else None
