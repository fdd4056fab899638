"""Bill what is due: count, compare, rate, store, finalize; every step may crash and run again anywhere."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby

from gateway.core.errors import GatewayError, InvalidValue
from gateway.core.invoicing.invoice import Invoice, InvoiceStatus
from gateway.core.ports.storage import Priority, UnitOfWork
from gateway.core.time import instant_text
from gateway.services.announce import announce_held
from gateway.services.bill_adjustments import with_adjustments
from gateway.services.bill_early import bill_early, due_early
from gateway.services.count_periods import CountedBoundary, count_periods
from gateway.services.draft_invoices import DraftedInvoice, draft_invoices
from gateway.services.due_boundaries import DueBoundary, due_boundaries
from gateway.services.finalize import finalize
from gateway.services.installation import Installation
from gateway.services.invoice_terms import coupons_used, terms_of
from gateway.services.move_credit import settle_due_credit
from gateway.services.project import Projector
from gateway.services.resolve_review import draft_waited_again
from gateway.services.usage_holds import SeenTo
from gateway.services.usage_so_far import with_billed_before

OnProgress = Callable[[int, int], None]
"""Told how many of the due boundaries are done, and how many there are."""

_approved_page = 500


@dataclass(frozen=True, slots=True)
class BillingFailure:
    """A boundary that could not be billed; the others were, and this one is tried again by the next run."""

    subscription_id: str
    boundary_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class BillingRun:
    """What a run came to: the ids of the invoices finalized, of those held for a person, and what failed.

    Those of `awaiting_quote` are approved, and final once the provider has quoted their taxes.
    """

    finalized: tuple[str, ...]
    held: tuple[str, ...]
    failed: tuple[BillingFailure, ...] = ()
    awaiting_quote: tuple[str, ...] = ()


def bill_due(
    installation: Installation,
    projector: Projector,
    as_of: datetime | None = None,
    on_progress: OnProgress | None = None,
) -> BillingRun:
    """Bill every boundary whose grace period is over at `as_of` (default: now), in order of time.

    Then bills what running periods have to bill before they end, unless `as_of` has passed. Books what is due in
    wallets, and finalizes what was approved before and not finalized. Billing twice, or in two processes at once, makes
    one invoice. Raises `InvalidValue` for an `as_of` in the future: usage may still come.
    """
    now = installation.business_clock.now()
    until = now if as_of is None else as_of
    if until > now:
        raise InvalidValue(f"{instant_text(until)} is after the business time {instant_text(now)}; bill it then")
    settle_due_credit(installation)
    draft_waited_again(installation)
    run = _Run(installation, projector)
    run.finalize_approved()
    due = installation.storage.read(lambda unit: due_boundaries(unit, until))
    done = 0
    for group in _by_instant(due):
        for _ in run.bill(group):
            done += 1
            if on_progress is not None:
                on_progress(done, len(due))
    if until == now:
        run.bill_early(now)
    return BillingRun(tuple(run.finalized), tuple(run.held), tuple(run.failed), tuple(run.awaiting_quote))


def close(installation: Installation, due: DueBoundary, counted: CountedBoundary) -> list[Invoice]:
    """Rate and store one boundary in one transaction: the invoices that it has now.

    They are another process's where that was faster.
    """

    def draft_and_store(unit: UnitOfWork) -> list[Invoice]:
        # Terms are read where they are used, so that a coupon never counts more often than it may.
        customer = unit.definitions.lock_customer(due.subscription.customer)
        whole = with_billed_before(unit, due)
        terms = terms_of(unit, installation, whole)
        seen = SeenTo(installation.gate, customer.legal_entity)
        period = counted.periods[due.subscription.id]
        drafted = draft_invoices(whole, period, counted.meters, installation.ids, terms, seen)
        return _store(unit, installation, due, [each.issued_by(customer.legal_entity) for each in drafted])

    return installation.storage.transact(draft_and_store, Priority.BULK)


def _store(
    unit: UnitOfWork, installation: Installation, due: DueBoundary, drafted: Sequence[DraftedInvoice]
) -> list[Invoice]:
    adjustments = unit.rerating.waiting(due.subscription.customer, due.plan.currency, drafted[0].invoice.legal_entity)
    drafted = [replace(drafted[0], invoice=with_adjustments(drafted[0].invoice, adjustments)), *drafted[1:]]
    has_advance = unit.invoices.by_key(due.advance_key)
    if has_advance is not None and due.boundary.started is not None:
        # Billed on its own since `due` was found; the next run bills the rest.
        return [has_advance]
    if all(unit.invoices.add(each.invoice, each.discrepancies) for each in drafted):
        unit.rerating.bill(adjustments, drafted[0].invoice.id)
        for each in drafted:
            unit.terms.use(each.invoice.id, each.invoice.customer, coupons_used(each.invoice))
            announce_held(unit, installation, each.invoice)
        return [each.invoice for each in drafted]
    found = [unit.invoices.by_key(key) for key in (due.key, due.advance_key)]
    return [invoice for invoice in found if invoice is not None]


def _by_instant(due: Sequence[DueBoundary]) -> Iterator[list[DueBoundary]]:
    for _, group in groupby(due, key=lambda each: each.boundary.at):
        yield list(group)


@dataclass(slots=True)
class _Run:
    """One run and what it came to so far."""

    installation: Installation
    projector: Projector
    finalized: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    failed: list[BillingFailure] = field(default_factory=list)
    awaiting_quote: list[str] = field(default_factory=list)

    def bill(self, group: Sequence[DueBoundary]) -> Iterator[DueBoundary]:
        """Bill the boundaries of one instant, one after another, from one pass over the log."""
        counted = count_periods(self.installation, self.projector, group)
        for due in group:
            with self._reported(due.subscription.id, due.boundary.at):
                for invoice in close(self.installation, due, counted):
                    self._finish(invoice)
            yield due

    def bill_early(self, now: datetime) -> None:
        """Bill what running periods have to bill by now, from one pass over the log."""
        due = due_early(self.installation, self.projector, now)
        if not due:
            return
        counted = count_periods(self.installation, self.projector, due)
        for each in due:
            with self._reported(each.subscription.id, now):
                invoice = bill_early(self.installation, each, counted)
                if invoice is not None:
                    self._finish(invoice)

    def finalize_approved(self) -> None:
        """Finalize what earlier runs, or a person, approved."""
        tried: set[str] = set()
        while waiting := [invoice for invoice in self._approved(len(tried)) if invoice.id not in tried]:
            for invoice in waiting:
                tried.add(invoice.id)
                with self._reported(invoice.key.subscription_id, invoice.key.boundary_at):
                    self._finish(invoice)

    def _approved(self, beyond: int) -> list[Invoice]:
        limit = _approved_page + beyond
        return self.installation.storage.read(lambda unit: unit.invoices.with_status(InvoiceStatus.APPROVED, limit))

    def _finish(self, invoice: Invoice) -> None:
        if invoice.status is InvoiceStatus.APPROVED:
            finalized = finalize(self.installation, invoice.id)
            # Until its taxes are quoted it stays approved.
            is_final = finalized.status is InvoiceStatus.FINALIZED
            (self.finalized if is_final else self.awaiting_quote).append(finalized.id)
        elif invoice.status is InvoiceStatus.HELD:
            self.held.append(invoice.id)

    @contextmanager
    def _reported(self, subscription_id: str, boundary_at: datetime) -> Iterator[None]:
        """Report what cannot be billed, so that it keeps nobody else's invoice back."""
        try:
            yield
        except (GatewayError, ArithmeticError) as error:
            self.failed.append(BillingFailure(subscription_id, boundary_at, str(error)))
