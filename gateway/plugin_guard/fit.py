"""Whether a provider takes what it is about to be sent, by what it declares; asked before anything is sent.

Everything here raises `Unsupported`, or `NeedsAttention` where a person can do something about it.
"""

from gateway.plugin_api import (
    Capabilities,
    CreditNoteDocument,
    DocumentIssuer,
    DocumentKind,
    InvoiceDocument,
    JournalCapabilities,
    NeedsAttention,
    PaymentDocument,
    TaxMode,
    Unsupported,
)


def require_fits(invoice: InvoiceDocument, capabilities: Capabilities) -> None:
    """Refuse an invoice that the provider does not take."""
    amounts = [line.amount.amount_minor for line in invoice.flat_lines]
    _require_currency(invoice.total.currency, capabilities)
    _require_id(invoice.id, capabilities)
    if len(amounts) > capabilities.lines_max:
        raise NeedsAttention(
            f"Invoice {invoice.number} has {len(amounts)} lines and the provider takes {capabilities.lines_max}",
            "price by fewer dimensions, or bill this customer through another provider",
        )
    if invoice.total.amount_minor < 0:
        raise Unsupported(f"an invoice with a total below zero ({invoice.total} {invoice.total.currency})")
    if not capabilities.negative_lines and min(amounts, default=0) < 0:
        raise Unsupported("lines below zero")
    if not capabilities.zero_lines and 0 in amounts:
        raise Unsupported("lines of zero")
    if invoice.tax_mode not in capabilities.tax_modes and (invoice.taxes or invoice.tax_mode is TaxMode.QUOTED):
        raise Unsupported(f"taxes that are {invoice.tax_mode}")


def require_numbers(invoice: InvoiceDocument, capabilities: Capabilities) -> None:
    """Refuse an invoice that the provider is to number, and does not. A number of ours goes out wherever it stands."""
    is_theirs = invoice.numbered_by is DocumentIssuer.PROVIDER
    if is_theirs and DocumentIssuer.PROVIDER not in capabilities.document_issuers:
        raise Unsupported("numbering invoices")


def require_credit_fits(note: CreditNoteDocument, capabilities: Capabilities) -> None:
    """Refuse a credit note that the provider does not take, or cannot give back so."""
    if note.disposition not in capabilities.credit_dispositions:
        raise Unsupported(f"credit notes given back by {note.disposition}")
    _require_currency(note.total.currency, capabilities)
    _require_id(note.id, capabilities)


def require_payment_fits(payment: PaymentDocument, capabilities: Capabilities) -> None:
    """Refuse a payment that cannot be recorded there."""
    if not capabilities.records_payments:
        raise Unsupported("recording payments")
    if payment.is_partial and not capabilities.partial_payments:
        raise Unsupported("recording a part of what is due")


def require_voids(capabilities: Capabilities) -> None:
    """Refuse where invoices cannot be voided."""
    if not capabilities.voids:
        raise Unsupported("voiding invoices")


def require_quotes(capabilities: Capabilities) -> None:
    """Refuse where nothing can be quoted."""
    if not capabilities.quotes:
        raise Unsupported("quotes")


def require_tells_account(capabilities: Capabilities | JournalCapabilities) -> None:
    """Refuse where it does not say which account it is."""
    if not capabilities.tells_account:
        raise Unsupported("telling which account it is")


def require_tells_standing(capabilities: Capabilities) -> None:
    """Refuse where the provider does not say how its customers stand."""
    if not capabilities.tells_standing:
        raise Unsupported("telling how a customer stands")


def require_webhooks(capabilities: Capabilities) -> None:
    """Refuse where there are no webhooks."""
    if capabilities.webhook_auth is None:
        raise Unsupported("webhooks")


def require_kind(kind: DocumentKind, capabilities: Capabilities) -> None:
    """Refuse to look for what the provider cannot hold."""
    if kind is DocumentKind.CREDIT_NOTE and not capabilities.credit_dispositions:
        raise Unsupported("credit notes")


def _require_currency(currency: str, capabilities: Capabilities) -> None:
    if capabilities.currencies is not None and currency not in capabilities.currencies:
        raise Unsupported(f"the currency {currency}")


def _require_id(our_id: str, capabilities: Capabilities) -> None:
    if len(our_id) > capabilities.external_id_length_max:
        raise Unsupported(f"ids of more than {capabilities.external_id_length_max} characters")
