"""Preview the invoice of a running period: what the end of the period would bill if nothing more was used."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from gateway.core.gate.checks import unpriced_holds
from gateway.core.gate.discrepancy import Discrepancy
from gateway.core.invoicing.invoice import Invoice, MeteredQuantity
from gateway.core.metering.meter import Meter
from gateway.core.money import Money
from gateway.core.ports.storage import UnitOfWork
from gateway.core.subscriptions.phases import billed_plan
from gateway.core.subscriptions.subscription import Subscription, boundaries
from gateway.services.draft_invoices import rated
from gateway.services.due_boundaries import DueBoundary
from gateway.services.installation import Installation
from gateway.services.invoice_terms import with_returned
from gateway.services.period_counts import PeriodQuery, count_live_periods
from gateway.services.project import AsOf, Projector
from gateway.services.simulated_terms import SimulatedTerms
from gateway.services.span_counts import quantities_of_each
from gateway.services.usage_so_far import with_billed_before

_id = "preview"


@dataclass(frozen=True, slots=True)
class InvoicePreview:
    """The draft that the end of the running period has by now, and what of the usage has no price.

    Its lines are the usage so far less what was billed of it before, fees in arrears, true-ups and the fees in advance
    of the next period, with the customer's discounts, promotional credit and taxes; paid credit pays `paid` of it.
    Nothing of it is stored, and it has no number.
    """

    subscription_id: str
    invoice: Invoice
    paid: Money
    left_out: tuple[Discrepancy, ...]
    at: datetime
    as_of: AsOf

    @property
    def due(self) -> Money:
        """What credit leaves to be paid."""
        return self.invoice.payable - self.paid


def preview_invoice(installation: Installation, projector: Projector, subscription_id: str) -> InvoicePreview | None:
    """The preview of a subscription from live counts; None where no period runs now that bills anything.

    How many statements it takes does not depend on the number of events; values of meters that need the log aside.
    """
    now = installation.business_clock.now()
    as_of = projector.bring_up()

    def preview(unit: UnitOfWork) -> InvoicePreview | None:
        history = unit.definitions.subscription_histories([subscription_id]).get(subscription_id)
        due = _due(unit, history.phase_at(now), now) if history else None
        return _preview(unit, installation, due, now, as_of) if due else None

    return installation.storage.read(preview)


def _due(unit: UnitOfWork, phase: Subscription, now: datetime) -> DueBoundary | None:
    """The boundary at which the period that runs now ends; None where none runs or nothing is billed."""
    period = phase.period_at(now)
    plan = billed_plan(unit.definitions.plan_version(phase.plan, phase.plan_version), phase.status)
    if period is None or plan is None:
        return None
    boundary = next(each for each in boundaries(phase, period.end) if each.at == period.end)
    return with_billed_before(unit, DueBoundary(phase, plan, boundary))


def _preview(
    unit: UnitOfWork, installation: Installation, due: DueBoundary, now: datetime, as_of: AsOf
) -> InvoicePreview:
    meters = unit.definitions.meters()
    terms = SimulatedTerms(unit, installation, [due.subscription.customer], [due.plan.plan], due.boundary.at)
    pinned = with_returned(unit, terms.terms_of(due), due)
    quantities = _quantities(unit, due, meters)
    drafted, beyond = rated(due, quantities, meters, _id, as_of.position, pinned)
    charged = terms.charge(due, drafted)
    left_out = (*unpriced_holds(due.plan, quantities), *beyond)
    return InvoicePreview(due.subscription.whole_id, charged.invoice, charged.paid, left_out, now, as_of)


def _quantities(unit: UnitOfWork, due: DueBoundary, meters: Mapping[str, Meter]) -> tuple[MeteredQuantity, ...]:
    """The live quantities of the period so far."""
    ended, single = due.boundary.ended, due.plan.rated_by_transaction
    assert ended is not None, "a period that runs ends at its boundary"
    query = PeriodQuery(due.subscription, {key: meters[key] for key in due.plan.metered}, ended, single)
    counted = quantities_of_each(count_live_periods(unit, [query]), {due.subscription.id: single})
    return counted.get(due.subscription.id, ())
