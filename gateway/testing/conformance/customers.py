"""What every provider does for customers, and what it declares."""

import pytest

from gateway.plugin_api import (
    API_VERSION,
    BillingProvider,
    DocumentKind,
    ExternalDocument,
    Permanent,
    ProviderSettings,
    Unsupported,
)
from gateway.plugin_guard import GuardedProvider
from gateway.testing.conformance.account import CUSTOMER_ID, LONG_AGO, Account
from gateway.testing.conformance.suite import key_of
from gateway.testing.documents import customer_document


class CustomerTests(Account):
    """A part of the suite."""

    def test_it_declares_what_the_contract_asks_for(self, provider: BillingProvider) -> None:
        assert isinstance(provider, BillingProvider)
        assert provider.API_VERSION == API_VERSION
        assert issubclass(provider.Settings, ProviderSettings)
        assert provider.NAME.replace("-", "_").isidentifier()

    def test_a_working_account_passes_the_check(self, account: GuardedProvider) -> None:
        account.check()

    def test_a_customer_carries_our_id_and_no_status(self, customer: ExternalDocument) -> None:
        assert (customer.kind, customer.our_id, customer.status) == (DocumentKind.CUSTOMER, CUSTOMER_ID, None)

    def test_a_customer_without_an_email_is_taken(self, account: GuardedProvider) -> None:
        assert account.put_customer(customer_document(email=None), key_of("customer")).ref

    def test_a_customer_sent_twice_with_one_key_is_there_once(self, account: GuardedProvider) -> None:
        first = account.put_customer(customer_document(), key_of("customer"))
        if account.capabilities.idempotency_window_seconds:
            assert account.put_customer(customer_document(), key_of("customer")).ref == first.ref
        found = account.find(DocumentKind.CUSTOMER, CUSTOMER_ID, LONG_AGO)
        assert found is not None
        assert found.ref == first.ref

    def test_a_customer_that_is_there_is_brought_up_to_date(
        self, account: GuardedProvider, customer: ExternalDocument
    ) -> None:
        changed = account.put_customer(customer_document(email="other@customer.example"), key_of("change"), customer)
        assert (changed.ref, changed.our_id) == (customer.ref, CUSTOMER_ID)

    def test_two_customers_are_told_apart(self, account: GuardedProvider, customer: ExternalDocument) -> None:
        other = account.put_customer(customer_document(id="cus_other"), key_of("other"))
        assert other.ref != customer.ref
        found = account.find(DocumentKind.CUSTOMER, "cus_other", LONG_AGO)
        assert found is not None
        assert found.ref == other.ref

    def test_a_customer_can_be_fetched(self, account: GuardedProvider, customer: ExternalDocument) -> None:
        assert account.fetch(DocumentKind.CUSTOMER, customer.ref) == customer

    def test_an_account_says_the_same_each_time(self, account: GuardedProvider) -> None:
        if not account.capabilities.tells_account:
            with pytest.raises(Unsupported):
                account.account()
            return
        told = account.account()
        assert told == account.account()
        assert told.currencies is None or "USD" in told.currencies, "the suite makes invoices in USD"

    def test_a_new_customer_has_no_balance(self, account: GuardedProvider, customer: ExternalDocument) -> None:
        if not account.capabilities.tells_standing:
            with pytest.raises(Unsupported):
                account.customer_standing(customer.ref)
            return
        assert account.customer_standing(customer.ref).balances == ()

    def test_a_customer_that_is_not_there_stands_nowhere(self, account: GuardedProvider) -> None:
        if account.capabilities.tells_standing:
            with pytest.raises(Permanent):
                account.customer_standing("nothing")

    def test_fetching_what_is_not_there_is_permanent(self, account: GuardedProvider) -> None:
        kinds = [DocumentKind.CUSTOMER, DocumentKind.INVOICE]
        kinds += [DocumentKind.CREDIT_NOTE] if account.capabilities.credit_dispositions else []
        for kind in kinds:
            with pytest.raises(Permanent):
                account.fetch(kind, "nothing")
