"""What the database itself refuses, whoever asks."""

from contextlib import nullcontext

import pytest
from sqlalchemy.exc import IntegrityError

from gateway.core.corrections import CorrectionKind, EventCorrection
from gateway.core.errors import IllegalTransition
from gateway.core.events import QuarantineReason
from gateway.core.gate.discrepancy import Resolution
from gateway.core.invoicing.invoice import Invoice, InvoiceStatus
from gateway.core.ports.credit_notes import Voiding
from gateway.core.ports.event_log import QuarantinedEvent
from gateway.core.ports.rerating import Adjustment
from gateway.core.ports.storage import UnitOfWork
from gateway.core.revenue.facts import Paid
from gateway.storage import triggers
from gateway.storage.database import Database
from gateway.storage.rows import InvoiceRow, table_of
from tests.storage.examples import (
    NOON,
    append,
    audit_entry,
    coupon,
    credit_note,
    entry,
    invoice,
    line,
    meter,
    plan,
    recorded_payment,
    rerate_job,
    revision,
    store_subscription,
)
from tests.storage.statements import execute, rows

APPEND_ONLY = {
    "event_block": "body = body",
    "event_correction": "reason = 'another'",
    "journal_entry": "accounting_day = '2026-01-01'",
    "transfer": "amount_minor = 1",
    "meter_version": "definition = '{}'",
    "plan_version": "definition = '{}'",
    "legal_entity_version": "definition = '{}'",
    "subscription": "plan = 'another'",
    "remembered_request": "answer = 'another'",
    "audit_entry": "reason = 'another'",
    "numbered_entry": "position = 2",
}
DOCUMENTS = {
    "coupon": "definition = '{}'",
    "redemption": "redeemed_at = 1",
    "credit_note": "reason = 'another'",
    "credit_note_line": "amount_minor = 1",
    "voiding": "reason = 'another'",
    "recorded_payment": "method = 'another'",
    "invoice_fact": "fact = '{}'",
    "delivered": "amount_minor = 1",
    "invoice_change": "kind = 'voided'",
    "revision": "cut_off = 0",
    "revision_line": "amount_minor = 1",
    "billed_adjustment": "place = 1",
}
PATHS = {
    InvoiceStatus.DRAFT: (),
    InvoiceStatus.HELD: (InvoiceStatus.HELD,),
    InvoiceStatus.APPROVED: (InvoiceStatus.APPROVED,),
    InvoiceStatus.FINALIZED: (InvoiceStatus.APPROVED, InvoiceStatus.FINALIZED),
    InvoiceStatus.VOID: (InvoiceStatus.VOID,),
}
CONTENT_CHANGES = [
    "id = 'inv_2'",
    "subscription_id = 'sub_2'",
    "boundary_at = boundary_at + 1",
    "kind = 'closing'",
    "sequence = 1",
    "customer = 'acme-2'",
    "plan = 'gold'",
    "plan_version = 2",
    "currency = 'USD'",
    "issued_on = '2026-01-01'",
    "cut_off = 0",
    "inputs_hash = ''",
    "engine_version = 2",
    "terms = '[]'",
    "meter_versions = '{}'",
    "total_minor = total_minor + 1",
    "number = 'INV-2'",
    "finalized_at = 1",
    "legal_entity = 'another'",
    "legal_entity_version = 2",
    "billed_before = '[1]'",
    "addressee = '{}'",
    "due_on = '2099-01-01'",
    "numbered_by = 'provider'",
]


def _store(unit: UnitOfWork) -> None:
    store_subscription(unit, customers=2)
    append(unit, "web", ["a", "b"])
    unit.books.post(entry())
    unit.definitions.add_meter(meter())
    unit.definitions.add_plan_version(plan())
    unit.access.remember("k", "hash", "answer", NOON)
    unit.log.quarantine([_QUARANTINED])
    unit.audit.record(audit_entry())
    unit.log.add_correction(EventCorrection(2, 1, "acme-1", CorrectionKind.VOID, "sent twice", "key_1", NOON))


_QUARANTINED = QuarantinedEvent(
    "evq_1", "web", "late", "acme-1", "request", NOON, QuarantineReason.UNKNOWN_TYPE, "json", b"{}", NOON
)


@pytest.fixture
def stored(database: Database) -> Database:
    """A database that has a row of everything that never changes."""
    database.transact(_store)
    return database


def _store_invoice(database: Database, status: InvoiceStatus, ordinal: int = 1) -> Invoice:
    made = invoice(ordinal)
    database.transact(lambda unit: unit.invoices.add(made, ()))
    for following in PATHS[status]:
        is_final = following is InvoiceStatus.FINALIZED
        made = made.finalized(f"INV-{ordinal}", NOON) if is_final else made.moved_to(following)
        database.transact(lambda unit, made=made: unit.invoices.update_status(made))
    return made


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_rows_of_what_only_grows_are_never_changed(stored: Database, table: str) -> None:
    before = rows(stored, f"SELECT * FROM {table}")
    with pytest.raises(IntegrityError, match=f"rows of {table} never change"):
        execute(stored, f"UPDATE {table} SET {APPEND_ONLY[table]}")
    assert rows(stored, f"SELECT * FROM {table}") == before != []


@pytest.mark.parametrize("table", [*APPEND_ONLY, "event_identity"])
def test_rows_of_what_only_grows_are_never_deleted(stored: Database, table: str) -> None:
    with pytest.raises(IntegrityError, match=f"rows of {table} are never deleted"):
        execute(stored, f"DELETE FROM {table}")
    assert rows(stored, f"SELECT * FROM {table}") != []


def test_who_let_an_invoice_go_out_is_never_changed(stored: Database) -> None:
    _store_invoice(stored, InvoiceStatus.HELD)
    stored.transact(lambda unit: unit.invoices.resolve(Resolution("inv_1", "ada", "counted by hand", NOON)))
    with pytest.raises(IntegrityError, match="rows of resolution never change"):
        execute(stored, "UPDATE resolution SET actor = 'bob'")
    with pytest.raises(IntegrityError, match="rows of resolution are never deleted"):
        execute(stored, "DELETE FROM resolution")


@pytest.mark.parametrize("table", DOCUMENTS)
def test_what_was_given_back_promised_or_voided_is_never_changed(stored: Database, table: str) -> None:
    _store_invoice(stored, InvoiceStatus.FINALIZED)
    stored.transact(_store_documents)
    with pytest.raises(IntegrityError, match=f"rows of {table} never change"):
        execute(stored, f"UPDATE {table} SET {DOCUMENTS[table]}")
    with pytest.raises(IntegrityError, match=f"rows of {table} are never deleted"):
        execute(stored, f"DELETE FROM {table}")


def _store_documents(unit: UnitOfWork) -> None:
    unit.terms.add_coupon(coupon(), NOON)
    unit.terms.redeem("spring", "acme-1", NOON)
    unit.credit_notes.add(credit_note())
    unit.credit_notes.add_voiding(Voiding("inv_1", "ada", "billed twice", NOON))
    unit.invoices.add_payment(recorded_payment())
    unit.revenue.add_fact("inv_1", Paid(NOON.date(), 1000), NOON)
    unit.revenue.set_delivered("inv_1", {0: ((NOON.date(), 500),)})
    unit.rerating.add_job(rerate_job(), ["inv_1"])
    unit.rerating.add(revision())
    unit.rerating.bill([Adjustment("rev_1", 0, line())], "inv_1")


def test_every_table_that_only_grows_is_proven_here() -> None:
    elsewhere = {"resolution", "credit_movement", "accounting_period_change"}
    assert {*APPEND_ONLY, *DOCUMENTS, *elsewhere} == set(triggers._APPEND_ONLY)


def test_replacing_a_row_is_refused_like_deleting_it(sqlite_database: Database) -> None:
    sqlite_database.transact(_store)
    with pytest.raises(IntegrityError, match="rows of event_identity are never deleted"):
        execute(sqlite_database, "INSERT OR REPLACE INTO event_identity VALUES (1, 'a', 99)")
    for table in ("transfer", "journal_entry"):
        with pytest.raises(IntegrityError, match=f"rows of {table} are never deleted"):
            execute(sqlite_database, f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")


@pytest.mark.parametrize("table", [*APPEND_ONLY, "resolution", "event_identity", "invoice", "invoice_line"])
def test_what_only_grows_is_never_emptied_at_once(postgres_database: Database, table: str) -> None:
    with pytest.raises(IntegrityError, match="is never emptied"):
        execute(postgres_database, f"TRUNCATE {table} CASCADE")


def test_an_event_leaves_quarantine_once(stored: Database) -> None:
    stored.transact(lambda unit: unit.log.release(_QUARANTINED, 3, NOON))
    with pytest.raises(IntegrityError, match="keeps its identity and its position"):
        execute(stored, "UPDATE event_identity SET position = 4 WHERE id = 'late'")
    assert stored.read(lambda unit: unit.log.find("web", ["late"])) == {"late": 3}


@pytest.mark.parametrize(
    "change",
    ["position = 99 WHERE id = 'a'", "position = NULL WHERE id = 'a'", "id = 'z', position = 9", "source_id = 9"],
)
def test_an_event_keeps_its_identity_and_position(stored: Database, change: str) -> None:
    with pytest.raises(IntegrityError, match="keeps its identity and its position"):
        execute(stored, f"UPDATE event_identity SET {change}")


@pytest.mark.parametrize("before", InvoiceStatus)
def test_the_database_allows_the_same_steps_as_the_core(stored: Database, before: InvoiceStatus) -> None:
    for ordinal, after in enumerate(InvoiceStatus):
        made = _store_invoice(stored, before, ordinal)
        is_final = after is InvoiceStatus.FINALIZED
        numbered = f", number = 'INV-{ordinal}', finalized_at = 1" if is_final and before is not after else ""
        change = f"UPDATE invoice SET status = '{after}'{numbered} WHERE id = '{made.id}'"
        with nullcontext() if before is after or _can_move(made, after) else pytest.raises(IntegrityError):
            execute(stored, change)


def _can_move(made: Invoice, after: InvoiceStatus) -> bool:
    try:
        made.moved_to(after)
    except IllegalTransition:
        return False
    return True


@pytest.mark.parametrize("status", [InvoiceStatus.FINALIZED, InvoiceStatus.VOID])
def test_an_invoice_never_changes_once_it_is_final(stored: Database, status: InvoiceStatus) -> None:
    _store_invoice(stored, status)
    for change in CONTENT_CHANGES:
        with pytest.raises(IntegrityError, match="never changes once it is finalized or void"):
            execute(stored, f"UPDATE invoice SET {change}")


def test_every_column_of_an_invoice_but_its_states_is_guarded() -> None:
    guarded = {change.partition(" ")[0] for change in CONTENT_CHANGES}
    assert guarded == {column.name for column in table_of(InvoiceRow).columns} - {"status", "payment_status", "paid_by"}


def test_the_payment_of_a_finalized_invoice_may_change(stored: Database) -> None:
    _store_invoice(stored, InvoiceStatus.FINALIZED)
    execute(stored, "UPDATE invoice SET payment_status = 'paid', paid_by = 'payment'")
    execute(stored, "UPDATE invoice SET payment_status = 'uncollectible', status = 'void'")
    assert rows(stored, "SELECT payment_status, status FROM invoice") == [("uncollectible", "void")]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE invoice_line SET amount_minor = 1",
        "UPDATE invoice_line SET invoice_id = 'inv_2'",
        "DELETE FROM invoice_line WHERE invoice_id = 'inv_1'",
        "UPDATE invoice_line SET invoice_id = 'inv_1', ordinal = 1 WHERE invoice_id = 'inv_2'",
        "INSERT INTO invoice_line SELECT 'inv_1', 1, price, description, period_start, period_end, quantity,"
        " amount_minor, exact_amount, steps, timing, dimensions, meter, meter_version, discounts, taxes"
        " FROM invoice_line",
    ],
    ids=["edit", "take away", "delete", "move in", "add"],
)
@pytest.mark.parametrize("status", [InvoiceStatus.FINALIZED, InvoiceStatus.VOID])
def test_lines_never_change_once_their_invoice_is_final(
    stored: Database, status: InvoiceStatus, statement: str
) -> None:
    _store_invoice(stored, status)
    stored.transact(lambda unit: unit.invoices.add(invoice(2), ()))
    before = rows(stored, "SELECT * FROM invoice_line ORDER BY invoice_id, ordinal")
    with pytest.raises(IntegrityError, match="lines never change once their invoice is finalized or void"):
        execute(stored, statement)
    assert rows(stored, "SELECT * FROM invoice_line ORDER BY invoice_id, ordinal") == before


def test_an_invoice_is_never_deleted(stored: Database) -> None:
    _store_invoice(stored, InvoiceStatus.DRAFT)
    with pytest.raises(IntegrityError):
        execute(stored, "DELETE FROM invoice")


@pytest.mark.parametrize("status", [InvoiceStatus.FINALIZED, InvoiceStatus.VOID])
def test_no_invoice_begins_at_its_end(stored: Database, status: InvoiceStatus) -> None:
    with pytest.raises(IntegrityError, match="begins as a draft"):
        stored.transact(lambda unit: unit.invoices.add(invoice(status=status, number="INV-1", finalized_at=NOON), ()))


def test_an_invoice_cannot_be_final_without_a_number(stored: Database) -> None:
    _store_invoice(stored, InvoiceStatus.APPROVED)
    with pytest.raises(IntegrityError):
        execute(stored, "UPDATE invoice SET status = 'finalized'")
