"""What depends on connections, counted."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Select, and_, func, select

from gateway.core.delivery import DeliveryStatus
from gateway.core.invoicing.invoice import InvoiceStatus, PaymentStatus
from gateway.core.ports.connections import ConnectionUse
from gateway.storage.rows import CustomerRow, DeliveryRow, ExternalRefRow, InvoiceRow, table_of

_CUSTOMERS = table_of(CustomerRow)
_DELIVERIES = table_of(DeliveryRow)
_REFS = table_of(ExternalRefRow)
_INVOICES = table_of(InvoiceRow)


class SqlConnectionUses:
    """The part of `Connections` that counts."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

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
        yield status.value, counted.where(_DELIVERIES.c.status == status)
    is_there = and_(_REFS.c.our_id == _INVOICES.c.id, _REFS.c.kind == "invoice")
    there = select(_REFS.c.connection, func.count()).join_from(_REFS, _INVOICES, is_there)
    is_unpaid = and_(
        _INVOICES.c.status == InvoiceStatus.FINALIZED, _INVOICES.c.payment_status == PaymentStatus.UNPAID,
        _INVOICES.c.total_minor > 0,
    )  # fmt: skip
    yield "unpaid", there.where(is_unpaid).group_by(_REFS.c.connection)
