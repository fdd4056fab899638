"""What plugin authors test with: conformance suites, documents to send, and a gateway to be called from."""

import pytest

# So that a failed assertion of the suite says what it compared.
pytest.register_assert_rewrite("gateway.testing.conformance")

from gateway.testing.conformance import BillingProviderConformance, Failure, departs  # noqa: E402
from gateway.testing.documents import credit_note_document, customer_document, invoice_document, payment_document  # noqa: E402
from gateway.testing.host import FakeHost, MemoryState  # noqa: E402

__all__ = [
    "BillingProviderConformance",
    "Failure",
    "FakeHost",
    "MemoryState",
    "credit_note_document",
    "customer_document",
    "departs",
    "invoice_document",
    "payment_document",
]
