"""Cases of usage that is billed before its period ends, because it has reached a threshold."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from gateway.core.events import LoggedEvent
from gateway.core.invoicing.credit_notes import total_of
from gateway.core.invoicing.drafting import draft_lines, usage_lines
from gateway.core.invoicing.invoice import InvoiceLine, MeteredQuantity
from gateway.core.invoicing.thresholds import (
    ProgressiveBill,
    billed_in_between,
    less_billed,
    progressive_bills,
)
from gateway.core.periods.period import BillingPeriod
from gateway.core.subscriptions.subscription import Boundary
from tests.corpus.adapters.invoices.planned import UTC_ZONE, Planned, Subscribed, logged
from tests.corpus.adapters.invoices.reading import START, Answer, Reading, TermsReading, document, invoice_over
from tests.corpus.adapters.periods.reading import moment, period_of
from tests.corpus.given import Given


class Progress:
    """A subscription whose usage reaches thresholds, and the bills of the period in which it does."""

    def __init__(self, given: Given, plan: Planned, reading: Reading) -> None:
        self.plan, self.reading = plan, reading
        self.events = logged(given, plan, START)
        self.stated, self.ends_at = period_of(given.part("period"), UTC_ZONE), _end(given)
        first = self.stated.start if self.stated else min(each.event.occurred_at for each in self.events)
        whole = plan.schedule(first).period_at(first)
        # Without a period or an end, it is taken to have begun before, so that its last invoice is seen too.
        self.ran_before = self.stated is None and self.ends_at is None
        starts_at = plan.schedule(first).last_boundary_before(whole.start) if self.ran_before else whole.start
        self.subscribed = Subscribed(given, plan, starts_at, self.ends_at)
        self.boundary = self.subscribed.boundary_of(whole)
        self.terms = TermsReading(given, reading, plan.taxes).terms

    @property
    def period(self) -> BillingPeriod:
        """The period that the boundary ends."""
        assert self.boundary.ended is not None, "a period ends at its boundary"
        return self.boundary.ended

    def rated(self) -> Iterator[tuple[datetime, Sequence[InvoiceLine]]]:
        """The lines of usage so far after each event of the period, those that may be billed in between."""
        within = [each for each in self.events if each.event.occurred_at in self.period]
        for count, last in enumerate(within, 1):
            lines = usage_lines(self.plan.version, self.plan.meters, self.period, self._counted(within[:count]))
            yield last.event.occurred_at, billed_in_between(self.plan.version, lines)

    def early(self, bill: ProgressiveBill) -> dict[str, object]:
        """The invoice of a threshold."""
        invoice = document(invoice_over(bill.lines, self.reading, self.terms), self.reading)
        return {**invoice, "at": bill.at.date()}

    def last(
        self, boundary: Boundary, events: Sequence[LoggedEvent], billed: Sequence[InvoiceLine]
    ) -> dict[str, object]:
        """The invoice of a period, less what thresholds have billed of it."""
        quantities = self._counted(events)
        lines = draft_lines(self.plan.version, self.plan.meters, boundary, quantities, self.subscribed.share_of)
        invoice = document(invoice_over(less_billed(lines, billed), self.reading, self.terms), self.reading)
        rated = document(invoice_over(lines, self.reading, self.terms), self.reading)
        credit = total_of(self.reading.currency, (line.amount for line in billed))
        return {
            **rated,
            "at": boundary.at.date(),
            "tax": invoice["tax"],
            "total": invoice["total"],
            "progressive_credit": self.reading.shown(credit),
        }

    def _counted(self, events: Sequence[LoggedEvent]) -> list[MeteredQuantity]:
        return self.plan.counted(self.subscribed.subscription, self.period, events)


def billed_between(given: Given, plan: Planned, reading: Reading) -> Answer:
    """The invoices of a period, those before its end first."""
    progress = Progress(given, plan, reading)
    bills = progressive_bills(plan.thresholds, progress.rated())
    invoices = [progress.early(bill) for bill in bills]
    if progress.ran_before:
        started = progress.subscribed.boundary_at(progress.period.start)
        invoices.insert(0, progress.last(started, (), ()))
    billed = next((bill.rated for bill in reversed(bills)), ())
    invoices.append(progress.last(progress.boundary, progress.events, billed))
    return {"invoices": invoices}


def _end(given: Given) -> datetime | None:
    """When the subscription ends: because it is terminated, or because another plan follows."""
    ends = given.take("upgraded_at") if given.has("upgraded_at") else given.take("terminated_at")
    return None if ends is None else moment(ends, UTC_ZONE)
