"""Contracts: one delivery, a bundle, and a plan that changes before it is billed."""

from collections.abc import Mapping

from gateway.core.revenue.accounts import Account
from gateway.core.revenue.document import RevenueDocument
from gateway.core.revenue.facts import Paid
from gateway.core.revenue.lines import RevenueLine
from gateway.core.revenue.months import month_ends
from gateway.core.revenue.schedules import AtOnce, ByDay, EvenMonths
from tests.corpus.adapters.revrec.telling import Telling, read_day
from tests.corpus.given import Given, UnknownKind


def contract(given: Given) -> Mapping[str, object]:
    """One delivery that is due and paid before it."""
    telling = Telling(given)
    terms = given.part("contract")
    due, paid, delivered = (read_day(terms.take(name)) for name in ("due", "paid", "delivered"))
    line = RevenueLine(telling.minor(terms.take("amount")), AtOnce(delivered))
    if terms.take("cancellable"):
        document = RevenueDocument((line,), paid, owed_in=Account.CASH)
    else:
        document = RevenueDocument((line,), due, facts=(Paid(paid),))
    return {**telling.by_month([document]), "journal": telling.journal_by_day(document, {due, paid, delivered})}


def bundle(given: Given) -> Mapping[str, object]:
    """A fee a month, and one without a period in the first."""
    telling = Telling(given)
    first = read_day(f"{given.take('first_month')}-01")
    if not given.take("paid_on_issue"):
        raise UnknownKind("a bundle that is not paid on issue")
    fee, set_up = (telling.minor(given.take(name)) for name in ("subscription_per_month", "setup_fee_without_period"))
    starts = [end.replace(day=1) for end in month_ends(first, first.replace(month=12))]
    fees = [RevenueDocument((RevenueLine(fee, EvenMonths(day, 1)),), day, facts=(Paid(day),)) for day in starts]
    once = RevenueDocument((RevenueLine(set_up, AtOnce(first)),), first, facts=(Paid(first),))
    return telling.by_month([once, *fees])


def changed_plan(given: Given) -> Mapping[str, object]:
    """A month on one plan, changed to another within it; what is left of both is billed with the month after."""
    telling = Telling(given)
    period, changed_on = given.part("period"), read_day(given.take("changed"))
    start, end = read_day(period.take("from")), read_day(period.take("to_exclusive"))
    first, second = given.parts("invoices")
    # The lines say what these are.
    unbilled = given.take("unbilled_items")
    for told in ("plan_price", "new_price"):
        given.take(told)
    second.take("amount")
    items = [telling.minor(amount) for amount in second.take("lines")]
    schedules = [*(ByDay(changed_on, end) for _ in unbilled), EvenMonths(end, 1)]
    lines = tuple(RevenueLine(amount, schedule) for amount, schedule in zip(items, schedules, strict=True))
    fee = RevenueLine(telling.minor(first.take("amount")), ByDay(start, end))
    documents = [
        RevenueDocument((fee,), read_day(first.take("finalised"))),
        RevenueDocument(lines, read_day(second.take("finalised")), accrues=True),
    ]
    return telling.by_month(documents)
