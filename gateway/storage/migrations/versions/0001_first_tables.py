"""The first tables, and the rows that exist from the beginning.

Revision 0001, after nothing.
"""

import sqlalchemy as sa
from alembic import op

from gateway.storage.columns import column, ints, key, texts, times
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
    _create_intake()
    _create_definitions()
    _create_customers()
    _create_live_counts()
    _create_left_out()
    _create_invoices()
    _create_invoice_lines()
    _create_ledger()
    _create_deliveries()
    _create_access()
    op.execute("INSERT INTO log_head (stream, position) VALUES (0, 0)")
    op.execute("INSERT INTO projection (name, position, epoch) VALUES ('live', 0, 0)")
    op.execute("INSERT INTO installation (id, definitions_version) VALUES (1, 0)")


def _create_events() -> None:
    op.create_table(
        "event_source",
        sa.Column("id", Int, primary_key=True),
        column("name"),
        sa.UniqueConstraint("name"),
        **STRICT,
    )
    op.create_table(
        "event_identity",
        key("source_id", Int),
        key("id"),
        column("position", Int, nullable=True),
        **CLUSTERED,
    )
    op.create_table(
        "log_head",
        key("stream", Int),
        column("position", Int),
        **STRICT,
    )
    op.create_table(
        "event_block",
        key("first_position", Int),
        column("event_count", Int),
        column("recorded_at", UtcTime),
        *texts("format", "skipped"),
        *times("occurred_min", "occurred_max"),
        column("body", Bytes),
        sa.CheckConstraint("event_count > 0", name="holds_events"),
        **STRICT,
    )


def _create_intake() -> None:
    op.create_table(
        "quarantined_event",
        key("id"),
        *texts("source", "event_id", "customer", "type"),
        column("occurred_at", UtcTime),
        *texts("reason", "format"),
        column("body", Bytes),
        column("quarantined_at", UtcTime),
        column("released_at", UtcTime, nullable=True),
        column("position", Int, nullable=True),
        sa.UniqueConstraint("source", "event_id"),
        **STRICT,
    )
    op.create_table(
        "intake_count",
        key("source"),
        key("hour", UtcTime),
        *ints("accepted", "duplicate", "conflict", "quarantined"),
        **CLUSTERED,
    )


def _create_definitions() -> None:
    op.create_table(
        "installation",
        key("id", Int),
        column("definitions_version", Int),
        sa.CheckConstraint("id = 1", name="only_one"),
        **STRICT,
    )
    op.create_table(
        "event_type",
        key("name"),
        **CLUSTERED,
    )
    op.create_table(
        "meter",
        key("key"),
        column("name"),
        **STRICT,
    )
    op.create_table(
        "meter_version",
        key("meter", Words, sa.ForeignKey("meter.key")),
        key("version", Int),
        column("effective_from", UtcTime),
        column("definition"),
        **STRICT,
    )
    op.create_table(
        "plan_version",
        key("plan"),
        key("version", Int),
        column("name"),
        column("published_at", UtcTime),
        column("definition"),
        **STRICT,
    )


def _create_customers() -> None:
    op.create_table(
        "customer",
        key("id"),
        *texts("key", "name"),
        column("email", nullable=True),
        column("created_at", UtcTime),
        sa.UniqueConstraint("key"),
        **STRICT,
    )
    op.create_table(
        "subscription",
        key("id"),
        column("key"),
        column("customer", Words, sa.ForeignKey("customer.key")),
        column("plan"),
        column("plan_version", Int),
        column("interval_unit"),
        column("interval_count", Int),
        column("starts_at", UtcTime),
        column("ends_at", UtcTime, nullable=True),
        column("anchor", UtcTime),
        column("time_zone"),
        sa.UniqueConstraint("key"),
        **STRICT,
    )
    op.create_index(op.f("ix_subscription_customer"), "subscription", ["customer"])


def _create_live_counts() -> None:
    op.create_table(
        "projection",
        key("name"),
        *ints("position", "epoch"),
        **STRICT,
    )
    op.create_table(
        "counted_subscription",
        key("subscription_id"),
        column("fingerprint"),
        **STRICT,
    )
    op.create_table(
        "live_series",
        sa.Column("id", Int, primary_key=True),
        *texts("subscription_id", "meter"),
        column("version", Int),
        column("dimensions"),
        sa.UniqueConstraint("subscription_id", "meter", "version", "dimensions"),
        **STRICT,
    )
    op.create_table(
        "live_count",
        key("series_id", Int),
        key("bucket"),
        key("starts_at", UtcTime),
        column("events", Int),
        column("total", ExactDecimal),
        column("distinct_values", Int),
        **CLUSTERED,
    )
    op.create_table(
        "live_value",
        key("series_id", Int),
        key("bucket"),
        key("starts_at", UtcTime),
        key("value_hash"),
        column("events", Int),
        **CLUSTERED,
    )


def _create_left_out() -> None:
    op.create_table(
        "uncountable_event",
        key("subscription_id"),
        key("meter"),
        key("position", Int),
        column("version", Int),
        column("occurred_at", UtcTime),
        column("reason"),
        **CLUSTERED,
    )
    op.create_table(
        "unattributed_event",
        key("position", Int),
        *texts("customer", "type"),
        column("occurred_at", UtcTime),
        column("reason"),
        **STRICT,
    )
    op.create_index(op.f("ix_unattributed_event_customer_position"), "unattributed_event", ["customer", "position"])
    op.create_table(
        "customer_positions",
        key("customer"),
        key("first_position", Int),
        *ints("last_position", "event_count"),
        *times("occurred_min", "occurred_max"),
        column("positions", Bytes),
        **CLUSTERED,
    )


def _create_invoices() -> None:
    op.create_table(
        "invoice",
        key("id"),
        column("subscription_id", Words, sa.ForeignKey("subscription.id")),
        column("boundary_at", UtcTime),
        column("kind"),
        column("sequence", Int),
        column("customer", Words, sa.ForeignKey("customer.key")),
        column("plan"),
        column("plan_version", Int),
        *texts("currency", "issued_on"),
        column("cut_off", Int),
        column("meter_versions"),
        column("inputs_hash"),
        *ints("engine_version", "total_minor"),
        *texts("status", "payment_status"),
        column("number", nullable=True),
        column("finalized_at", UtcTime, nullable=True),
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


def _create_invoice_lines() -> None:
    op.create_table(
        "invoice_line",
        key("invoice_id", Words, sa.ForeignKey("invoice.id")),
        key("ordinal", Int),
        *texts("price", "description"),
        *times("period_start", "period_end"),
        column("quantity", ExactDecimal),
        column("amount_minor", Int),
        *texts("exact_amount", "steps", "timing", "dimensions"),
        column("meter", nullable=True),
        column("meter_version", Int, nullable=True),
        **STRICT,
    )
    op.create_table(
        "discrepancy",
        key("invoice_id", Words, sa.ForeignKey("invoice.id")),
        key("ordinal", Int),
        *texts("kind", "meter", "dimensions", "expected", "found", "detail"),
        **STRICT,
    )
    op.create_table(
        "resolution",
        key("invoice_id", Words, sa.ForeignKey("invoice.id")),
        *texts("actor", "reason"),
        column("resolved_at", UtcTime),
        **STRICT,
    )
    op.create_table(
        "number_series",
        key("name"),
        column("last_number", Int),
        **STRICT,
    )


def _create_ledger() -> None:
    op.create_table(
        "journal_entry",
        key("key"),
        column("accounting_day"),
        column("posted_at", UtcTime),
        **STRICT,
    )
    op.create_table(
        "transfer",
        key("entry_key", Words, sa.ForeignKey("journal_entry.key")),
        key("ordinal", Int),
        *texts("debit_account", "credit_account"),
        column("amount_minor", Int),
        *texts("currency", "source"),
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
        key("id"),
        *texts("connection", "document_id", "status"),
        *ints("attempts", "fence"),
        *times("due_at", "leased_until", nullable=True),
        *texts("reason", "remedy", nullable=True),
        sa.UniqueConstraint("connection", "document_id"),
        sa.CheckConstraint("status <> 'pending' OR due_at IS NOT NULL", name="pending_is_due"),
        **STRICT,
    )
    op.create_index(op.f("ix_delivery_connection_status_due_at"), "delivery", ["connection", "status", "due_at"])
    op.create_index(op.f("ix_delivery_document_id"), "delivery", ["document_id"])
    op.create_table(
        "delivery_step",
        key("delivery_id", Words, sa.ForeignKey("delivery.id")),
        key("step"),
        column("first_started_at", UtcTime),
        column("started_at", UtcTime),
        column("ref", nullable=True),
        column("revision", Int),
        **STRICT,
    )
    op.create_table(
        "external_ref",
        key("connection"),
        key("kind"),
        key("our_id"),
        column("their_id"),
        sa.UniqueConstraint("connection", "kind", "their_id"),
        **STRICT,
    )
    op.create_table(
        "connection",
        key("name"),
        column("changes_seen_at", UtcTime),
        **STRICT,
    )


def _create_access() -> None:
    op.create_table(
        "api_key",
        key("id"),
        *texts("name", "prefix", "secret_hash", "scopes"),
        column("created_at", UtcTime),
        *times("expires_at", "revoked_at", "last_used_at", nullable=True),
        sa.UniqueConstraint("prefix"),
        **STRICT,
    )
    op.create_table(
        "secret",
        key("name"),
        column("value"),
        **STRICT,
    )
    op.create_table(
        "remembered_request",
        key("key"),
        *texts("request_hash", "answer"),
        column("remembered_at", UtcTime),
        **STRICT,
    )
