"""All that a plugin may import: the contracts of providers and of accounting systems, their values and errors.

A plugin is a distribution with an entry point in the group `gateway.plugins`, whose module implements the hook
`gateway_billing_providers` or `gateway_journal_targets` and returns classes. The core calls them from one thread at a
time, keeps the books, decides what to send and when to send it again; a plugin translates and talks to one system.
"""

from pydantic import SecretStr

from gateway.core.invoicing.document_issuer import DocumentIssuer
from gateway.core.invoicing.invoice import PaidBy
from gateway.core.money import Money, minor_unit_places
from gateway.plugin_api.addresses import PrivateUrl
from gateway.plugin_api.capabilities import Capabilities, CreditDisposition, RatePolicy, TaxMode, WebhookAuth
from gateway.plugin_api.documents import (
    CreditNoteDocument,
    CreditNoteLine,
    CustomerDocument,
    InvoiceDocument,
    InvoiceDocumentLine,
    LineTax,
    PaymentDocument,
    TaxLine,
)
from gateway.plugin_api.errors import (
    Ambiguous,
    CredentialsRefused,
    NeedsAttention,
    Permanent,
    ProviderError,
    Retryable,
    Unsupported,
    WebhookRefused,
)
from gateway.plugin_api.external import (
    DocumentKind,
    ExternalDocument,
    ExternalStatus,
    QuotedLine,
    TaxQuote,
)
from gateway.plugin_api.host import ConnectionHost, ConnectionState, StoredState
from gateway.plugin_api.journal_documents import (
    ExternalJournal,
    JournalDocument,
    JournalLine,
    JournalSide,
    TargetAccount,
)
from gateway.plugin_api.journals import JournalCapabilities, JournalReversal, JournalTarget
from gateway.plugin_api.observations import DeliveryFinished, InvoiceFinalized, ProviderEvent
from gateway.plugin_api.provider import API_VERSION, BillingProvider, hookimpl
from gateway.plugin_api.rules import only_valid, require_total, retry_after_seconds, unknown_outcome
from gateway.plugin_api.settings import ApiSettings, ProviderSettings
from gateway.plugin_api.standing import CustomerStanding, ExternalAccount, PaymentMethod
from gateway.plugin_api.webhooks import WebhookEvent, WebhookRequest

__all__ = [
    "API_VERSION",
    "Ambiguous",
    "ApiSettings",
    "BillingProvider",
    "Capabilities",
    "ConnectionHost",
    "ConnectionState",
    "CredentialsRefused",
    "CreditDisposition",
    "CreditNoteDocument",
    "CreditNoteLine",
    "CustomerDocument",
    "CustomerStanding",
    "DeliveryFinished",
    "DocumentIssuer",
    "DocumentKind",
    "ExternalAccount",
    "ExternalDocument",
    "ExternalJournal",
    "ExternalStatus",
    "InvoiceDocument",
    "InvoiceDocumentLine",
    "InvoiceFinalized",
    "JournalCapabilities",
    "JournalDocument",
    "JournalLine",
    "JournalReversal",
    "JournalSide",
    "JournalTarget",
    "LineTax",
    "Money",
    "NeedsAttention",
    "PaidBy",
    "PaymentDocument",
    "PaymentMethod",
    "Permanent",
    "PrivateUrl",
    "ProviderError",
    "ProviderEvent",
    "ProviderSettings",
    "QuotedLine",
    "RatePolicy",
    "Retryable",
    "SecretStr",
    "StoredState",
    "TargetAccount",
    "TaxLine",
    "TaxMode",
    "TaxQuote",
    "Unsupported",
    "WebhookAuth",
    "WebhookEvent",
    "WebhookRefused",
    "WebhookRequest",
    "hookimpl",
    "minor_unit_places",
    "only_valid",
    "require_total",
    "retry_after_seconds",
    "unknown_outcome",
]
