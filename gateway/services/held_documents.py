"""Remember what a provider holds of our documents: what was agreed on delivery, and what was seen since."""

from dataclasses import replace

from gateway.core.held_documents import HeldDocument
from gateway.core.ports.storage import UnitOfWork
from gateway.plugin_api import ExternalDocument
from gateway.services.installation import Installation


def note_delivered(unit: UnitOfWork, installation: Installation, connection: str, made: ExternalDocument) -> None:
    """Remember an invoice or a credit note that both sides agree on."""
    assert made.status is not None, "a delivered document has a status"
    assert made.total is not None, "a delivered document has a total"
    now = installation.system_clock.now()
    agreed = HeldDocument(
        connection=connection,
        kind=made.kind,
        our_id=made.our_id,
        ref=made.ref,
        status=made.status,
        status_there=made.status_there,
        total=made.total,
        tax=made.tax,
        agreed_total=made.total,
        agreed_tax=made.tax,
        delivered_at=now,
        seen_at=now,
        number=made.number,
        pay_url=made.pay_url,
    )
    unit.differences.put_held(agreed)


def note_seen(
    unit: UnitOfWork, installation: Installation, held: HeldDocument, there: ExternalDocument
) -> HeldDocument:
    """Remember what is there now, if it is something else than before; what was agreed stays."""
    seen = replace(
        held,
        status=there.status or held.status,
        status_there=there.status_there,
        total=there.total or held.total,
        tax=there.tax,
        number=there.number,
        pay_url=there.pay_url,
    )
    if seen != held:
        seen = replace(seen, seen_at=installation.system_clock.now())
        unit.differences.put_held(seen)
    return seen
