"""Rate a billed period again with named changes, and say what that finds; nothing is stored."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gateway.core.gate.checks import bound_holds, dimension_holds, uncountable_holds, unpriced_holds
from gateway.core.gate.discrepancy import Discrepancy
from gateway.core.invoicing.credit_notes import CreditNoteLine
from gateway.core.invoicing.invoice import Invoice, InvoiceLine, InvoiceStatus
from gateway.core.metering.recount import Recount
from gateway.core.money import Money
from gateway.core.ports.storage import UnitOfWork
from gateway.core.rerating.differences import differences
from gateway.core.rerating.revision import Changes, Revision, as_changed, as_revised
from gateway.core.rerating.settlement import Settlement, settle
from gateway.services.count_periods import quantities_of
from gateway.services.credit_invoice import given_back
from gateway.services.due_boundaries import DueBoundary
from gateway.services.replay_invoice import meters_of, replay_invoice


@dataclass(frozen=True, slots=True)
class RatedAgain:
    """An invoice, what it was rated by now, and the lines that this gives.

    `refused` says why the result is not to be trusted; then nothing of it is booked.
    """

    invoice: Invoice
    revised: Invoice
    revisions: tuple[Revision, ...]
    correct: tuple[InvoiceLine, ...]
    refused: str | None = None

    @property
    def differences(self) -> tuple[InvoiceLine, ...]:
        """What is correct less what was billed and booked since."""
        booked = (each.line for revision in self.revisions for each in revision.booked)
        return () if self.refused else differences((*self.invoice.lines, *booked), self.correct)

    @property
    def billed(self) -> Money:
        """What was billed of the invoice and booked since, with tax."""
        booked = [each.line for revision in self.revisions for each in revision.booked]
        return _gross((*self.invoice.lines, *booked), self.invoice.currency)

    @property
    def difference(self) -> Money:
        """What is owed; below zero where too much was billed."""
        return _gross(self.differences, self.invoice.currency)

    def settlement(self, returned: Sequence[CreditNoteLine]) -> Settlement:
        """How the differences are booked, after what was `returned` of the invoice."""
        booked = (each for revision in self.revisions for each in revision.booked)
        return settle(self.invoice, self.differences, returned, booked)


def rate_again(unit: UnitOfWork, invoice: Invoice, revisions: Sequence[Revision], changes: Changes) -> RatedAgain:
    """Rate all of an invoice again as its latest revision did, with `changes` on top; terms stay as they were."""
    latest = revisions[-1] if revisions else None
    revised = as_changed(as_revised(invoice, latest), changes)
    if invoice.status is not InvoiceStatus.FINALIZED:
        refused = f"Invoice {invoice.id} is {invoice.status}, not final"
        return RatedAgain(invoice, revised, tuple(revisions), (), refused)
    replay = replay_invoice(unit, revised)
    holds = _new_holds(unit, invoice, _holds(unit, revised, replay.billed, replay.counted))
    return RatedAgain(invoice, revised, tuple(revisions), replay.invoice.lines, holds)


def settlement_of(unit: UnitOfWork, found: RatedAgain) -> Settlement:
    """How the differences are booked now."""
    return found.settlement(tuple(given_back(unit, found.invoice)))


def _holds(unit: UnitOfWork, revised: Invoice, billed: DueBoundary, counted: Recount) -> list[Discrepancy]:
    """What would hold an invoice that is counted so."""
    meters, quantities = meters_of(unit, revised), quantities_of(counted.counts)
    return [
        *uncountable_holds(counted, meters),
        *dimension_holds(counted, meters),
        *unpriced_holds(billed.plan, quantities),
        *bound_holds(quantities, meters),
    ]


def _new_holds(unit: UnitOfWork, invoice: Invoice, holds: Iterable[Discrepancy]) -> str | None:
    """Those that nobody has accepted of the invoice, in one sentence."""
    accepted = {(each.kind, each.meter) for each in unit.invoices.discrepancies([invoice.id]).get(invoice.id, ())}
    texts = [f"{each.meter}: {each.detail}" for each in holds if (each.kind, each.meter) not in accepted]
    return "; ".join(texts) or None


def _gross(lines: Iterable[InvoiceLine], currency: str) -> Money:
    return sum((line.gross for line in lines), Money.zero(currency))
