"""Settlement: what becomes of the money of a document after it is issued.

What is taken back is split by what is earned of it: that part stands against revenue in an account of its own, the
rest is released from what is deferred, and what remains is earned as before.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from gateway.core.allocation import settle
from gateway.core.revenue.accounts import Account
from gateway.core.revenue.facts import Authorized, ChargebackWon, Fact, Paid, Reduced
from gateway.core.revenue.flows import Flows
from gateway.core.revenue.lines import Charge, RevenueLine

_DAY = timedelta(days=1)


@dataclass(slots=True)
class Standing:
    """Of a line or a charge: what is not taken back, and what stands against its revenue."""

    item: RevenueLine | Charge
    left: int
    against: int = 0

    def take(self, amount: int, on: date) -> int:
        """Take an amount back on a day; what is earned of it until then stands against revenue from now on."""
        earned = self.item.earned(on - _DAY, amount) if isinstance(self.item, RevenueLine) else 0
        self.left -= amount
        self.against += earned
        return earned

    @property
    def released_from(self) -> Account:
        """Where what is taken back and not earned comes from."""
        return Account.DEFERRED_REVENUE if isinstance(self.item, RevenueLine) else self.item.account


@dataclass(slots=True)
class _GivenUp:
    """What nobody paid: what of it stands against revenue, and what was never earned."""

    against: int = 0
    released: int = 0
    is_recovered: bool = False


class Settlement:
    """Moves what facts move, given in the order of their days, of a document that is billed."""

    def __init__(self, items: Sequence[RevenueLine | Charge], owed_in: Account, flows: Flows) -> None:
        self._standing = [Standing(item, item.amount) for item in items]
        self._owed = sum(item.amount for item in items)
        self._owed_in = owed_in
        self._flows = flows
        self._authorized = 0
        self._given_up: _GivenUp | None = None

    def of_lines(self) -> Iterable[tuple[RevenueLine, Standing]]:
        """Each line, and how it stands."""
        return ((each.item, each) for each in self._standing if isinstance(each.item, RevenueLine))

    def apply(self, fact: Fact, through: date) -> None:
        """Move what a fact moves by the end of the day `through`."""
        match fact:
            case Paid():
                self._pay(fact)
            case Authorized(amount=amount):
                self._authorized += amount
                self._flows.move(Account.AUTHORIZED_PAYMENTS, self._owed_in, amount)
            case Reduced():
                if fact.withdrawn_on is None or fact.withdrawn_on > through:
                    self._reduce(fact)
            case ChargebackWon(amount=amount):
                self._flows.move(Account.CASH, Account.RECOVERIES, amount)
            case _:
                self._flows.move(Account.PROCESSING_FEES, Account.CASH, fact.amount)

    def _pay(self, fact: Paid) -> None:
        if self._given_up is None:
            amount = self._owed if fact.amount is None else fact.amount
            promised = min(max(amount, 0), self._authorized)
            self._owed -= amount
            self._authorized -= promised
            self._flows.move(fact.source, Account.AUTHORIZED_PAYMENTS, promised)
            self._flows.move(fact.source, self._owed_in, amount - promised)
            return
        # What was written off counts as revenue again; what was never earned is income of another kind.
        self._flows.move(fact.source, Account.BAD_DEBT, self._given_up.against)
        self._flows.move(fact.source, Account.RECOVERIES, self._given_up.released)
        self._given_up.is_recovered = True

    def _reduce(self, fact: Reduced) -> None:
        if self._given_up is None:
            self._take_back(fact)
        elif self._given_up.is_recovered:
            self._flows.move(fact.contra, fact.settled_in, self._given_up.against)
            self._flows.move(Account.RECOVERIES, fact.settled_in, self._given_up.released)
        else:
            self._flows.move(fact.contra, Account.BAD_DEBT, self._given_up.against)

    def _take_back(self, fact: Reduced) -> None:
        amount = self._owed if fact.amount is None else fact.amount
        if fact.settled_in is self._owed_in:
            self._owed -= amount
        taken = self._take_shares(fact, amount)
        # More than there is: what was owed besides is lost, and so is what was paid back twice.
        lost_in = Account.RECOVERIES if fact.contra is Account.BAD_DEBT else Account.OTHER_LOSS
        self._flows.move(lost_in, fact.settled_in, amount - taken.against - taken.released)
        if fact.contra is Account.BAD_DEBT:
            self._given_up = taken

    def _take_shares(self, fact: Reduced, amount: int) -> _GivenUp:
        taken = _GivenUp()
        shares = fact.shares or self._shares(amount)
        for place, (each, share) in enumerate(zip(self._standing, shares, strict=True)):
            earned = each.take(share, fact.on)
            self._flows.move(fact.contra, fact.settled_in, earned, place)
            self._flows.move(each.released_from, fact.settled_in, share - earned, place)
            taken.against += earned
            taken.released += share - earned
        return taken

    def _shares(self, amount: int) -> Sequence[int]:
        # A balance of the customer that is collected with a document was owed before it, and stays so.
        left = [each.left if each.released_from is not Account.CUSTOMER_CREDIT else 0 for each in self._standing]
        total = sum(left)
        whole = min(max(amount, min(total, 0)), max(total, 0))
        return settle(whole, [Fraction(whole * part, total) for part in left]) if whole else [0] * len(left)
