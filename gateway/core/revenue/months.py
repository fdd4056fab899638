"""Revenue by spans of days, such as the months of the books."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

from gateway.core.revenue.document import RevenueDocument
from gateway.core.revenue.flows import Flows, Movement


def month_ends(first: date, last: date) -> Iterator[date]:
    """The last days of the months from that of `first` to that of `last`."""
    month = first.replace(day=1)
    while month <= last:
        following = (month + timedelta(days=31)).replace(day=1)
        yield following - timedelta(days=1)
        month = following


def movements_by_end(
    documents: Sequence[RevenueDocument], ends: Iterable[date]
) -> Iterator[tuple[date, list[Movement]]]:
    """What moves by the end of the first of some days, from the beginning, and from each to the next."""
    before = [Flows() for _ in documents]
    for end in ends:
        after = [document.flows(end) for document in documents]
        yield end, [movement for one, other in zip(after, before, strict=True) for movement in one.since(other)]
        before = after
