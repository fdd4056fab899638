"""Relay connections: bounded pages with opaque cursors."""

import base64
import binascii
import json
import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, Self, TypeVar

import strawberry

from gateway.core.errors import InvalidValue
from gateway.schema.scalars import Long, long_max

T = TypeVar("T")
V = TypeVar("V")

page_size_default = 20
page_size_max = 100

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")

First = Annotated[int, strawberry.argument(description=f"How many nodes the page has at most: 1 to {page_size_max}.")]
After = Annotated[
    str | None, strawberry.argument(description="The cursor to go on after; the page begins at the start without it.")
]


@strawberry.interface
class Node:
    """Anything with an id that `node` finds."""

    id: strawberry.ID = strawberry.field(description="Opaque, and the same for ever.")


@strawberry.type
class PageInfo:
    """Where a page stands in its connection."""

    has_next_page: bool = strawberry.field(description="Whether more nodes follow.")
    has_previous_page: bool = strawberry.field(description="Whether nodes come before, which is so after a cursor.")
    start_cursor: str | None = strawberry.field(description="The cursor of the first node of this page.")
    end_cursor: str | None = strawberry.field(description="The cursor of the last node: send it as `after` to go on.")


@strawberry.type
class Edge(Generic[T]):
    """A node and its place in the connection."""

    node: T = strawberry.field(description="The node.")
    cursor: str = strawberry.field(description="Its place: opaque, and good for this connection only.")


@dataclass(frozen=True, slots=True)
class Page(Generic[V]):
    """The values of one page with their cursors."""

    values: Sequence[V]
    cursors: Sequence[str]
    is_continued: bool
    is_continuation: bool

    def info(self) -> PageInfo:
        """The page's own description."""
        ends = (self.cursors[0], self.cursors[-1]) if self.cursors else (None, None)
        return PageInfo(
            has_next_page=self.is_continued,
            has_previous_page=self.is_continuation,
            start_cursor=ends[0],
            end_cursor=ends[1],
        )


@strawberry.type
class Connection(Generic[T]):
    """One page of a list."""

    edges: list[Edge[T]] = strawberry.field(description="The page's nodes with their cursors.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")

    @strawberry.field
    def nodes(self) -> list[T]:
        """The page's nodes without their cursors."""
        return [edge.node for edge in self.edges]

    @classmethod
    def of(cls, page: Page[V], from_core: Callable[[V], T], **more: Any) -> Self:
        """The page with a node for each of its values."""
        edges = [
            Edge(node=from_core(value), cursor=cursor) for value, cursor in zip(page.values, page.cursors, strict=True)
        ]
        return cls(edges=edges, page_info=page.info(), **more)


@strawberry.type(name="Connection")
class CountedConnection(Connection[T]):
    """One page of a list that knows its length."""

    count: strawberry.Private[Callable[[], Awaitable[int]]]

    @strawberry.field
    async def total_count(self) -> Long:
        """How many nodes all pages have together."""
        return Long(await self.count())


@dataclass(frozen=True, slots=True)
class Paging(Generic[V]):
    """How one kind of connection names places: `place` is where a value stands, `kind` keeps its cursors apart."""

    kind: str
    shape: tuple[type, ...]
    place: Callable[[V], tuple[str | int, ...]]

    def after(self, cursor: str | None) -> Any:
        """The place that a cursor names, None at the start. Raises `InvalidValue` for a cursor of anything else."""
        return None if cursor is None else self._read(cursor)

    def page(self, values: Sequence[V], first: int, after: str | None) -> Page[V]:
        """The page that begins `values`, which are one more than `first` if there are more."""
        shown = values[:first]
        return Page(shown, [self.cursor(value) for value in shown], len(values) > first, after is not None)

    def slice(self, every: Iterable[V], first: int, after: str | None) -> Page[V]:
        """The page of a list that is at hand."""
        size, begin = check_size(first), self.after(after)
        ordered = sorted(every, key=self.place)
        return self.page([each for each in ordered if begin is None or self.place(each) > begin][:size], first, after)

    def cursor(self, value: V) -> str:
        """The cursor of a value."""
        text = json.dumps([self.kind, *self.place(value)], separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    def _read(self, cursor: str) -> tuple[str | int, ...]:
        try:
            text = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
            kind, *place = json.loads(text)
        except (ValueError, TypeError, binascii.Error, RecursionError):
            raise _foreign_cursor(cursor) from None
        if kind != self.kind or len(place) != len(self.shape) or not all(map(_is_part, place, self.shape)):
            raise _foreign_cursor(cursor)
        return tuple(place)


def check_size(first: int) -> int:
    """How many values to ask storage for: one more than the page, to know whether it goes on.

    Raises `InvalidValue` beyond the limits.
    """
    if not 1 <= first <= page_size_max:
        raise InvalidValue(f"`first` is {first}; ask for 1 to {page_size_max}")
    return first + 1


def constant(number: int) -> Callable[[], Awaitable[int]]:
    """A count that is known."""

    async def count() -> int:
        return number

    return count


def _is_part(part: object, kind: type) -> bool:
    if kind is int:
        return type(part) is int and 0 <= part <= long_max
    return isinstance(part, str) and not _UNSTORABLE.search(part)


def _foreign_cursor(cursor: str) -> InvalidValue:
    return InvalidValue(f"`after` is {cursor[:40]!r}, no cursor of this connection; send an `endCursor` of it")
