"""Taxes that a provider computes: asked for before an invoice is finalized, adopted when it is."""

from dataclasses import replace
from datetime import datetime

from gateway.core.delivery import DeliveryStatus, quoted_document
from gateway.core.errors import InvalidDefinition
from gateway.core.invoicing.invoice import Invoice, InvoiceLine
from gateway.core.invoicing.quoted_taxes import QuotedTaxes, nets_of, quoted_rate, quoted_shares
from gateway.core.invoicing.taxes import TaxRate
from gateway.core.invoicing.totals import with_terms, without_terms
from gateway.core.money import Money
from gateway.core.ports.storage import UnitOfWork
from gateway.plugin_api import InvoiceDocument, NeedsAttention, TaxLine, TaxMode, TaxQuote
from gateway.services.delivery_documents import to_invoice_document
from gateway.services.enqueue import connection_of, enqueue
from gateway.services.installation import Installation


def quoting_connection(unit: UnitOfWork, installation: Installation, invoice: Invoice) -> str | None:
    """The connection whose provider computes the taxes of an invoice; None where we do, or there is nothing to tax."""
    name = connection_of(unit, installation, invoice.customer)
    is_quoted = any(each.connection == name and each.quotes_taxes for each in installation.connections)
    return name if is_quoted and invoice.net.amount_minor > 0 else None


def with_quote(invoice: Invoice, quoted: QuotedTaxes) -> Invoice:
    """The invoice with taxes that were quoted, as far as they were quoted for the lines that it has."""
    terms = replace(invoice.terms, quoted=quoted)
    return replace(invoice, lines=with_terms(without_terms(invoice.lines), terms), terms=terms)


def request_quote(unit: UnitOfWork, installation: Installation, invoice: Invoice, delivery_id: str) -> None:
    """Have the provider asked, unless that is under way or waits for a person."""
    name = quoted_document(invoice.id)
    now = installation.system_clock.now()
    connection = connection_of(unit, installation, invoice.customer)
    asked = [each for each in unit.deliveries.by_document([name]).get(name, []) if each.connection == connection]
    if not asked:
        enqueue(unit, installation, delivery_id, name, invoice)
    elif asked[0].status is DeliveryStatus.DELIVERED:
        unit.deliveries.start_over(connection, name, now)


def to_be_quoted(invoice: Invoice, customer_ref: str) -> InvoiceDocument:
    """An approved invoice as a provider is asked about it: before tax, and as if nothing were paid of it."""
    bare = replace(invoice, lines=tuple(replace(line, taxes=()) for line in invoice.lines))
    # Only what is final has a number, and a provider keeps nothing of what it only quotes.
    final = bare.finalized("quote", invoice.key.boundary_at)
    return replace(to_invoice_document(final, customer_ref), tax_mode=TaxMode.QUOTED)


def to_quoted_taxes(connection: str, invoice: Invoice, quote: TaxQuote, now: datetime) -> QuotedTaxes:
    """A provider's quote as taxes of ours. Raises `NeedsAttention` if it is not about the lines as they are."""
    rates = {tax.key: _rate(connection, tax) for tax in quote.taxes}
    shares = {line.id: [(tax.key, tax.amount) for tax in line.taxes] for line in quote.lines}
    amounts = {line.id: line.amount for line in quote.lines}
    found = []
    for ordinal, line in enumerate(invoice.lines):
        name = f"{invoice.id}:{ordinal}"
        # Lines of nothing are left out where a provider takes none.
        if amounts.get(name, Money.zero(invoice.currency)) != line.net:
            raise _other_lines(invoice, line)
        found.append(quoted_shares(rates, shares.get(name, ())))
    taxes = QuotedTaxes(connection, now, nets_of(invoice.lines), tuple(found))
    _require_whole(taxes, quote)
    return taxes


def _rate(connection: str, tax: TaxLine) -> TaxRate:
    try:
        return quoted_rate(connection, tax.name, tax.percent)
    except InvalidDefinition:
        raise NeedsAttention(
            f"The provider quotes a rate of {tax.percent} % for {tax.name}", "correct the rate there, then resume"
        ) from None


def _other_lines(invoice: Invoice, line: InvoiceLine) -> NeedsAttention:
    return NeedsAttention(
        f"The provider quotes invoice {invoice.id} without the line {line.description!r} as it is",
        "let `tax_source` of the connection be 'gateway', with tax rates of your own",
    )


def _require_whole(taxes: QuotedTaxes, quote: TaxQuote) -> None:
    """The taxes of the lines come to those of the document."""
    on_lines = sum(share.amount.amount_minor for shares in taxes.shares for share in shares)
    if on_lines != sum(tax.amount.amount_minor for tax in quote.taxes):
        raise NeedsAttention(
            f"The provider quotes taxes of invoice {quote.our_id} that are not the sum of those of its lines",
            "let `tax_source` of the connection be 'gateway', with tax rates of your own",
        )
