"""Reviews, as `Reviews` asks for them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, select, tuple_

from gateway.core.errors import NotFound
from gateway.core.gate.review import Decision, Review, ReviewKind, ReviewStatus
from gateway.core.invoicing.invoice import InvoiceKey
from gateway.core.ports.reviews import ReviewFilter
from gateway.storage.rows import InvoiceRow, ReviewRow, table_of
from gateway.storage.statements import one_of, upsert

_REVIEWS = table_of(ReviewRow)
_INVOICES = table_of(InvoiceRow)
_PLACE = (_REVIEWS.c.opened_at, _REVIEWS.c.id)
_IS_OPEN = _REVIEWS.c.status != ReviewStatus.RESOLVED


class SqlReviews:
    """See `Reviews`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, review: Review) -> None:
        """See `Reviews.put`."""
        values = {name: getattr(review, name) for name in Review.__slots__}
        first = upsert(self._connection, _REVIEWS).values(values)
        self._connection.execute(first.on_conflict_do_update(index_elements=["id"], set_=values))

    def lock(self, review_id: str) -> Review:
        """See `Reviews.lock`."""
        row = self._connection.execute(select(_REVIEWS).where(_REVIEWS.c.id == review_id).with_for_update()).first()
        if row is None:
            raise NotFound(f"Review {review_id!r} does not exist")
        return _review(row)

    def open_of(self, subjects: Sequence[str]) -> dict[str, Review]:
        """See `Reviews.open_of`."""
        query = select(_REVIEWS).where(one_of(self._connection, _REVIEWS.c.subject, subjects), _IS_OPEN)
        return {each.subject: each for each in self._found(query)}

    def by_ids(self, ids: Sequence[str]) -> dict[str, Review]:
        """See `Reviews.by_ids`."""
        query = select(_REVIEWS).where(one_of(self._connection, _REVIEWS.c.id, ids))
        return {each.id: each for each in self._found(query)}

    def of_subjects(self, subjects: Sequence[str]) -> dict[str, Review]:
        """See `Reviews.of_subjects`."""
        query = select(_REVIEWS).where(one_of(self._connection, _REVIEWS.c.subject, subjects)).order_by(*_PLACE)
        return {each.subject: each for each in self._found(query)}

    def page(self, matching: ReviewFilter, after: tuple[datetime, str] | None, limit: int) -> list[Review]:
        """See `Reviews.page`."""
        query = select(_REVIEWS).where(*_claims(matching)).order_by(*_PLACE).limit(limit)
        if after is not None:
            query = query.where(tuple_(*_PLACE) > tuple_(*after, types=[each.type for each in _PLACE]))
        return self._found(query)

    def count(self, matching: ReviewFilter) -> int:
        """See `Reviews.count`."""
        query = select(func.count()).select_from(_REVIEWS).where(*_claims(matching))
        return int(self._connection.execute(query).scalar_one())

    def counts(self) -> dict[ReviewKind, int]:
        """See `Reviews.counts`."""
        query = select(_REVIEWS.c.kind, func.count()).where(_IS_OPEN).group_by(_REVIEWS.c.kind)
        return {ReviewKind(kind): number for kind, number in self._connection.execute(query)}

    def waited(self, now: datetime) -> list[Review]:
        """See `Reviews.waited`."""
        is_over = (_REVIEWS.c.status == ReviewStatus.WAITING) & (_REVIEWS.c.waits_until <= now)
        return self._found(select(_REVIEWS).where(is_over).order_by(*_PLACE))

    def written_off(self, subscription_ids: Sequence[str]) -> set[InvoiceKey]:
        """See `Reviews.written_off`."""
        columns = (_INVOICES.c.subscription_id, _INVOICES.c.boundary_at, _INVOICES.c.kind, _INVOICES.c.sequence)
        query = (
            select(*columns)
            .join_from(_REVIEWS, _INVOICES, _INVOICES.c.id == _REVIEWS.c.subject)
            .where(_REVIEWS.c.status == ReviewStatus.RESOLVED, _REVIEWS.c.decision == Decision.VOID)
            .where(one_of(self._connection, _INVOICES.c.subscription_id, subscription_ids))
        )
        return {InvoiceKey(*row) for row in self._connection.execute(query)}

    def _found(self, query: Select[Any]) -> list[Review]:
        return [_review(row) for row in self._connection.execute(query)]


def _claims(matching: ReviewFilter) -> list[ColumnElement[bool]]:
    wanted = {name: getattr(matching, name) for name in ReviewFilter.__slots__}
    return [_REVIEWS.c[name] == value for name, value in wanted.items() if value is not None]


def _review(row: Row[Any]) -> Review:
    typed = {
        "kind": ReviewKind(row.kind),
        "status": ReviewStatus(row.status),
        "decision": None if row.decision is None else Decision(row.decision),
    }
    return Review(**{**row._asdict(), **typed})
