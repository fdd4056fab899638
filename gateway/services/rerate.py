"""Re-rate billed periods: preview what it would find, start a job, and carry it out, each invoice exactly once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from gateway.core.audit import AuditAction
from gateway.core.errors import InvalidValue, NotFound
from gateway.core.invoicing.credit_notes import Disposition
from gateway.core.invoicing.invoice import Invoice, PaymentStatus
from gateway.core.ports.rerating import At, JobItem, RerateJob, RerateOutcome, Selection
from gateway.core.ports.storage import Priority, UnitOfWork
from gateway.core.rerating.revision import Changes, Revision
from gateway.core.rerating.settlement import Settlement
from gateway.services.audit import record_deed
from gateway.services.bill import OnProgress
from gateway.services.bill_adjustments import adjustment_invoice, has_next_invoice
from gateway.services.credit_invoice import GivenBack, issue_credit_note
from gateway.services.finalize import finalize
from gateway.services.installation import Installation
from gateway.services.rate_again import RatedAgain, rate_again, settlement_of
from gateway.services.remember import once

invoices_per_read = 50
invoices_per_page = 1_000


@dataclass(frozen=True, slots=True)
class RerateRequest:
    """What to re-rate, and with which changes: events that came since, the newest versions of `meters`, or the prices
    of a version of the plan that is selected.

    What is owed goes on the next invoice, or at once on one of its own. `disposition` says how overcharged money is
    given back; None takes it off what is owed, or gives it to the wallet where the invoice is paid.
    """

    selection: Selection
    has_late_events: bool = False
    meters: tuple[str, ...] = ()
    plan_version: int | None = None
    is_billed_at_once: bool = False
    disposition: Disposition | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What re-rating one invoice finds, and how that would be booked."""

    rated: RatedAgain
    settlement: Settlement


def preview_rerate(
    installation: Installation, request: RerateRequest, after: At | None = None, limit: int | None = None
) -> Iterator[Finding]:
    """What re-rating would find, invoice by invoice in order of their boundaries, behind `after`; nothing is stored.

    `limit` is how many invoices are looked at. A few are read at a time, each few on a snapshot of its own, so that
    any number of them takes the same memory. Raises `NotFound` and `InvalidValue` for what is not there.
    """
    selection, changes = installation.storage.read(lambda unit: pinned(unit, request))
    left = limit
    while left is None or left > 0:
        size = invoices_per_read if left is None else min(left, invoices_per_read)
        with installation.storage.snapshot() as unit:
            places = unit.rerating.select(selection, after, size)
            found = _findings(unit, [invoice_id for _, invoice_id in places], changes)
        yield from found
        if len(places) < size:
            return
        after = places[-1]
        left = None if left is None else left - size


def start_rerate(
    installation: Installation, request: RerateRequest, reason: str, actor: str, idempotency_key: str
) -> str:
    """Store a job over what is selected now, with the changes pinned; answers with its id. It is carried out by
    `run_rerate`, here or by the billing worker.

    Raises `NotFound`, `InvalidValue` and `KeyReused`.
    """
    job_id, now = installation.ids.new("job"), installation.business_clock.now()

    def add(unit: UnitOfWork) -> str:
        selection, changes = pinned(unit, request)
        job = RerateJob(job_id, actor, reason, selection, changes, request.is_billed_at_once, request.disposition, now)
        unit.rerating.add_job(job, list(_all_selected(unit, selection)))
        return job_id

    asked = {"request": "rerate", "reason": reason, "what": repr(request)}
    return once(installation, actor, idempotency_key, asked, add)


def run_rerate(
    installation: Installation, job_id: str, on_progress: OnProgress | None = None
) -> Mapping[RerateOutcome, int]:
    """Carry out what is pending of a job; how many invoices came to which outcome in all.

    Each invoice is one transaction, so that it may be ended anywhere and run again, by several processes at once.
    """
    storage = installation.storage
    job = storage.read(lambda unit: unit.rerating.job(job_id))
    counts = storage.read(lambda unit: unit.rerating.counts([job_id]))[job_id]
    done, total = sum(counts.values()) - counts.get(RerateOutcome.PENDING, 0), sum(counts.values())
    while pending := storage.read(
        lambda unit: unit.rerating.items(job_id, None, invoices_per_read, RerateOutcome.PENDING)
    ):
        for item in pending:
            _carry_out(installation, job, item.invoice_id)
            done += 1
            if on_progress is not None:
                on_progress(done, total)
    now = installation.business_clock.now()
    storage.transact(lambda unit: unit.rerating.finish_job(job_id, now))
    return storage.read(lambda unit: unit.rerating.counts([job_id]))[job_id]


def _pending(unit: UnitOfWork, job_id: str) -> list[JobItem]:
    return unit.rerating.items(job_id, None, invoices_per_read, RerateOutcome.PENDING)


def run_unfinished(installation: Installation) -> None:
    """Carry out every job that was started and not finished."""
    for job in installation.storage.read(lambda unit: unit.rerating.unfinished()):
        run_rerate(installation, job.id)


def pinned(unit: UnitOfWork, request: RerateRequest) -> tuple[Selection, Changes]:
    """What is selected, and the changes as they are now: a position, versions of meters and of the plan."""
    meters, selection = unit.definitions.meters(), request.selection
    for key in (*request.meters, *selection.meters):
        if key not in meters:
            raise NotFound(f"There is no meter {key!r}")
    _require_customers(unit, selection.customers)
    if request.plan_version is not None:
        if len(selection.plans) != 1:
            raise InvalidValue(f"Version {request.plan_version} is of one plan; select just that plan")
        unit.definitions.plan_version(selection.plans[0], request.plan_version)
    versions = tuple((key, meters[key].latest.version) for key in request.meters)
    changes = Changes(unit.log.head() if request.has_late_events else None, versions, request.plan_version)
    by_meter = selection.meters or request.meters if not request.has_late_events else selection.meters
    return replace(selection, meters=tuple(by_meter)), changes


def _require_customers(unit: UnitOfWork, customers: Sequence[str]) -> None:
    known = unit.definitions.customers_by_key(customers)
    for key in customers:
        if key not in known:
            raise NotFound(f"There is no customer {key!r}")


def _all_selected(unit: UnitOfWork, selection: Selection) -> Iterator[str]:
    after: At | None = None
    while places := unit.rerating.select(selection, after, invoices_per_page):
        yield from (invoice_id for _, invoice_id in places)
        after = places[-1]


def _findings(unit: UnitOfWork, invoice_ids: Sequence[str], changes: Changes) -> list[Finding]:
    invoices, revisions = unit.invoices.by_ids(invoice_ids), unit.rerating.of_invoices(invoice_ids)
    found = (rate_again(unit, invoices[each], revisions.get(each, ()), changes) for each in invoice_ids)
    return [Finding(each, settlement_of(unit, each)) for each in found]


def _carry_out(installation: Installation, job: RerateJob, invoice_id: str) -> None:
    """Re-rate one invoice and book what that finds, in one transaction; then finalize the invoice that it made."""

    def read(unit: UnitOfWork) -> RatedAgain:
        return rate_again(
            unit,
            unit.invoices.get(invoice_id),
            unit.rerating.of_invoices([invoice_id]).get(invoice_id, ()),
            job.changes,
        )

    booking = _Booking(installation, job, invoice_id)
    # Rated outside of the transaction that books it: that may take long, and writers wait.
    while not booking.is_booked(installation.storage.read(read)):
        pass
    if booking.invoice_to_finalize is not None:
        finalize(installation, booking.invoice_to_finalize)


class _Booking:
    """Books what re-rating one invoice found."""

    def __init__(self, installation: Installation, job: RerateJob, invoice_id: str) -> None:
        self._installation = installation
        self._job = job
        self._invoice_id = invoice_id
        self._ids = {kind: installation.ids.new(kind) for kind in ("rvn", "cn", "dlv", "inv")}
        self.invoice_to_finalize: str | None = None

    def is_booked(self, rated: RatedAgain) -> bool:
        """Book it all; False where the invoice has changed since it was rated."""
        return self._installation.storage.transact(lambda unit: self._book(unit, rated), Priority.BULK)

    def _book(self, unit: UnitOfWork, rated: RatedAgain) -> bool:
        self.invoice_to_finalize = None
        invoice = unit.invoices.lock(self._invoice_id)
        revisions = unit.rerating.of_invoices([invoice.id]).get(invoice.id, [])
        if invoice.status is not rated.invoice.status or len(revisions) != len(rated.revisions):
            return False
        found = rated.differences
        outcome = (
            RerateOutcome.REFUSED if rated.refused else RerateOutcome.REVISED if found else RerateOutcome.UNCHANGED
        )
        revision_id = self._ids["rvn"] if outcome is RerateOutcome.REVISED else None
        item = JobItem(self._job.id, invoice.id, outcome, rated.refused or "", revision_id)
        if unit.rerating.settle_item(item) and found:
            self._revise(unit, invoice, rated)
        return True

    def _revise(self, unit: UnitOfWork, invoice: Invoice, rated: RatedAgain) -> None:
        now = self._installation.business_clock.now()
        settlement = settlement_of(unit, rated)
        revision = Revision(
            id=self._ids["rvn"],
            invoice_id=invoice.id,
            number=len(rated.revisions) + 1,
            job_id=self._job.id,
            cut_off=rated.revised.cut_off,
            meter_versions=rated.revised.meter_versions,
            plan_version=rated.revised.plan_version,
            created_at=now,
            booked=settlement.booked,
            credit_note_id=self._credit(unit, invoice, settlement),
        )
        unit.rerating.add(revision)
        record_deed(
            unit,
            self._installation,
            self._job.actor,
            AuditAction.INVOICE_RERATED,
            invoice.id,
            customer=invoice.customer,
            reason=self._job.reason,
            details={
                "job": self._job.id,
                "revision": revision.number,
                "difference": f"{rated.difference} {invoice.currency}",
            },
        )
        if self._job.is_billed_at_once or not has_next_invoice(unit, invoice):
            own = adjustment_invoice(unit, invoice, revision, self._ids["inv"], now)
            self.invoice_to_finalize = None if own is None else own.id

    def _credit(self, unit: UnitOfWork, invoice: Invoice, settlement: Settlement) -> str | None:
        if not settlement.credited:
            return None
        is_paid = invoice.payment_status is PaymentStatus.PAID
        disposition = self._job.disposition or (Disposition.WALLET if is_paid else Disposition.RECEIVABLE)
        ids, now = (self._ids["cn"], self._ids["dlv"]), self._installation.business_clock.now()
        given = GivenBack(settlement.credited, self._job.reason, disposition, self._job.actor)
        return issue_credit_note(unit, self._installation, invoice, given, ids, now)
