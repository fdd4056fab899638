"""Invoices with their lines and holds, as `Invoices` asks for them."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, insert, not_, select, tuple_, update

from gateway.core.errors import IllegalTransition, InvalidValue, NotFound
from gateway.core.feeds import InvoiceChange, InvoiceChangeKind
from gateway.core.gate.discrepancy import Discrepancy, Resolution
from gateway.core.gate.history import UsageBilled
from gateway.core.invoicing.invoice import (
    PROGRESSIVE,
    Invoice,
    InvoiceKey,
    InvoiceLine,
    InvoiceStatus,
    PaidBy,
    PaymentStatus,
)
from gateway.core.invoicing.quoted_taxes import QuotedTaxes
from gateway.core.invoicing.recorded_payments import RecordedPayment
from gateway.core.invoicing.terms_documents import quoted_document, quoted_from
from gateway.core.legal_entity import DEFAULT_ENTITY
from gateway.core.money import Money
from gateway.core.periods.period import BillingPeriod
from gateway.core.plans.plan import Timing
from gateway.core.ports.invoices import InvoiceFilter, UsagePeriod
from gateway.storage.feeds import SqlFeeds
from gateway.storage.invoice_rows import (
    discrepancy_from,
    discrepancy_values,
    invoice_from,
    invoice_values,
    issued_values,
    line_from,
    line_values,
)
from gateway.storage.rows import (
    DiscrepancyRow,
    InvoiceLineRow,
    InvoiceRow,
    NumberSeriesRow,
    RecordedPaymentRow,
    ResolutionRow,
    TaxQuoteRow,
    table_of,
)
from gateway.storage.statements import insert_unless_taken, one_of, upsert

_INVOICES = table_of(InvoiceRow)
_LINES = table_of(InvoiceLineRow)
_DISCREPANCIES = table_of(DiscrepancyRow)
_RESOLUTIONS = table_of(ResolutionRow)
_SERIES = table_of(NumberSeriesRow)
_QUOTES = table_of(TaxQuoteRow)
_PAYMENTS = table_of(RecordedPaymentRow)
_WAS_FINALIZED = _INVOICES.c.finalized_at.is_not(None)
_IS_LIVE = _INVOICES.c.status != InvoiceStatus.VOID


class SqlInvoices:
    """See `Invoices`."""

    def __init__(self, connection: Connection, feeds: SqlFeeds) -> None:
        self._connection = connection
        self._feeds = feeds

    def add(self, invoice: Invoice, discrepancies: Sequence[Discrepancy]) -> bool:
        """See `Invoices.add`."""
        if not insert_unless_taken(self._connection, _INVOICES, invoice_values(invoice)):
            return False
        if invoice.lines:
            values = [line_values(invoice.id, ordinal, line) for ordinal, line in enumerate(invoice.lines)]
            self._connection.execute(insert(_LINES), values)
        if discrepancies:
            values = [discrepancy_values(invoice.id, ordinal, item) for ordinal, item in enumerate(discrepancies)]
            self._connection.execute(insert(_DISCREPANCIES), values)
        return True

    def by_key(self, key: InvoiceKey) -> Invoice | None:
        """See `Invoices.by_key`."""
        query = select(_INVOICES).where(
            _INVOICES.c.subscription_id == key.subscription_id,
            _INVOICES.c.boundary_at == key.boundary_at,
            _INVOICES.c.kind == key.kind,
            _INVOICES.c.sequence == key.sequence,
            _IS_LIVE,
        )
        return next(iter(self._load(query)), None)

    def billed_boundaries(self, subscription_ids: Sequence[str]) -> set[InvoiceKey]:
        """See `Invoices.billed_boundaries`."""
        columns = (_INVOICES.c.subscription_id, _INVOICES.c.boundary_at, _INVOICES.c.kind, _INVOICES.c.sequence)
        query = select(*columns).where(
            one_of(self._connection, _INVOICES.c.subscription_id, subscription_ids), _IS_LIVE
        )
        return {InvoiceKey(*row) for row in self._connection.execute(query)}

    def progressive(self, periods: Sequence[UsagePeriod]) -> dict[UsagePeriod, list[Invoice]]:
        """See `Invoices.progressive`."""
        if not periods:
            return {}
        ids, first = sorted({name for name, _ in periods}), min(start for _, start in periods)
        of_subscriptions = one_of(self._connection, _INVOICES.c.subscription_id, ids)
        query = select(_INVOICES).where(
            of_subscriptions, _INVOICES.c.boundary_at >= first, _INVOICES.c.kind == PROGRESSIVE, _IS_LIVE
        )
        found: dict[UsagePeriod, list[Invoice]] = {}
        for invoice in self._load(query.order_by(_INVOICES.c.sequence)):
            period = invoice.key.subscription_id, invoice.key.boundary_at
            if period in set(periods):
                found.setdefault(period, []).append(invoice)
        return found

    def taking_off(self, invoice: Invoice) -> list[Invoice]:
        """See `Invoices.taking_off`."""
        is_named = _INVOICES.c.billed_before.contains(json.dumps(invoice.id), autoescape=True)
        of_subscription = _INVOICES.c.subscription_id == invoice.key.subscription_id
        query = select(_INVOICES).where(of_subscription, is_named, _IS_LIVE)
        return self._load(query.order_by(_INVOICES.c.boundary_at, _INVOICES.c.sequence))

    def usage_in_arrears(self, subscription_ids: Sequence[str], before: datetime) -> int:
        """See `Invoices.usage_in_arrears`."""
        query = (
            select(func.coalesce(func.sum(_LINES.c.amount_minor), 0))
            .join_from(_LINES, _INVOICES, _INVOICES.c.id == _LINES.c.invoice_id)
            .where(one_of(self._connection, _INVOICES.c.subscription_id, subscription_ids), _IS_LIVE)
            .where(_LINES.c.meter.is_not(None), _LINES.c.timing == Timing.IN_ARREARS, _LINES.c.period_start < before)
        )
        return int(self._connection.execute(query).scalar_one())

    def usage_billed(self, subscription_ids: Sequence[str], since: datetime) -> dict[str, list[UsageBilled]]:
        """See `Invoices.usage_billed`."""
        period = (_INVOICES.c.subscription_id, _LINES.c.period_start, _LINES.c.period_end, _INVOICES.c.currency)
        query = (
            select(*period, func.sum(_LINES.c.amount_minor))
            .join_from(_LINES, _INVOICES, _INVOICES.c.id == _LINES.c.invoice_id)
            .where(one_of(self._connection, _INVOICES.c.subscription_id, subscription_ids), _IS_LIVE)
            .where(_INVOICES.c.boundary_at >= since, _LINES.c.meter.is_not(None), _LINES.c.period_start >= since)
            .group_by(*period)
        )
        found: dict[str, list[UsageBilled]] = {}
        for subscription, start, end, currency, minor in self._connection.execute(query):
            found.setdefault(subscription, []).append(
                UsageBilled(BillingPeriod(start, end), Money(int(minor), currency))
            )
        return found

    def get(self, invoice_id: str) -> Invoice:
        """See `Invoices.get`."""
        return self._one(select(_INVOICES), invoice_id)

    def lock(self, invoice_id: str) -> Invoice:
        """See `Invoices.lock`."""
        return self._one(select(_INVOICES).with_for_update(), invoice_id)

    def by_ids(self, ids: Sequence[str]) -> dict[str, Invoice]:
        """See `Invoices.by_ids`."""
        found = self._load(select(_INVOICES).where(one_of(self._connection, _INVOICES.c.id, ids)))
        return {invoice.id: invoice for invoice in found}

    def by_number(self, number: str) -> Invoice | None:
        """See `Invoices.by_number`."""
        return next(iter(self._load(select(_INVOICES).where(_INVOICES.c.number == number))), None)

    def page(
        self, matching: InvoiceFilter, after: tuple[date, str] | None, limit: int, is_newest_first: bool = False
    ) -> list[Invoice]:
        """See `Invoices.page`."""
        place = (_INVOICES.c.issued_on, _INVOICES.c.id)
        order = [column.desc() for column in place] if is_newest_first else place
        query = select(_INVOICES).where(*_passes(matching)).order_by(*order).limit(limit)
        if after is not None:
            begin = tuple_(after[0].isoformat(), after[1])
            query = query.where(tuple_(*place) < begin if is_newest_first else tuple_(*place) > begin)
        return self._load(query)

    def unpaid(self, today: date) -> list[Invoice]:
        """See `Invoices.unpaid`."""
        # By an index of both, so that those that are paid are not read.
        is_open = _INVOICES.c.payment_status.in_([PaymentStatus.UNPAID, PaymentStatus.UNCOLLECTIBLE])
        is_final = _INVOICES.c.status == InvoiceStatus.FINALIZED
        has_failed = (_INVOICES.c.payment_status == PaymentStatus.UNCOLLECTIBLE) | (
            _INVOICES.c.due_on < today.isoformat()
        )
        return self._load(select(_INVOICES).where(is_final, is_open, has_failed).order_by(_INVOICES.c.id))

    def count(self, matching: InvoiceFilter) -> int:
        """See `Invoices.count`."""
        query = select(func.count()).select_from(_INVOICES).where(*_passes(matching))
        return int(self._connection.execute(query).scalar_one())

    def with_status(self, status: InvoiceStatus, limit: int) -> list[Invoice]:
        """See `Invoices.with_status`."""
        order = (_INVOICES.c.boundary_at, _INVOICES.c.subscription_id, _INVOICES.c.id)
        return self._load(select(_INVOICES).where(_INVOICES.c.status == status).order_by(*order).limit(limit))

    def count_not_final(self, legal_entity: str, through: datetime) -> dict[InvoiceStatus, int]:
        """See `Invoices.count_not_final`."""
        status = _INVOICES.c.status
        is_open = status.in_([InvoiceStatus.DRAFT, InvoiceStatus.HELD, InvoiceStatus.APPROVED])
        in_books = (_INVOICES.c.legal_entity == legal_entity, _INVOICES.c.boundary_at <= through)
        query = select(status, func.count()).where(is_open, *in_books).group_by(status)
        return {InvoiceStatus(row[0]): row[1] for row in self._connection.execute(query)}

    def update_status(self, invoice: Invoice) -> None:
        """See `Invoices.update_status`."""
        moved = update(_INVOICES).where(_INVOICES.c.id == invoice.id, _INVOICES.c.status.in_(_before(invoice)))
        values = {
            "status": invoice.status,
            "number": invoice.number,
            "finalized_at": invoice.finalized_at,
            "legal_entity_version": invoice.legal_entity_version,
            **issued_values(invoice),
        }
        if self._connection.execute(moved.values(values)).rowcount == 0:
            present = self.get(invoice.id).status
            raise IllegalTransition(f"Invoice {invoice.id} is {present} by now and cannot become {invoice.status}")
        if invoice.status is InvoiceStatus.FINALIZED:
            self._feeds.add_invoice_change(InvoiceChange(invoice.id, InvoiceChangeKind.FINALIZED, invoice.finalized_at))

    def apply_terms(self, invoice: Invoice) -> None:
        """See `Invoices.apply_terms`."""
        values = invoice_values(invoice)
        stated = {name: values[name] for name in ("terms", "total_minor")}
        self._connection.execute(update(_INVOICES).where(_INVOICES.c.id == invoice.id).values(stated))
        for ordinal, line in enumerate(invoice.lines):
            of_line = (_LINES.c.invoice_id == invoice.id) & (_LINES.c.ordinal == ordinal)
            shares = {name: line_values(invoice.id, ordinal, line)[name] for name in ("discounts", "taxes")}
            self._connection.execute(update(_LINES).where(of_line).values(shares))

    def add_payment(self, payment: RecordedPayment) -> None:
        """See `Invoices.add_payment`."""
        values = {**asdict(payment), "received_on": payment.received_on.isoformat()}
        amounts = {f"{name}_minor": values.pop(name)["amount_minor"] for name in ("amount", "due")}
        self._connection.execute(insert(_PAYMENTS), {**values, **amounts, "currency": payment.amount.currency})

    def payments(self, invoice_ids: Sequence[str]) -> dict[str, list[RecordedPayment]]:
        """See `Invoices.payments`."""
        query = select(_PAYMENTS).where(one_of(self._connection, _PAYMENTS.c.invoice_id, invoice_ids))
        found: dict[str, list[RecordedPayment]] = {}
        for row in self._connection.execute(query.order_by(_PAYMENTS.c.recorded_at, _PAYMENTS.c.id)):
            found.setdefault(row.invoice_id, []).append(_payment(row))
        return found

    def put_quote(self, invoice_id: str, quoted: QuotedTaxes) -> None:
        """See `Invoices.put_quote`."""
        values = {"quote": json.dumps(quoted_document(quoted))}
        first = upsert(self._connection, _QUOTES).values(invoice_id=invoice_id, **values)
        self._connection.execute(first.on_conflict_do_update(index_elements=["invoice_id"], set_=values))

    def quote(self, invoice_id: str) -> QuotedTaxes | None:
        """See `Invoices.quote`."""
        text = self._connection.execute(select(_QUOTES.c.quote).where(_QUOTES.c.invoice_id == invoice_id)).scalar()
        return None if text is None else quoted_from(json.loads(text))

    def update_payment(
        self, invoice_id: str, status: PaymentStatus, at: datetime, paid_by: PaidBy | None = None
    ) -> None:
        """See `Invoices.update_payment`."""
        paid = update(_INVOICES).where(_INVOICES.c.id == invoice_id).values(payment_status=status, paid_by=paid_by)
        found = self._connection.execute(paid.returning(_INVOICES.c.finalized_at)).first()
        if found is None:
            raise _not_found(invoice_id)
        if found.finalized_at is not None:
            self._feeds.add_invoice_change(InvoiceChange(invoice_id, InvoiceChangeKind.PAYMENT, at, status, paid_by))

    def discrepancies(self, invoice_ids: Sequence[str]) -> dict[str, list[Discrepancy]]:
        """See `Invoices.discrepancies`."""
        query = select(_DISCREPANCIES).where(one_of(self._connection, _DISCREPANCIES.c.invoice_id, invoice_ids))
        found: dict[str, list[Discrepancy]] = {}
        for row in self._connection.execute(query.order_by(_DISCREPANCIES.c.invoice_id, _DISCREPANCIES.c.ordinal)):
            found.setdefault(row.invoice_id, []).append(discrepancy_from(row))
        return found

    def resolve(self, resolution: Resolution) -> None:
        """See `Invoices.resolve`."""
        self._connection.execute(insert(_RESOLUTIONS), asdict(resolution))

    def resolutions(self, invoice_ids: Sequence[str]) -> dict[str, Resolution]:
        """See `Invoices.resolutions`."""
        query = select(_RESOLUTIONS).where(one_of(self._connection, _RESOLUTIONS.c.invoice_id, invoice_ids))
        return {row.invoice_id: Resolution(**row._asdict()) for row in self._connection.execute(query)}

    def take_number(self, series: str, legal_entity: str = DEFAULT_ENTITY) -> int:
        """See `Invoices.take_number`."""
        first = upsert(self._connection, _SERIES).values(name=series, last_number=1, legal_entity=legal_entity)
        following = first.on_conflict_do_update(
            index_elements=["name"],
            set_={"last_number": _SERIES.c.last_number + 1},
            where=_SERIES.c.legal_entity == legal_entity,
        )
        taken = self._connection.execute(following.returning(_SERIES.c.last_number)).scalar()
        if taken is None:
            raise InvalidValue(
                f"Series {series!r} belongs to another legal entity; give {legal_entity!r} one of its own"
            )
        return int(taken)

    def _one(self, query: Select[Any], invoice_id: str) -> Invoice:
        found = self._load(query.where(_INVOICES.c.id == invoice_id))
        if not found:
            raise _not_found(invoice_id)
        return found[0]

    def _load(self, query: Select[Any]) -> list[Invoice]:
        """The invoices that `query` finds, in its order, with their lines: two statements whatever their number."""
        rows = self._connection.execute(query).all()
        currencies = {row.id: row.currency for row in rows}
        lines = self._lines(currencies)
        return [invoice_from(row, tuple(lines.get(row.id, ()))) for row in rows]

    def _lines(self, currencies: dict[str, str]) -> dict[str, list[InvoiceLine]]:
        if not currencies:
            return {}
        query = select(_LINES).where(one_of(self._connection, _LINES.c.invoice_id, currencies))
        found: dict[str, list[InvoiceLine]] = {}
        for row in self._connection.execute(query.order_by(_LINES.c.invoice_id, _LINES.c.ordinal)):
            found.setdefault(row.invoice_id, []).append(line_from(row, currencies[row.invoice_id]))
        return found


def _passes(matching: InvoiceFilter) -> Iterator[ColumnElement[bool]]:
    if matching.customer is not None:
        yield _INVOICES.c.customer == matching.customer
    if matching.legal_entity is not None:
        yield _INVOICES.c.legal_entity == matching.legal_entity
    if matching.status is not None:
        yield _INVOICES.c.status == matching.status
    if matching.issued_from is not None:
        yield _INVOICES.c.issued_on >= matching.issued_from.isoformat()
    if matching.issued_before is not None:
        yield _INVOICES.c.issued_on < matching.issued_before.isoformat()
    if matching.is_issued is not None:
        yield _WAS_FINALIZED if matching.is_issued else not_(_WAS_FINALIZED)


def _before(invoice: Invoice) -> list[InvoiceStatus]:
    """The states from which an invoice can have moved to the one it is in."""
    return [status for status in InvoiceStatus if _can_move(replace(invoice, status=status), invoice.status)]


def _can_move(invoice: Invoice, status: InvoiceStatus) -> bool:
    try:
        invoice.moved_to(status)
    except IllegalTransition:
        return False
    return True


def _not_found(invoice_id: str) -> NotFound:
    return NotFound(f"Invoice {invoice_id!r} does not exist")


def _payment(row: Row[Any]) -> RecordedPayment:
    values = row._asdict()
    currency = values.pop("currency")
    amounts = {name: Money(values.pop(f"{name}_minor"), currency) for name in ("amount", "due")}
    return RecordedPayment(**{**values, **amounts, "received_on": date.fromisoformat(row.received_on)})
