"""A billing provider behind the wall: what is not declared is not asked, what is not right is not believed."""

from collections.abc import Callable, Iterator
from datetime import datetime

from gateway.core.money import Money
from gateway.plugin_api import (
    Ambiguous,
    BillingProvider,
    Capabilities,
    CreditNoteDocument,
    CustomerDocument,
    CustomerStanding,
    DocumentKind,
    ExternalAccount,
    ExternalDocument,
    InvoiceDocument,
    PaymentDocument,
    Permanent,
    ProviderError,
    Retryable,
    TaxQuote,
    WebhookEvent,
    WebhookRefused,
    WebhookRequest,
)
from gateway.plugin_guard.fit import (
    require_credit_fits,
    require_fits,
    require_kind,
    require_numbers,
    require_payment_fits,
    require_quotes,
    require_tells_account,
    require_tells_standing,
    require_voids,
    require_webhooks,
)
from gateway.plugin_guard.wall import Wall


def guarded(provider: BillingProvider) -> "GuardedProvider":
    """The provider behind the wall; one that is behind it already stays as it is."""
    return provider if isinstance(provider, GuardedProvider) else GuardedProvider(provider)


class GuardedProvider(Wall):
    """See `BillingProvider` for what each method promises, and `Unsupported` before anything is sent."""

    def __init__(self, provider: BillingProvider) -> None:
        super().__init__(str(provider.NAME))
        self._provider = provider

    @property
    def capabilities(self) -> Capabilities:
        """What it declares."""
        return self._provider.capabilities

    def check(self) -> None:
        """See `BillingProvider.check`."""
        self._read("check", self._provider.check)

    def put_customer(
        self, customer: CustomerDocument, key: str, existing: ExternalDocument | None = None
    ) -> ExternalDocument:
        """See `BillingProvider.put_customer`."""
        method = "put_customer"
        answer = self._write(method, lambda: self._provider.put_customer(customer, key, existing))
        return self._document(method, answer, DocumentKind.CUSTOMER, Ambiguous)

    def put_invoice(
        self, invoice: InvoiceDocument, key: str, existing: ExternalDocument | None = None
    ) -> ExternalDocument:
        """See `BillingProvider.put_invoice`."""
        require_fits(invoice, self.capabilities)
        require_numbers(invoice, self.capabilities)
        return self._invoice("put_invoice", lambda: self._provider.put_invoice(invoice, key, existing))

    def issue_invoice(self, ref: str, expected_total: Money, key: str) -> ExternalDocument:
        """See `BillingProvider.issue_invoice`."""
        return self._invoice("issue_invoice", lambda: self._provider.issue_invoice(ref, expected_total, key))

    def void_invoice(self, ref: str, reason: str, key: str) -> ExternalDocument:
        """See `BillingProvider.void_invoice`."""
        require_voids(self.capabilities)
        return self._invoice("void_invoice", lambda: self._provider.void_invoice(ref, reason, key))

    def record_payment(self, ref: str, payment: PaymentDocument, key: str) -> ExternalDocument:
        """See `BillingProvider.record_payment`."""
        require_payment_fits(payment, self.capabilities)
        return self._invoice("record_payment", lambda: self._provider.record_payment(ref, payment, key))

    def put_credit_note(
        self, note: CreditNoteDocument, key: str, existing: ExternalDocument | None = None
    ) -> ExternalDocument:
        """See `BillingProvider.put_credit_note`."""
        require_credit_fits(note, self.capabilities)
        method = "put_credit_note"
        answer = self._write(method, lambda: self._provider.put_credit_note(note, key, existing))
        return self._document(method, answer, DocumentKind.CREDIT_NOTE, Ambiguous)

    def quote_tax(self, invoice: InvoiceDocument) -> TaxQuote:
        """See `BillingProvider.quote_tax`."""
        require_quotes(self.capabilities)
        require_fits(invoice, self.capabilities)
        quote = self._typed("quote_tax", self._read("quote_tax", lambda: self._provider.quote_tax(invoice)), TaxQuote)
        if (quote.our_id, quote.total.currency) != (invoice.id, invoice.total.currency):
            raise Retryable(f"{self._who('quote_tax')} quoted another invoice, or in another currency")
        return quote

    def account(self) -> ExternalAccount:
        """See `BillingProvider.account`."""
        require_tells_account(self.capabilities)
        return self._typed("account", self._read("account", self._provider.account), ExternalAccount)

    def customer_standing(self, ref: str) -> CustomerStanding:
        """See `BillingProvider.customer_standing`."""
        require_tells_standing(self.capabilities)
        method = "customer_standing"
        return self._typed(method, self._read(method, lambda: self._provider.customer_standing(ref)), CustomerStanding)

    def find(
        self, kind: DocumentKind, our_id: str, created_since: datetime, customer_ref: str | None = None
    ) -> ExternalDocument | None:
        """See `BillingProvider.find`."""
        require_kind(kind, self.capabilities)
        found = self._read("find", lambda: self._provider.find(kind, our_id, created_since, customer_ref))
        return None if found is None else self._document("find", found, kind, Retryable)

    def fetch(self, kind: DocumentKind, ref: str) -> ExternalDocument:
        """See `BillingProvider.fetch`."""
        require_kind(kind, self.capabilities)
        fetched = self._document("fetch", self._read("fetch", lambda: self._provider.fetch(kind, ref)), kind, Retryable)
        if fetched.ref != ref:
            raise Retryable(f"{self._who('fetch')} fetched another document than was asked for")
        return fetched

    def changes(self, since: datetime) -> Iterator[ExternalDocument]:
        """See `BillingProvider.changes`."""
        yield from self._each("changes", lambda: self._provider.changes(since), ExternalDocument)

    def verify_webhook(self, request: WebhookRequest) -> None:
        """See `BillingProvider.verify_webhook`; whatever else goes wrong is a refusal too."""
        require_webhooks(self.capabilities)
        try:
            self._provider.verify_webhook(request)
        except (WebhookRefused, KeyboardInterrupt):
            raise
        except BaseException as error:
            raise WebhookRefused(f"{self._who('verify_webhook')} raised {type(error).__name__}") from None

    def parse_webhook(self, request: WebhookRequest) -> WebhookEvent:
        """See `BillingProvider.parse_webhook`; whatever else goes wrong means that it cannot be understood."""
        require_webhooks(self.capabilities)
        method = "parse_webhook"
        answer = self._call(method, lambda: self._provider.parse_webhook(request), Permanent)
        return self._typed(method, answer, WebhookEvent, Permanent)

    def _invoice(self, method: str, call: Callable[[], object]) -> ExternalDocument:
        return self._document(method, self._write(method, call), DocumentKind.INVOICE, Ambiguous)

    def _document(
        self, method: str, answer: object, kind: DocumentKind, otherwise: type[ProviderError]
    ) -> ExternalDocument:
        document = self._typed(method, answer, ExternalDocument, otherwise)
        if document.kind is not kind:
            raise otherwise(f"{self._who(method)} answered with a {document.kind} instead of a {kind}")
        return document
