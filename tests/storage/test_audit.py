"""The audit log: what is found of it, and in which order."""

from datetime import timedelta

import pytest

from gateway.core.audit import AuditAction, AuditEntry
from gateway.core.ports.audit import AuditFilter
from gateway.storage.database import Database
from tests.storage.examples import NOON, audit_entry


@pytest.fixture
def entries(database: Database) -> list[AuditEntry]:
    """Four entries, the oldest first; the second and the third of one instant."""
    made = [
        audit_entry(1, actor="bob"),
        audit_entry(2, at=NOON + timedelta(hours=1), action=AuditAction.INVOICE_APPROVED),
        audit_entry(3, at=NOON + timedelta(hours=1), subject="inv_9"),
        audit_entry(4, at=NOON + timedelta(hours=2), customer=None, reason=None, details=(("b", "1"), ("a", ""))),
    ]
    for each in made:
        database.transact(lambda unit, each=each: unit.audit.record(each))
    return made


def test_pages_begin_with_the_newest_and_go_on_behind_a_place(database: Database, entries: list[AuditEntry]) -> None:
    first = database.read(lambda unit: unit.audit.page(AuditFilter(), None, 2))
    place = first[-1].at, first[-1].id
    second = database.read(lambda unit: unit.audit.page(AuditFilter(), place, 9))
    assert [*first, *second] == entries[::-1]


@pytest.mark.parametrize(
    ("matching", "ids"),
    [
        (AuditFilter(subject="inv_1"), ["aud_4", "aud_2", "aud_1"]),
        (AuditFilter(actor="bob"), ["aud_1"]),
        (AuditFilter(action=AuditAction.INVOICE_APPROVED), ["aud_2"]),
        (AuditFilter(customer="acme-1"), ["aud_3", "aud_2", "aud_1"]),
        (AuditFilter(since=NOON + timedelta(hours=1)), ["aud_4", "aud_3", "aud_2"]),
        (AuditFilter(until=NOON + timedelta(hours=1)), ["aud_1"]),
        (AuditFilter(subject="inv_1", actor="nobody"), []),
    ],
)
def test_entries_are_found_by_what_they_say(
    database: Database, entries: list[AuditEntry], matching: AuditFilter, ids: list[str]
) -> None:
    assert entries
    assert [each.id for each in database.read(lambda unit: unit.audit.page(matching, None, 9))] == ids
    assert database.read(lambda unit: unit.audit.count(matching)) == len(ids)


def test_what_was_done_to_things_is_told_from_the_first_on(database: Database, entries: list[AuditEntry]) -> None:
    assert database.read(lambda unit: unit.audit.of_subjects(["inv_1", "inv_9", "inv_5"])) == {
        "inv_1": [entries[0], entries[1], entries[3]],
        "inv_9": [entries[2]],
    }
