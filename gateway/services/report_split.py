"""Report recognised revenue by customer, plan, price, meter or dimension."""

from gateway.core.ports.storage import UnitOfWork
from gateway.core.reports.split import RevenueSplit, SplitRevenue, split_revenue
from gateway.services.installation import Installation
from gateway.services.report_revenue import asked_months


def revenue_by(
    installation: Installation, legal_entity: str, by: RevenueSplit, first: str | None = None, last: str | None = None
) -> list[SplitRevenue]:
    """By currency, month and key: twelve months through the running one, if none are named.

    The rows of a month add up to the revenue of its trial balance. Raises `NotFound` and `InvalidValue`.
    """

    def work(unit: UnitOfWork) -> list[SplitRevenue]:
        span = asked_months(unit, installation, legal_entity, first, last)
        plans = unit.definitions.plans()
        meters = {
            (plan.plan, plan.version, price.key): price.meter for plan in plans for price in plan.prices if price.meter
        }
        return split_revenue(unit.reports.earned(legal_entity, span.first, span.last), by, meters)

    return installation.storage.read(work)
