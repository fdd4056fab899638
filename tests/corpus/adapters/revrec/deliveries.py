"""What was delivered, what pays for it, and how much of it is recognised."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from gateway.core.allocation import reached
from gateway.core.credits.funding import funding
from gateway.core.credits.movements import CreditMovement
from gateway.core.ledger import Transfer
from gateway.core.money import Money
from gateway.core.revenue.account_names import AccountDetails
from gateway.core.revenue.accounts import Account
from gateway.core.revenue.document import RevenueDocument
from gateway.core.revenue.facts import Authorized, Fact, Paid
from gateway.core.revenue.lines import RevenueLine
from gateway.core.revenue.postings import Amounts, Posted, Route, missing_transfers
from gateway.core.revenue.schedules import AsDelivered
from tests.corpus.adapters.revrec.standing import CURRENCY, CUSTOMER, UNCOVERED, minor
from tests.corpus.given import Given

ALL = 1_000_000_000_000
_ISSUED, *_DAYS = (datetime(2026, 1, number, tzinfo=UTC) for number in range(1, 32))


def instant(ordinal: int) -> datetime:
    """When an event happens: a day for each."""
    return _DAYS[ordinal]


def day(ordinal: int) -> date:
    """The day of an event."""
    return instant(ordinal).date()


@dataclass(frozen=True, slots=True)
class Part:
    """What is delivered in minor units, by what pays for it."""

    source: str
    amount: int

    @property
    def recognisable(self) -> int:
        """How much of it can be revenue: nothing while nobody is known to pay for it."""
        return 0 if self.source == UNCOVERED else self.amount


class Deliveries:
    """All that was delivered to a customer, and what the books say of it."""

    def __init__(self) -> None:
        self.recognised = 0
        self._parts: list[Part] = []
        self._facts: list[Fact] = []
        self._posted: list[Posted] = []
        self._corrections: list[Transfer] = []

    @property
    def transfers(self) -> Sequence[Transfer]:
        """Everything that was posted."""
        return [*(each.transfer for each in self._posted), *self._corrections]

    def accrue(self, ordinal: int, event: Given, amount: str) -> None:
        """Something is delivered; one whose cost basis is null is paid by nobody yet."""
        is_covered = not event.has("cost_basis") or event.take("cost_basis") is not None
        self._parts.append(Part(event.take("source", "delivered") if is_covered else UNCOVERED, minor(amount)))

    def invoice(self, ordinal: int, event: Given, amount: str) -> None:
        """Something is delivered and invoiced."""
        self._parts.append(Part("invoice", minor(amount)))

    def authorise(self, ordinal: int, event: Given, amount: str) -> None:
        """A payment is promised."""
        self._facts.append(Authorized(day(ordinal), minor(amount)))

    def settle(self, ordinal: int, event: Given, amount: str) -> None:
        """A payment comes in."""
        self._facts.append(Paid(day(ordinal), minor(amount)))

    def correct(self, ordinal: int, event: Given, amount: str) -> tuple[str, ...]:
        """What was recognised too early goes back, by a transfer of its own."""
        details = AccountDetails(CUSTOMER, price=event.take("source"))
        accounts = details.name(Account.REVENUE), details.name(Account.DEFERRED_REVENUE)
        self._corrections.append(Transfer(*accounts, Money(minor(amount), CURRENCY), "correction"))
        return ("after_correction",)

    def post(self, on: date, uses: Mapping[str, Sequence[CreditMovement]]) -> None:
        """Post what the books do not say yet of deliveries, and of uses of credit with all that moved for them."""
        target = self._target([*self._parts, *_used(uses)], on)
        posted = missing_transfers(lambda _: target, self._posted, [on], lambda _: True, CURRENCY)
        self._posted.extend([Posted(on, transfer) for _, transfers in posted for transfer in transfers])

    def _target(self, parts: Sequence[Part], on: date) -> Amounts:
        earned = reached(self.recognised, [part.recognisable for part in parts])
        lines = [
            RevenueLine(part.amount, AsDelivered(((on, amount),))) for part, amount in zip(parts, earned, strict=True)
        ]
        document = RevenueDocument(tuple(lines), _ISSUED.date(), facts=tuple(self._facts))
        amounts: Counter[Route] = Counter()
        for flow, amount in document.flows(on).amounts().items():
            price = None if flow.item is None else parts[flow.item].source
            details = AccountDetails(CUSTOMER, price)
            amounts.update({Route("deliveries", details.name(flow.debit), details.name(flow.credit)): amount})
        return amounts


def _used(uses: Mapping[str, Sequence[CreditMovement]]) -> Iterator[Part]:
    for movements in uses.values():
        for grant, amount in funding(movements).items():
            yield Part(UNCOVERED if grant is None else grant, int(amount))
