"""The suites that plugins pass: they exercise what the contracts promise and each declared capability."""

from gateway.testing.conformance.corrections import CorrectionTests
from gateway.testing.conformance.customers import CustomerTests
from gateway.testing.conformance.failures import FailureTests
from gateway.testing.conformance.invoices import InvoiceTests
from gateway.testing.conformance.journals import JournalTargetConformance
from gateway.testing.conformance.suite import Failure, SuiteIncomplete, departs
from gateway.testing.conformance.webhooks import WebhookTests

__all__ = ["BillingProviderConformance", "Failure", "JournalTargetConformance", "SuiteIncomplete", "departs"]


class BillingProviderConformance(CustomerTests, InvoiceTests, CorrectionTests, WebhookTests, FailureTests):
    """Inherit from it, in a class whose name begins with `Test`.

    Give it a fixture `provider`: an instance that is connected to an empty account, new for every test, and lists in
    pages of fewer than 25. Say which `failures` can be provoked, by overriding `fail_next`, and which `secrets` its
    settings hold; where nothing is, say so with `frozenset()` and `()`. Override `pay` and, where webhooks are
    declared, `webhook`. A test that asks for what the provider cannot do is replaced by one marked `@departs(reason)`.
    """
