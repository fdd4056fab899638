"""A company from a seed: customers with weekdays, seasons and noise, of whom some leave, jump or do not pay."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

from gateway.core.customers_at_risk import Observed, RiskReason, bills_before, usage_risks
from gateway.core.forecasting.daily_usage import DailyUsage, units_of
from gateway.core.forecasting.projection import Counted, project
from gateway.core.invoicing.invoice import Invoice, InvoiceStatus, MeteredQuantity, PaymentStatus
from gateway.core.money import Money
from gateway.core.periods.period import BillingPeriod
from tests.core.documents import invoice
from tests.core.samples import at, meter

TODAY = date(2026, 6, 21)
"""Twenty days of June have passed."""

_PERIOD = BillingPeriod(at("2026-06-01"), at("2026-07-01"))
_DAYS = 150
_CALLS = meter(key="calls")


@dataclass(frozen=True)
class Generated:
    """A customer, and what was planted: None for a clean one."""

    observed: Observed
    planted: RiskReason | None


def company(seed: int, clean: int = 200, leaving: int = 20, jumping: int = 20) -> list[Generated]:
    """Clean customers grow, shrink, close for some days, have campaigns or use little; so do the others, and more."""
    random = Random(seed)
    planted = [None] * clean + [RiskReason.USAGE_FALLING] * leaving + [RiskReason.USAGE_SPIKE] * jumping
    return [Generated(_observed(random, f"c{number}", each), each) for number, each in enumerate(planted)]


def _observed(random: Random, customer: str, planted: RiskReason | None) -> Observed:
    days = _usage(random, planted)
    first = TODAY - timedelta(days=_DAYS)
    daily = DailyUsage(first, _DAYS, {("calls", ()): [units_of(Decimal(each)) for each in days]}, {})
    begun = _DAYS - 20
    spans = [days[begun - 30 * number - 30 : begun - 30 * number] for number in range(bills_before)]
    so_far = MeteredQuantity("calls", 1, (), Decimal(sum(days[begun:])))
    counted = Counted((so_far,), _PERIOD, at(TODAY.isoformat()), ZoneInfo("UTC"), {"calls": _CALLS}, daily)
    [expected] = project(counted).expected
    return Observed(customer, customer, daily, [_bill(sum(each)) for each in spans], _bill(int(expected.quantity)))


def _bill(calls: int) -> Money:
    """Ten cents a call."""
    return Money(10 * calls, "USD")


def _usage(random: Random, planted: RiskReason | None) -> list[int]:
    level = random.choice([5, 30, 100, 400, 2000] if planted is None else [30, 100, 400, 2000])
    weekend = random.choice([0.05, 0.3, 1.0])
    growth = random.uniform(-0.25, 0.6)
    noise = random.uniform(0.05, 0.4)
    special = random.choice([0.2, 2.5]) if random.random() < 0.2 else 1.0
    begins, lasts = random.randrange(_DAYS), random.randint(5, 12)
    since = _DAYS - random.randint(8, 20)
    factor = {
        None: 1.0,
        RiskReason.USAGE_FALLING: random.uniform(0.0, 0.5),
        RiskReason.USAGE_SPIKE: random.uniform(2.5, 8.0),
    }[planted]
    days = []
    for day in range(_DAYS):
        usual = level * (1 + growth * day / _DAYS) * (weekend if day % 7 in (5, 6) else 1.0)
        usual *= (special if begins <= day < begins + lasts else 1.0) * (factor if day >= since else 1.0)
        days.append(max(0, round(random.gauss(usual, noise * usual))))
    return days


def invoices(seed: int, count: int = 200) -> list[tuple[Invoice, bool]]:
    """Invoices in every state of payment, and whether their payment failed."""
    random = Random(seed)
    return [_invoice(random, number) for number in range(count)]


def _invoice(random: Random, number: int) -> tuple[Invoice, bool]:
    status = random.choice(list(PaymentStatus))
    is_past = random.random() < 0.5
    due_on = TODAY + timedelta(days=-random.randint(1, 60) if is_past else random.randint(0, 30))
    is_final = random.random() < 0.9
    has_failed = status is PaymentStatus.UNCOLLECTIBLE or (status is PaymentStatus.UNPAID and is_past)
    made = replace(
        invoice(("base", "10.00")), id=f"inv_{number}", customer=f"c{number}", due_on=due_on, payment_status=status
    )
    return replace(made, status=InvoiceStatus.FINALIZED if is_final else InvoiceStatus.VOID), has_failed and is_final


def _report(seeds: range) -> None:
    """Print precision and recall of each reason: `python -m tests.core.at_risk_company`."""
    for reason in (RiskReason.USAGE_FALLING, RiskReason.USAGE_SPIKE):
        found, planted, right = scored(seeds, reason)
        precision, recall = right / found, right / planted
        print(f"{reason}: {found} named, {precision:.1%} of them planted; {recall:.1%} of {planted} planted found")


def scored(seeds: range, reason: RiskReason) -> tuple[int, int, int]:
    """How many customers were named for a reason, for how many it was planted, and for how many both."""
    named: list[bool] = []
    planted = 0
    for seed in seeds:
        for each in company(seed):
            planted += each.planted is reason
            named += [each.planted is reason for risk in usage_risks(each.observed) if risk.reason is reason]
    return len(named), planted, sum(named)


if __name__ == "__main__":
    _report(range(10))
