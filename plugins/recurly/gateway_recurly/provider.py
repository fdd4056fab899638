"""The Recurly provider: there are no drafts, so an invoice is previewed, compared and only then made."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, ClassVar

from gateway.plugin_api import (
    API_VERSION,
    BillingProvider,
    Capabilities,
    ConnectionHost,
    CreditDisposition,
    CreditNoteDocument,
    CustomerDocument,
    CustomerStanding,
    DocumentIssuer,
    DocumentKind,
    ExternalAccount,
    ExternalDocument,
    ExternalStatus,
    InvoiceDocument,
    Money,
    NeedsAttention,
    PaymentDocument,
    Permanent,
    ProviderSettings,
    RatePolicy,
    TaxMode,
    TaxQuote,
    WebhookAuth,
    WebhookEvent,
    WebhookRequest,
    require_total,
)
from gateway_recurly import webhooks
from gateway_recurly.client import RecurlyApi, half_done, is_absent, once, refused_parameters
from gateway_recurly.crediting import Crediting
from gateway_recurly.currencies import from_recurly_amount
from gateway_recurly.invoices import Invoices, page_size
from gateway_recurly.mapping import (
    from_recurly_account,
    is_marked_void,
    is_payment,
    to_recurly_account,
    to_recurly_payment,
    to_recurly_purchase,
    to_void_notes,
)
from gateway_recurly.quoting import Preview, from_recurly_preview, to_quote
from gateway_recurly.refs import account_ref
from gateway_recurly.settings import RecurlySettings
from gateway_recurly.standing import from_recurly_standing


class RecurlyProvider(BillingProvider):
    """One Recurly site. See `BillingProvider` for what each method promises."""

    NAME: ClassVar[str] = "recurly"
    API_VERSION: ClassVar[int] = API_VERSION
    Settings: ClassVar[type[ProviderSettings]] = RecurlySettings
    capabilities: ClassVar[Capabilities] = Capabilities(
        drafts=False,
        # Recurly names no limit of a purchase; this is the most that it lists on one page.
        lines_max=200,
        negative_lines=True,
        zero_lines=True,
        external_id_field="po_number, of a credit invoice the last line of its customer notes",
        external_id_length_max=50,
        # Recurly forgets keys after an hour; five minutes less leave room for clocks that differ.
        idempotency_window_seconds=55 * 60,
        # A sandbox allows 400 a minute, production 1000 that read (Recurly's support article on rate limits).
        rate=RatePolicy(requests=400, seconds=60, burst=100),
        voids=True,
        credit_dispositions=frozenset({CreditDisposition.BALANCE, CreditDisposition.OUT_OF_BAND}),
        records_payments=True,
        partial_payments=True,
        tax_modes=frozenset(TaxMode),
        document_issuers=frozenset({DocumentIssuer.PROVIDER}),
        shadow_by_preview=True,
        webhook_auth=WebhookAuth.HMAC,
        pay_links=True,
        tells_account=True,
        tells_standing=True,
    )

    def __init__(self, connection: str, settings: RecurlySettings, host: ConnectionHost) -> None:  # noqa: ARG002
        self._settings = settings
        self._api = RecurlyApi(settings, host)
        self._invoices = Invoices(self._api, settings.hosted_url)
        self._crediting = Crediting(self._api, self._invoices)

    def check(self) -> None:
        """Read the site, and compare its name: an invoice at another site of the company would be a real one."""
        self._site()

    def put_customer(
        self, customer: CustomerDocument, key: str, existing: ExternalDocument | None = None
    ) -> ExternalDocument:
        """Create the account under our id as its code, or update it."""
        body = to_recurly_account(customer)
        with self._api.writing() as client:
            if existing is None:
                account = client.create_account({"code": customer.id, **body}, headers=once(key))
            else:
                account = client.update_account(existing.ref, body, headers=once(key))
            return from_recurly_account(account)

    def put_invoice(
        self, invoice: InvoiceDocument, key: str, existing: ExternalDocument | None = None
    ) -> ExternalDocument:
        """Preview the purchase, compare its total, and make it. One that is there is complete."""
        if existing is not None:
            return self.fetch(DocumentKind.INVOICE, existing.ref)
        body = self._purchase(invoice)
        remedy = "switch off at Recurly what it adds, such as taxes or coupons, then resume the delivery"
        require_total(f"Recurly's preview of {invoice.number}", self._preview(body).total, invoice.total, remedy)
        with self._api.writing() as client:
            made = client.create_purchase(body, headers=once(key)).charge_invoice
        with half_done():
            return self._invoices.document(made)

    def issue_invoice(self, ref: str, expected_total: Money, key: str) -> ExternalDocument:  # noqa: ARG002
        """Return the invoice: Recurly has issued it as it was made, after its total was compared."""
        return self.fetch(DocumentKind.INVOICE, ref)

    def find(
        self, kind: DocumentKind, our_id: str, created_since: datetime, customer_ref: str | None = None
    ) -> ExternalDocument | None:
        """Ask for the account by its code; list the invoices since, and match our id."""
        if kind is DocumentKind.CUSTOMER:
            return self._find_account(our_id)
        return self._invoices.find(kind, our_id, created_since, customer_ref)

    def fetch(self, kind: DocumentKind, ref: str) -> ExternalDocument:
        """Retrieve one object by its code or number."""
        if kind is DocumentKind.CUSTOMER:
            with self._api.reading() as client:
                return from_recurly_account(client.get_account(ref))
        return self._invoices.fetch(kind, ref)

    def changes(self, since: datetime) -> Iterator[ExternalDocument]:
        """The invoices with a purchase order number, as ours have, that were updated since."""
        return self._invoices.changed(since)

    def void_invoice(self, ref: str, reason: str, key: str) -> ExternalDocument:
        """Mark it failed, which writes it off, with a note that tells it from one that nobody paid.

        Recurly itself voids credit invoices only.
        """
        invoice = self._invoices.get(ref)
        document = self._invoices.document(invoice)
        if document.amount_paid is None or document.amount_paid.amount_minor:
            raise NeedsAttention(
                f"Recurly's invoice {ref} is paid at least in part", "give back what was paid by a credit note instead"
            )
        if document.status is ExternalStatus.VOID:
            return document
        with self._api.writing() as client:
            if not is_marked_void(invoice):
                notes = to_void_notes(reason, getattr(invoice, "customer_notes", None) or "")
                client.update_invoice(ref, {"customer_notes": notes}, headers=once(f"{key}-note"))
            if document.status is ExternalStatus.OPEN:
                client.mark_invoice_failed(ref, headers=once(key))
        return self.fetch(DocumentKind.INVOICE, ref)

    def put_credit_note(
        self, note: CreditNoteDocument, key: str, existing: ExternalDocument | None = None
    ) -> ExternalDocument:
        """Give back what was paid by a refund of the invoice, or lower what is due of it by credit."""
        return self._crediting.put(note, key, existing)

    def record_payment(self, ref: str, payment: PaymentDocument, key: str) -> ExternalDocument:
        """Record a payment from outside of Recurly, once by our id in its description."""
        invoice = self._invoices.get(ref)
        if any(is_payment(each, payment) for each in getattr(invoice, "transactions", None) or ()):
            return self._invoices.document(invoice)
        due = from_recurly_amount(invoice.balance, invoice.currency)
        if due.currency != payment.amount.currency or due.amount_minor < payment.amount.amount_minor:
            raise NeedsAttention(
                f"Recurly's invoice {ref} has {due} {due.currency} due,"
                f" less than the {payment.amount} {payment.amount.currency} that were paid",
                "find out at Recurly who paid it already, and refund what is too much",
            )
        with self._api.writing() as client:
            client.record_external_transaction(ref, to_recurly_payment(payment), headers=once(key))
        return self.fetch(DocumentKind.INVOICE, ref)

    def quote_tax(self, invoice: InvoiceDocument) -> TaxQuote:
        """What a purchase would come to, by Recurly's preview."""
        return to_quote(invoice, self._preview(self._purchase(invoice)))

    def account(self) -> ExternalAccount:
        """The site's id, and the currencies that it accepts."""
        site = self._site()
        with self._api.reading():
            return ExternalAccount(site.id, frozenset(site.settings.accepted_currencies))

    def customer_standing(self, ref: str) -> CustomerStanding:
        """The account's billing info, if it has any, and its balance."""
        with self._api.reading() as client:
            balance = client.get_account_balance(ref)
        return from_recurly_standing(balance, self._billing_info(ref), datetime.now(UTC).date())

    def verify_webhook(self, request: WebhookRequest) -> None:
        """See `webhooks.verify`."""
        webhooks.verify(request, self._settings.webhook_secret)

    def parse_webhook(self, request: WebhookRequest) -> WebhookEvent:
        """See `webhooks.parse`."""
        return webhooks.parse(request)

    def _site(self) -> Any:
        """The connection's site. Raises `NeedsAttention` if the key is for another."""
        with self._api.reading() as client:
            sites = {site.subdomain: site for site in client.list_sites(params={"limit": page_size}).items()}
        if self._settings.subdomain not in sites:
            raise NeedsAttention(
                f"The API key is for {', '.join(sites)}, not for {self._settings.subdomain}",
                "correct the connection's subdomain or its api_key",
            )
        return sites[self._settings.subdomain]

    def _billing_info(self, ref: str) -> Any | None:
        try:
            with self._api.reading() as client:
                return client.get_billing_info(ref)
        except Permanent as error:
            if is_absent(error):
                return None
            raise

    def _purchase(self, invoice: InvoiceDocument) -> dict[str, Any]:
        return to_recurly_purchase(invoice, invoice.days_until_due(self._settings.days_until_due))

    def _preview(self, body: dict[str, Any]) -> Preview:
        """What a purchase would come to. Raises `NeedsAttention` for a currency the site refuses."""
        try:
            with self._api.reading() as client:
                return from_recurly_preview(client.preview_purchase(body).charge_invoice)
        except Permanent as error:
            if "currency" in refused_parameters(error):
                currency = body["currency"]
                remedy = f"enable {currency} at Recurly under Configuration, Currencies, then resume the delivery"
                raise NeedsAttention(f"Recurly's site does not accept {currency}", remedy) from error
            raise

    def _find_account(self, our_id: str) -> ExternalDocument | None:
        try:
            return self.fetch(DocumentKind.CUSTOMER, account_ref(our_id))
        except Permanent as error:
            if is_absent(error):
                return None
            raise
