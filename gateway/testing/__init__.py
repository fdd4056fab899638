"""What plugin authors test with: conformance suites and documents to send."""

from gateway.testing.conformance import ProviderConformance
from gateway.testing.documents import customer_document, invoice_document

__all__ = ["ProviderConformance", "customer_document", "invoice_document"]
