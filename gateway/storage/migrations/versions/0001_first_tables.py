"""The first tables, and the rows that exist from the beginning.

Revision 0001, after nothing.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from gateway.storage.types import Bytes, ExactDecimal, Int, UtcTime, Words

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

STRICT = {"sqlite_strict": True}
CLUSTERED = {"sqlite_strict": True, "sqlite_with_rowid": False}
_LIVE = sa.text("status <> 'void'")


def upgrade() -> None:
    """Create everything."""
    _create_events()
    _create_definitions()
    _create_live_counts()
    _create_invoices()
    _create_ledger()
    _create_deliveries()
    _create_access()
    op.execute("INSERT INTO log_head (stream, position) VALUES (0, 0)")
    op.execute("INSERT INTO projection (name, position, epoch) VALUES ('live', 0, 0)")
    op.execute("INSERT INTO installation (id, definitions_version) VALUES (1, 0)")


def _key(name: str, kind: Any = Words, *extra: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, *extra, primary_key=True, nullable=False, autoincrement=False)


def _column(name: str, kind: Any = Words, *extra: Any, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, kind, *extra, nullable=nullable)


def _texts(*names: str) -> list[sa.Column[Any]]:
    return [_column(name) for name in names]


def _ints(*names: str) -> list[sa.Column[Any]]:
    return [_column(name, Int) for name in names]


def _times(*names: str) -> list[sa.Column[Any]]:
    return [_column(name, UtcTime) for name in names]


def _create_events() -> None:
    op.create_table(
        "event_source",
        sa.Column("id", Int, primary_key=True),
        _column("name"),
        sa.UniqueConstraint("name"),
        **STRICT,
    )
    op.create_table(
        "event_identity",
        _key("source_id", Int),
        _key("id"),
        _column("position", Int, nullable=True),
        **CLUSTERED,
    )
    op.create_table(
        "log_head",
        _key("stream", Int),
        _column("position", Int),
        **STRICT,
    )
    op.create_table(
        "event_block",
        _key("first_position", Int),
        _column("event_count", Int),
        _column("recorded_at", UtcTime),
        *_texts("format", "skipped"),
        *_times("occurred_min", "occurred_max"),
        _column("body", Bytes),
        sa.CheckConstraint("event_count > 0", name="holds_events"),
        **STRICT,
    )
    op.create_table(
        "quarantined_event",
        _key("id"),
        *_texts("source", "event_id", "customer", "type"),
        _column("occurred_at", UtcTime),
        *_texts("reason", "format"),
        _column("body", Bytes),
        _column("quarantined_at", UtcTime),
        _column("released_at", UtcTime, nullable=True),
        _column("position", Int, nullable=True),
        sa.UniqueConstraint("source", "event_id"),
        **STRICT,
    )
    op.create_table(
        "intake_count",
        _key("source"),
        _key("hour", UtcTime),
        *_ints("accepted", "duplicate", "conflict", "quarantined"),
        **CLUSTERED,
    )


def _create_definitions() -> None:
    op.create_table(
        "installation",
        _key("id", Int),
        _column("definitions_version", Int),
        sa.CheckConstraint("id = 1", name="only_one"),
        **STRICT,
    )
    op.create_table(
        "event_type",
        _key("name"),
        **CLUSTERED,
    )
    op.create_table(
        "meter",
        _key("key"),
        _column("name"),
        **STRICT,
    )
    op.create_table(
        "meter_version",
        _key("meter", Words, sa.ForeignKey("meter.key")),
        _key("version", Int),
        _column("effective_from", UtcTime),
        _column("definition"),
        **STRICT,
    )
    op.create_table(
        "plan_version",
        _key("plan"),
        _key("version", Int),
        _column("name"),
        _column("published_at", UtcTime),
        _column("definition"),
        **STRICT,
    )
    op.create_table(
        "customer",
        _key("id"),
        *_texts("key", "name"),
        _column("email", nullable=True),
        _column("created_at", UtcTime),
        sa.UniqueConstraint("key"),
        **STRICT,
    )
    op.create_table(
        "subscription",
        _key("id"),
        _column("key"),
        _column("customer", Words, sa.ForeignKey("customer.key")),
        _column("plan"),
        _column("plan_version", Int),
        _column("interval_unit"),
        _column("interval_count", Int),
        _column("starts_at", UtcTime),
        _column("ends_at", UtcTime, nullable=True),
        _column("anchor", UtcTime),
        _column("time_zone"),
        sa.UniqueConstraint("key"),
        **STRICT,
    )
    op.create_index(op.f("ix_subscription_customer"), "subscription", ["customer"])


def _create_live_counts() -> None:
    op.create_table(
        "projection",
        _key("name"),
        *_ints("position", "epoch"),
        **STRICT,
    )
    op.create_table(
        "counted_subscription",
        _key("subscription_id"),
        _column("fingerprint"),
        **STRICT,
    )
    op.create_table(
        "live_series",
        sa.Column("id", Int, primary_key=True),
        *_texts("subscription_id", "meter"),
        _column("version", Int),
        _column("dimensions"),
        sa.UniqueConstraint("subscription_id", "meter", "version", "dimensions"),
        **STRICT,
    )
    op.create_table(
        "live_count",
        _key("series_id", Int),
        _key("bucket"),
        _key("starts_at", UtcTime),
        _column("events", Int),
        _column("total", ExactDecimal),
        _column("distinct_values", Int),
        **CLUSTERED,
    )
    op.create_table(
        "live_value",
        _key("series_id", Int),
        _key("bucket"),
        _key("starts_at", UtcTime),
        _key("value_hash"),
        _column("events", Int),
        **CLUSTERED,
    )
    op.create_table(
        "uncountable_event",
        _key("subscription_id"),
        _key("meter"),
        _key("position", Int),
        _column("version", Int),
        _column("occurred_at", UtcTime),
        _column("reason"),
        **CLUSTERED,
    )
    op.create_table(
        "unattributed_event",
        _key("position", Int),
        *_texts("customer", "type"),
        _column("occurred_at", UtcTime),
        _column("reason"),
        **STRICT,
    )
    op.create_index(op.f("ix_unattributed_event_customer_position"), "unattributed_event", ["customer", "position"])
    op.create_table(
        "customer_positions",
        _key("customer"),
        _key("first_position", Int),
        *_ints("last_position", "event_count"),
        *_times("occurred_min", "occurred_max"),
        _column("positions", Bytes),
        **CLUSTERED,
    )


def _create_invoices() -> None:
    op.create_table(
        "invoice",
        _key("id"),
        _column("subscription_id", Words, sa.ForeignKey("subscription.id")),
        _column("boundary_at", UtcTime),
        _column("kind"),
        _column("sequence", Int),
        _column("customer", Words, sa.ForeignKey("customer.key")),
        _column("plan"),
        _column("plan_version", Int),
        *_texts("currency", "issued_on"),
        _column("cut_off", Int),
        _column("inputs_hash"),
        *_ints("engine_version", "total_minor"),
        *_texts("status", "payment_status"),
        _column("number", nullable=True),
        _column("finalized_at", UtcTime, nullable=True),
        sa.UniqueConstraint("number"),
        sa.CheckConstraint(
            "status <> 'finalized' OR (number IS NOT NULL AND finalized_at IS NOT NULL)", name="finalized_is_numbered"
        ),
        **STRICT,
    )
    op.create_index(op.f("ix_invoice_customer_issued_on_id"), "invoice", ["customer", "issued_on", "id"])
    op.create_index(op.f("ix_invoice_issued_on_id"), "invoice", ["issued_on", "id"])
    op.create_index(op.f("ix_invoice_status_boundary_at"), "invoice", ["status", "boundary_at"])
    op.create_index(
        "uq_invoice_live",
        "invoice",
        ["subscription_id", "boundary_at", "kind", "sequence"],
        unique=True,
        sqlite_where=_LIVE,
        postgresql_where=_LIVE,
    )
    op.create_table(
        "invoice_line",
        _key("invoice_id", Words, sa.ForeignKey("invoice.id")),
        _key("ordinal", Int),
        *_texts("price", "description"),
        *_times("period_start", "period_end"),
        _column("quantity", ExactDecimal),
        _column("amount_minor", Int),
        *_texts("exact_amount", "steps", "timing", "dimensions"),
        _column("meter", nullable=True),
        _column("meter_version", Int, nullable=True),
        **STRICT,
    )
    op.create_table(
        "discrepancy",
        _key("invoice_id", Words, sa.ForeignKey("invoice.id")),
        _key("ordinal", Int),
        *_texts("kind", "meter", "dimensions", "expected", "found", "detail"),
        **STRICT,
    )
    op.create_table(
        "resolution",
        _key("invoice_id", Words, sa.ForeignKey("invoice.id")),
        *_texts("actor", "reason"),
        _column("resolved_at", UtcTime),
        **STRICT,
    )
    op.create_table(
        "number_series",
        _key("name"),
        _column("last_number", Int),
        **STRICT,
    )


def _create_ledger() -> None:
    op.create_table(
        "journal_entry",
        _key("key"),
        _column("accounting_day"),
        _column("posted_at", UtcTime),
        **STRICT,
    )
    op.create_table(
        "transfer",
        _key("entry_key", Words, sa.ForeignKey("journal_entry.key")),
        _key("ordinal", Int),
        *_texts("debit_account", "credit_account"),
        _column("amount_minor", Int),
        *_texts("currency", "source"),
        sa.CheckConstraint("amount_minor > 0", name="moves_something"),
        sa.CheckConstraint("debit_account <> credit_account", name="between_two"),
        **STRICT,
    )
    op.create_index(op.f("ix_transfer_credit_account"), "transfer", ["credit_account"])
    op.create_index(op.f("ix_transfer_debit_account"), "transfer", ["debit_account"])
    op.create_index(op.f("ix_transfer_source"), "transfer", ["source"])


def _create_deliveries() -> None:
    op.create_table(
        "delivery",
        _key("id"),
        *_texts("connection", "document_id", "status"),
        *_ints("attempts", "fence"),
        _column("due_at", UtcTime, nullable=True),
        _column("leased_until", UtcTime, nullable=True),
        _column("reason", nullable=True),
        _column("remedy", nullable=True),
        sa.UniqueConstraint("connection", "document_id"),
        sa.CheckConstraint("status <> 'pending' OR due_at IS NOT NULL", name="pending_is_due"),
        **STRICT,
    )
    op.create_index(op.f("ix_delivery_connection_status_due_at"), "delivery", ["connection", "status", "due_at"])
    op.create_index(op.f("ix_delivery_document_id"), "delivery", ["document_id"])
    op.create_table(
        "delivery_step",
        _key("delivery_id", Words, sa.ForeignKey("delivery.id")),
        _key("step"),
        _column("started_at", UtcTime),
        _column("ref", nullable=True),
        _column("revision", Int),
        **STRICT,
    )
    op.create_table(
        "external_ref",
        _key("connection"),
        _key("kind"),
        _key("our_id"),
        _column("their_id"),
        sa.UniqueConstraint("connection", "kind", "their_id"),
        **STRICT,
    )
    op.create_table(
        "connection",
        _key("name"),
        _column("changes_seen_at", UtcTime),
        **STRICT,
    )


def _create_access() -> None:
    op.create_table(
        "api_key",
        _key("id"),
        *_texts("name", "prefix", "secret_hash", "scopes"),
        _column("created_at", UtcTime),
        _column("expires_at", UtcTime, nullable=True),
        _column("revoked_at", UtcTime, nullable=True),
        _column("last_used_at", UtcTime, nullable=True),
        sa.UniqueConstraint("prefix"),
        **STRICT,
    )
    op.create_table(
        "secret",
        _key("name"),
        _column("value"),
        **STRICT,
    )
    op.create_table(
        "remembered_request",
        _key("key"),
        *_texts("request_hash", "answer"),
        _column("remembered_at", UtcTime),
        **STRICT,
    )
