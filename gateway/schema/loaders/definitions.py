"""Loaders of customers, their subscriptions, meters and plans."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from strawberry.dataloader import DataLoader

from gateway.core.access import ApiKey
from gateway.core.legal_entity import LegalEntity
from gateway.core.metering.meter import Meter
from gateway.core.plans.plan import PlanVersion
from gateway.core.ports.event_log import QuarantinedEvent
from gateway.core.ports.storage import UnitOfWork
from gateway.core.subscriptions.phases import SubscriptionHistory
from gateway.core.subscriptions.subscription import Customer
from gateway.schema.loaders.loading import Loading

EntityKey = tuple[str, int | None]
"""A legal entity's key, and which version of it; None is the newest."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The meters by key, and the plan versions by key and version, that a caller may see."""

    meters: Mapping[str, Meter]
    plans: Mapping[tuple[str, int], PlanVersion]

    def newest_plans(self) -> list[PlanVersion]:
        """The newest version of each plan."""
        return list({plan.plan: plan for _, plan in sorted(self.plans.items())}.values())


class DefinitionLoaders(Loading):
    """Who is billed by what, and who asks."""

    @cached_property
    def customers(self) -> DataLoader[str, Customer | None]:
        """By key."""
        return self._one(
            lambda unit, keys: unit.definitions.customers_by_key(keys), lambda each: self._caller.sees(each.key)
        )

    @cached_property
    def customers_by_id(self) -> DataLoader[str, Customer | None]:
        return self._one(
            lambda unit, ids: unit.definitions.customers_by_id(ids), lambda each: self._caller.sees(each.key)
        )

    @cached_property
    def subscriptions(self) -> DataLoader[str, SubscriptionHistory | None]:
        """By the id of one of its phases."""
        return self._one(
            lambda unit, ids: unit.definitions.subscription_histories(ids),
            lambda each: self._caller.sees(each.first.customer),
        )

    @cached_property
    def subscriptions_of(self) -> DataLoader[str, list[SubscriptionHistory]]:
        """By customer."""
        return self._many(self._find_subscriptions)

    @cached_property
    def legal_entities(self) -> DataLoader[EntityKey, LegalEntity | None]:
        return self._of_seen(_find_entities)

    @cached_property
    def keys(self) -> DataLoader[str, ApiKey | None]:
        return self._of_company(lambda unit, ids: unit.access.keys_by_id(ids))

    @cached_property
    def quarantined(self) -> DataLoader[str, QuarantinedEvent | None]:
        return self._of_company(lambda unit, ids: {event.id: event for event in unit.log.quarantined_by_id(ids)})

    async def catalogue(self) -> Catalogue:
        """The meters and plans; those of its own subscriptions for a customer token."""
        return await self._catalogue.load(None)

    @cached_property
    def _catalogue(self) -> DataLoader[None, Catalogue]:
        async def load(keys: list[None]) -> list[Catalogue]:
            return [await self._read(self._find_catalogue)] * len(keys)

        return DataLoader(load)

    def _find_subscriptions(self, unit: UnitOfWork, customers: Sequence[str]) -> dict[str, list[SubscriptionHistory]]:
        found: dict[str, list[SubscriptionHistory]] = {}
        for history in unit.definitions.histories_of(self._seen(customers)):
            found.setdefault(history.first.customer, []).append(history)
        return found

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


def _find_entities(unit: UnitOfWork, keys: Sequence[EntityKey]) -> dict[EntityKey, LegalEntity]:
    pinned = [(key, version) for key, version in keys if version is not None]
    found: dict[EntityKey, LegalEntity] = {
        (entity.key, entity.version): entity for entity in unit.legal_entities.by_versions(pinned).values()
    }
    if len(pinned) < len(keys):
        found |= {(key, None): entity for key, entity in unit.legal_entities.newest().items()}
    return found
