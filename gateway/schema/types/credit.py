"""Credit: wallets, their grants, and what moved."""

from datetime import datetime
from decimal import Decimal
from typing import Self

import strawberry

from gateway.core.credits import grant as core
from gateway.core.credits.movements import CreditMovement as CoreMovement
from gateway.core.credits.movements import MovementKind
from gateway.core.credits.settlement import LineKind
from gateway.core.credits.wallet import WalletAccount
from gateway.core.money import Money as CoreMoney
from gateway.schema.context import Info, related
from gateway.schema.scalars import Long
from gateway.schema.types.money import Money, shortest
from gateway.schema.types.page import (
    After,
    CountedConnection,
    First,
    Node,
    Paging,
    check_size,
    page_size_default,
)

NumberedMovement = tuple[int, CoreMovement]

WALLETS: Paging[WalletAccount] = Paging("wallets", (str,), lambda each: (each.wallet.id,))
GRANTS: Paging[core.CreditGrant] = Paging("grants", (str,), lambda each: (each.id,))
MOVEMENTS: Paging[NumberedMovement] = Paging("movements", (int,), lambda each: (each[0],))


@strawberry.type
class CreditGrant:
    """Credit that was given, bought or promotional, and what is left of it."""

    id: strawberry.ID = strawberry.field(description="Its id, which movements name.")
    category: core.CreditCategory = strawberry.field(description="Whether it was paid for.")
    reason: str = strawberry.field(description="What it was given for.")
    amount: Money = strawberry.field(description="How much it gives.")
    balance: Money = strawberry.field(description="What is left; nothing before it begins or after it ends.")
    paid: Money = strawberry.field(description="What the customer pays for all of it; nothing if it is promotional.")
    cost_basis: Decimal = strawberry.field(
        description="What one credit of it is worth as revenue when it is used, in money; rounded to 12 places."
    )
    unearned: Money = strawberry.field(
        description="What was paid for that which is left: owed to the customer until it is used or expires."
    )
    priority: int = strawberry.field(description="A lower one is used first.")
    effective_at: datetime = strawberry.field(description="When it begins.")
    expires_at: datetime | None = strawberry.field(description="The first instant at which it counts no more.")
    voided_at: datetime | None = strawberry.field(description="When it was voided.")
    revoked_at: datetime | None = strawberry.field(description="When it was taken back whole.")
    created_at: datetime = strawberry.field(description="When it was granted.")

    @classmethod
    def from_core(cls, account: WalletAccount, grant: core.CreditGrant, reason: str) -> Self:
        """A grant of a wallet."""
        return cls(
            id=strawberry.ID(grant.id),
            category=grant.category,
            reason=reason,
            amount=Money.from_core(account.money(grant.amount)),
            balance=Money.from_core(account.money(account.balances.of(grant.id))),
            paid=Money.from_core(account.money(grant.cost)),
            cost_basis=account.cost_basis(grant),
            unearned=Money.from_core(account.unearned(grant)),
            priority=grant.priority,
            effective_at=grant.effective_at,
            expires_at=grant.expires_at,
            voided_at=grant.voided_at,
            revoked_at=grant.revoked_at,
            created_at=grant.created_at or grant.effective_at,
        )


@strawberry.type
class CreditMovement:
    """What happened to credit; a transfer in the books. It never changes."""

    ordinal: Long = strawberry.field(description="Its place among those of the wallet, from 1.")
    moved_at: datetime = strawberry.field(description="When it happened.")
    kind: MovementKind = strawberry.field(description="What happened.")
    amount: Money = strawberry.field(description="How much moved; always above zero.")
    grant_id: strawberry.ID | None = strawberry.field(description="The grant it is about.")
    cause_id: strawberry.ID | None = strawberry.field(description="What it moved for, such as an invoice.")

    @classmethod
    def from_core(cls, numbered: NumberedMovement, currency: str) -> Self:
        """A movement of a wallet in `currency`."""
        ordinal, movement = numbered
        return cls(
            ordinal=Long(ordinal),
            moved_at=movement.at,
            kind=movement.kind,
            amount=_money(movement.amount, currency),
            grant_id=None if movement.grant is None else strawberry.ID(movement.grant),
            cause_id=None if movement.cause is None else strawberry.ID(movement.cause),
        )


@strawberry.type
class Wallet(Node):
    """A customer's credit in one currency, as it is now: all that was due has happened."""

    key: str = strawberry.field(description="The company's own name for it, unique for the customer.")
    name: str = strawberry.field(description="The name that people read.")
    currency: str = strawberry.field(description="The ISO 4217 code of all its amounts.")
    priority: int = strawberry.field(description="A wallet with a lower one pays first; then the older.")
    rate: Decimal = strawberry.field(description="The money that one credit stands for.")
    line_kinds: list[LineKind] = strawberry.field(description="The lines it pays; with no meters either, every line.")
    meters: list[str] = strawberry.field(description="The meters whose lines it pays, by key.")
    balance: Money = strawberry.field(description="All that is left.")
    promotional_balance: Money = strawberry.field(description="What is left of it that nobody paid for.")
    overage: Money = strawberry.field(description="What was paid beyond the grants; the next grant pays it back.")
    overage_max: Money = strawberry.field(description="How far it may be overdrawn.")
    account: strawberry.Private[WalletAccount]

    @strawberry.field
    async def grants(
        self, info: Info, first: First = page_size_default, after: After = None
    ) -> CountedConnection[CreditGrant]:
        """Its grants, in the order of their ids; those that have ended too."""
        size, (begin,) = check_size(first), GRANTS.after(after) or ("",)
        loaders, wallet_id = related(info), self.account.wallet.id
        page = GRANTS.page(await loaders.grants.load((wallet_id, begin, size)), first, after)
        ids = [grant.id for grant in page.values]
        reasons = dict(zip(ids, await loaders.reasons.load_many(ids), strict=True))

        async def count() -> int:
            return await loaders.grant_counts.load(wallet_id) or 0

        return CountedConnection.of(
            page, lambda grant: CreditGrant.from_core(self.account, grant, reasons[grant.id] or ""), count=count
        )

    @strawberry.field
    async def movements(
        self, info: Info, first: First = page_size_default, after: After = None
    ) -> CountedConnection[CreditMovement]:
        """What moved in it, oldest first."""
        size, (begin,) = check_size(first), MOVEMENTS.after(after) or (0,)
        loaders, wallet_id = related(info), self.account.wallet.id
        found = await loaders.movements.load((wallet_id, begin, size))

        async def count() -> int:
            return await loaders.movement_counts.load(wallet_id) or 0

        page = MOVEMENTS.page(found, first, after)
        return CountedConnection.of(page, lambda each: CreditMovement.from_core(each, self.currency), count=count)

    @classmethod
    def from_core(cls, account: WalletAccount) -> Self:
        """The same wallet."""
        wallet = account.wallet
        return cls(
            id=strawberry.ID(wallet.id),
            key=wallet.key,
            name=wallet.name,
            currency=wallet.currency,
            priority=wallet.priority,
            rate=shortest(wallet.rate),
            line_kinds=sorted(wallet.scope.kinds),
            meters=sorted(wallet.scope.meters),
            balance=Money.from_core(account.balance),
            promotional_balance=Money.from_core(account.balance_of(core.CreditCategory.PROMOTIONAL)),
            overage=Money.from_core(account.overage),
            overage_max=Money.from_core(account.money(Decimal(wallet.overage_max))),
            account=account,
        )


def _money(amount_minor: Decimal, currency: str) -> Money:
    return Money.from_core(CoreMoney(int(amount_minor), currency))
