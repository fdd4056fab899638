"""Credit in the books: every movement is a transfer.

Paid credit is owed to the customer until it is used (a liability; ASC 606-10-45-2), and what expires of it is breakage
(ASC 606-10-55-48). Promotional credit was never paid for: it has two accounts of its own, outside of what anybody
owes, and shows in revenue only as the discount on an invoice.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from itertools import groupby

from gateway.core.credits.grant import CreditCategory
from gateway.core.credits.movements import CreditMovement, MovementKind
from gateway.core.credits.wallet import Wallet
from gateway.core.ledger import JournalEntry, Transfer, customer_credit, prepayments, receivables
from gateway.core.legal_entity import UNNAMED_ENTITY, LegalEntity
from gateway.core.money import Money

BREAKAGE = "breakage"
"""Earned by paid credit that expired (credits increase it)."""

CREDIT_GIVEN_AWAY = "credit_given_away"
"""What promotional credit, or a reset, paid of what was owed already (against revenue: debits increase it)."""


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
    categories: dict[str, CreditCategory],
    movements: Sequence[CreditMovement],
    first_ordinal: int,
    posted_at: datetime,
    books: LegalEntity = UNNAMED_ENTITY,
) -> tuple[JournalEntry, ...]:
    """The entries of a wallet's movements, which begin with the one of `first_ordinal`: one for each day of `books`.

    `categories` are those of the grants by id.
    """
    numbered = list(enumerate(movements, start=first_ordinal))
    entries = (
        _entry(wallet, categories, list(of_day), day, posted_at)
        for day, of_day in groupby(numbered, key=lambda item: books.accounting_day(item[1].at))
    )
    return tuple(replace(entry, legal_entity=books.key) for entry in entries)


def _entry(
    wallet: Wallet,
    categories: dict[str, CreditCategory],
    numbered: Sequence[tuple[int, CreditMovement]],
    day: date,
    posted_at: datetime,
) -> JournalEntry:
    transfers: list[Transfer] = []
    for ordinal, movement in numbered:
        category = categories.get(movement.grant or "", CreditCategory.PAID)
        amount = Money(int(movement.amount), wallet.currency)
        pairs = _accounts(wallet.customer, category, movement.kind, has_grant=movement.grant is not None)
        transfers += [Transfer(debit, credit, amount, f"{wallet.id}/{ordinal}") for debit, credit in pairs]
    return JournalEntry(f"credit:{wallet.id}/{numbered[0][0]}", day, posted_at, tuple(transfers))


def _accounts(
    customer: str, category: CreditCategory, kind: MovementKind, *, has_grant: bool
) -> Iterable[tuple[str, str]]:
    """Which accounts a movement debits and credits."""
    overage = credit_overage(customer)
    if kind is MovementKind.RETURNED and not has_grant:
        return [(receivables(customer), overage)]
    of_uses = {
        MovementKind.OVERDRAWN: (overage, receivables(customer)),
        MovementKind.CLAWED_BACK: (overage, prepayments(customer)),
        MovementKind.FORGIVEN: (CREDIT_GIVEN_AWAY, overage),
    }
    if kind in of_uses:
        return [of_uses[kind]]
    if category is CreditCategory.PROMOTIONAL:
        return _promotional(customer, kind)
    credit = customer_credit(customer)
    return [
        {
            MovementKind.GRANTED: (prepayments(customer), credit),
            MovementKind.USED: (credit, receivables(customer)),
            MovementKind.RECOVERED: (credit, overage),
            MovementKind.VOIDED: (credit, prepayments(customer)),
            MovementKind.EXPIRED: (credit, BREAKAGE),
            MovementKind.RETURNED: (receivables(customer), credit),
        }[kind]
    ]


def _promotional(customer: str, kind: MovementKind) -> list[tuple[str, str]]:
    granted, usable = promotional_grants(customer), promotional_credit(customer)
    if kind in (MovementKind.GRANTED, MovementKind.RETURNED):
        return [(granted, usable)]
    if kind is MovementKind.RECOVERED:
        return [(usable, granted), (CREDIT_GIVEN_AWAY, credit_overage(customer))]
    return [(usable, granted)]
