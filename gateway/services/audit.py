"""Write down who did what to what, in the transaction in which it is done."""

from collections.abc import Mapping

from gateway.core.audit import AuditAction, AuditEntry
from gateway.core.ports.storage import UnitOfWork
from gateway.services.installation import Installation


def record_deed(
    unit: UnitOfWork,
    installation: Installation,
    actor: str,
    action: AuditAction,
    subject: str,
    *,
    customer: str | None = None,
    reason: str | None = None,
    details: Mapping[str, object] | None = None,
) -> None:
    """Append one entry; its time is the machine's, which no test clock moves. Details that are None are left out."""
    known = tuple((name, str(value)) for name, value in (details or {}).items() if value is not None)
    entry_id, now = installation.ids.new("aud"), installation.system_clock.now()
    unit.audit.record(AuditEntry(entry_id, now, actor, action, subject, customer, reason, known))
