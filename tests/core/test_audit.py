"""The audit log: what an entry may say."""

from dataclasses import replace

import pytest

from gateway.core.audit import AuditAction, AuditEntry
from gateway.core.errors import InvalidDefinition
from tests.core.samples import at

ENTRY = AuditEntry("aud_1", at("2026-03-01"), "ada", AuditAction.INVOICE_VOIDED, "inv_1", "acme", "billed twice")


def test_an_entry_says_who_did_what_to_what() -> None:
    assert (ENTRY.actor, ENTRY.action, ENTRY.subject) == ("ada", "invoice.voided", "inv_1")


def test_a_reason_is_not_always_needed_and_a_detail_may_be_empty() -> None:
    assert replace(ENTRY, reason=None, details=(("number", ""),)).details == (("number", ""),)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"actor": " "}, "actor: is empty"),
        ({"subject": ""}, "subject: is empty"),
        ({"reason": ""}, "reason: is empty"),
        ({"details": (("", "x"),)}, "details: have one that is empty"),
        ({"details": (("note", "x" * 2_001),)}, "details: have one that has 2001 characters"),
        ({"details": tuple((str(number), "x") for number in range(51))}, "details: are 51; keep at most 50"),
    ],
)
def test_an_entry_that_says_nothing_is_refused(changes: dict[str, object], fault: str) -> None:
    with pytest.raises(InvalidDefinition) as refused:
        replace(ENTRY, **changes)  # type: ignore[arg-type]
    assert fault in ": ".join(refused.value.faults[0])
