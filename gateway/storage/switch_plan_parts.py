"""The parts of a plan of a switch as JSON, and back."""

import json
from typing import Any

from gateway.core.money import Money
from gateway.core.switching import (
    CreditThatStays,
    OpenInvoice,
    OpenState,
    PlannedCustomer,
    Presence,
    Problem,
    ProblemKind,
    Severity,
)


def severity_of(planned: PlannedCustomer) -> str:
    """The worst of a customer's problems; empty without any."""
    if planned.is_blocked:
        return Severity.BLOCKS
    return Severity.WARNS if planned.problems else ""


def customer_text(planned: PlannedCustomer) -> str:
    """A customer as JSON."""
    problems = [[each.kind, each.message, each.remedy] for each in planned.problems]
    plain = [planned.customer, planned.from_connection, planned.presence, planned.ref, planned.currencies, problems]
    return json.dumps(plain)


def customer_of(text: str) -> PlannedCustomer:
    """The same customer."""
    customer, here, presence, ref, currencies, problems = json.loads(text)
    found = tuple(Problem(ProblemKind(kind), message, remedy) for kind, message, remedy in problems)
    return PlannedCustomer(customer, here, Presence(presence), ref, tuple(currencies), found)


def invoice_text(invoice: OpenInvoice) -> str:
    """An open invoice as JSON."""
    plain = [invoice.invoice_id, invoice.number, invoice.customer, invoice.connection, invoice.state]
    return json.dumps([*plain, *_money_parts(invoice.total)])


def invoice_of(text: str) -> OpenInvoice:
    """The same invoice."""
    invoice_id, number, customer, connection, state, *total = json.loads(text)
    return OpenInvoice(invoice_id, number, customer, connection, _money(total), OpenState(state))


def credit_text(credit: CreditThatStays) -> str:
    """A balance as JSON."""
    return json.dumps([credit.customer, credit.connection, *_money_parts(credit.balance)])


def credit_of(text: str) -> CreditThatStays:
    """The same balance."""
    customer, connection, *balance = json.loads(text)
    return CreditThatStays(customer, _money(balance), connection)


def _money_parts(amount: Money) -> list[Any]:
    return [amount.amount_minor, amount.currency]


def _money(parts: list[Any]) -> Money:
    return Money(*parts)
