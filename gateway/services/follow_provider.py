"""Follow what becomes of our invoices at a provider."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice

from gateway.core.invoicing.invoice import Invoice, PaidBy, PaymentStatus
from gateway.core.ports.storage import Priority, UnitOfWork
from gateway.core.webhooks import WebhookEvent
from gateway.plugin_api import BillingProvider, DocumentKind, ExternalDocument, ExternalStatus
from gateway.plugin_guard import guarded
from gateway.services.announce import announce
from gateway.services.book_payment import book_payment_status
from gateway.services.delivery_documents import payment_of
from gateway.services.held_documents import note_seen
from gateway.services.installation import Installation
from gateway.services.provider_differences import compare_held

logger = logging.getLogger(__name__)

overlap = timedelta(minutes=15)
"""How far each look goes back behind the last one: clocks differ, and what changed may be listed late."""
first_look_back = timedelta(days=30)
documents_per_transaction_max = 100


@dataclass(frozen=True, slots=True)
class FollowedChanges:
    """What a look found: invoices whose payment status changed, that were known already, and that are not ours.

    Of those known, `unclear` have a status there that has no meaning here.
    """

    changed: int = 0
    unchanged: int = 0
    unknown: int = 0
    unclear: int = 0

    def __add__(self, other: "FollowedChanges") -> "FollowedChanges":
        return FollowedChanges(
            self.changed + other.changed,
            self.unchanged + other.unchanged,
            self.unknown + other.unknown,
            self.unclear + other.unclear,
        )


def apply_changes(installation: Installation, connection: str, provider: BillingProvider) -> int:
    """Bring payment statuses up to date with the provider; how many changed. See `follow`."""
    return follow(installation, connection, provider).changed


def follow(installation: Installation, connection: str, provider: BillingProvider) -> FollowedChanges:
    """Take over what changed at the provider since the last look; repeating it changes nothing.

    Raises `ProviderError`; the next look then begins where this one did.
    """
    began_at = installation.system_clock.now()
    seen = installation.storage.read(lambda unit: unit.deliveries.changes_seen(connection))
    if seen is None:
        # Noted before the look, so that one which fails for weeks does not let the next one begin later.
        seen = began_at - first_look_back
        _note_seen(installation, connection, seen)
    # A clock that was ahead for a while must not let us miss what happens until then.
    since = min(seen, began_at) - overlap
    found = FollowedChanges()
    for documents in _chunks(provider, since):
        found += _taken_over(installation, connection, documents)
    _note_seen(installation, connection, began_at)
    if found.unknown:
        logger.info("%d documents changed at %s that are not ours", found.unknown, connection)
    return found


def _note_seen(installation: Installation, connection: str, seen: datetime) -> None:
    installation.storage.transact(lambda unit: unit.deliveries.set_changes_seen(connection, seen), Priority.BULK)


def _chunks(provider: BillingProvider, since: datetime) -> Iterator[list[ExternalDocument]]:
    """What changed, in lists, so that no transaction is open while the provider is asked."""
    changes = guarded(provider).changes(since)
    while documents := list(islice(changes, documents_per_transaction_max)):
        yield [document for document in documents if document.kind is DocumentKind.INVOICE]


def _taken_over(installation: Installation, connection: str, documents: Sequence[ExternalDocument]) -> FollowedChanges:
    return installation.storage.transact(
        lambda unit: take_over(unit, installation, connection, documents), Priority.BULK
    )


def take_over(
    unit: UnitOfWork, installation: Installation, connection: str, documents: Sequence[ExternalDocument]
) -> FollowedChanges:
    """Take over what a provider says of the payment of our invoices, announce what changed, and note what differs.

    A status that has no meaning here changes nothing, and is a difference that a person has to look at.
    """
    by_id: dict[str, ExternalDocument] = {}
    unknown = 0
    for document in documents:
        our_id = unit.deliveries.our_id(connection, document.kind, document.ref)
        if our_id is None:
            unknown += 1
        else:
            by_id[our_id] = document
    invoices = unit.invoices.by_ids(list(by_id))
    changed = [invoice for invoice in invoices.values() if _pays(unit, installation, invoice, by_id[invoice.id])]
    _compare(unit, installation, connection, by_id)
    unclear = sum(document.status is ExternalStatus.UNKNOWN for document in by_id.values())
    return FollowedChanges(len(changed), len(by_id) - len(changed), unknown, unclear)


def _pays(unit: UnitOfWork, installation: Installation, invoice: Invoice, there: ExternalDocument) -> bool:
    """Whether the payment status is another by now, which is stored and announced."""
    status, paid_by = payment_of(there)
    if there.status is ExternalStatus.UNKNOWN or (status, paid_by) == (invoice.payment_status, invoice.paid_by):
        return False
    note_payment(unit, installation, invoice, status, paid_by)
    return True


def note_payment(
    unit: UnitOfWork, installation: Installation, invoice: Invoice, status: PaymentStatus, paid_by: PaidBy | None
) -> None:
    """Store and book what became of the money for an invoice, and announce that."""
    # Locked, so that of two who hear of a payment at once the second finds it booked.
    now = installation.business_clock.now()
    book_payment_status(unit, unit.invoices.lock(invoice.id), status, paid_by, now)
    unit.invoices.update_payment(invoice.id, status, now, paid_by)
    paid = replace(invoice, payment_status=status, paid_by=paid_by)
    announce(unit, installation, WebhookEvent.INVOICE_PAYMENT_CHANGED, paid)


def _compare(
    unit: UnitOfWork, installation: Installation, connection: str, by_id: Mapping[str, ExternalDocument]
) -> None:
    """Note what differs now of those that both sides agreed on."""
    held = unit.differences.held(connection, DocumentKind.INVOICE, list(by_id))
    invoices = unit.invoices.by_ids(list(held))
    in_question = unit.differences.open_of(list(held))
    for our_id, before in held.items():
        there = by_id[our_id]
        seen = note_seen(unit, installation, before, there)
        compare_held(unit, installation, seen, invoices[our_id], in_question, str(payment_of(there)[0]))
