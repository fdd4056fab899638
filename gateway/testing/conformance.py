"""The suite that every provider plugin passes: it exercises what the contract promises and each declared capability."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from gateway.plugin_api import (
    API_VERSION,
    BillingProvider,
    DocumentKind,
    ExternalDocument,
    ExternalStatus,
    Money,
    NeedsAttention,
    Permanent,
    ProviderError,
    ProviderSettings,
    Unsupported,
    minor_unit_places,
)
from gateway.plugin_guard import guarded
from gateway.testing.documents import customer_document, invoice_document

_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
_ISSUED = {ExternalStatus.OPEN, ExternalStatus.PAID}


class BillingProviderConformance:
    """Inherit from it, in a class whose name begins with `Test`, and give it a fixture `provider`.

    The fixture returns an instance that is connected to an empty account, new for every test.
    """

    @pytest.fixture
    def provider(self) -> BillingProvider:
        """A provider with an empty account. Override it."""
        raise NotImplementedError("give the class a fixture called provider")

    @pytest.fixture
    def customer(self, provider: BillingProvider) -> ExternalDocument:
        """A customer at the provider."""
        return provider.put_customer(customer_document(), _key("customer"))

    def test_it_declares_what_the_contract_asks_for(self, provider: BillingProvider) -> None:
        assert isinstance(provider, BillingProvider)
        assert provider.API_VERSION == API_VERSION
        assert issubclass(provider.Settings, ProviderSettings)
        assert provider.NAME.isidentifier()
        assert provider.capabilities.lines_max >= 1
        assert provider.capabilities.external_id_length_max >= 32

    def test_a_working_account_passes_the_check(self, provider: BillingProvider) -> None:
        provider.check()

    def test_a_customer_carries_our_id_and_no_status(self, customer: ExternalDocument) -> None:
        assert (customer.kind, customer.our_id, customer.status) == (DocumentKind.CUSTOMER, "cus_conformance", None)
        assert customer.ref

    def test_a_customer_without_an_email_is_taken(self, provider: BillingProvider) -> None:
        assert provider.put_customer(customer_document(email=None), _key("customer")).ref

    def test_a_customer_sent_twice_with_one_key_is_there_once(self, provider: BillingProvider) -> None:
        first = provider.put_customer(customer_document(), _key("customer"))
        if provider.capabilities.idempotency_window_seconds:
            assert provider.put_customer(customer_document(), _key("customer")) == first
        assert provider.find(DocumentKind.CUSTOMER, "cus_conformance", _LONG_AGO) == first

    def test_two_customers_are_told_apart(self, provider: BillingProvider, customer: ExternalDocument) -> None:
        other = provider.put_customer(customer_document(id="cus_other"), _key("other"))
        assert other.ref != customer.ref
        assert provider.find(DocumentKind.CUSTOMER, "cus_other", _LONG_AGO) == other

    def test_a_customer_can_be_fetched(self, provider: BillingProvider, customer: ExternalDocument) -> None:
        assert provider.fetch(DocumentKind.CUSTOMER, customer.ref) == customer

    def test_what_was_never_made_is_not_found(self, provider: BillingProvider, customer: ExternalDocument) -> None:
        provider.put_invoice(invoice_document(customer.ref), _key("put"))
        assert provider.find(DocumentKind.CUSTOMER, "cus_unknown", _LONG_AGO) is None
        assert provider.find(DocumentKind.INVOICE, "inv_unknown", _LONG_AGO, customer.ref) is None
        # The beginning of an id is another id.
        assert provider.find(DocumentKind.INVOICE, "inv_conformanc", _LONG_AGO, customer.ref) is None

    def test_fetching_what_is_not_there_is_permanent(self, provider: BillingProvider) -> None:
        for kind in (DocumentKind.CUSTOMER, DocumentKind.INVOICE):
            with pytest.raises(Permanent):
                provider.fetch(kind, "nothing")

    def test_an_invoice_comes_back_with_our_id_total_and_state(
        self, provider: BillingProvider, customer: ExternalDocument
    ) -> None:
        put = provider.put_invoice(invoice_document(customer.ref), _key("put"))
        assert (put.kind, put.our_id, put.total) == (DocumentKind.INVOICE, "inv_conformance", Money(1649, "USD"))
        if provider.capabilities.drafts:
            assert put.status is ExternalStatus.DRAFT
        else:
            assert put.status in _ISSUED
        assert provider.fetch(DocumentKind.INVOICE, put.ref) == put

    def test_an_invoice_is_found_by_our_id(self, provider: BillingProvider, customer: ExternalDocument) -> None:
        put = provider.put_invoice(invoice_document(customer.ref), _key("put"))
        assert provider.find(DocumentKind.INVOICE, "inv_conformance", _LONG_AGO, customer.ref) == put
        assert provider.find(DocumentKind.INVOICE, "inv_conformance", _LONG_AGO) == put
        assert provider.find(DocumentKind.INVOICE, "inv_conformance", _an_hour_ago(), customer.ref) == put

    def test_an_invoice_is_found_among_many(self, provider: BillingProvider, customer: ExternalDocument) -> None:
        first = provider.put_invoice(invoice_document(customer.ref, [100], id="inv_first"), _key("first"))
        for number in range(12):
            provider.put_invoice(invoice_document(customer.ref, [100], id=f"inv_{number}"), _key(f"{number}"))
        assert provider.find(DocumentKind.INVOICE, "inv_first", _LONG_AGO, customer.ref) == first

    def test_an_invoice_sent_twice_with_one_key_is_there_once(
        self, provider: BillingProvider, customer: ExternalDocument
    ) -> None:
        if not provider.capabilities.idempotency_window_seconds:
            return
        first = provider.put_invoice(invoice_document(customer.ref), _key("put"))
        assert provider.put_invoice(invoice_document(customer.ref), _key("put")) == first
        assert provider.find(DocumentKind.INVOICE, "inv_conformance", _LONG_AGO, customer.ref) == first

    def test_a_key_with_another_invoice_is_refused(self, provider: BillingProvider, customer: ExternalDocument) -> None:
        if not provider.capabilities.idempotency_window_seconds:
            return
        provider.put_invoice(invoice_document(customer.ref), _key("put"))
        with pytest.raises(Permanent):
            provider.put_invoice(invoice_document(customer.ref, id="inv_other"), _key("put"))

    def test_an_existing_invoice_is_completed_and_not_made_again(
        self, provider: BillingProvider, customer: ExternalDocument
    ) -> None:
        document = invoice_document(customer.ref)
        first = provider.put_invoice(document, _key("put"))
        again = provider.put_invoice(document, _key("another key"), existing=first)
        assert (again.ref, again.total) == (first.ref, document.total)
        assert provider.find(DocumentKind.INVOICE, "inv_conformance", _LONG_AGO, customer.ref) == again

    def test_issuing_changes_the_state_and_nothing_else(
        self, provider: BillingProvider, customer: ExternalDocument
    ) -> None:
        put = provider.put_invoice(invoice_document(customer.ref), _key("put"))
        issued = provider.issue_invoice(put.ref, Money(1649, "USD"), _key("issue"))
        assert issued.status in _ISSUED
        assert (issued.ref, issued.our_id, issued.total) == (put.ref, put.our_id, put.total)
        assert provider.fetch(DocumentKind.INVOICE, put.ref).status in _ISSUED

    def test_issuing_again_returns_what_is_issued(self, provider: BillingProvider, customer: ExternalDocument) -> None:
        put = provider.put_invoice(invoice_document(customer.ref), _key("put"))
        issued = provider.issue_invoice(put.ref, Money(1649, "USD"), _key("issue"))
        assert provider.issue_invoice(put.ref, Money(1649, "USD"), _key("issue")) == issued
        assert provider.issue_invoice(put.ref, Money(1649, "USD"), _key("issue once more")) == issued

    def test_a_draft_with_another_total_is_not_issued(
        self, provider: BillingProvider, customer: ExternalDocument
    ) -> None:
        if not provider.capabilities.drafts:
            return
        put = provider.put_invoice(invoice_document(customer.ref), _key("put"))
        with pytest.raises(NeedsAttention):
            provider.issue_invoice(put.ref, Money(1650, "USD"), _key("issue"))
        with pytest.raises(NeedsAttention):
            provider.issue_invoice(put.ref, Money(1649, "EUR"), _key("issue too"))
        assert provider.fetch(DocumentKind.INVOICE, put.ref).status is ExternalStatus.DRAFT

    def test_issuing_what_is_not_there_is_permanent(self, provider: BillingProvider) -> None:
        with pytest.raises(Permanent):
            provider.issue_invoice("nothing", Money(1649, "USD"), _key("issue"))

    def test_negative_lines_are_taken_or_refused_as_declared(
        self, provider: BillingProvider, customer: ExternalDocument
    ) -> None:
        _expect(provider, customer, [500, -200], provider.capabilities.negative_lines)

    def test_lines_of_zero_are_taken_or_refused_as_declared(
        self, provider: BillingProvider, customer: ExternalDocument
    ) -> None:
        _expect(provider, customer, [500, 0], provider.capabilities.zero_lines)

    def test_an_invoice_may_have_as_many_lines_as_declared(
        self, provider: BillingProvider, customer: ExternalDocument
    ) -> None:
        _expect(provider, customer, [7] * min(provider.capabilities.lines_max, 1000), is_taken=True)

    def test_more_lines_than_declared_are_refused_before_anything_is_sent(
        self, provider: BillingProvider, customer: ExternalDocument
    ) -> None:
        if provider.capabilities.lines_max <= 10_000:
            _expect(provider, customer, [7] * (provider.capabilities.lines_max + 1), is_taken=False)

    def test_an_id_may_be_as_long_as_declared(self, provider: BillingProvider, customer: ExternalDocument) -> None:
        longest = "i" * min(provider.capabilities.external_id_length_max, 200)
        put = provider.put_invoice(invoice_document(customer.ref, [500], id=longest), _key("put"))
        assert put.our_id == longest

    def test_amounts_keep_their_value_in_every_kind_of_currency(self, provider: BillingProvider) -> None:
        for number, currency in enumerate(_one_per_scale(provider)):
            ref = provider.put_customer(customer_document(id=f"cus_{number}"), _key(f"customer {number}")).ref
            # Ten whole units, which any provider can hold.
            amount = 10 * 10 ** minor_unit_places(currency)
            invoice = invoice_document(ref, [amount], currency, id=f"inv_{number}")
            put = provider.put_invoice(invoice, _key(f"put {number}"))
            issued = provider.issue_invoice(put.ref, invoice.total, _key(f"issue {number}"))
            assert (put.total, issued.total) == (Money(amount, currency),) * 2

    def test_a_currency_that_is_not_declared_is_refused_before_anything_is_sent(
        self, provider: BillingProvider, customer: ExternalDocument
    ) -> None:
        declared = provider.capabilities.currencies
        if declared is not None and "UYW" not in declared:
            _expect(provider, customer, [100], is_taken=False, currency="UYW")

    def test_an_issued_invoice_is_among_the_changes(
        self, provider: BillingProvider, customer: ExternalDocument
    ) -> None:
        put = provider.put_invoice(invoice_document(customer.ref), _key("put"))
        issued = provider.issue_invoice(put.ref, Money(1649, "USD"), _key("issue"))
        changed = [document for document in provider.changes(_LONG_AGO) if document.our_id == "inv_conformance"]
        assert changed == [issued]
        assert list(provider.changes(datetime.now(UTC) + timedelta(days=36_500))) == []


def _expect(
    provider: BillingProvider,
    customer: ExternalDocument,
    amounts_minor: Sequence[int],
    is_taken: bool,
    currency: str = "USD",
) -> None:
    """Send an invoice that has to be taken, or refused without leaving anything behind."""
    document = invoice_document(customer.ref, amounts_minor, currency)
    if is_taken:
        assert provider.put_invoice(document, _key("put")).total == document.total
        return
    with pytest.raises(ProviderError) as refusal:
        guarded(provider).put_invoice(document, _key("put"))
    assert isinstance(refusal.value, Unsupported | NeedsAttention | Permanent)
    assert provider.find(DocumentKind.INVOICE, document.id, _LONG_AGO, customer.ref) is None


def _one_per_scale(provider: BillingProvider) -> list[str]:
    """A currency with two, none and three places each, among those declared."""
    declared = provider.capabilities.currencies
    groups = (("USD", "EUR"), ("JPY", "KRW"), ("KWD", "BHD"))
    known = [[code for code in group if declared is None or code in declared] for group in groups]
    return [codes[0] for codes in known if codes]


def _key(text: str) -> str:
    """A key as long as the gateway's."""
    return f"{text:_<32}"[:32]


def _an_hour_ago() -> datetime:
    return datetime.now(UTC) - timedelta(hours=1)
