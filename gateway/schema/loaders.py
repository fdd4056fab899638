"""What nodes need beyond themselves, loaded for all nodes of a request at once and only if the caller may see it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from strawberry.dataloader import DataLoader

from gateway.core.access import ApiKey, Caller
from gateway.core.credits.movements import CreditMovement
from gateway.core.credits.wallet import WalletAccount
from gateway.core.delivery import Delivery, StepRecord
from gateway.core.invoicing.credit_notes import CreditNote
from gateway.core.invoicing.invoice import Invoice
from gateway.core.legal_entity import LegalEntity
from gateway.core.metering.meter import Meter
from gateway.core.plans.plan import PlanVersion
from gateway.core.ports.credit_notes import Voiding
from gateway.core.ports.event_log import QuarantinedEvent
from gateway.core.ports.storage import UnitOfWork
from gateway.core.reconciliation import Discrepancy, Resolution
from gateway.core.subscriptions.phases import SubscriptionHistory
from gateway.core.subscriptions.subscription import Customer
from gateway.schema.threads import hop
from gateway.services.cost import RunningCost, running_costs
from gateway.services.explain import LineExplanation, explain_line
from gateway.services.installation import Installation
from gateway.services.project import Projector

K = TypeVar("K")
V = TypeVar("V")

CostKey = tuple[str, datetime | None]
"""A subscription's id, and the instant its cost is asked for; None is now."""

EntityKey = tuple[str, int | None]
"""A legal entity's key, and which version of it; None is the newest."""

LineKey = tuple[str, int]
"""An invoice's id, and the ordinal of one of its lines."""

MovementsKey = tuple[str, int, int]
"""A wallet's id, the ordinal after which its movements begin, and how many are asked for."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The meters by key, and the plan versions by key and version, that a caller may see."""

    meters: Mapping[str, Meter]
    plans: Mapping[tuple[str, int], PlanVersion]

    def newest_plans(self) -> list[PlanVersion]:
        """The newest version of each plan."""
        return list({plan.plan: plan for _, plan in sorted(self.plans.items())}.values())


class Loaders:
    """The data loaders of one request. What the caller may not see is None, as if it did not exist."""

    def __init__(self, installation: Installation, projector: Projector, caller: Caller) -> None:
        self._installation = installation
        self._projector = projector
        self._caller = caller
        self._catalogue: DataLoader[None, Catalogue] = DataLoader(self._load_catalogue)
        self.customers: DataLoader[str, Customer | None] = self._one_by_key(
            lambda unit, keys: unit.definitions.customers_by_key(keys), lambda found: caller.sees(found.key)
        )
        self.customers_by_id: DataLoader[str, Customer | None] = self._one_by_key(
            lambda unit, ids: unit.definitions.customers_by_id(ids), lambda found: caller.sees(found.key)
        )
        self.subscriptions: DataLoader[str, SubscriptionHistory | None] = self._one_by_key(
            lambda unit, ids: unit.definitions.subscription_histories(ids),
            lambda found: caller.sees(found.first.customer),
        )
        self.subscriptions_of: DataLoader[str, list[SubscriptionHistory]] = self._many_by_key(self._find_subscriptions)
        self.invoices: DataLoader[str, Invoice | None] = self._one_by_key(
            lambda unit, ids: unit.invoices.by_ids(ids), self._shows_invoice
        )
        self.legal_entities: DataLoader[EntityKey, LegalEntity | None] = self._one_by_key(
            _find_entities, lambda _: True
        )
        self.holds: DataLoader[str, list[Discrepancy]] = self._many_by_key(
            lambda unit, ids: unit.invoices.discrepancies(ids)
        )
        self.resolutions: DataLoader[str, Resolution | None] = self._one_by_key(
            lambda unit, ids: unit.invoices.resolutions(ids), self._is_company
        )
        self.credit_notes: DataLoader[str, CreditNote | None] = self._one_by_key(
            lambda unit, ids: unit.credit_notes.by_ids(ids), lambda found: caller.sees(found.customer)
        )
        self.credit_notes_of: DataLoader[str, list[CreditNote]] = self._many_by_key(
            lambda unit, ids: unit.credit_notes.of_invoices(ids)
        )
        self.voidings: DataLoader[str, Voiding | None] = self._one_by_key(
            lambda unit, ids: unit.credit_notes.voidings(ids), self._is_company
        )
        self.deliveries: DataLoader[str, Delivery | None] = self._one_by_key(
            lambda unit, ids: unit.deliveries.by_ids(ids), self._is_company
        )
        self.deliveries_of: DataLoader[str, list[Delivery]] = self._many_by_key(
            lambda unit, ids: unit.deliveries.by_document(ids)
        )
        self.journals: DataLoader[str, list[StepRecord]] = self._many_by_key(
            lambda unit, ids: unit.deliveries.journals(ids)
        )
        self.quarantined: DataLoader[str, QuarantinedEvent | None] = self._one_by_key(
            lambda unit, ids: {event.id: event for event in unit.log.quarantined_by_id(ids)}, self._is_company
        )
        self.wallets: DataLoader[str, WalletAccount | None] = self._one_by_key(
            self._find_wallets, lambda found: caller.sees(found.wallet.customer)
        )
        self.wallets_of: DataLoader[str, list[WalletAccount]] = self._many_by_key(self._find_wallets_of)
        self.reasons: DataLoader[str, str | None] = self._one_by_key(
            lambda unit, ids: unit.credits.reasons(ids), lambda _: True
        )
        self.movement_counts: DataLoader[str, int | None] = self._one_by_key(
            lambda unit, ids: unit.credits.movement_counts(ids), lambda _: True
        )
        self.paid_by_credit: DataLoader[str, int | None] = self._one_by_key(
            lambda unit, ids: unit.credits.paid_for(ids), lambda _: True
        )
        self.movements: DataLoader[MovementsKey, list[tuple[int, CreditMovement]]] = DataLoader(self._load_movements)
        self.keys: DataLoader[str, ApiKey | None] = self._one_by_key(
            lambda unit, ids: unit.access.keys_by_id(ids), self._is_company
        )
        self.explanations: DataLoader[LineKey, LineExplanation] = DataLoader(self._load_explanations)
        self.costs: DataLoader[CostKey, RunningCost | None] = DataLoader(self._load_costs)

    async def catalogue(self) -> Catalogue:
        """The meters and plans; those of its own subscriptions for a customer token."""
        return await self._catalogue.load(None)

    def _one_by_key(
        self, find: Callable[[UnitOfWork, Sequence[K]], Mapping[K, V]], is_shown: Callable[[V], bool]
    ) -> DataLoader[K, V | None]:
        async def load(keys: list[K]) -> list[V | None]:
            found = await self._read(lambda unit: find(unit, keys))
            shown = {key: value for key, value in found.items() if is_shown(value)}
            return [shown.get(key) for key in keys]

        return DataLoader(load)

    def _many_by_key(
        self, find: Callable[[UnitOfWork, Sequence[str]], Mapping[str, list[V]]]
    ) -> DataLoader[str, list[V]]:
        """For what belongs to a node that the caller sees."""

        async def load(keys: list[str]) -> list[list[V]]:
            found = await self._read(lambda unit: find(unit, keys))
            return [found.get(key, []) for key in keys]

        return DataLoader(load)

    async def _read(self, work: Callable[[UnitOfWork], V]) -> V:
        return await hop(lambda: self._installation.storage.read(work))

    def _shows_invoice(self, invoice: Invoice) -> bool:
        """A customer sees its own invoices, once they are issued."""
        is_issued = invoice.finalized_at is not None
        return self._caller.sees(invoice.customer) and (is_issued or self._caller.customer is None)

    def _is_company(self, _found: object) -> bool:
        return self._caller.customer is None

    def _find_subscriptions(self, unit: UnitOfWork, customers: Sequence[str]) -> dict[str, list[SubscriptionHistory]]:
        found: dict[str, list[SubscriptionHistory]] = {}
        for history in unit.definitions.histories_of(list(filter(self._caller.sees, customers))):
            found.setdefault(history.first.customer, []).append(history)
        return found

    def _find_wallets(self, unit: UnitOfWork, ids: Sequence[str]) -> dict[str, WalletAccount]:
        now = self._installation.business_clock.now()
        return {name: each.brought_to(now)[0] for name, each in unit.credits.wallets_by_id(ids).items()}

    def _find_wallets_of(self, unit: UnitOfWork, customers: Sequence[str]) -> dict[str, list[WalletAccount]]:
        now = self._installation.business_clock.now()
        found = unit.credits.wallets_of(list(filter(self._caller.sees, customers)))
        return {customer: [each.brought_to(now)[0] for each in wallets] for customer, wallets in found.items()}

    async def _load_movements(self, keys: list[MovementsKey]) -> list[list[tuple[int, CreditMovement]]]:
        """Pages of several wallets; those that begin at one place and are of one size come in one statement."""
        wallets: dict[tuple[int, int], list[str]] = {}
        for wallet_id, after, limit in keys:
            wallets.setdefault((after, limit), []).append(wallet_id)
        found = await self._read(
            lambda unit: {place: unit.credits.movements(ids, *place) for place, ids in wallets.items()}
        )
        return [found[after, limit].get(wallet_id, []) for wallet_id, after, limit in keys]

    async def _load_catalogue(self, keys: list[None]) -> list[Catalogue]:
        return [await self._read(self._find_catalogue)] * len(keys)

    def _find_catalogue(self, unit: UnitOfWork) -> Catalogue:
        meters = unit.definitions.meters()
        plans = {(plan.plan, plan.version): plan for plan in unit.definitions.plans()}
        if self._caller.customer is None:
            return Catalogue(meters, plans)
        own = unit.definitions.subscriptions([self._caller.customer])
        held = {(each.plan, each.plan_version) for each in own}
        plans = {key: plan for key, plan in plans.items() if key in held}
        priced = {meter for plan in plans.values() for meter in plan.metered}
        return Catalogue({key: meter for key, meter in meters.items() if key in priced}, plans)

    async def _load_costs(self, keys: list[CostKey]) -> list[RunningCost | None]:
        return await hop(lambda: self._find_costs(keys))

    async def _load_explanations(self, lines: list[LineKey]) -> list[LineExplanation]:
        return await hop(lambda: [explain_line(self._installation, *line) for line in lines])

    def _find_costs(self, keys: Sequence[CostKey]) -> list[RunningCost | None]:
        asked: dict[datetime | None, list[str]] = {}
        for subscription_id, at in keys:
            asked.setdefault(at, []).append(subscription_id)
        found = {at: running_costs(self._installation, self._projector, ids, at) for at, ids in asked.items()}
        return [found[at].get(subscription_id) for subscription_id, at in keys]


def _find_entities(unit: UnitOfWork, keys: Sequence[EntityKey]) -> dict[EntityKey, LegalEntity]:
    pinned = [(key, version) for key, version in keys if version is not None]
    found: dict[EntityKey, LegalEntity] = {
        (entity.key, entity.version): entity for entity in unit.legal_entities.by_versions(pinned).values()
    }
    if len(pinned) < len(keys):
        found |= {(key, None): entity for key, entity in unit.legal_entities.newest().items()}
    return found
