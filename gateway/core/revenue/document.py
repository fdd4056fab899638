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
            for line in self.lines:
                flows.move(Account.UNBILLED_RECEIVABLES, Account.REVENUE, line.earned(through))
        return flows

    def _bill(self, flows: Flows, billed_on: date, through: date) -> None:
        for charge in self.charges:
            flows.move(self.owed_in, charge.account, charge.amount)
        earned_by_issue = [self._issue(line, flows, billed_on) for line in self.lines]
        settlement = Settlement((*self.lines, *self.charges), self.owed_in, flows)
        for fact in sorted(self.facts, key=lambda fact: fact.on):
            if fact.on <= through:
                settlement.apply(fact, through)
        for (line, standing), earned in zip(settlement.of_lines(), earned_by_issue, strict=True):
            revenue = line.earned(through, standing.left) + standing.against
            flows.move(Account.DEFERRED_REVENUE, Account.REVENUE, revenue - earned)

    def _issue(self, line: RevenueLine, flows: Flows, billed_on: date) -> int:
        """Bill a line; how much of it is earned without having been deferred."""
        accrued = line.earned(billed_on - _DAY) if self.accrues else 0
        flows.move(Account.UNBILLED_RECEIVABLES, Account.REVENUE, accrued)
        flows.move(self.owed_in, Account.UNBILLED_RECEIVABLES, accrued)
        is_delivered = line.earned(billed_on) == line.amount
        flows.move(self.owed_in, Account.REVENUE if is_delivered else Account.DEFERRED_REVENUE, line.amount - accrued)
        return line.amount if is_delivered else accrued
