"""Whatever happened: every total of every finance report is what the trial balance says."""

from collections import Counter
from collections.abc import Mapping

from gateway.core.books.trial_balance import Balance
from gateway.core.reports.recognised import GIVEN_BACK
from gateway.services.installation import Installation
from gateway.services.report_revenue import deferred_revenue, recognised_revenue
from gateway.services.report_schedule import deferred_schedule

Amounts = Mapping[tuple[str, str], int]


def assert_reports_tie(installation: Installation, entity: str = "default") -> None:
    """Ask for every report over all months of the books, and compare it with them to the minor unit."""
    months = installation.storage.read(lambda unit: sorted(unit.books.months(entity)))
    if months:
        balances = {month: _kinds(installation, entity, month) for month in months}
        _assert_revenue_ties(installation, entity, balances)
        for month in (months[len(months) // 2], months[-1]):
            _assert_schedule_ties(installation, entity, month, balances[month])


def _kinds(installation: Installation, entity: str, month: str) -> list[Balance]:
    return installation.storage.read(lambda unit: unit.books.kind_balances(entity, month))


def _assert_revenue_ties(installation: Installation, entity: str, balances: Mapping[str, list[Balance]]) -> None:
    first, last = min(balances), max(balances)
    deferred: Counter[tuple[str, str]] = Counter()
    for row in deferred_revenue(installation, entity, first, last):
        assert row.opening + row.billed - row.recognised - row.released == row.closing
        deferred[row.month, row.currency] = row.closing.amount_minor
    revenue: Counter[tuple[str, str]] = Counter()
    given_back: Counter[tuple[str, str]] = Counter()
    for each in recognised_revenue(installation, entity, first, last):
        revenue[each.month, each.currency] = each.revenue.amount_minor
        given_back[each.month, each.currency] = each.given_back.amount_minor
        assert each.net_revenue == each.revenue - each.given_back
    for month, kinds in balances.items():
        for currency in {kind.currency for kind in kinds}:
            place = (month, currency)
            assert deferred[place] == -closing(kinds, currency, "deferred_revenue"), place
            assert revenue[place] == -moved(kinds, currency, "revenue"), place
            assert given_back[place] == moved(kinds, currency, *GIVEN_BACK), place


def _assert_schedule_ties(installation: Installation, entity: str, month: str, kinds: list[Balance]) -> None:
    rows = deferred_schedule(installation, entity, month)
    for currency in {kind.currency for kind in kinds}:
        own = [row for row in rows if row.currency == currency]
        deferred = -closing(kinds, currency, "deferred_revenue")
        assert sum(row.earned.amount_minor for row in own) == deferred
        assert [row.left.amount_minor for row in own[-1:]] in ([], [0])


def closing(kinds: list[Balance], currency: str, *asked: str) -> int:
    """What kinds of account hold at the end of the month, debits less credits."""
    return sum(each.closing.amount_minor for each in kinds if each.currency == currency and each.account in asked)


def moved(kinds: list[Balance], currency: str, *asked: str) -> int:
    """What moved in the month, debits less credits."""
    of = (each for each in kinds if each.currency == currency and each.account in asked)
    return sum(each.debit_minor - each.credit_minor for each in of)
