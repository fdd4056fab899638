"""Event types, meters, plans, customers and subscriptions, as `Definitions` asks for them."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Row, func, insert, or_, select, update

from gateway.core.definitions.writing import (
    meter_version_document,
    meter_version_from,
    plan_document,
    plan_from,
)
from gateway.core.errors import InvalidValue, NotFound
from gateway.core.metering.meter import Meter, MeterVersion
from gateway.core.plans.plan import PlanVersion
from gateway.core.subscriptions.subscription import Customer
from gateway.storage.rows import (
    CustomerRow,
    EventTypeRow,
    InstallationRow,
    MeterRow,
    MeterVersionRow,
    PlanVersionRow,
    table_of,
)
from gateway.storage.statements import insert_unless_taken, one_of, upsert
from gateway.storage.subscriptions import SqlSubscriptions

_INSTALLATION = table_of(InstallationRow)
_EVENT_TYPES = table_of(EventTypeRow)
_METERS = table_of(MeterRow)
_METER_VERSIONS = table_of(MeterVersionRow)
_PLANS = table_of(PlanVersionRow)
_CUSTOMERS = table_of(CustomerRow)

# Built once: putting a statement together takes longer than running it.
_READ_VERSION = select(_INSTALLATION.c.definitions_version)
_READ_EVENT_TYPES = select(_EVENT_TYPES.c.name)
_READ_METER_NAMES = select(_METERS.c.key, _METERS.c.name)
_READ_METER_VERSIONS = select(_METER_VERSIONS).order_by(_METER_VERSIONS.c.meter, _METER_VERSIONS.c.version)
_READ_PLANS = select(_PLANS.c.definition).order_by(_PLANS.c.plan, _PLANS.c.version)
_READ_CUSTOMER_KEYS = select(_CUSTOMERS.c.key)

versions_kept_max = 2_000
"""How many versions of meters and of plans a process keeps as read: what was published never changes."""


class SqlDefinitions(SqlSubscriptions):
    """See `Definitions`."""

    def version(self) -> int:
        """See `Definitions.version`."""
        return int(self._connection.execute(_READ_VERSION).scalar_one())

    def bump_version(self) -> int:
        """See `Definitions.bump_version`."""
        version = _INSTALLATION.c.definitions_version
        grown = update(_INSTALLATION).values(definitions_version=version + 1).returning(version)
        return int(self._connection.execute(grown).scalar_one())

    def event_types(self) -> frozenset[str]:
        """See `Definitions.event_types`."""
        return frozenset(self._connection.execute(_READ_EVENT_TYPES).scalars())

    def add_event_types(self, names: Iterable[str]) -> None:
        """See `Definitions.add_event_types`."""
        values = [{"name": name} for name in sorted(set(names))]
        if values:
            self._connection.execute(upsert(self._connection, _EVENT_TYPES).on_conflict_do_nothing(), values)

    def meters(self) -> dict[str, Meter]:
        """See `Definitions.meters`."""
        names = {row.key: row.name for row in self._connection.execute(_READ_METER_NAMES)}
        versions: dict[str, list[MeterVersion]] = {}
        for row in self._connection.execute(_READ_METER_VERSIONS):
            versions.setdefault(row.meter, []).append(_meter_version(row.definition))
        return {key: Meter(key, names[key], tuple(found)) for key, found in versions.items()}

    def add_meter(self, meter: Meter) -> None:
        """See `Definitions.add_meter`."""
        named = upsert(self._connection, _METERS).values(key=meter.key, name=meter.name)
        self._connection.execute(named.on_conflict_do_update(index_elements=["key"], set_={"name": meter.name}))
        values = [_meter_version_values(version) for version in meter.versions]
        self._connection.execute(upsert(self._connection, _METER_VERSIONS).on_conflict_do_nothing(), values)

    def plan_version(self, plan: str, version: int | None = None) -> PlanVersion:
        """See `Definitions.plan_version`."""
        query = select(_PLANS.c.definition).where(_PLANS.c.plan == plan)
        if version is not None:
            query = query.where(_PLANS.c.version == version)
        definition = self._connection.execute(query.order_by(_PLANS.c.version.desc()).limit(1)).scalar()
        if definition is None:
            named = f"Plan {plan!r}" if version is None else f"Version {version} of plan {plan!r}"
            raise NotFound(f"{named} does not exist; publish it first")
        return _plan_version(definition)

    def plans(self) -> list[PlanVersion]:
        """See `Definitions.plans`."""
        return [_plan_version(definition) for definition in self._connection.execute(_READ_PLANS).scalars()]

    def add_plan_version(self, plan: PlanVersion) -> None:
        """See `Definitions.add_plan_version`."""
        self._connection.execute(insert(_PLANS), _plan_values(plan))

    def customers(
        self, after: str | None, limit: int, key: str | None = None, search: str | None = None
    ) -> list[Customer]:
        """See `Definitions.customers`."""
        query = select(_CUSTOMERS).where(_CUSTOMERS.c.key > (after or "")).order_by(_CUSTOMERS.c.key).limit(limit)
        if key is not None:
            query = query.where(_CUSTOMERS.c.key == key)
        if search is not None:
            query = query.where(_is_found(search))
        return [_customer(row) for row in self._connection.execute(query)]

    def customers_by_key(self, keys: Sequence[str]) -> dict[str, Customer]:
        """See `Definitions.customers_by_key`."""
        query = select(_CUSTOMERS).where(one_of(self._connection, _CUSTOMERS.c.key, keys))
        return {row.key: _customer(row) for row in self._connection.execute(query)}

    def customers_by_id(self, ids: Sequence[str]) -> dict[str, Customer]:
        """See `Definitions.customers_by_id`."""
        query = select(_CUSTOMERS).where(one_of(self._connection, _CUSTOMERS.c.id, ids))
        return {row.id: _customer(row) for row in self._connection.execute(query)}

    def customer_keys(self) -> frozenset[str]:
        """See `Definitions.customer_keys`."""
        return frozenset(self._connection.execute(_READ_CUSTOMER_KEYS).scalars())

    def customer_count(self, search: str | None = None) -> int:
        """See `Definitions.customer_count`."""
        query = select(func.count()).select_from(_CUSTOMERS)
        if search is not None:
            query = query.where(_is_found(search))
        return int(self._connection.execute(query).scalar_one())

    def lock_customer(self, key: str) -> Customer:
        """See `Definitions.lock_customer`."""
        row = self._connection.execute(select(_CUSTOMERS).where(_CUSTOMERS.c.key == key).with_for_update()).first()
        if row is None:
            raise NotFound(f"Customer {key!r} does not exist; create it first")
        return _customer(row)

    def add_customer(self, customer: Customer, created_at: datetime) -> bool:
        """See `Definitions.add_customer`."""
        values = {
            "id": customer.id,
            "key": customer.key,
            "created_at": created_at,
            "legal_entity": customer.legal_entity,
            "connection": customer.connection,
            **_described(customer),
        }
        return insert_unless_taken(self._connection, _CUSTOMERS, values)

    def update_customer(self, customer: Customer) -> None:
        """See `Definitions.update_customer`."""
        of_customer = _CUSTOMERS.c.key == customer.key
        self._connection.execute(update(_CUSTOMERS).where(of_customer).values(_described(customer)))

    def assign_customer(self, key: str, legal_entity: str) -> None:
        """See `Definitions.assign_customer`."""
        self._connection.execute(update(_CUSTOMERS).where(_CUSTOMERS.c.key == key).values(legal_entity=legal_entity))

    def connect_customer(self, key: str, connection: str) -> None:
        """See `Definitions.connect_customer`."""
        self._connection.execute(update(_CUSTOMERS).where(_CUSTOMERS.c.key == key).values(connection=connection))


def _meter_version_values(version: MeterVersion) -> dict[str, object]:
    return {
        "meter": version.key,
        "version": version.version,
        "effective_from": version.effective_from,
        "definition": json.dumps(meter_version_document(version)),
    }


def _plan_values(plan: PlanVersion) -> dict[str, object]:
    if plan.published_at is None:
        raise InvalidValue(f"Plan {plan.plan!r} version {plan.version} is not published; say when it was")
    return {
        "plan": plan.plan,
        "version": plan.version,
        "name": plan.name,
        "published_at": plan.published_at,
        "definition": json.dumps(plan_document(plan)),
    }


def _is_found(search: str) -> ColumnElement[bool]:
    places = (_CUSTOMERS.c.key, _CUSTOMERS.c.name)
    return or_(*(place.icontains(search, autoescape=True) for place in places))


def _customer(row: Row[Any]) -> Customer:
    address, tax_ids = tuple(json.loads(row.address)), tuple(json.loads(row.tax_ids))
    return Customer(
        row.id,
        row.key,
        row.name,
        row.email,
        row.legal_entity,
        row.connection,
        address,
        row.country,
        tax_ids,
        row.payment_days,
    )


def _described(customer: Customer) -> dict[str, object]:
    """What of a customer may be described anew."""
    return {
        "name": customer.name,
        "email": customer.email,
        "address": json.dumps(customer.address),
        "country": customer.country,
        "tax_ids": json.dumps(customer.tax_ids),
        "payment_days": customer.payment_days,
    }


@lru_cache(versions_kept_max)
def _meter_version(definition: str) -> MeterVersion:
    return meter_version_from(json.loads(definition))


@lru_cache(versions_kept_max)
def _plan_version(definition: str) -> PlanVersion:
    return plan_from(json.loads(definition))
