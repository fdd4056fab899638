"""The shadow run: another connection quotes the invoices that go out, so that one sees whether it makes the same.

Nothing is made there but customers, without whom no provider quotes. It has a queue of its own, which is looked at
when no delivery is due, and whatever goes wrong is a row of the report.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from gateway.core.delivery import Step, retry_delay, step_key
from gateway.core.invoicing.invoice import Invoice
from gateway.core.money import Money
from gateway.core.ports.storage import UnitOfWork
from gateway.core.shadow import Comparable, ShadowQuote, ShadowStatus
from gateway.core.subscriptions.subscription import Customer
from gateway.plugin_api import (
    Ambiguous,
    BillingProvider,
    DocumentKind,
    InvoiceDocument,
    Retryable,
    TaxMode,
    TaxQuote,
)
from gateway.plugin_guard import GuardedProvider, guarded
from gateway.services.deliver_move import LONG_AGO
from gateway.services.delivery_documents import check_answer, to_customer_document, to_fitting, to_invoice_document
from gateway.services.delivery_failures import reason_of
from gateway.services.installation import Installation

attempts_max = 5
claimed_for = timedelta(minutes=5)


def shadow(unit: UnitOfWork, installation: Installation, invoice: Invoice, goes_to: str) -> None:
    """Queue a finalized invoice for the shadow connection, unless it goes there anyway."""
    connection, finalized_at = installation.shadow, invoice.finalized_at
    if connection is not None and connection != goes_to and finalized_at is not None:
        unit.shadow.add(ShadowQuote(connection, invoice.id, finalized_at, installation.system_clock.now()))


def quote_next(installation: Installation, connection: str, provider: BillingProvider) -> ShadowQuote | None:
    """Have the invoice quoted that waits longest; None if none is due. What a plugin raises never leaves here."""
    if connection != installation.shadow:
        return None
    now = installation.system_clock.now()
    claimed = installation.storage.transact(lambda unit: unit.shadow.claim(connection, now, now + claimed_for))
    if claimed is None:
        return None
    try:
        settled = _quoted(installation, claimed, guarded(provider))
    except Exception as error:  # a plugin may raise anything
        settled = _failed(claimed, error, installation.system_clock.now())
    installation.storage.transact(lambda unit: unit.shadow.settle(settled))
    return settled


def _quoted(installation: Installation, claimed: ShadowQuote, provider: GuardedProvider) -> ShadowQuote:
    invoice, paid_minor, customer, ref = installation.storage.read(lambda unit: _load(unit, claimed))
    quotes_taxes = invoice.net.amount_minor > 0 and _quotes_taxes(installation, claimed.connection)
    ref = ref or _customer_ref(installation, claimed.connection, customer, provider)
    # Where taxes are quoted, that is before anything is paid of them.
    whole = to_invoice_document(invoice, ref, 0 if quotes_taxes else paid_minor)
    document = to_fitting(before_tax(whole) if quotes_taxes else with_our_tax(whole), provider.capabilities)
    ours = replace(of_document(whole), lines=len(document.lines))
    theirs = of_quote(document, provider.quote_tax(document))
    quoted_at = installation.system_clock.now()
    return replace(claimed, status=ShadowStatus.QUOTED, ours=ours, theirs=theirs, reason=None, quoted_at=quoted_at)


def _quotes_taxes(installation: Installation, connection: str) -> bool:
    return any(each.connection == connection and each.quotes_taxes for each in installation.connections)


def _load(unit: UnitOfWork, claimed: ShadowQuote) -> tuple[Invoice, int, Customer, str | None]:
    invoice = unit.invoices.get(claimed.invoice_id)
    customer = unit.definitions.customers_by_key([invoice.customer])[invoice.customer]
    refs = unit.deliveries.refs(claimed.connection, DocumentKind.CUSTOMER, [customer.id])
    return invoice, unit.credits.paid_for([invoice.id]).get(invoice.id, 0), customer, refs.get(customer.id)


def _customer_ref(installation: Installation, connection: str, customer: Customer, provider: GuardedProvider) -> str:
    """The customer there, found or made. The key is that of a delivery's first attempt, so that both make one."""
    found = provider.find(DocumentKind.CUSTOMER, customer.id, LONG_AGO)
    if found is None:
        key = step_key(connection, DocumentKind.CUSTOMER, customer.id, 0, Step.CUSTOMER)
        found = provider.put_customer(to_customer_document(customer), key)
    made = check_answer(found, DocumentKind.CUSTOMER, customer.id)
    installation.storage.transact(
        lambda unit: unit.deliveries.put_ref(connection, DocumentKind.CUSTOMER, customer.id, made.ref)
    )
    return made.ref


def before_tax(document: InvoiceDocument) -> InvoiceDocument:
    """An invoice as a provider is asked about it that computes taxes itself."""
    taxes = sum((each.amount for each in document.taxes), Money.zero(document.total.currency))
    lines = tuple(replace(line, taxes=()) for line in document.lines)
    return replace(document, lines=lines, taxes=(), total=document.total - taxes, tax_mode=TaxMode.QUOTED)


def with_our_tax(document: InvoiceDocument) -> InvoiceDocument:
    """An invoice with the taxes that it has, also where those came from the provider that it went to."""
    return replace(document, tax_mode=TaxMode.OURS)


def of_document(document: InvoiceDocument) -> Comparable:
    """What is compared of an invoice as we would send it."""
    tax = sum((each.amount for each in document.taxes), Money.zero(document.total.currency))
    return Comparable(document.total, tax, len(document.lines))


def of_quote(document: InvoiceDocument, quote: TaxQuote) -> Comparable:
    """What is compared of a quote: our taxes, where they went out as lines, are taxes again."""
    ours = {line.id for line in document.lines}
    as_lines = {line.id for line in document.flat_lines} - ours
    taxes = [each.amount for each in quote.taxes]
    taxes += [line.amount for line in quote.lines if line.id in as_lines and ":tax-" in line.id]
    return Comparable(
        quote.total, sum(taxes, Money.zero(quote.total.currency)), sum(line.id in ours for line in quote.lines)
    )


def _failed(claimed: ShadowQuote, error: Exception, now: datetime) -> ShadowQuote:
    """Tried again later where that may help, and not for ever."""
    told = replace(claimed, reason=reason_of(error))
    if isinstance(error, Retryable | Ambiguous) and claimed.attempts < attempts_max:
        return replace(told, due_at=now + retry_delay(claimed.attempts + 5, 0))
    return replace(told, status=ShadowStatus.FAILED)
