"""Book what becomes of the money for an invoice: paid, given up, or neither any more."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from gateway.core.invoicing.invoice import Invoice, PaidBy, PaymentStatus
from gateway.core.invoicing.recorded_payments import RecordedPayment
from gateway.core.ports.storage import UnitOfWork
from gateway.core.revenue.accounts import Account
from gateway.core.revenue.facts import Paid, RecordedFact, Reduced, Withdrawn
from gateway.services.amounts_due import due_of
from gateway.services.post_revenue import post_today


def record_fact(unit: UnitOfWork, invoice: Invoice, fact: RecordedFact, now: datetime) -> None:
    """Keep what happened to the money for a finalized invoice, and post it: a refund, a write-off, a chargeback.

    A day that is past, in a month that is closed, is posted in the first month that is open.
    """
    unit.revenue.add_fact(invoice.id, fact, now)
    post_today(unit, invoice, "invoice-money", now)


def book_payment_status(
    unit: UnitOfWork, invoice: Invoice, status: PaymentStatus, paid_by: PaidBy | None, now: datetime
) -> None:
    """Book that the payment status of a finalized invoice is `status` from now on, and no longer what it says.

    What is due becomes cash where a payment was collected, and is settled outside where something else paid it. What is
    uncollectible is bad debt, which a payment after all takes back.
    """
    today = unit.legal_entities.get(invoice.legal_entity).accounting_day(now)
    for fact in _facts(unit, invoice, status, paid_by, today):
        record_fact(unit, invoice, fact, now)


def book_recorded_payment(unit: UnitOfWork, invoice: Invoice, payment: RecordedPayment) -> None:
    """Book a payment that came by another way, on the day on which it was received."""
    fact = Paid(payment.received_on, payment.amount.amount_minor, Account.SETTLED_OUTSIDE)
    record_fact(unit, invoice, fact, payment.recorded_at)


def _facts(
    unit: UnitOfWork, invoice: Invoice, status: PaymentStatus, paid_by: PaidBy | None, today: date
) -> list[RecordedFact]:
    before = unit.revenue.recorded_facts(invoice.id)
    facts: list[RecordedFact] = []
    if invoice.payment_status is PaymentStatus.PAID:
        facts += _taken_back(unit, invoice, before, today)
    if invoice.payment_status is PaymentStatus.UNCOLLECTIBLE and status is not PaymentStatus.PAID:
        facts += _withdrawn(before, today)
    due = due_of(unit, invoice).amount_minor
    if due and status is PaymentStatus.PAID:
        facts.append(Paid(today, due, Account.CASH if paid_by is PaidBy.PAYMENT else Account.SETTLED_OUTSIDE))
    if due and status is PaymentStatus.UNCOLLECTIBLE:
        facts.append(Reduced(today, due, Account.BAD_DEBT))
    return facts


def _taken_back(unit: UnitOfWork, invoice: Invoice, before: Sequence[RecordedFact], today: date) -> Iterator[Paid]:
    """What was paid by the status, and not by payments that were recorded, is not paid any more."""
    payments = [fact for fact in before if isinstance(fact, Paid)]
    recorded = sum(each.amount.amount_minor for each in unit.invoices.payments([invoice.id]).get(invoice.id, []))
    amount = sum(fact.amount or 0 for fact in payments) - recorded
    if amount:
        yield Paid(today, -amount, payments[-1].source)


def _withdrawn(before: Sequence[RecordedFact], today: date) -> Iterator[Withdrawn]:
    """What was given up last is owed again."""
    given_up = [
        place for place, fact in enumerate(before) if isinstance(fact, Reduced) and fact.contra is Account.BAD_DEBT
    ]
    yield from (Withdrawn(today, place) for place in given_up[-1:])
