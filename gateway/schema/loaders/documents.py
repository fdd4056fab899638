"""Loaders of invoices, credit notes, and how they travel to a provider."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property

from strawberry.dataloader import DataLoader

from gateway.core.audit import AuditEntry
from gateway.core.delivery import Delivery, StepRecord
from gateway.core.gate.discrepancy import Discrepancy, Resolution
from gateway.core.gate.review import Review
from gateway.core.held_documents import HeldDocument
from gateway.core.invoicing.credit_notes import CreditNote
from gateway.core.invoicing.invoice import Invoice
from gateway.core.ports.credit_notes import Voiding
from gateway.core.ports.rerating import RerateOutcome
from gateway.core.provider_differences import ProviderDifference
from gateway.core.rerating.revision import Revision
from gateway.schema.loaders.loading import Loading
from gateway.schema.threads import hop
from gateway.services.cost import RunningCost, running_costs
from gateway.services.explain import LineExplanation, explain_line
from gateway.services.forecast import Forecast, forecasts
from gateway.services.projected_revenue import ProjectedRevenue, forecasts_of_customers, projected_revenue

CostKey = tuple[str, datetime | None]
"""A subscription's id, and the instant its cost is asked for; None is now."""

LineKey = tuple[str, int]
"""An invoice's id, and the ordinal of one of its lines."""


class DocumentLoaders(Loading):
    """What was billed, and what a running period costs."""

    @cached_property
    def invoices(self) -> DataLoader[str, Invoice | None]:
        return self._one(lambda unit, ids: unit.invoices.by_ids(ids), self._shows_invoice)

    @cached_property
    def holds(self) -> DataLoader[str, list[Discrepancy]]:
        """By invoice."""
        return self._many(lambda unit, ids: unit.invoices.discrepancies(ids))

    @cached_property
    def resolutions(self) -> DataLoader[str, Resolution | None]:
        """By invoice."""
        return self._of_company(lambda unit, ids: unit.invoices.resolutions(ids))

    @cached_property
    def reviews(self) -> DataLoader[str, Review | None]:
        return self._of_company(lambda unit, ids: unit.reviews.by_ids(ids))

    @cached_property
    def audit_of(self) -> DataLoader[str, list[AuditEntry]]:
        """By what was done something to."""
        return self._many(lambda unit, ids: unit.audit.of_subjects(ids))

    @cached_property
    def credit_notes(self) -> DataLoader[str, CreditNote | None]:
        return self._one(lambda unit, ids: unit.credit_notes.by_ids(ids), lambda each: self._caller.sees(each.customer))

    @cached_property
    def delivery_customers(self) -> DataLoader[str, str | None]:
        """The keys of their customers, by delivery."""
        return self._of_company(lambda unit, ids: unit.deliveries.customers(ids))

    @cached_property
    def credit_notes_of(self) -> DataLoader[str, list[CreditNote]]:
        """By invoice."""
        return self._many(lambda unit, ids: unit.credit_notes.of_invoices(ids))

    @cached_property
    def revisions_of(self) -> DataLoader[str, list[Revision]]:
        """By invoice."""
        return self._many(lambda unit, ids: unit.rerating.of_invoices(ids))

    @cached_property
    def rerate_counts(self) -> DataLoader[str, Mapping[RerateOutcome, int]]:
        """By re-rating job."""

        async def load(jobs: list[str]) -> list[Mapping[RerateOutcome, int]]:
            found = await hop(lambda: self._installation.storage.read(lambda unit: unit.rerating.counts(jobs)))
            return [found[job] for job in jobs]

        return DataLoader(load)

    @cached_property
    def voidings(self) -> DataLoader[str, Voiding | None]:
        """By invoice."""
        return self._of_company(lambda unit, ids: unit.credit_notes.voidings(ids))

    @cached_property
    def deliveries(self) -> DataLoader[str, Delivery | None]:
        return self._of_company(lambda unit, ids: unit.deliveries.by_ids(ids))

    @cached_property
    def held_of(self) -> DataLoader[str, HeldDocument | None]:
        """What a provider holds, by document."""
        return self._of_seen(lambda unit, ids: unit.differences.held_of(ids))

    @cached_property
    def differences(self) -> DataLoader[str, ProviderDifference | None]:
        return self._of_company(lambda unit, ids: unit.differences.by_ids(ids))

    @cached_property
    def open_differences_of(self) -> DataLoader[str, list[ProviderDifference]]:
        """By invoice."""
        return self._many(lambda unit, ids: unit.differences.open_of(ids))

    @cached_property
    def deliveries_of(self) -> DataLoader[str, list[Delivery]]:
        """By document."""
        return self._many(lambda unit, ids: unit.deliveries.by_document(ids))

    @cached_property
    def journals(self) -> DataLoader[str, list[StepRecord]]:
        """By delivery."""
        return self._many(lambda unit, ids: unit.deliveries.journals(ids))

    @cached_property
    def explanations(self) -> DataLoader[LineKey, LineExplanation]:
        async def load(lines: list[LineKey]) -> list[LineExplanation]:
            return await hop(lambda: [explain_line(self._installation, *line) for line in lines])

        return DataLoader(load)

    @cached_property
    def costs(self) -> DataLoader[CostKey, RunningCost | None]:
        async def load(keys: list[CostKey]) -> list[RunningCost | None]:
            return await hop(lambda: self._find_costs(keys))

        return DataLoader(load)

    @cached_property
    def forecasts(self) -> DataLoader[CostKey, Forecast | None]:
        async def load(keys: list[CostKey]) -> list[Forecast | None]:
            return await hop(lambda: self._find_forecasts(keys))

        return DataLoader(load)

    @cached_property
    def projected_revenue_of(self) -> DataLoader[str, list[ProjectedRevenue]]:
        """By customer."""

        async def load(customers: list[str]) -> list[list[ProjectedRevenue]]:
            return await hop(lambda: self._find_projected_revenue(customers))

        return DataLoader(load)

    def _shows_invoice(self, invoice: Invoice) -> bool:
        """A customer sees its own invoices, once they are issued."""
        is_issued = invoice.finalized_at is not None
        return self._caller.sees(invoice.customer) and (is_issued or self._caller.customer is None)

    def _find_costs(self, keys: Sequence[CostKey]) -> list[RunningCost | None]:
        found = {
            at: running_costs(self._installation, self._projector, ids, at) for at, ids in _by_instant(keys).items()
        }
        return [found[at].get(subscription_id) for subscription_id, at in keys]

    def _find_forecasts(self, keys: Sequence[CostKey]) -> list[Forecast | None]:
        found = {at: forecasts(self._installation, self._projector, ids, at) for at, ids in _by_instant(keys).items()}
        return [found[at].get(subscription_id) for subscription_id, at in keys]

    def _find_projected_revenue(self, customers: Sequence[str]) -> list[list[ProjectedRevenue]]:
        found: dict[str, list[Forecast]] = {customer: [] for customer in customers}
        for each in forecasts_of_customers(self._installation, self._projector, self._seen(customers)):
            found[each.customer].append(each)
        return [projected_revenue(found[customer]) for customer in customers]


def _by_instant(keys: Sequence[CostKey]) -> dict[datetime | None, list[str]]:
    asked: dict[datetime | None, list[str]] = {}
    for subscription_id, at in keys:
        asked.setdefault(at, []).append(subscription_id)
    return asked
