"""Settle a parked delivery by hand: a person has done elsewhere what it was to do, or it is wanted no more."""

from gateway.core.delivery import Delivered, delivered_kind
from gateway.core.errors import IllegalTransition, InvalidValue
from gateway.core.faults import text_fault
from gateway.core.invoicing.invoice import PaymentStatus
from gateway.core.ports.storage import UnitOfWork
from gateway.core.webhooks import WebhookEvent
from gateway.services.announce import announce
from gateway.services.installation import Installation

SETTLE = "settle the delivery (`gateway deliveries settle`)"
"""The way out that remedies name."""
_INSTEAD = {
    Delivered.INVOICE: "void the invoice, or mend what keeps it and resume the delivery",
    Delivered.TAX_QUOTE: "void the invoice, or mend what keeps its taxes from being quoted and resume the delivery",
    Delivered.MOVE: "switch the customer to the connection where it is, which gives the move up",
}
"""What nobody can have done elsewhere: more hangs on it than the document."""


def settle_by_hand(unit: UnitOfWork, installation: Installation, delivery_id: str, actor: str, reason: str) -> str:
    """Nothing more is sent, what waits behind it goes on, and who settled it and why is kept; the delivery's id.

    Raises `NotFound`; `IllegalTransition` if it is not parked, or where only a provider can do it; `InvalidValue`
    without a reason.
    """
    if fault := text_fault(reason):
        raise InvalidValue(f"The reason to settle a delivery {fault}")
    found = unit.deliveries.by_ids([delivery_id]).get(delivery_id)
    kind = None if found is None else delivered_kind(found.document_id)
    if kind in _INSTEAD:
        raise IllegalTransition(f"Delivery {delivery_id} of {kind} cannot be settled by hand; {_INSTEAD[kind]}")
    settled = unit.deliveries.settle_parked(delivery_id, f"Settled by hand by {actor}: {reason}")
    if kind is Delivered.VOIDING:
        invoice_id = settled.document_id.partition("/")[0]
        unit.invoices.update_payment(invoice_id, PaymentStatus.VOID, installation.business_clock.now())
    announce(unit, installation, WebhookEvent.DELIVERY_DELIVERED, settled)
    return delivery_id
