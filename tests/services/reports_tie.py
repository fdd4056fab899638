"""Whatever happened: every total of every finance report is what the trial balance says."""

from collections import Counter
from collections.abc import Mapping

from gateway.core.books.trial_balance import Balance
from gateway.core.reports.month_span import MonthSpan
from gateway.core.reports.recognised import GIVEN_BACK
from gateway.core.reports.split import RevenueSplit
from gateway.services.installation import Installation
from gateway.services.report_ageing import receivables_ageing, unbilled_ageing
from gateway.services.report_bridge import revenue_bridge
from gateway.services.report_revenue import deferred_revenue, recognised_revenue
from gateway.services.report_schedule import deferred_schedule
from gateway.services.report_split import revenue_by

Amounts = Mapping[tuple[str, str], int]


def assert_reports_tie(installation: Installation, entity: str = "default") -> None:
    """Ask for every report over all months of the books, and compare it with them to the minor unit."""
    months = installation.storage.read(lambda unit: sorted(unit.books.months(entity)))
    if months:
        balances = {month: _kinds(installation, entity, month) for month in months}
        _assert_revenue_ties(installation, entity, balances)
        _assert_bridge_ties(installation, entity, balances)
        _assert_splits_tie(installation, entity, balances)
        for month in {months[0], months[-1]}:
            _assert_ageing_ties(installation, entity, month, balances[month])
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


def _assert_splits_tie(installation: Installation, entity: str, balances: Mapping[str, list[Balance]]) -> None:
    for by in RevenueSplit:
        split: Counter[tuple[str, str]] = Counter()
        for row in revenue_by(installation, entity, by, min(balances), max(balances)):
            assert by is not RevenueSplit.CUSTOMER or row.of, row
            split[row.month, row.currency] += row.revenue.amount_minor
        for month, kinds in balances.items():
            for currency in {kind.currency for kind in kinds}:
                assert split[month, currency] == -moved(kinds, currency, "revenue"), (by, month, currency)


def _assert_schedule_ties(installation: Installation, entity: str, month: str, kinds: list[Balance]) -> None:
    rows = deferred_schedule(installation, entity, month)
    for currency in {kind.currency for kind in kinds}:
        own = [row for row in rows if row.currency == currency]
        deferred = -closing(kinds, currency, "deferred_revenue")
        assert sum(row.earned.amount_minor for row in own) == deferred
        assert [row.left.amount_minor for row in own[-1:]] in ([], [0])


def _assert_bridge_ties(installation: Installation, entity: str, balances: Mapping[str, list[Balance]]) -> None:
    rows = {
        (row.month, row.currency): row for row in revenue_bridge(installation, entity, min(balances), max(balances))
    }
    for row in rows.values():
        earned = row.billings - row.credited + row.other - row.deferred_change + row.unbilled_change
        assert earned == row.net_revenue, row
        owed = row.net_revenue + row.deferred_change - row.unbilled_change + row.tax - row.receivables_change
        assert owed - row.written_off + row.settled_otherwise == row.cash, row
    for month, kinds in balances.items():
        for currency in {kind.currency for kind in kinds if kind.debit_minor or kind.credit_minor}:
            row = rows[month, currency]
            assert row.net_revenue.amount_minor == -moved(kinds, currency, "revenue", *GIVEN_BACK)
            assert row.cash.amount_minor == moved(kinds, currency, "cash")
            assert row.receivables_change.amount_minor == moved(kinds, currency, "receivables")
            assert row.unbilled_change.amount_minor == moved(kinds, currency, "unbilled_receivables")


def _assert_ageing_ties(installation: Installation, entity: str, month: str, kinds: list[Balance]) -> None:
    last_day = MonthSpan(month, month).last_day
    owed: Counter[str] = Counter()
    unbilled: Counter[str] = Counter()
    for each in receivables_ageing(installation, entity, last_day):
        owed[each.currency] += each.total.amount_minor
    for other in unbilled_ageing(installation, entity, last_day):
        unbilled[other.currency] += other.total.amount_minor
    for currency in {kind.currency for kind in kinds}:
        assert owed[currency] == closing(kinds, currency, "receivables")
        assert unbilled[currency] == closing(kinds, currency, "unbilled_receivables")


def closing(kinds: list[Balance], currency: str, *asked: str) -> int:
    """What kinds of account hold at the end of the month, debits less credits."""
    return sum(each.closing.amount_minor for each in kinds if each.currency == currency and each.account in asked)


def moved(kinds: list[Balance], currency: str, *asked: str) -> int:
    """What moved in the month, debits less credits."""
    of = (each for each in kinds if each.currency == currency and each.account in asked)
    return sum(each.debit_minor - each.credit_minor for each in of)
