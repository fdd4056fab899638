"""What plugin authors test with: conformance suites, documents to send, and a gateway to be called from."""

from gateway.testing.conformance import BillingProviderConformance
from gateway.testing.documents import credit_note_document, customer_document, invoice_document, payment_document
from gateway.testing.host import FakeHost, MemoryState

__all__ = [
    "BillingProviderConformance",
    "FakeHost",
    "MemoryState",
    "credit_note_document",
    "customer_document",
    "invoice_document",
    "payment_document",
]
