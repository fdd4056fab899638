"""The Chargebee provider: invoices are made pending with all their lines, compared, and then closed."""

from collections.abc import Iterator
from datetime import datetime
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
    ProviderSettings,
    RatePolicy,
    TaxMode,
    TaxQuote,
    Unsupported,
    WebhookAuth,
    WebhookEvent,
    WebhookRequest,
    require_total,
)
from gateway_chargebee.credit_notes import CreditNotes
from gateway_chargebee.currencies import SUPPORTED, to_chargebee_amount
from gateway_chargebee.invoices import Invoices, updated_since
from gateway_chargebee.mapping import (
    charged_lines,
    comment_length_max,
    customer_id_length_max,
    from_chargebee_customer,
    to_chargebee_customer,
    to_chargebee_invoice,
    to_chargebee_payment,
)
from gateway_chargebee.quoting import from_chargebee_estimate, to_chargebee_estimate
from gateway_chargebee.settings import ChargebeeSettings
from gateway_chargebee.standing import from_chargebee_standing
from gateway_chargebee.webhooks import parse, verify

lines_max = 300
"""Chargebee names no limit; this many lines come back with an invoice in one answer (`line_items_limit`)."""


class ChargebeeProvider(BillingProvider):
    """One Chargebee site. See `BillingProvider` for what each method promises."""

    NAME: ClassVar[str] = "chargebee"
    API_VERSION: ClassVar[int] = API_VERSION
    Settings: ClassVar[type[ProviderSettings]] = ChargebeeSettings
    capabilities: ClassVar[Capabilities] = Capabilities(
        drafts=True,
        lines_max=lines_max,
        negative_lines=True,
        zero_lines=False,
        external_id_field="po_number",
        # A customer's own id takes so many, po_number more.
        external_id_length_max=customer_id_length_max,
        # Chargebee plans on 30 minutes; five less leave room for clocks that differ.
        idempotency_window_seconds=25 * 60,
        # About 750 requests in five minutes on a test site, more on a live one.
        rate=RatePolicy(requests=150, seconds=60, burst=30),
        currencies=SUPPORTED,
        voids=True,
        credit_dispositions=frozenset(CreditDisposition),
        records_payments=True,
        partial_payments=True,
        tax_modes=frozenset(TaxMode),
        document_issuers=frozenset({DocumentIssuer.PROVIDER}),
        shadow_by_preview=True,
        webhook_auth=WebhookAuth.BASIC,
        pay_links=True,
        tells_account=True,
        tells_standing=True,
    )

    def __init__(self, connection: str, settings: ChargebeeSettings, host: ConnectionHost) -> None:  # noqa: ARG002
        # Here, because every process of the gateway loads every plugin, and the SDK takes most of a second.
        from gateway_chargebee.client import ChargebeeClient  # noqa: PLC0415

        self._settings = settings
        self._client = ChargebeeClient(settings, host)
        self._sdk = self._client.sdk
        self._invoices = Invoices(self._client, settings.portal)
        self._credit_notes = CreditNotes(self._client)

    def check(self) -> None:
        """Read one customer and one invoice."""
        self._client.read(self._sdk.Customer.list, {"limit": 1})
        self._client.read(self._sdk.Invoice.list, {"limit": 1})

    def put_customer(
        self, customer: CustomerDocument, key: str, existing: ExternalDocument | None = None
    ) -> ExternalDocument:
        """Create the customer under our id, or update it."""
        params = to_chargebee_customer(customer)
        if existing is None:
            answer = self._client.write(self._sdk.Customer.create, {"id": customer.id, **params}, key=key)
        else:
            answer = self._client.write(self._sdk.Customer.update, existing.ref, params, key=key)
        return from_chargebee_customer(answer.customer.raw_data)

    def put_invoice(
        self, invoice: InvoiceDocument, key: str, existing: ExternalDocument | None = None
    ) -> ExternalDocument:
        """Make a pending invoice with all its lines in one request, so that what exists is complete."""
        _require_held(invoice)
        if existing is not None:
            return self.fetch(DocumentKind.INVOICE, existing.ref)
        params = to_chargebee_invoice(invoice, invoice.days_until_due(self._settings.days_until_due))
        answer = self._client.write(self._sdk.Invoice.create_for_charge_items_and_charges, params, key=key)
        return self._invoices.document(answer.invoice.raw_data)

    def issue_invoice(self, ref: str, expected_total: Money, key: str) -> ExternalDocument:
        """Close the pending invoice once its total is ours; Chargebee then does not collect it by itself."""
        pending = self._invoices.get(ref)
        draft = self._invoices.document(pending)
        if draft.status is not ExternalStatus.DRAFT:
            return draft
        remedy = "remove what was changed on it at Chargebee, then resume the delivery"
        require_total(f"Chargebee's invoice {pending['id']}", draft.total, expected_total, remedy)
        answer = self._client.write(self._sdk.Invoice.close, pending["id"], None, key=key)
        return self._invoices.document(answer.invoice.raw_data)

    def find(
        self, kind: DocumentKind, our_id: str, created_since: datetime, customer_ref: str | None = None
    ) -> ExternalDocument | None:
        """List what changed since and match our id. Raises `NeedsAttention` if there are two."""
        if kind is DocumentKind.CUSTOMER:
            return self._find_customer(our_id)
        params: dict[str, Any] = {"updated_at": updated_since(created_since)}
        if customer_ref:
            params["customer_id"] = {"is": customer_ref}
        if kind is DocumentKind.CREDIT_NOTE:
            return self._credit_notes.find(our_id, params)
        return self._invoices.find(our_id, params)

    def fetch(self, kind: DocumentKind, ref: str) -> ExternalDocument:
        """Retrieve one customer or credit note by Chargebee's id, and an invoice by its customer and our id."""
        if kind is DocumentKind.CUSTOMER:
            answer = self._client.read(self._sdk.Customer.retrieve, ref)
            return from_chargebee_customer(answer.customer.raw_data)
        if kind is DocumentKind.CREDIT_NOTE:
            return self._credit_notes.fetch(ref)
        return self._invoices.document(self._invoices.get(ref))

    def changes(self, since: datetime) -> Iterator[ExternalDocument]:
        """Our invoices that were updated since then, deleted ones included."""
        return self._invoices.changed(since)

    def void_invoice(self, ref: str, reason: str, key: str) -> ExternalDocument:
        """Void what is issued, and delete what is pending."""
        invoice = self._invoices.get(ref)
        there = self._invoices.document(invoice)
        if there.status is ExternalStatus.VOID:
            return there
        if there.status is ExternalStatus.PAID:
            raise NeedsAttention(
                f"Chargebee's invoice {invoice['id']} is paid, so that it cannot be voided", "credit it instead"
            )
        is_pending = there.status is ExternalStatus.DRAFT
        call = self._sdk.Invoice.delete if is_pending else self._sdk.Invoice.void_invoice
        answer = self._client.write(call, invoice["id"], {"comment": reason[:comment_length_max]}, key=key)
        return self._invoices.document(answer.invoice.raw_data)

    def put_credit_note(
        self, note: CreditNoteDocument, key: str, existing: ExternalDocument | None = None
    ) -> ExternalDocument:
        """Make what is missing of it: the notes themselves, and the refund of what was paid."""
        return self._credit_notes.put(note, self._invoices.get(note.invoice_ref), key, existing)

    def record_payment(self, ref: str, payment: PaymentDocument, key: str) -> ExternalDocument:
        """Record the payment unless a transaction of the customer carries its id already."""
        invoice = self._invoices.get(ref)
        if self._is_recorded(invoice["customer_id"], payment.id):
            return self._invoices.document(invoice)
        params = to_chargebee_payment(payment)
        if invoice["amount_due"] < params["transaction"]["amount"] or invoice["status"] == "pending":
            raise NeedsAttention(
                f"Less than {_words(payment.amount)} is due of Chargebee's invoice {invoice['id']}",
                "record at Chargebee what is due, and the rest as an excess payment",
            )
        answer = self._client.write(self._sdk.Invoice.record_payment, invoice["id"], params, key=key)
        return self._invoices.document(answer.invoice.raw_data)

    def quote_tax(self, invoice: InvoiceDocument) -> TaxQuote:
        """Let Chargebee estimate the invoice, with its taxes unless there are ours."""
        _require_held(invoice)
        params = to_chargebee_estimate(invoice)
        answer = self._client.read(self._sdk.Estimate.create_invoice_for_items, params)
        return from_chargebee_estimate(answer.estimate.raw_data, invoice)

    def account(self) -> ExternalAccount:
        """The site, and the currencies that it has enabled."""
        pages = self._client.listed(self._sdk.Currency.list, "currency", {})
        enabled = {each["currency_code"] for page in pages for each in page if each.get("enabled", True)}
        return ExternalAccount(self._settings.site, frozenset(enabled))

    def customer_standing(self, ref: str) -> CustomerStanding:
        """What Chargebee says of the customer itself."""
        answer = self._client.read(self._sdk.Customer.retrieve, ref)
        return from_chargebee_standing(answer.customer.raw_data)

    def verify_webhook(self, request: WebhookRequest) -> None:
        """Compare user and password, and refuse what is older than Chargebee repeats."""
        verify(request, self._settings)

    def parse_webhook(self, request: WebhookRequest) -> WebhookEvent:
        """The event's id, and the invoice that it is about."""
        return parse(request)

    def _find_customer(self, our_id: str) -> ExternalDocument | None:
        pages = self._client.listed(self._sdk.Customer.list, "customer", {"id": {"is": our_id}})
        found = [from_chargebee_customer(customer) for page in pages for customer in page]
        return next((customer for customer in found if customer.our_id == our_id), None)

    def _is_recorded(self, customer: str, payment_id: str) -> bool:
        params = {"customer_id": {"is": customer}, "reference_number": {"is": payment_id}}
        return any(self._client.listed(self._sdk.Transaction.list, "transaction", params))


def _require_held(invoice: InvoiceDocument) -> None:
    """Refuse, before anything is sent, what Chargebee cannot hold."""
    if not charged_lines(invoice):
        raise Unsupported("an invoice without charges")
    if invoice.tax_mode is TaxMode.QUOTED and invoice.paid_from_credit is not None:
        raise NeedsAttention(
            f"Chargebee would take {_words(invoice.paid_from_credit)} of credit off invoice {invoice.number} before"
            " its taxes",
            "let the gateway compute taxes, or keep no prepaid credit for customers of this connection",
        )
    for line in invoice.flat_lines:
        to_chargebee_amount(line.amount)


def _words(amount: Money) -> str:
    return f"{amount} {amount.currency}"
