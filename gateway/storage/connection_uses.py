"""What the names of connections stand for, and what depends on them."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Select, and_, func, select

from gateway.core.delivery import DeliveryStatus
from gateway.core.invoicing.invoice import InvoiceStatus, PaymentStatus
from gateway.core.ports.connections import ConnectionBinding, ConnectionUse
from gateway.storage.rows import (
    ConnectionBindingRow,
    CustomerRow,
    DeliveryRow,
    DeliveryStepRow,
    ExternalRefRow,
    InvoiceRow,
    JournalRow,
    table_of,
)
from gateway.storage.statements import upsert

_CUSTOMERS = table_of(CustomerRow)
_DELIVERIES = table_of(DeliveryRow)
_STEPS = table_of(DeliveryStepRow)
_JOURNALS = table_of(JournalRow)
_BINDINGS = table_of(ConnectionBindingRow)
_REFS = table_of(ExternalRefRow)
_INVOICES = table_of(InvoiceRow)


class SqlConnectionUses:
    """The part of `Connections` that names and counts."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def bindings(self) -> dict[str, ConnectionBinding]:
        """See `Connections.bindings`."""
        rows = (row._asdict() for row in self._connection.execute(select(_BINDINGS)))
        return {row.pop("connection"): ConnectionBinding(**row) for row in rows}

    def bind(self, connection: str, binding: ConnectionBinding) -> None:
        """See `Connections.bind`."""
        values = {name: getattr(binding, name) for name in ConnectionBinding.__slots__}
        first = upsert(self._connection, _BINDINGS).values(connection=connection, **values)
        self._connection.execute(first.on_conflict_do_update(index_elements=["connection"], set_=values))

    def talked_to(self) -> set[str]:
        """See `Connections.talked_to`."""
        begun = select(_DELIVERIES.c.connection).join_from(
            _DELIVERIES, _STEPS, _STEPS.c.delivery_id == _DELIVERIES.c.id
        )
        return set(self._connection.execute(select(_REFS.c.connection).union(begun)).scalars())

    def uses(self, default: str) -> dict[str, ConnectionUse]:
        """See `Connections.uses`."""
        counts: dict[str, dict[str, int]] = defaultdict(dict)
        for name, query in _use_queries(default):
            for row in self._connection.execute(query):
                counts[row[0]][name] = row[1]
        return {connection: ConnectionUse(**counted) for connection, counted in sorted(counts.items())}


def _use_queries(default: str) -> Iterator[tuple[str, Select[Any, Any]]]:
    """What each count of `ConnectionUse` asks, by connection."""
    connection = func.coalesce(_CUSTOMERS.c.connection, default).label("connection")
    yield "customers", select(connection, func.count()).group_by(connection)
    for status in (DeliveryStatus.PENDING, DeliveryStatus.PARKED):
        counted = select(_DELIVERIES.c.connection, func.count()).group_by(_DELIVERIES.c.connection)
        # A link that leads nowhere holds nothing there.
        is_idle_link = and_(
            _DELIVERIES.c.status == DeliveryStatus.PARKED, _DELIVERIES.c.document_id.startswith("lnk_", autoescape=True)
        )
        yield status.value, counted.where(_DELIVERIES.c.status == status, ~is_idle_link)
    is_there = and_(_REFS.c.our_id == _INVOICES.c.id, _REFS.c.kind == "invoice")
    is_on_its_way = _DELIVERIES.c.status.in_([DeliveryStatus.PENDING, DeliveryStatus.PARKED])
    journals = select(_DELIVERIES.c.connection, func.count()).join_from(
        _DELIVERIES, _JOURNALS, _DELIVERIES.c.document_id == _JOURNALS.c.id
    )
    yield "journals", journals.where(is_on_its_way).group_by(_DELIVERIES.c.connection)
    there = select(_REFS.c.connection, func.count()).join_from(_REFS, _INVOICES, is_there)
    is_unpaid = and_(
        _INVOICES.c.status == InvoiceStatus.FINALIZED, _INVOICES.c.payment_status == PaymentStatus.UNPAID,
        _INVOICES.c.total_minor > 0,
    )  # fmt: skip
    yield "unpaid", there.where(is_unpaid).group_by(_REFS.c.connection)
