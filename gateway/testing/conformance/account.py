"""What the parts of the suite share: the account that is tested, and what a plugin's author has to provide."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from gateway.plugin_api import Ambiguous, BillingProvider, ExternalDocument, WebhookRequest
from gateway.plugin_guard import GuardedProvider, guarded
from gateway.testing.conformance.suite import Failure, Suite, key_of
from gateway.testing.documents import INVOICE_ID, customer_document, invoice_document

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
CUSTOMER_ID = "cus_conformance"


class Account(Suite):
    """The base of the suite. See `BillingProviderConformance` for what to provide."""

    @pytest.fixture
    def provider(self) -> BillingProvider:
        """A provider with an empty account. Override it."""
        raise NotImplementedError("give the class a fixture called provider")

    @pytest.fixture
    def account(self, provider: BillingProvider) -> GuardedProvider:
        """The same behind the gateway's wall, as the gateway calls it."""
        return guarded(provider)

    @pytest.fixture
    def customer(self, account: GuardedProvider) -> ExternalDocument:
        """A customer at the provider."""
        return account.put_customer(customer_document(), key_of("customer"))

    @pytest.fixture
    def issued(self, account: GuardedProvider, customer: ExternalDocument) -> ExternalDocument:
        """An issued invoice of two lines, over 16.49 USD."""
        return issue(account, customer)

    def pay(self, provider: BillingProvider, ref: str) -> None:
        """Let a customer pay an issued invoice in full, as it happens there. Override it where invoices are paid."""
        raise NotImplementedError(f"{type(self).__name__} has to let {ref} be paid")

    def days_to_pay(self, provider: BillingProvider, ref: str) -> int:
        """How many days the invoice that was made last gives to pay it there, or was sent with. Override it."""
        raise NotImplementedError(f"{type(self).__name__} has to say how many days there are to pay {ref}")

    def webhook(self, provider: BillingProvider, ref: str) -> WebhookRequest:
        """A genuine webhook about an invoice, just received. Override it where webhooks are declared."""
        raise NotImplementedError(f"{type(self).__name__} has to make a webhook about {ref}")

    def lose_answer(self, provider: BillingProvider, call: Callable[[], object]) -> None:
        """Carry out a call whose answer nobody gets to see; on the wire, where there is one."""
        if Failure.LOST_ANSWER in self.failures:
            self.fail_next(provider, Failure.LOST_ANSWER, is_write=True)
        with suppress(Ambiguous):
            call()


def put(
    account: GuardedProvider, customer: ExternalDocument, *amounts: int, currency: str = "USD", name: str = INVOICE_ID
) -> ExternalDocument:
    """An invoice as the provider holds it before it is issued."""
    document = invoice_document(customer.ref, amounts or (1250, 399), currency, id=name)
    return account.put_invoice(document, key_of(f"put {name}"))


def issue(
    account: GuardedProvider, customer: ExternalDocument, *amounts: int, currency: str = "USD", name: str = INVOICE_ID
) -> ExternalDocument:
    """An invoice that is issued."""
    made = put(account, customer, *amounts, currency=currency, name=name)
    assert made.total is not None, "an invoice has a total"
    return account.issue_invoice(made.ref, made.total, key_of(f"issue {name}"))
