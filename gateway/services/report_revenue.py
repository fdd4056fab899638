"""Report deferred and recognised revenue by month."""

from collections.abc import Mapping, Sequence

from gateway.core.ports.storage import UnitOfWork
from gateway.core.reports.deferred import DeferredMonth, deferred_by_month
from gateway.core.reports.flows import BookedFlow
from gateway.core.reports.month_span import MonthSpan
from gateway.core.reports.recognised import RecognisedMonth, recognised_by_month
from gateway.core.revenue.accounts import Account
from gateway.services.installation import Installation


def deferred_revenue(
    installation: Installation, legal_entity: str, first: str | None = None, last: str | None = None
) -> list[DeferredMonth]:
    """Deferred revenue in the books of a legal entity: twelve months through the running one, if none are named.

    Raises `NotFound` for an unknown legal entity and `InvalidValue` for what is not a span of months.
    """

    def work(unit: UnitOfWork) -> list[DeferredMonth]:
        span, flows = flows_of(unit, installation, legal_entity, first, last)
        return deferred_by_month(span.months, _deferred_before(unit, legal_entity, span.first), flows)

    return installation.storage.read(work)


def recognised_revenue(
    installation: Installation, legal_entity: str, first: str | None = None, last: str | None = None
) -> list[RecognisedMonth]:
    """Revenue in the books of a legal entity, by where it came from; raises as `deferred_revenue` does."""
    return installation.storage.read(
        lambda unit: recognised_by_month(flows_of(unit, installation, legal_entity, first, last)[1])
    )


def flows_of(
    unit: UnitOfWork, installation: Installation, legal_entity: str, first: str | None, last: str | None
) -> tuple[MonthSpan, Sequence[BookedFlow]]:
    """The months that are asked for, and what moved in them. Raises `NotFound` and `InvalidValue`."""
    span = asked_months(unit, installation, legal_entity, first, last)
    return span, unit.reports.flows(legal_entity, span.first, span.last)


def asked_months(
    unit: UnitOfWork, installation: Installation, legal_entity: str, first: str | None, last: str | None
) -> MonthSpan:
    """The months that are asked for, by the days of the legal entity. Raises `NotFound` and `InvalidValue`."""
    today = unit.legal_entities.get(legal_entity).accounting_day(installation.business_clock.now())
    return MonthSpan.asked(first, last, today)


def _deferred_before(unit: UnitOfWork, legal_entity: str, month: str) -> Mapping[str, int]:
    kinds = unit.books.kind_balances(legal_entity, month)
    return {each.currency: -each.opening_minor for each in kinds if each.account == Account.DEFERRED_REVENUE}
