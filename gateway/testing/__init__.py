"""What plugin authors test with: conformance suites, documents to send, and a gateway to be called from."""

import pytest

# So that a failed assertion of the suite says what it compared.
pytest.register_assert_rewrite("gateway.testing.conformance")

from gateway.testing.conformance import BillingProviderConformance, Failure, JournalTargetConformance, departs  # noqa: E402
from gateway.testing.documents import (  # noqa: E402
    credit_note_document,
    customer_document,
    invoice_document,
    journal_document,
    payment_document,
    reversal_of,
)
from gateway.testing.host import FakeHost, MemoryState  # noqa: E402

__all__ = [
    "BillingProviderConformance",
    "Failure",
    "FakeHost",
    "JournalTargetConformance",
    "MemoryState",
    "credit_note_document",
    "customer_document",
    "departs",
    "invoice_document",
    "journal_document",
    "payment_document",
    "reversal_of",
]
