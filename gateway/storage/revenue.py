"""What is earned, as `Revenue` asks for it."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import Connection, bindparam, func, insert, select, update

from gateway.core.ports.revenue import Recognition
from gateway.core.revenue.fact_documents import fact_document, fact_from
from gateway.core.revenue.facts import Fact, RecordedFact, in_force
from gateway.core.revenue.invoice_document import Delivered
from gateway.storage.rows import AccrualRow, DeliveredRow, InvoiceFactRow, RecognitionRow, table_of
from gateway.storage.statements import one_of, upsert

_RECOGNITIONS = table_of(RecognitionRow)
_FACTS = table_of(InvoiceFactRow)
_ACCRUALS = table_of(AccrualRow)
_DELIVERED = table_of(DeliveredRow)


class SqlRevenue:
    """See `Revenue`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, recognition: Recognition) -> None:
        """See `Revenue.add`."""
        values = {
            "document_id": recognition.document_id,
            "legal_entity": recognition.legal_entity,
            "due_on": _day_text(recognition.due_on),
            "entries": recognition.entries,
        }
        self._connection.execute(insert(_RECOGNITIONS), values)

    def lock(self, document_ids: Sequence[str]) -> dict[str, Recognition]:
        """See `Revenue.lock`."""
        query = select(_RECOGNITIONS).where(one_of(self._connection, _RECOGNITIONS.c.document_id, document_ids))
        rows = self._connection.execute(query.order_by(_RECOGNITIONS.c.document_id).with_for_update())
        return {
            row.document_id: Recognition(
                row.document_id, row.legal_entity, date.fromisoformat(row.due_on) if row.due_on else None, row.entries
            )
            for row in rows
        }

    def update(self, recognitions: Sequence[Recognition]) -> None:
        """See `Revenue.update`."""
        if recognitions:
            statement = update(_RECOGNITIONS).where(_RECOGNITIONS.c.document_id == bindparam("of"))
            self._connection.execute(
                statement.values(due_on=bindparam("next"), entries=bindparam("posted")),
                [
                    {"of": each.document_id, "next": _day_text(each.due_on), "posted": each.entries}
                    for each in recognitions
                ],
            )

    def due(self, legal_entity: str, through: date, limit: int) -> list[str]:
        """See `Revenue.due`."""
        query = (
            select(_RECOGNITIONS.c.document_id)
            .where(_RECOGNITIONS.c.legal_entity == legal_entity, _RECOGNITIONS.c.due_on <= through.isoformat())
            .order_by(_RECOGNITIONS.c.due_on, _RECOGNITIONS.c.document_id)
            .limit(limit)
        )
        return list(self._connection.execute(query).scalars())

    def count_due(self, legal_entity: str, through: date) -> int:
        """See `Revenue.count_due`."""
        is_due = (_RECOGNITIONS.c.legal_entity == legal_entity, _RECOGNITIONS.c.due_on <= through.isoformat())
        return int(self._connection.execute(select(func.count()).where(*is_due)).scalar_one())

    def add_fact(self, document_id: str, fact: RecordedFact, recorded_at: datetime) -> None:
        """See `Revenue.add_fact`."""
        count = select(func.count()).where(_FACTS.c.invoice_id == document_id)
        values = {
            "invoice_id": document_id,
            "ordinal": self._connection.execute(count).scalar_one(),
            "fact": json.dumps(fact_document(fact), separators=(",", ":")),
            "recorded_at": recorded_at,
        }
        self._connection.execute(insert(_FACTS), values)

    def recorded_facts(self, document_id: str) -> list[RecordedFact]:
        """See `Revenue.recorded_facts`."""
        return self._recorded([document_id]).get(document_id, [])

    def facts(self, document_ids: Sequence[str]) -> dict[str, tuple[Fact, ...]]:
        """See `Revenue.facts`."""
        return {document_id: in_force(recorded) for document_id, recorded in self._recorded(document_ids).items()}

    def set_delivered(self, document_id: str, delivered: Mapping[int, Delivered]) -> None:
        """See `Revenue.set_delivered`."""
        rows = [
            {"invoice_id": document_id, "line": line, "day": day.isoformat(), "amount_minor": amount}
            for line, amounts in delivered.items()
            for day, amount in amounts
        ]
        if rows:
            self._connection.execute(insert(_DELIVERED), rows)

    def delivered(self, document_ids: Sequence[str]) -> dict[str, dict[int, Delivered]]:
        """See `Revenue.delivered`."""
        query = select(_DELIVERED).where(one_of(self._connection, _DELIVERED.c.invoice_id, document_ids))
        found: dict[str, dict[int, Delivered]] = {}
        for row in self._connection.execute(
            query.order_by(_DELIVERED.c.invoice_id, _DELIVERED.c.line, _DELIVERED.c.day)
        ):
            lines = found.setdefault(row.invoice_id, {})
            lines[row.line] = (*lines.get(row.line, ()), (date.fromisoformat(row.day), row.amount_minor))
        return found

    def accrued_through(self, legal_entity: str) -> date | None:
        """See `Revenue.accrued_through`."""
        query = select(_ACCRUALS.c.through).where(_ACCRUALS.c.legal_entity == legal_entity)
        through = self._connection.execute(query).scalar()
        return None if through is None else date.fromisoformat(through)

    def set_accrued_through(self, legal_entity: str, day: date) -> None:
        """See `Revenue.set_accrued_through`."""
        values = {"legal_entity": legal_entity, "through": day.isoformat()}
        insertion = upsert(self._connection, _ACCRUALS).values(values)
        self._connection.execute(insertion.on_conflict_do_update(index_elements=["legal_entity"], set_=values))

    def _recorded(self, document_ids: Sequence[str]) -> dict[str, list[RecordedFact]]:
        query = select(_FACTS).where(one_of(self._connection, _FACTS.c.invoice_id, document_ids))
        found: dict[str, list[RecordedFact]] = {}
        for row in self._connection.execute(query.order_by(_FACTS.c.invoice_id, _FACTS.c.ordinal)):
            found.setdefault(row.invoice_id, []).append(fact_from(json.loads(row.fact)))
        return found


def _day_text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
