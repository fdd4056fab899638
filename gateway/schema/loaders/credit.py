"""Loaders of wallets, their grants and movements."""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TypeVar

from strawberry.dataloader import DataLoader

from gateway.core.credits.grant import CreditGrant
from gateway.core.credits.movements import CreditMovement
from gateway.core.credits.wallet import WalletAccount
from gateway.core.ports.storage import UnitOfWork
from gateway.schema.loaders.loading import Loading

P = TypeVar("P")
V = TypeVar("V")

PageKey = tuple[str, P, int]
"""A wallet's id, the place after which the page begins, and how many are asked for."""


class CreditLoaders(Loading):
    """Credit as it is now: all that was due has happened."""

    @cached_property
    def wallets(self) -> DataLoader[str, WalletAccount | None]:
        return self._one(self._find_wallets, lambda each: self._caller.sees(each.wallet.customer))

    @cached_property
    def wallets_of(self) -> DataLoader[str, list[WalletAccount]]:
        """By customer."""
        return self._many(self._find_wallets_of)

    @cached_property
    def reasons(self) -> DataLoader[str, str | None]:
        """By grant."""
        return self._of_seen(lambda unit, ids: unit.credits.reasons(ids))

    @cached_property
    def movement_counts(self) -> DataLoader[str, int | None]:
        """By wallet."""
        return self._of_seen(lambda unit, ids: unit.credits.movement_counts(ids))

    @cached_property
    def paid_by_credit(self) -> DataLoader[str, int | None]:
        """By invoice."""
        return self._of_seen(lambda unit, ids: unit.credits.paid_for(ids))

    @cached_property
    def movements(self) -> DataLoader[PageKey[int], list[tuple[int, CreditMovement]]]:
        """Pages by ordinal."""
        return self._pages(lambda unit, ids, after, limit: unit.credits.movements(ids, after, limit))

    @cached_property
    def grants(self) -> DataLoader[PageKey[str], list[CreditGrant]]:
        """Pages by id."""
        return self._pages(lambda unit, ids, after, limit: unit.credits.grants(ids, after, limit))

    @cached_property
    def grant_counts(self) -> DataLoader[str, int | None]:
        """By wallet."""
        return self._of_seen(lambda unit, ids: unit.credits.grant_counts(ids))

    def _find_wallets(self, unit: UnitOfWork, ids: Sequence[str]) -> dict[str, WalletAccount]:
        now = self._installation.business_clock.now()
        return {name: each.brought_to(now)[0] for name, each in unit.credits.wallets_by_id(ids).items()}

    def _find_wallets_of(self, unit: UnitOfWork, customers: Sequence[str]) -> dict[str, list[WalletAccount]]:
        now = self._installation.business_clock.now()
        found = unit.credits.wallets_of(self._seen(customers))
        return {customer: [each.brought_to(now)[0] for each in wallets] for customer, wallets in found.items()}

    def _pages(
        self, find: Callable[[UnitOfWork, Sequence[str], P, int], Mapping[str, list[V]]]
    ) -> DataLoader[PageKey[P], list[V]]:
        """Pages of several wallets; those that begin at one place and are of one size come in one statement."""

        async def load(keys: list[PageKey[P]]) -> list[list[V]]:
            wallets: dict[tuple[P, int], list[str]] = {}
            for wallet_id, after, limit in keys:
                wallets.setdefault((after, limit), []).append(wallet_id)
            found = await self._read(lambda unit: {place: find(unit, ids, *place) for place, ids in wallets.items()})
            return [found[after, limit].get(wallet_id, []) for wallet_id, after, limit in keys]

        return DataLoader(load)
