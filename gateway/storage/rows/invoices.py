"""The tables of invoices, their lines, holds and numbers."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text

from gateway.storage.rows.base import STRICT, Row, column, key
from gateway.storage.types import ExactDecimal, Int, UtcTime, Words

_LIVE = text("status <> 'void'")


class InvoiceRow(Row, table=True):
    """An invoice; one live one per subscription, boundary, kind and sequence."""

    __tablename__ = "invoice"
    __table_args__ = (
        Index(
            "uq_invoice_live", "subscription_id", "boundary_at", "kind", "sequence",
            unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE,
        ),
        UniqueConstraint("number"),
        CheckConstraint(
            "status <> 'finalized' OR (number IS NOT NULL AND finalized_at IS NOT NULL)", name="finalized_is_numbered"
        ),
        Index(None, "customer", "issued_on", "id"),
        Index(None, "legal_entity", "issued_on", "id"),
        Index(None, "issued_on", "id"),
        Index(None, "status", "boundary_at"),
        Index(None, "status", "payment_status"),
        STRICT,
    )  # fmt: skip
    id: str = key()
    subscription_id: str = column(Words, ForeignKey("subscription.id"))
    boundary_at: datetime = column(UtcTime)
    kind: str = column()
    sequence: int = column(Int)
    customer: str = column(Words, ForeignKey("customer.key"))
    plan: str = column()
    plan_version: int = column(Int)
    currency: str = column()
    issued_on: str = column()
    cut_off: int = column(Int)
    meter_versions: str = column()
    inputs_hash: str = column()
    engine_version: int = column(Int)
    terms: str = column(server_default="{}")
    total_minor: int = column(Int)
    status: str = column()
    payment_status: str = column()
    paid_by: str | None = column(nullable=True)
    number: str | None = column(nullable=True)
    finalized_at: datetime | None = column(UtcTime, nullable=True)
    legal_entity: str = column(server_default="default")
    legal_entity_version: int | None = column(Int, nullable=True)
    billed_before: str = column(server_default="[]")
    addressee: str | None = column(nullable=True)
    due_on: str | None = column(nullable=True)
    numbered_by: str = column(server_default="gateway")


class InvoiceLineRow(Row, table=True):
    """A line of an invoice."""

    __tablename__ = "invoice_line"
    __table_args__ = (STRICT,)
    invoice_id: str = key(ForeignKey("invoice.id"))
    ordinal: int = key(kind=Int)
    price: str = column()
    description: str = column()
    period_start: datetime = column(UtcTime)
    period_end: datetime = column(UtcTime)
    quantity: Decimal = column(ExactDecimal)
    amount_minor: int = column(Int)
    exact_amount: str = column()
    steps: str = column()
    timing: str = column()
    dimensions: str = column()
    meter: str | None = column(nullable=True)
    meter_version: int | None = column(Int, nullable=True)
    discounts: str = column(server_default="[]")
    taxes: str = column(server_default="[]")


class DiscrepancyRow(Row, table=True):
    """What holds an invoice."""

    __tablename__ = "discrepancy"
    __table_args__ = (STRICT,)
    invoice_id: str = key(ForeignKey("invoice.id"))
    ordinal: int = key(kind=Int)
    kind: str = column()
    meter: str = column()
    dimensions: str = column()
    expected: str = column()
    found: str = column()
    detail: str = column()
    events: str = column(server_default="[]")
    cause: str | None = column(nullable=True)


class ResolutionRow(Row, table=True):
    """Who let a held invoice go out, and why."""

    __tablename__ = "resolution"
    __table_args__ = (STRICT,)
    invoice_id: str = key(ForeignKey("invoice.id"))
    actor: str = column()
    reason: str = column()
    resolved_at: datetime = column(UtcTime)


class CreditNoteRow(Row, table=True):
    """A credit note: what is given back of an invoice; append-only by trigger."""

    __tablename__ = "credit_note"
    __table_args__ = (UniqueConstraint("number"), Index(None, "invoice_id"), Index(None, "customer", "id"), STRICT)
    id: str = key()
    invoice_id: str = column(Words, ForeignKey("invoice.id"))
    customer: str = column(Words, ForeignKey("customer.key"))
    number: str = column()
    currency: str = column()
    issued_on: str = column()
    reason: str = column()
    dispositions: str = column()
    total_minor: int = column(Int)
    created_at: datetime = column(UtcTime)
    legal_entity: str = column(server_default="default")
    legal_entity_version: int = column(Int, server_default="1")


class CreditNoteLineRow(Row, table=True):
    """What a credit note gives back of a line of its invoice; append-only by trigger."""

    __tablename__ = "credit_note_line"
    __table_args__ = (STRICT,)
    credit_note_id: str = key(ForeignKey("credit_note.id"))
    line: int = key(kind=Int)
    amount_minor: int = column(Int)
    discount_minor: int = column(Int)
    taxes: str = column()


class VoidingRow(Row, table=True):
    """Who voided an invoice, and why; append-only by trigger."""

    __tablename__ = "voiding"
    __table_args__ = (STRICT,)
    invoice_id: str = key(ForeignKey("invoice.id"))
    actor: str = column()
    reason: str = column()
    voided_at: datetime = column(UtcTime)


class CouponRow(Row, table=True):
    """A coupon; `definition` is its canonical JSON; append-only by trigger."""

    __tablename__ = "coupon"
    __table_args__ = (STRICT,)
    key: str = key()
    definition: str = column()
    created_at: datetime = column(UtcTime)


class RedemptionRow(Row, table=True):
    """A coupon that a customer redeemed; append-only by trigger."""

    __tablename__ = "redemption"
    __table_args__ = (Index(None, "customer"), STRICT)
    coupon: str = key(ForeignKey("coupon.key"))
    customer: str = key(ForeignKey("customer.key"))
    redeemed_at: datetime = column(UtcTime)


class CouponUseRow(Row, table=True):
    """An invoice that a coupon counts on."""

    __tablename__ = "coupon_use"
    __table_args__ = (Index(None, "coupon", "customer"), STRICT)
    invoice_id: str = key(ForeignKey("invoice.id"))
    coupon: str = key()
    customer: str = column()


class TaxRuleRow(Row, table=True):
    """The tax rates of a customer, a plan or a price of a plan, as JSON."""

    __tablename__ = "tax_rule"
    __table_args__ = (STRICT,)
    scope: str = key()
    name: str = key()
    rates: str = column()


class NumberSeriesRow(Row, table=True):
    """The last number taken of a series, and the legal entity that it belongs to for ever."""

    __tablename__ = "number_series"
    __table_args__ = (STRICT,)
    name: str = key()
    last_number: int = column(Int)
    legal_entity: str = column(server_default="default")


class TaxQuoteRow(Row, table=True):
    """What a provider quoted for an approved invoice, as JSON; adopted when the invoice is finalized."""

    __tablename__ = "tax_quote"
    __table_args__ = (STRICT,)
    invoice_id: str = key(ForeignKey("invoice.id"))
    quote: str = column()


class RecordedPaymentRow(Row, table=True):
    """A payment of an invoice that came by another way; append-only by trigger."""

    __tablename__ = "recorded_payment"
    __table_args__ = (Index(None, "invoice_id"), STRICT)
    id: str = key()
    invoice_id: str = column(Words, ForeignKey("invoice.id"))
    currency: str = column()
    amount_minor: int = column(Int)
    due_minor: int = column(Int)
    received_on: str = column()
    method: str = column()
    reference: str = column()
    actor: str = column()
    recorded_at: datetime = column(UtcTime)
