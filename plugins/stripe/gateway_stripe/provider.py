"""The Stripe provider: invoices are made as drafts with rounded lines, compared, and then finalized."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, ClassVar, cast

from stripe import PermissionError, RequestOptions, StripeError  # noqa: A004
from stripe.params import CustomerUpdateParams, EventListParams

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
    WebhookAuth,
    WebhookEvent,
    WebhookRefused,
    WebhookRequest,
    only_valid,
    require_total,
)
from gateway_stripe.client import is_absent, open_client, reading, writing
from gateway_stripe.credit_notes import from_stripe_credit_note, to_stripe_credit_note
from gateway_stripe.currencies import SUPPORTED, to_stripe_amount
from gateway_stripe.customers import ListedCustomers
from gateway_stripe.mapping import (
    OUR_PAYMENT,
    from_stripe_customer,
    from_stripe_invoice,
    line_id_of,
    our_id_of,
    payment_id_of,
    to_stripe_customer,
    to_stripe_invoice,
    to_stripe_invoice_item,
)
from gateway_stripe.quoting import Rate, from_stripe_preview, to_stripe_preview
from gateway_stripe.settings import StripeSettings
from gateway_stripe.standing import from_stripe_standing
from gateway_stripe.webhooks import invoice_of, parse, verify

page_size = 100
_CHANGES = [f"invoice.{name}" for name in ("finalized", "paid", "marked_uncollectible", "voided", "updated")]
_CHANGES += [f"credit_note.{name}" for name in ("created", "voided")]


class StripeProvider(BillingProvider):
    """One Stripe account. See `BillingProvider` for what each method promises."""

    NAME: ClassVar[str] = "stripe"
    API_VERSION: ClassVar[int] = API_VERSION
    Settings: ClassVar[type[ProviderSettings]] = StripeSettings
    capabilities: ClassVar[Capabilities] = Capabilities(
        drafts=True,
        lines_max=250,
        negative_lines=True,
        zero_lines=True,
        external_id_field="metadata.gateway_id",
        external_id_length_max=500,
        # Stripe forgets keys after 24 h at the earliest; an hour less leaves room for clocks that differ.
        idempotency_window_seconds=23 * 3600,
        # Stripe allows 100 a second in live mode and 25 in a sandbox (docs.stripe.com/rate-limits).
        rate=RatePolicy(requests=25, seconds=1, burst=25),
        currencies=SUPPORTED,
        voids=True,
        credit_dispositions=frozenset(CreditDisposition),
        records_payments=True,
        tax_modes=frozenset(TaxMode),
        document_issuers=frozenset(DocumentIssuer),
        shadow_by_preview=True,
        webhook_auth=WebhookAuth.HMAC,
        pay_links=True,
        tells_account=True,
        tells_standing=True,
    )

    def __init__(self, connection: str, settings: StripeSettings, host: ConnectionHost) -> None:  # noqa: ARG002
        self._settings = settings
        self._api = open_client(settings, host).v1
        self._customers = ListedCustomers(self._customers_since)

    def check(self) -> None:
        """Read one customer and one invoice."""
        with reading():
            self._api.customers.list({"limit": 1})
            self._api.invoices.list({"limit": 1})

    def put_customer(
        self, customer: CustomerDocument, key: str, existing: ExternalDocument | None = None
    ) -> ExternalDocument:
        """Create the customer, or update it."""
        params = to_stripe_customer(customer)
        with writing():
            if existing is None:
                made = self._api.customers.create(params, {"idempotency_key": key})
            else:
                made = self._api.customers.update(
                    existing.ref, cast(CustomerUpdateParams, params), {"idempotency_key": key}
                )
            return from_stripe_customer(made.to_dict())

    def put_invoice(
        self, invoice: InvoiceDocument, key: str, existing: ExternalDocument | None = None
    ) -> ExternalDocument:
        """Make a draft and add the lines that it does not have yet, each under a key of its own."""
        _require_held(invoice)
        if existing is None:
            ref, present = self._create_draft(invoice, key), set[str]()
        elif existing.status is ExternalStatus.DRAFT:
            ref, present = existing.ref, self._lines_of(existing.ref)
        else:
            return self.fetch(DocumentKind.INVOICE, existing.ref)
        self._add_lines(invoice, ref, key, present)
        return self.fetch(DocumentKind.INVOICE, ref)

    def issue_invoice(self, ref: str, expected_total: Money, key: str) -> ExternalDocument:
        """Finalize the draft once its total is ours; Stripe then neither sends nor collects it by itself."""
        draft = self.fetch(DocumentKind.INVOICE, ref)
        if draft.status is not ExternalStatus.DRAFT:
            return draft
        remedy = "remove what was changed on the draft at Stripe, then resume the delivery"
        require_total(f"Stripe's draft {ref}", draft.total, expected_total, remedy)
        with writing():
            issued = self._api.invoices.finalize_invoice(ref, {"auto_advance": False}, {"idempotency_key": key})
            return from_stripe_invoice(issued.to_dict())

    def void_invoice(self, ref: str, reason: str, key: str) -> ExternalDocument:  # noqa: ARG002 (Stripe asks for none)
        """Void what is issued; a draft is deleted, as Stripe has no void drafts."""
        held = self.fetch(DocumentKind.INVOICE, ref)
        if held.status is ExternalStatus.VOID:
            return held
        if held.status is ExternalStatus.PAID:
            raise NeedsAttention(f"Stripe's invoice {ref} is paid", "give it back with a credit note")
        options = RequestOptions(idempotency_key=key)
        with writing():
            if held.status is ExternalStatus.DRAFT:
                self._api.invoices.delete(ref, None, options)
                return replace(held, status=ExternalStatus.VOID)
            return from_stripe_invoice(self._api.invoices.void_invoice(ref, None, options).to_dict())

    def put_credit_note(
        self, note: CreditNoteDocument, key: str, existing: ExternalDocument | None = None
    ) -> ExternalDocument:
        """Make a credit note, which Stripe gives back in the same request."""
        if existing is not None:
            return self.fetch(DocumentKind.CREDIT_NOTE, existing.ref)
        params = to_stripe_credit_note(note, self._invoice(note.invoice_ref))
        with writing():
            made = self._api.credit_notes.create(params, {"idempotency_key": key})
            return from_stripe_credit_note(made.to_dict())

    def record_payment(self, ref: str, payment: PaymentDocument, key: str) -> ExternalDocument:
        """Note the payment in the metadata, then mark the invoice as paid out of band."""
        invoice = self._invoice(ref)
        held = from_stripe_invoice(invoice)
        if held.status is ExternalStatus.PAID and payment_id_of(invoice) == payment.id:
            return held
        if held.status is not ExternalStatus.OPEN or invoice["amount_remaining"] != to_stripe_amount(payment.amount):
            raise NeedsAttention(
                f"Stripe's invoice {ref} is {held.status} and has {invoice['amount_remaining']} left to pay",
                "find out who has paid, and record what is missing",
            )
        with writing():
            noted = {OUR_PAYMENT: payment.id}
            self._api.invoices.update(ref, {"metadata": noted}, {"idempotency_key": f"{key}-note"})
            paid = self._api.invoices.pay(ref, {"paid_out_of_band": True}, {"idempotency_key": key})
            return from_stripe_invoice(paid.to_dict())

    def quote_tax(self, invoice: InvoiceDocument) -> TaxQuote:
        """Preview the invoice; Stripe keeps nothing of it."""
        _require_held(invoice)
        with reading():
            preview = self._api.invoices.create_preview(to_stripe_preview(invoice))
            lines = [line.to_dict() for line in preview.lines.auto_paging_iter()]
            return from_stripe_preview(invoice.id, preview.to_dict(), lines, self._rate)

    def account(self) -> ExternalAccount:
        """The account's id, where the key may read it. Every account takes every currency that Stripe has."""
        with reading():
            try:
                return ExternalAccount(str(self._api.accounts.retrieve_current().id))
            except PermissionError:
                return ExternalAccount("")

    def customer_standing(self, ref: str) -> CustomerStanding:
        """The customer's balance and its payment methods, which are two requests."""
        with reading():
            customer = self._api.customers.retrieve(ref).to_dict()
            methods = self._api.customers.payment_methods.list(ref, {"limit": page_size})
            attached = [method.to_dict() for method in methods.auto_paging_iter()]
            return from_stripe_standing(customer, attached, datetime.now(UTC).date())

    def verify_webhook(self, request: WebhookRequest) -> None:
        """The signature is an HMAC over time and body."""
        secret = self._settings.webhook_secret
        if secret is None:
            raise WebhookRefused("the connection has no webhook_secret")
        verify(request, secret.get_secret_value())

    def parse_webhook(self, request: WebhookRequest) -> WebhookEvent:
        """An event about an invoice, or about what belongs to one."""
        return parse(request)

    def find(
        self, kind: DocumentKind, our_id: str, created_since: datetime, customer_ref: str | None = None
    ) -> ExternalDocument | None:
        """List what was created since and match our id in the metadata. Raises `NeedsAttention` if there are two.

        Customers are listed once: in a switch of thousands each is looked for among all that there are.
        """
        service, read = self._kinds[kind]
        with reading():
            if kind is DocumentKind.CUSTOMER:
                refs = sorted(self._customers.refs_of(our_id, created_since))
                return _only(our_id, read, [service.retrieve(ref).to_dict() for ref in refs])
            params: dict[str, Any] = {"limit": page_size, "created": {"gte": int(created_since.timestamp())}}
            if customer_ref:
                params["customer"] = customer_ref
            return _only(our_id, read, (item.to_dict() for item in service.list(params).auto_paging_iter()))

    def fetch(self, kind: DocumentKind, ref: str) -> ExternalDocument:
        """Retrieve one object by Stripe's id."""
        service, read = self._kinds[kind]
        with reading():
            return read(service.retrieve(ref).to_dict())

    def changes(self, since: datetime) -> Iterator[ExternalDocument]:
        """Our invoices with an event since then, each as it is now. Stripe keeps events for 30 days."""
        for ref in self._changed_since(since):
            with reading():
                try:
                    changed = self._invoice_there(ref)
                except StripeError as error:
                    if is_absent(error):
                        continue
                    raise
                if our_id_of(changed):
                    yield from_stripe_invoice(changed)

    def _customers_since(self, since: int) -> Iterator[dict[str, Any]]:
        page = self._api.customers.list({"limit": page_size, "created": {"gte": since}})
        return (customer.to_dict() for customer in page.auto_paging_iter())

    def _changed_since(self, since: datetime) -> list[str]:
        """The invoices that changed, in the order of their last change; events come newest first."""
        params: EventListParams = {"limit": page_size, "types": _CHANGES, "created": {"gte": int(since.timestamp())}}
        with reading():
            events = self._api.events.list(params)
            newest_first = dict.fromkeys(
                invoice_of(event.to_dict()["data"]["object"]) for event in events.auto_paging_iter()
            )
        return list(reversed(newest_first))

    @cached_property
    def _kinds(self) -> dict[DocumentKind, tuple[Any, Callable[[dict[str, Any]], ExternalDocument]]]:
        """Where each kind of document is, and how it is read."""
        return {
            DocumentKind.CUSTOMER: (self._api.customers, from_stripe_customer),
            DocumentKind.INVOICE: (self._api.invoices, from_stripe_invoice),
            DocumentKind.CREDIT_NOTE: (self._api.credit_notes, from_stripe_credit_note),
        }

    def _invoice(self, ref: str) -> dict[str, Any]:
        """An invoice in Stripe's own words."""
        with reading():
            return self._invoice_there(ref)

    def _invoice_there(self, ref: str) -> dict[str, Any]:
        return self._api.invoices.retrieve(ref).to_dict()

    def _rate(self, ref: str) -> Rate:
        rate = self._api.tax_rates.retrieve(ref)
        return rate.display_name, Decimal(str(rate.percentage))

    def _create_draft(self, invoice: InvoiceDocument, key: str) -> str:
        with writing():
            params = to_stripe_invoice(invoice, invoice.days_until_due(self._settings.days_until_due))
            return str(self._api.invoices.create(params, {"idempotency_key": key}).to_dict()["id"])

    def _lines_of(self, ref: str) -> set[str]:
        """The ids of the lines that an interrupted attempt has added."""
        with reading():
            items = self._api.invoice_items.list({"invoice": ref, "limit": page_size})
            return {line_id_of(item.to_dict()) for item in items.auto_paging_iter()}

    def _add_lines(self, invoice: InvoiceDocument, ref: str, key: str, present: set[str]) -> None:
        """Add what is missing. A line that is sent twice has the same key, so that it is there once."""
        for ordinal, line in enumerate(invoice.flat_lines):
            if line.id not in present:
                with writing():
                    params = to_stripe_invoice_item(line, invoice.customer_ref, ref)
                    self._api.invoice_items.create(params, {"idempotency_key": f"{key}-{ordinal}"})


def _require_held(invoice: InvoiceDocument) -> None:
    """Refuse, before anything is sent, an amount that Stripe cannot hold."""
    for line in invoice.flat_lines:
        to_stripe_amount(line.amount)


def _only(
    our_id: str, read: Callable[[dict[str, Any]], ExternalDocument], listed: Iterable[dict[str, Any]]
) -> ExternalDocument | None:
    """The one document of a list that carries `our_id`."""
    found = [read(item) for item in listed if our_id_of(item) == our_id]
    return only_valid("Stripe", our_id, found, "delete or void all but one at Stripe, then resume the delivery")
