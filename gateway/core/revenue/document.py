"""A document in the books: what is invoiced, earned, paid and taken back by the end of a day.

What that comes to is computed from its facts each time, and what is posted is the difference to what was posted before.
So a fact that becomes known late is booked in the period that is open, and a repeat books nothing.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from gateway.core.revenue.accounts import Account
from gateway.core.revenue.facts import Fact
from gateway.core.revenue.flows import Flows
from gateway.core.revenue.lines import Charge, RevenueLine
from gateway.core.revenue.settlement import Settlement

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class RevenueDocument:
    """An invoice, or usage that is still to be invoiced.

    `billed_on` is None as long as nobody owes it. What is earned before counts as unbilled if `accrues`; if not, the
    document is known by its invoice only, and all that was earned until then is caught up on that day. Where the
    customer may still cancel there is no receivable: `owed_in` is then cash. ASC 606-10-45-4, IFRS 15.108.
    """

    lines: tuple[RevenueLine, ...]
    billed_on: date | None
    accrues: bool = False
    charges: tuple[Charge, ...] = ()
    facts: tuple[Fact, ...] = ()
    owed_in: Account = Account.RECEIVABLES

    def flows(self, through: date) -> Flows:
        """What has moved by the end of the day `through`, from the beginning."""
        flows = Flows()
        if self.billed_on is not None and self.billed_on <= through:
            self._bill(flows, self.billed_on, through)
        elif self.accrues:
            for place, line in enumerate(self.lines):
                flows.move(Account.UNBILLED_RECEIVABLES, Account.REVENUE, line.earned(through), place)
        return flows

    def _bill(self, flows: Flows, billed_on: date, through: date) -> None:
        for place, charge in enumerate(self.charges, start=len(self.lines)):
            flows.move(self.owed_in, charge.account, charge.amount, place)
        earned_by_issue = [self._issue(place, line, flows, billed_on) for place, line in enumerate(self.lines)]
        settlement = Settlement((*self.lines, *self.charges), self.owed_in, flows)
        for fact in sorted(self.facts, key=lambda fact: fact.on):
            if fact.on <= through:
                settlement.apply(fact, through)
        for place, ((line, standing), earned) in enumerate(zip(settlement.of_lines(), earned_by_issue, strict=True)):
            revenue = line.earned(through, standing.left) + standing.against
            flows.move(Account.DEFERRED_REVENUE, Account.REVENUE, revenue - earned, place)

    def _issue(self, place: int, line: RevenueLine, flows: Flows, billed_on: date) -> int:
        """Bill a line; how much of it is earned without having been deferred."""
        accrued = line.earned(billed_on - _DAY) if self.accrues else 0
        flows.move(Account.UNBILLED_RECEIVABLES, Account.REVENUE, accrued, place)
        flows.move(self.owed_in, Account.UNBILLED_RECEIVABLES, accrued, place)
        is_delivered = line.earned(billed_on) == line.amount
        rest = Account.REVENUE if is_delivered else Account.DEFERRED_REVENUE
        flows.move(self.owed_in, rest, line.amount - accrued, place)
        return line.amount if is_delivered else accrued
