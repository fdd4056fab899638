"""Triggers: what may never change is refused by the database itself, whoever asks.

They are created again after every migration, because rebuilding a table on SQLite drops them without a word.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection

_APPEND_ONLY = (
    "event_block", "event_correction", "journal_entry", "transfer", "meter_version", "plan_version", "subscription",
    "remembered_request", "resolution",
    "credit_note", "credit_note_line", "voiding", "recorded_payment", "coupon", "redemption",
    "credit_movement", "legal_entity_version", "accounting_period_change", "invoice_fact", "delivered",
    "numbered_entry", "invoice_change",
    "audit_entry",
    "revision", "revision_line", "billed_adjustment",
)  # fmt: skip
_NEVER_EMPTIED = (*_APPEND_ONLY, "event_identity", "invoice", "invoice_line")
_STEPS = (
    ("draft", "held"), ("draft", "approved"), ("draft", "void"), ("held", "approved"), ("held", "void"),
    ("approved", "finalized"), ("approved", "void"), ("finalized", "void"),
)  # fmt: skip
_CONTENT = (
    "id", "subscription_id", "boundary_at", "kind", "sequence", "customer", "plan", "plan_version", "currency",
    "issued_on", "cut_off", "meter_versions", "inputs_hash", "engine_version", "terms", "total_minor", "number",
    "finalized_at", "legal_entity", "legal_entity_version", "billed_before", "addressee",
    "due_on", "numbered_by",
)  # fmt: skip
_ISSUED = "('finalized', 'void')"


@dataclass(frozen=True, slots=True)
class Trigger:
    """Refuses `event` (INSERT, UPDATE or DELETE) for rows of `table` that meet `condition`, a claim on OLD and NEW."""

    name: str
    table: str
    event: str
    message: str
    condition: str = "true"

    def sqlite(self) -> Iterator[str]:
        """What creates it on SQLite."""
        yield (
            f"CREATE TRIGGER {self.name} BEFORE {self.event} ON {self.table} WHEN {self.condition} "
            f"BEGIN SELECT RAISE(ABORT, '{self.message}'); END"
        )

    def postgresql(self) -> Iterator[str]:
        """What creates it on PostgreSQL, where WHEN may not look into other tables: the function decides."""
        row = "OLD" if self.event == "DELETE" else "NEW"
        yield from _postgresql_trigger(
            self, "ROW", f"IF {self.condition} THEN {_raise(self.message)} END IF; RETURN {row};"
        )


@dataclass(frozen=True, slots=True)
class TruncateTrigger:
    """Refuses to empty `table` at once, which only PostgreSQL can do, past the triggers of its rows."""

    name: str
    table: str
    event: str
    message: str

    def sqlite(self) -> Iterator[str]:
        """Nothing: SQLite has no TRUNCATE."""
        yield from ()

    def postgresql(self) -> Iterator[str]:
        """What creates it on PostgreSQL."""
        yield from _postgresql_trigger(self, "STATEMENT", _raise(self.message))


def triggers() -> Iterator[Trigger | TruncateTrigger]:
    """All of them."""
    for table in _APPEND_ONLY:
        yield Trigger(f"{table}_update", table, "UPDATE", f"rows of {table} never change")
    for table in (*_APPEND_ONLY, "event_identity", "invoice"):
        yield Trigger(f"{table}_delete", table, "DELETE", f"rows of {table} are never deleted")
    for table in _NEVER_EMPTIED:
        yield TruncateTrigger(f"{table}_truncate", table, "TRUNCATE", f"{table} is never emptied")
    yield _identity_update()
    yield from _invoice_triggers()
    yield from _line_triggers()


def create_triggers(connection: Connection) -> None:
    """Create all triggers, in the transaction that is open."""
    for trigger in triggers():
        for statement in getattr(trigger, connection.dialect.name)():
            connection.exec_driver_sql(statement)


def drop_triggers(connection: Connection) -> None:
    """Drop every trigger of ours, so that a migration may change what they guard."""
    if connection.dialect.name == "sqlite":
        for (name,) in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").all():
            connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
        return
    for (name,) in connection.exec_driver_sql(_POSTGRESQL_FUNCTIONS).all():
        connection.exec_driver_sql(f'DROP FUNCTION "{name}" CASCADE')


_POSTGRESQL_FUNCTIONS = """
    SELECT proname FROM pg_proc
    WHERE pronamespace = current_schema()::regnamespace AND prorettype = 'trigger'::regtype
    AND starts_with(proname, 'gateway_')
    """


def _identity_update() -> Trigger:
    """An identity gets its position once, when its event leaves quarantine; nothing else of it changes."""
    is_release = "OLD.position IS NULL AND NEW.position IS NOT NULL"
    is_same = "OLD.source_id = NEW.source_id AND OLD.id = NEW.id"
    message = "an event keeps its identity and its position for ever"
    return Trigger("event_identity_update", "event_identity", "UPDATE", message, f"NOT ({is_release} AND {is_same})")


def _invoice_triggers() -> Iterator[Trigger]:
    steps = ", ".join(f"'{before}>{after}'" for before, after in _STEPS)
    is_jump = f"OLD.status <> NEW.status AND OLD.status || '>' || NEW.status NOT IN ({steps})"
    yield Trigger("invoice_jump", "invoice", "UPDATE", "an invoice cannot move between these states", is_jump)
    changes = " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in _CONTENT)
    is_edit = f"OLD.status IN {_ISSUED} AND ({changes})"
    yield Trigger("invoice_edit", "invoice", "UPDATE", "an invoice never changes once it is finalized or void", is_edit)
    is_born_issued = f"NEW.status IN {_ISSUED}"
    yield Trigger(
        "invoice_insert", "invoice", "INSERT", "an invoice begins as a draft, held or approved", is_born_issued
    )


def _line_triggers() -> Iterator[Trigger]:
    message = "lines never change once their invoice is finalized or void"
    for event, rows in (("INSERT", "NEW"), ("DELETE", "OLD"), ("UPDATE", "OLD NEW")):
        ids = ", ".join(f"{row}.invoice_id" for row in rows.split())
        is_issued = f"EXISTS (SELECT 1 FROM invoice WHERE id IN ({ids}) AND status IN {_ISSUED})"  # noqa: S608
        yield Trigger(f"invoice_line_{event.lower()}", "invoice_line", event, message, is_issued)


def _postgresql_trigger(trigger: Trigger | TruncateTrigger, each: str, body: str) -> Iterator[str]:
    yield f"CREATE FUNCTION gateway_{trigger.name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$"
    yield (
        f"CREATE TRIGGER {trigger.name} BEFORE {trigger.event} ON {trigger.table} FOR EACH {each} "
        f"EXECUTE FUNCTION gateway_{trigger.name}()"
    )


def _raise(message: str) -> str:
    return f"RAISE EXCEPTION '{message}' USING ERRCODE = 'restrict_violation';"
