"""Deliver documents to a provider, in journalled steps, so that each is there exactly once."""

import secrets
from collections.abc import Callable
from datetime import datetime

from gateway.core.delivery import Delivered, Delivery, delivered_kind
from gateway.plugin_api import BillingProvider, JournalTarget
from gateway.plugin_guard import GuardedProvider, GuardedTarget, guarded, guarded_target
from gateway.services.connected import is_out_of_order
from gateway.services.deliver_credit_note import CreditNoteErrand
from gateway.services.deliver_invoice import InvoiceErrand
from gateway.services.deliver_journal import JournalErrand
from gateway.services.deliver_link import LinkErrand
from gateway.services.deliver_move import MoveErrand
from gateway.services.deliver_payment import PaymentErrand
from gateway.services.deliver_quote import QuoteErrand
from gateway.services.deliver_voiding import VoidingErrand
from gateway.services.delivery_errand import DeliveryReport, Errand, JournalledErrand, LeaseLost, lease
from gateway.services.installation import Installation

_ERRANDS: dict[Delivered, type[Errand]] = {
    Delivered.INVOICE: InvoiceErrand,
    Delivered.VOIDING: VoidingErrand,
    Delivered.CREDIT_NOTE: CreditNoteErrand,
    Delivered.MOVE: MoveErrand,
    Delivered.LINK: LinkErrand,
    Delivered.TAX_QUOTE: QuoteErrand,
    Delivered.PAYMENT: PaymentErrand,
}


def any_jitter() -> int:
    """0 to 1023, so that what failed together does not come back together."""
    return secrets.randbelow(1024)


def deliver_next(
    installation: Installation, connection: str, provider: BillingProvider, jitter: Callable[[], int] = any_jitter
) -> DeliveryReport | None:
    """Claim what is due longest, moves last, and bring it to the provider; None if nothing is due, or nobody answers.

    Whatever happened before, to this or another worker, the provider then has each document at most once, and what
    concerns an invoice in the order in which it happened. What a plugin raises never leaves here.
    """
    held = guarded(provider)

    def errand(delivery: Delivery, until: datetime) -> Errand:
        return _ERRANDS[delivered_kind(delivery.document_id)](installation, held, delivery, until)

    return _run_next(installation, connection, errand, jitter)


def deliver_next_journal(
    installation: Installation, connection: str, target: JournalTarget, jitter: Callable[[], int] = any_jitter
) -> DeliveryReport | None:
    """Claim the journal that is due longest and bring it to the accounting system; otherwise as `deliver_next`."""
    held = guarded_target(target)
    return _run_next(
        installation, connection, lambda each, until: JournalErrand(installation, held, each, until), jitter
    )


def _run_next(
    installation: Installation,
    connection: str,
    errand_for: Callable[[Delivery, datetime], JournalledErrand[GuardedProvider] | JournalledErrand[GuardedTarget]],
    jitter: Callable[[], int],
) -> DeliveryReport | None:
    now = installation.system_clock.now()
    if is_out_of_order(installation, connection):
        return None
    delivery = installation.storage.transact(lambda unit: unit.deliveries.claim(connection, now, now + lease))
    if delivery is None:
        return None
    errand = errand_for(delivery, now + lease)
    try:
        return errand.run()
    except LeaseLost:
        return DeliveryReport(delivery.id, delivery.document_id, None)
    except Exception as error:  # a plugin may raise anything
        return errand.fail(error, jitter())


def resume_delivery(installation: Installation, delivery_id: str) -> Delivery:
    """Let a parked delivery go on where it stopped. Raises `NotFound`, or `IllegalTransition` if it is not parked."""
    now = installation.system_clock.now()
    return installation.storage.transact(lambda unit: unit.deliveries.resume(delivery_id, now))
