"""Invoices and payments, and what becomes of them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal

from gateway.core.numbers import EXACT
from gateway.core.revenue.accounts import Account
from gateway.core.revenue.document import RevenueDocument
from gateway.core.revenue.facts import ChargebackWon, Fact, FeeCharged, Paid, Reduced
from gateway.core.revenue.lines import Charge, RevenueLine
from gateway.core.revenue.months import month_ends, movements_by_end
from gateway.core.revenue.schedules import AtOnce, ByDay, EvenMonths, Schedule
from tests.corpus.adapters.revrec.telling import Telling, read_day
from tests.corpus.given import Given, UnknownKind

_REDUCTIONS = {
    "refund": (Account.REFUNDS, Account.CASH),
    "dispute": (Account.CHARGEBACKS, Account.CASH),
    "credit_note": (Account.CREDIT_NOTES, Account.RECEIVABLES),
    "uncollectible": (Account.BAD_DEBT, Account.RECEIVABLES),
    "void": (Account.VOIDS, Account.RECEIVABLES),
}


def invoiced(given: Given) -> Mapping[str, object]:
    """An invoice with lines or as one amount, and the events after it."""
    telling = Telling(given)
    invoice = given.part("invoice")
    issued_on = _issued_on(invoice)
    for_others = invoice.number("passthrough")
    lines = [*_lines(invoice, given.take("method", "by_day"), issued_on, for_others, telling)]
    document = RevenueDocument(
        lines=tuple(lines),
        billed_on=issued_on,
        # What a period that is closed would have had is caught up in the open one.
        accrues=given.take("catch_up", True) is False,
        charges=(
            *_charges(invoice, given, lines, telling),
            Charge(Account.COLLECTED_FOR_OTHERS, telling.minor(for_others)),
        ),
        facts=(*_payments(invoice, given, issued_on, telling), *_events(given, telling)),
    )
    return _told(document, telling)


def paid_once(given: Given) -> Mapping[str, object]:
    """A payment without an invoice or a period, and the events after it."""
    telling = Telling(given)
    payment = given.part("payment")
    if payment.take("standalone") or payment.take("period") is not None:
        raise UnknownKind("a payment that waits for an invoice")
    paid_on = read_day(payment.take("date"))
    line = RevenueLine(telling.minor(payment.take("amount")), AtOnce(paid_on))
    document = RevenueDocument((line,), paid_on, facts=(Paid(paid_on), *_events(given, telling)))
    return _told(document, telling)


def spread(given: Given) -> Mapping[str, object]:
    """An amount for so many months, whichever they are."""
    telling = Telling(given)
    if (method := given.take("method")) != "even_months":
        raise UnknownKind(f"months {method!r}")
    start, following = date(2026, 1, 1), date(2026, 2, 1)
    line = RevenueLine(telling.minor(given.take("amount")), EvenMonths(start, given.take("months")))
    document = RevenueDocument((line,), start)
    (_, first), (_, second) = movements_by_end([document], month_ends(start, following))
    return {
        "net_change_by_month": {"month_1": telling.changes(first), "each_later_month": telling.changes(second)},
        "journal": [
            {"step": "invoice or payment", **telling.entry(first[0])},
            {"step": "each month", **telling.entry(second[0])},
        ],
    }


def _told(document: RevenueDocument, telling: Telling) -> Mapping[str, object]:
    """What the months show; a journal of an invoice shows what issuing it books, not what is earned later."""
    told = telling.by_month([document])
    journal = [entry for entry in told["journal"] if "revenue" not in (entry["debit"], entry["credit"])]
    return {**told, "journal": journal}


def _issued_on(invoice: Given) -> date:
    for name, rest in (("finalised", ""), ("delivered_in", "-01"), ("first_month", "-01")):
        if invoice.has(name):
            return read_day(f"{invoice.take(name)}{rest}")
    raise UnknownKind("an invoice without a day")


def _lines(
    invoice: Given, method: str, issued_on: date, for_others: Decimal, telling: Telling
) -> Iterator[RevenueLine]:
    for line in invoice.parts("lines"):
        yield RevenueLine(telling.minor(line.take("amount")), _schedule(line, method, issued_on))
    if invoice.has("amount"):
        own = EXACT.subtract(invoice.number("amount"), for_others)
        yield RevenueLine(telling.minor(own), _spread_evenly(invoice, issued_on))


def _spread_evenly(invoice: Given, issued_on: date) -> Schedule:
    if invoice.take("method") is None:
        return AtOnce(issued_on)
    return EvenMonths(issued_on, invoice.take("months"))


def _schedule(line: Given, method: str, issued_on: date) -> Schedule:
    start, end = line.take("from"), line.take("to_exclusive")
    if start is None:
        return AtOnce(issued_on)
    if method != "by_day":
        raise UnknownKind(f"a service earned {method!r}")
    return ByDay(read_day(start), read_day(end))


def _charges(invoice: Given, given: Given, lines: Sequence[RevenueLine], telling: Telling) -> Iterator[Charge]:
    tax = invoice.part("tax")
    if tax.has("mode"):
        if (mode := tax.take("mode")) != "exclusive":
            raise UnknownKind(f"tax {mode!r}")
        for amount in telling.taxes(tax.number("percent"), lines):
            yield Charge(Account.TAX_LIABILITY, amount)
    for source, name, account in (
        (invoice, "tax_exclusive", Account.TAX_LIABILITY),
        (given, "customer_owes", Account.CUSTOMER_CREDIT),
    ):
        if source.has(name):
            yield Charge(account, telling.minor(source.take(name)))


def _payments(invoice: Given, given: Given, issued_on: date, telling: Telling) -> Iterator[Fact]:
    if given.has("customer_credit"):
        yield Paid(issued_on, telling.minor(given.take("customer_credit")), Account.CUSTOMER_CREDIT)
    if (credited_to := invoice.take("credited_to")) is not None:
        if credited_to != "customer_balance":
            raise UnknownKind(f"credited to {credited_to!r}")
        yield Paid(issued_on, source=Account.CUSTOMER_CREDIT)
    due = invoice.take("amount_due")
    if paid := invoice.take("paid"):
        paid_on = issued_on if paid is True else read_day(paid)
        yield Paid(paid_on, None if due is None else telling.minor(due))


def _events(given: Given, telling: Telling) -> Iterator[Fact]:
    events = given.parts("events")
    voided = [event.take("date") for event in events if event.take("credit_note_voided")]
    withdrawn_on = read_day(voided[0]) if voided else None
    for event in events:
        if event.has("date"):
            yield from _facts(event, read_day(event.take("date")), withdrawn_on, telling)


def _facts(event: Given, on: date, withdrawn_on: date | None, telling: Telling) -> Iterator[Fact]:
    for name, (contra, settled_in) in _REDUCTIONS.items():
        if event.has(name):
            amount = event.take(name)
            until = withdrawn_on if name == "credit_note" else None
            yield Reduced(on, None if amount is True else telling.minor(amount), contra, settled_in, until)
    if event.has("paid"):
        yield Paid(on, telling.minor(event.take("paid")))
    if event.take("marked_paid_outside"):
        yield Paid(on, source=Account.SETTLED_OUTSIDE)
    if event.has("dispute_won"):
        yield ChargebackWon(on, telling.minor(event.take("dispute_won")))
    if event.has("processing_fee"):
        yield FeeCharged(on, telling.minor(event.take("processing_fee")))
    # Who cancels without a refund has bought the service to its end.
    event.take("cancelled_without_refund")
