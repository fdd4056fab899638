"""Credit in the books: every movement is a transfer.

Paid credit is owed to the customer until it is used (a liability; ASC 606-10-45-2), and what expires of it is breakage
(ASC 606-10-55-48). It is in the books with its cost, and what it pays beyond that is a discount. Promotional credit was
never paid for: it has two accounts of its own, outside of what anybody owes, and shows in revenue only as the discount
on an invoice.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal

from gateway.core.credits.cost_basis import costs
from gateway.core.credits.grant import CreditCategory, CreditGrant
from gateway.core.credits.movements import CreditBalances, CreditMovement, MovementKind
from gateway.core.credits.wallet import Wallet
from gateway.core.ledger import JournalEntry, Transfer, customer_credit, prepayments, receivables
from gateway.core.legal_entity import UNNAMED_ENTITY, LegalEntity
from gateway.core.money import Money
from gateway.core.numbers import exact

BREAKAGE = "breakage"
"""Earned by paid credit that expired (credits increase it)."""

CREDIT_GIVEN_AWAY = "credit_given_away"
"""What credit paid of what was owed, and nobody paid for (against revenue: debits increase it)."""

_Moved = tuple[str, str, Decimal]
"""A debit account, a credit account, and an amount in minor units."""


def credit_overage(customer: str) -> str:
    """What a customer used beyond its credit, and the next grant pays (an asset: debits increase it)."""
    return f"credit_overage:{customer}"


def promotional_credit(customer: str) -> str:
    """Promotional credit that can be used; its counterpart is `promotional_grants` (for the record only)."""
    return f"promotional_credit:{customer}"


def promotional_grants(customer: str) -> str:
    """Promotional credit granted, less what was used, voided or expired (for the record only)."""
    return f"promotional_grants:{customer}"


def credit_entries(
    wallet: Wallet,
    grants: Collection[CreditGrant],
    opening: CreditBalances,
    movements: Sequence[CreditMovement],
    first_ordinal: int,
    posted_at: datetime,
    books: LegalEntity = UNNAMED_ENTITY,
) -> tuple[JournalEntry, ...]:
    """The entries of a wallet's movements, which begin with the one of `first_ordinal`: one for each day of `books`.

    `grants` are those that moved, and `opening` is what they had left before. What costs nothing moves nothing.
    """
    promotional = {grant.id for grant in grants if grant.category is CreditCategory.PROMOTIONAL}
    days: defaultdict[date, dict[int, list[Transfer]]] = defaultdict(dict)
    every_cost = costs(grants, opening, movements)
    for ordinal, (movement, cost) in enumerate(zip(movements, every_cost, strict=True), start=first_ordinal):
        moved = _moved(wallet.customer, movement, cost, is_promotional=movement.grant in promotional)
        days[books.accounting_day(movement.at)][ordinal] = [
            Transfer(debit, credit, Money(int(amount), wallet.currency), f"{wallet.id}/{ordinal}")
            for debit, credit, amount in moved
            if amount
        ]
    return tuple(_entries(wallet, days, posted_at, books))


def _entries(
    wallet: Wallet, days: dict[date, dict[int, list[Transfer]]], posted_at: datetime, books: LegalEntity
) -> Iterator[JournalEntry]:
    for day, by_ordinal in days.items():
        if transfers := tuple(transfer for of_one in by_ordinal.values() for transfer in of_one):
            yield JournalEntry(f"credit:{wallet.id}/{min(by_ordinal)}", day, posted_at, transfers, books.key)


@exact
def _moved(customer: str, movement: CreditMovement, cost: Decimal, *, is_promotional: bool) -> list[_Moved]:
    """What a movement moves between which accounts: its cost, and what it pays beyond that."""
    kind = movement.kind
    if is_promotional:
        return [(*accounts, movement.amount) for accounts in _promotional(customer, kind)]
    moved = [(*_accounts(customer, kind, has_grant=movement.grant is not None), cost)]
    if (discount := _discount(customer, kind)) is not None:
        moved.append((*discount, movement.amount - cost))
    return moved


def _accounts(customer: str, kind: MovementKind, *, has_grant: bool) -> tuple[str, str]:
    """Which accounts a movement of paid credit debits and credits."""
    credit, overage = customer_credit(customer), credit_overage(customer)
    if kind is MovementKind.RETURNED and not has_grant:
        return receivables(customer), overage
    return {
        MovementKind.OVERDRAWN: (overage, receivables(customer)),
        MovementKind.CLAWED_BACK: (overage, prepayments(customer)),
        MovementKind.FORGIVEN: (CREDIT_GIVEN_AWAY, overage),
        MovementKind.GRANTED: (prepayments(customer), credit),
        MovementKind.USED: (credit, receivables(customer)),
        MovementKind.RECOVERED: (credit, overage),
        MovementKind.VOIDED: (credit, prepayments(customer)),
        MovementKind.EXPIRED: (credit, BREAKAGE),
        MovementKind.RETURNED: (receivables(customer), credit),
    }[kind]


def _discount(customer: str, kind: MovementKind) -> tuple[str, str] | None:
    """Where goes what credit pays beyond its cost; None for what pays nothing.

    The customer pays less than the price: ASC 606-10-32-2, IFRS 15.47.
    """
    return {
        MovementKind.USED: (CREDIT_GIVEN_AWAY, receivables(customer)),
        MovementKind.RECOVERED: (CREDIT_GIVEN_AWAY, credit_overage(customer)),
        MovementKind.RETURNED: (receivables(customer), CREDIT_GIVEN_AWAY),
        MovementKind.CLAWED_BACK: (credit_overage(customer), CREDIT_GIVEN_AWAY),
    }.get(kind)


def _promotional(customer: str, kind: MovementKind) -> list[tuple[str, str]]:
    granted, usable = promotional_grants(customer), promotional_credit(customer)
    if kind in (MovementKind.GRANTED, MovementKind.RETURNED):
        return [(granted, usable)]
    if kind is MovementKind.RECOVERED:
        return [(usable, granted), (CREDIT_GIVEN_AWAY, credit_overage(customer))]
    return [(usable, granted)]
