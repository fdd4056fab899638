"""Report monthly recurring revenue, and the revenue of usage beside it."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from gateway.core.books.months import first_day, month_after, month_before
from gateway.core.legal_entity import LegalEntity
from gateway.core.money import Money
from gateway.core.plans.plan import PlanVersion
from gateway.core.ports.storage import UnitOfWork
from gateway.core.reports.recurring import Fees, RecurringMonth, monthly_fee, recurring_by_month
from gateway.core.revenue.accounts import Account
from gateway.core.subscriptions.phases import billed_plan
from gateway.core.subscriptions.subscription import Subscription
from gateway.core.time import local_midnight
from gateway.services.installation import Installation
from gateway.services.report_revenue import asked_months

accounts_per_read = 1_000
_INSTANT = timedelta(microseconds=1)


def recurring_revenue(
    installation: Installation, legal_entity: str, first: str | None = None, last: str | None = None
) -> list[RecurringMonth]:
    """By currency and month, of the customers that belong to a legal entity now: twelve months through the running one,
    if none are named; the running one as it is now. Raises `NotFound` and `InvalidValue`.
    """

    def work(unit: UnitOfWork) -> list[RecurringMonth]:
        months = asked_months(unit, installation, legal_entity, first, last).months
        issuer = unit.legal_entities.get(legal_entity)
        plans = {(plan.plan, plan.version): plan for plan in unit.definitions.plans()}
        own = list(_subscriptions_of(unit, legal_entity))
        now = installation.business_clock.now()
        ends = [min(now, _end_of(month, issuer)) for month in (month_before(months[0]), *months)]
        fees = [_fees_at(own, plans, end) for end in ends]
        return recurring_by_month(months, fees, dict(_usage(unit, legal_entity, months, plans)))

    return installation.storage.read(work)


def _subscriptions_of(unit: UnitOfWork, legal_entity: str) -> Iterator[Subscription]:
    subscriptions = unit.definitions.subscriptions()
    customers = unit.definitions.customers_by_key(sorted({each.customer for each in subscriptions}))
    return (each for each in subscriptions if customers[each.customer].legal_entity == legal_entity)


def _end_of(month: str, issuer: LegalEntity) -> datetime:
    return local_midnight(first_day(month_after(month)), issuer.zone)


def _fees_at(subscriptions: list[Subscription], plans: Mapping[tuple[str, int], PlanVersion], end: datetime) -> Fees:
    """What the subscriptions pay that run at the last instant before `end`."""
    found: dict[str, Money] = {}
    for each in subscriptions:
        plan = billed_plan(plans[each.plan, each.plan_version], each.status)
        if plan is not None and each.period_at(end - _INSTANT) is not None:
            fee = monthly_fee(plan, each.interval)
            if fee.amount_minor:
                found[each.whole_id] = fee
    return found


def _usage(
    unit: UnitOfWork, legal_entity: str, months: tuple[str, ...], plans: Mapping[tuple[str, int], PlanVersion]
) -> Iterator[tuple[tuple[str, str], int]]:
    """What was credited to the revenue of metered prices, less what was taken back there, by month and currency."""
    metered = {f"{Account.REVENUE}:{price.key}" for plan in plans.values() for price in plan.prices if price.meter}
    for month in months:
        earned: Counter[str] = Counter()
        after: tuple[str, str] | None = None
        while page := unit.books.account_balances(legal_entity, month, Account.REVENUE, after, accounts_per_read):
            for balance in page:
                if balance.account in metered:
                    earned[balance.currency] += balance.credit_minor - balance.debit_minor
            after = page[-1].account, page[-1].currency
        yield from (((month, currency), amount) for currency, amount in earned.items())
