"""Switches and their moves, as `Switches` asks for them."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, case, func, insert, or_, select, tuple_, update

from gateway.core.customer_links import CustomerLink
from gateway.core.delivery import Delivery, DeliveryStatus
from gateway.core.errors import NotFound
from gateway.core.invoicing.invoice import InvoiceStatus, PaymentStatus
from gateway.core.money import Money
from gateway.core.switching import Move, OpenInvoice, OpenState, Switch, SwitchProgress
from gateway.storage.deliveries import SqlDeliveries
from gateway.storage.rows import CustomerLinkRow, CustomerMoveRow, DeliveryRow, InvoiceRow, ProviderSwitchRow, table_of
from gateway.storage.statements import one_of

_SWITCHES = table_of(ProviderSwitchRow)
_MOVES = table_of(CustomerMoveRow)
_LINKS = table_of(CustomerLinkRow)
_DELIVERIES = table_of(DeliveryRow)
_INVOICES = table_of(InvoiceRow)
_IS_OF_MOVE = _DELIVERIES.c.document_id == _MOVES.c.id


class SqlSwitches:
    """See `Switches`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, switch: Switch, moves: Sequence[Move]) -> None:
        """See `Switches.add`."""
        self._connection.execute(insert(_SWITCHES), _values(switch))
        self._connection.execute(insert(_MOVES), [_values(move) | {"is_moved": int(move.is_moved)} for move in moves])

    def move(self, move_id: str) -> Move:
        """See `Switches.move`."""
        row = self._connection.execute(select(_MOVES).where(_MOVES.c.id == move_id)).first()
        if row is None:
            raise NotFound(f"Move {move_id!r} does not exist")
        return _move(row)

    def open_moves(self, customers: Sequence[str]) -> dict[str, Move]:
        """See `Switches.open_moves`."""
        query = select(_MOVES).where(
            _MOVES.c.ended_at.is_(None), one_of(self._connection, _MOVES.c.customer, customers)
        )
        return {row.customer: _move(row) for row in self._connection.execute(query)}

    def end_move(self, move_id: str, at: datetime, is_moved: bool) -> bool:
        """See `Switches.end_move`."""
        open_move = update(_MOVES).where(_MOVES.c.id == move_id, _MOVES.c.ended_at.is_(None))
        return self._connection.execute(open_move.values(ended_at=at, is_moved=int(is_moved))).rowcount == 1

    def page(self, before: tuple[datetime, str] | None, limit: int) -> list[Switch]:
        """See `Switches.page`."""
        place = (_SWITCHES.c.begun_at, _SWITCHES.c.id)
        query = select(_SWITCHES).order_by(*(column.desc() for column in place)).limit(limit)
        if before is not None:
            query = query.where(tuple_(*place) < tuple_(*before, types=[each.type for each in place]))
        return [Switch(**row._asdict()) for row in self._connection.execute(query)]

    def by_ids(self, ids: Sequence[str]) -> list[Switch]:
        """See `Switches.by_ids`."""
        query = select(_SWITCHES).where(one_of(self._connection, _SWITCHES.c.id, ids))
        rows = self._connection.execute(query.order_by(_SWITCHES.c.begun_at, _SWITCHES.c.id))
        return [Switch(**row._asdict()) for row in rows]

    def progress(self, switch_ids: Sequence[str]) -> dict[str, SwitchProgress]:
        """See `Switches.progress`."""
        is_ended, is_parked = _MOVES.c.ended_at.is_not(None), _DELIVERIES.c.status == DeliveryStatus.PARKED
        state = case(
            (and_(is_ended, _MOVES.c.is_moved == 1), "moved"), (is_ended, "given_up"), (is_parked, "parked"),
            else_="pending",
        ).label("state")  # fmt: skip
        query = (
            select(_MOVES.c.switch_id, state, func.count())
            .join_from(_MOVES, _DELIVERIES, _IS_OF_MOVE)
            .where(one_of(self._connection, _MOVES.c.switch_id, switch_ids))
            .group_by(_MOVES.c.switch_id, state)
        )
        counts: dict[str, dict[str, int]] = defaultdict(dict)
        for switch_id, name, count in self._connection.execute(query):
            counts[switch_id][name] = count
        return {switch_id: SwitchProgress(**counted) for switch_id, counted in counts.items()}

    def moves(self, switch_id: str, after: str | None, limit: int) -> list[tuple[Move, Delivery]]:
        """See `Switches.moves`."""
        query = select(_MOVES).where(_MOVES.c.switch_id == switch_id, _MOVES.c.customer > (after or ""))
        rows = self._connection.execute(query.order_by(_MOVES.c.customer).limit(limit))
        found = [_move(row) for row in rows]
        deliveries = SqlDeliveries(self._connection).by_document([move.id for move in found])
        return [(move, deliveries[move.id][0]) for move in found]

    def add_link(self, link: CustomerLink) -> None:
        """See `Switches.add_link`."""
        self._connection.execute(insert(_LINKS), _values(link))

    def link(self, link_id: str) -> CustomerLink:
        """See `Switches.link`."""
        row = self._connection.execute(select(_LINKS).where(_LINKS.c.id == link_id)).first()
        if row is None:
            raise NotFound(f"Link {link_id!r} does not exist")
        return CustomerLink(**row._asdict())

    def open_invoices(self, customers: Sequence[str]) -> list[OpenInvoice]:
        """See `Switches.open_invoices`."""
        is_on_its_way = _DELIVERIES.c.status != DeliveryStatus.DELIVERED
        is_unpaid = and_(_INVOICES.c.payment_status == PaymentStatus.UNPAID, _INVOICES.c.total_minor > 0)
        columns = (_INVOICES.c.id, _INVOICES.c.number, _INVOICES.c.customer, _INVOICES.c.total_minor)
        query = (
            select(*columns, _INVOICES.c.currency, _DELIVERIES.c.connection, _DELIVERIES.c.status)
            .join_from(_INVOICES, _DELIVERIES, _DELIVERIES.c.document_id == _INVOICES.c.id)
            .where(_INVOICES.c.status == InvoiceStatus.FINALIZED, or_(is_on_its_way, is_unpaid))
            .where(one_of(self._connection, _INVOICES.c.customer, customers))
            .order_by(_INVOICES.c.customer, _INVOICES.c.number)
        )
        return [_open_invoice(row) for row in self._connection.execute(query)]


def _values(value: Switch | Move | CustomerLink) -> dict[str, object]:
    return {name: getattr(value, name) for name in type(value).__slots__}


def _move(row: Row[Any]) -> Move:
    return Move(**row._asdict() | {"is_moved": bool(row.is_moved)})


def _open_invoice(row: Any) -> OpenInvoice:
    is_delivered = row.status == DeliveryStatus.DELIVERED
    return OpenInvoice(
        invoice_id=row.id,
        number=row.number,
        customer=row.customer,
        connection=row.connection,
        total=Money(row.total_minor, row.currency),
        state=OpenState.UNPAID if is_delivered else OpenState(row.status),
    )
