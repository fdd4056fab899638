"""Which features a company's life has used, read from what it left in storage."""

from collections import Counter
from collections.abc import Iterator
from itertools import chain

from gateway.core.credits.movements import MovementKind
from gateway.core.invoicing.credit_notes import Disposition
from gateway.core.invoicing.invoice import Invoice, InvoiceStatus, PaidBy, PaymentStatus
from gateway.core.metering.meter import Aggregation
from gateway.core.periods.period import IntervalUnit
from gateway.core.plans.plan import Timing
from gateway.core.ports.invoices import InvoiceFilter
from gateway.core.ports.storage import Storage, UnitOfWork
from tests.company.clients import Client
from tests.company.life import DEFINITIONS

Offered = set[tuple[str, str]]
"""Prices and commitments, by plan and key."""


def offered() -> Offered:
    """Everything that plans ask money for."""
    plans = [plan for plan in DEFINITIONS["plans"] if "based_on" not in plan]
    return {(plan["key"], each["key"]) for plan in plans for each in [*plan["prices"], *plan.get("commitments", [])]}


def models() -> set[str]:
    """The price models that plans have."""
    return {price["model"] for plan in DEFINITIONS["plans"] for price in plan["prices"]}


def aggregations() -> set[Aggregation]:
    """The aggregations of the meters that have a price."""
    priced = {price.get("meter") for plan in DEFINITIONS["plans"] for price in plan["prices"]}
    return {Aggregation(meter["aggregation"]) for meter in DEFINITIONS["meters"] if meter["key"] in priced}


def cadences() -> set[tuple[IntervalUnit, Timing]]:
    """How often fees are billed, and whether before or after their period."""
    return {
        (IntervalUnit(plan["interval"]), Timing(price.get("timing", "in_arrears")))
        for plan in DEFINITIONS["plans"]
        if "based_on" not in plan
        for price in plan["prices"]
        if price["model"] == "flat"
    }


def billed(storage: Storage) -> Offered:
    """What final invoices have lines above zero for."""
    return {
        (invoice.plan, line.price)
        for invoice in _final(storage)
        for line in invoice.lines
        if line.amount.amount_minor > 0
    }


def dispositions(storage: Storage) -> set[Disposition]:
    """How credit notes gave back."""
    ids = [invoice.id for invoice in _final(storage)]
    notes = storage.read(lambda unit: unit.credit_notes.of_invoices(ids))
    return {how for note in chain.from_iterable(notes.values()) for how, _ in note.dispositions}


def payments(storage: Storage) -> set[tuple[PaymentStatus, PaidBy | None]]:
    """What became of the money for final invoices."""
    return {(invoice.payment_status, invoice.paid_by) for invoice in _final(storage)}


def movements(storage: Storage, clients: list[Client]) -> set[MovementKind]:
    """What happened to credit."""

    def kinds(unit: UnitOfWork) -> Iterator[MovementKind]:
        wallets = unit.credits.wallets_of([client.key for client in clients])
        ids = [account.wallet.id for account in chain.from_iterable(wallets.values())]
        for found in unit.credits.movements(ids, 0, 10_000).values():
            yield from (movement.kind for _, movement in found)

    return storage.read(lambda unit: set(kinds(unit)))


def kinds_of_accounts(storage: Storage) -> Counter[str]:
    """How many accounts of each kind there are."""
    return Counter(account.partition(":")[0] for account, _ in storage.read(lambda unit: unit.books.balances()))


def _final(storage: Storage) -> list[Invoice]:
    found = storage.read(lambda unit: unit.invoices.page(InvoiceFilter(), None, 10_000))
    return [each for each in found if each.status is InvoiceStatus.FINALIZED]
