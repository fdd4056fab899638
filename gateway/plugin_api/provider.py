"""The contract of a billing provider."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, ClassVar, Protocol, runtime_checkable

import pluggy

from gateway.core.money import Money
from gateway.plugin_api.capabilities import Capabilities
from gateway.plugin_api.documents import CreditNoteDocument, CustomerDocument, InvoiceDocument, PaymentDocument
from gateway.plugin_api.errors import Unsupported
from gateway.plugin_api.external import DocumentKind, ExternalDocument, TaxQuote
from gateway.plugin_api.host import ConnectionHost
from gateway.plugin_api.settings import ProviderSettings
from gateway.plugin_api.standing import CustomerStanding, ExternalAccount
from gateway.plugin_api.webhooks import WebhookEvent, WebhookRequest

API_VERSION = 1
hookimpl = pluggy.HookimplMarker("gateway")


@runtime_checkable
class BillingProvider(Protocol):
    """One connection to one billing system. Derive from it: what is not declared then needs no method.

    Every method may raise any `ProviderError`; anything else counts as `Ambiguous` where something may have been made,
    and as `Retryable` where nothing was. Methods that make something take `key`, at most 32 characters, stable over
    retries of the same step of the same document: use it as the provider's idempotency key. All amounts and times come
    back exactly as the provider holds them. An instance is called from one thread at a time.
    """

    NAME: ClassVar[str]
    API_VERSION: ClassVar[int]
    Settings: ClassVar[type[ProviderSettings]]
    capabilities: ClassVar[Capabilities]

    def __init__(self, connection: str, settings: Any, host: ConnectionHost) -> None:
        """Talk to nobody yet. `connection` is the name in the configuration, `settings` an instance of `Settings`."""

    def check(self) -> None:
        """Raise `NeedsAttention` if the credentials or the account cannot be used; make nothing."""
        ...

    def put_customer(
        self, customer: CustomerDocument, key: str, existing: ExternalDocument | None = None
    ) -> ExternalDocument:
        """Make the customer, or bring `existing` up to date; without it, the provider is known to have none."""
        ...

    def put_invoice(
        self, invoice: InvoiceDocument, key: str, existing: ExternalDocument | None = None
    ) -> ExternalDocument:
        """Make the invoice with all its lines, not yet issued where `capabilities.drafts`.

        `existing` is what `find` returned after an interrupted attempt: complete it instead of making another. When
        this takes several requests, any error may leave a part of the invoice there, which `find` has to return.
        Without drafts it is issued at once: raise `NeedsAttention` before that if its total would not be ours.
        """
        ...

    def issue_invoice(self, ref: str, expected_total: Money, key: str) -> ExternalDocument:
        """Issue a draft. Raises `NeedsAttention` before issuing if its total there is not `expected_total`.

        Issuing an invoice that is issued already returns it unchanged.
        """
        ...

    def find(
        self, kind: DocumentKind, our_id: str, created_since: datetime, customer_ref: str | None = None
    ) -> ExternalDocument | None:
        """The document that carries `our_id`, or None if it is proven absent.

        Lists rather than searches (search indexes lag). Only documents made at or after `created_since` need be found;
        an invoice or a credit note only among those of `customer_ref`, if that is given.
        """
        ...

    def fetch(self, kind: DocumentKind, ref: str) -> ExternalDocument:
        """The document as it is now. Raises `Permanent` if there is none."""
        ...

    def changes(self, since: datetime) -> Iterator[ExternalDocument]:
        """Invoices that changed at or after `since`, oldest change first, each as it is now.

        What was credited, refunded or paid of an invoice is a change of it.
        """
        ...

    def void_invoice(self, ref: str, reason: str, key: str) -> ExternalDocument:
        """Void an issued invoice, and delete a draft or leave it void; with `capabilities.voids`.

        Voiding a void one returns it unchanged. Raises `NeedsAttention` if it is paid.
        """
        raise Unsupported("voiding invoices")

    def put_credit_note(
        self, note: CreditNoteDocument, key: str, existing: ExternalDocument | None = None
    ) -> ExternalDocument:
        """Make the credit note and give it back; for the `capabilities.credit_dispositions`.

        `existing` is what `find` returned after an interrupted attempt: do what is missing, which may be nothing.
        Raises `NeedsAttention` if it cannot be given back in that way, as where a refund has no payment.
        """
        raise Unsupported("credit notes")

    def record_payment(self, ref: str, payment: PaymentDocument, key: str) -> ExternalDocument:
        """Record what was paid for an invoice by another way, and return it; with `capabilities.records_payments`.

        A payment whose `id` is recorded already is not recorded again, whatever the key. Raises `NeedsAttention` if
        less than its amount is due.
        """
        raise Unsupported("recording payments")

    def quote_tax(self, invoice: InvoiceDocument) -> TaxQuote:
        """What the provider would make of an invoice, without leaving anything there; with `capabilities.quotes`.

        An invoice that carries taxes of ours is quoted with them, as if it were made so; one without, with the
        provider's.
        """
        raise Unsupported("quotes")

    def account(self) -> ExternalAccount:
        """Which account the credentials belong to; with `capabilities.tells_account`."""
        raise Unsupported("telling which account it is")

    def customer_standing(self, ref: str) -> CustomerStanding:
        """By what a customer pays there, and its balances; with `capabilities.tells_standing`.

        Raises `Permanent` if there is no such customer.
        """
        raise Unsupported("telling how a customer stands")

    def verify_webhook(self, request: WebhookRequest) -> None:
        """Raise `WebhookRefused` unless the raw bytes are proven, in constant time, to be the provider's and recent.

        Talks to nobody. With `capabilities.webhook_auth`, as `parse_webhook`.
        """
        raise Unsupported("webhooks")

    def parse_webhook(self, request: WebhookRequest) -> WebhookEvent:
        """What a verified webhook is about. Raises `Permanent` if it cannot be understood. Talks to nobody."""
        raise Unsupported("webhooks")
