"""Create customers, and subscribe them to plans."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from gateway.core.errors import GatewayError, InvalidDefinition
from gateway.core.legal_entity import DEFAULT_ENTITY
from gateway.core.periods.anchors import anniversary_schedule, calendar_schedule, day_of_month_schedule
from gateway.core.periods.period import BillingSchedule, Interval
from gateway.core.plans.plan import PlanVersion
from gateway.core.ports.storage import UnitOfWork
from gateway.core.subscriptions.phases import SubscriptionHistory
from gateway.core.subscriptions.subscription import Customer, Subscription, SubscriptionStatus
from gateway.core.time import read_zone, utc
from gateway.services.installation import Installation
from gateway.services.second_prices import refuse_second_price


class KeyTaken(GatewayError):
    """A key that names something else already."""

    code = "KEY_TAKEN"


@dataclass(frozen=True, slots=True)
class CustomerDetails:
    """What invoices say of a customer beside the name, and how many days they have to pay."""

    address: tuple[str, ...] = ()
    country: str | None = None
    tax_ids: tuple[str, ...] = ()
    payment_days: int | None = None


NO_DETAILS = CustomerDetails()


@dataclass(frozen=True, slots=True)
class SubscriptionRequest:
    """Which customer to put on which plan, and from when.

    Without `plan_version` on the newest one, without `key` as CUSTOMER/PLAN, and without `anchor` billed by the
    calendar: from the local midnight that begins the day, week (on Mondays), month, quarter, half-year or year of
    `starts_at`; or from the midnight that begins the day of `starts_at` where it is `by_anniversary`, or from a
    `billing_day` of the month. Until `trial_ends_at` it bills no fees, and usage only if it `bills_trial_usage`.
    """

    customer: str
    plan: str
    starts_at: datetime
    time_zone: str = "UTC"
    ends_at: datetime | None = None
    plan_version: int | None = None
    key: str | None = None
    anchor: datetime | None = None
    by_anniversary: bool = False
    billing_day: int | None = None
    trial_ends_at: datetime | None = None
    bills_trial_usage: bool = False


def create_customer(
    installation: Installation,
    key: str,
    name: str,
    email: str | None = None,
    legal_entity: str | None = None,
    details: CustomerDetails = NO_DETAILS,
) -> Customer:
    """A new customer, or the one that exists with the same data; of the default legal entity unless another is named.

    Raises `KeyTaken` if a customer with this key has other data or another named entity, and `InvalidDefinition`, with
    every fault, for unusable texts or details, or for an unknown entity.
    """
    customer = Customer(
        id=installation.ids.new("cus"),
        key=key,
        legal_entity=legal_entity or DEFAULT_ENTITY,
        **_description(name, email, details),
    )
    now = installation.business_clock.now()

    def create(unit: UnitOfWork) -> Customer:
        require_legal_entity(unit, customer.legal_entity)
        if unit.definitions.add_customer(customer, now):
            return customer
        known = unit.definitions.customers_by_key([key])[key]
        # Where none is named, it may have been given to another one since.
        wanted = replace(customer, id=known.id, legal_entity=legal_entity or known.legal_entity)
        if wanted != known:
            raise KeyTaken(f"Customer {key!r} exists with other data; update it, or use another key")
        return known

    return installation.storage.transact(create)


def update_customer(
    installation: Installation, key: str, name: str, email: str | None = None, details: CustomerDetails = NO_DETAILS
) -> Customer:
    """The customer as it is described from now on, whole; invoices that are final keep what they say.

    Raises `NotFound` for an unknown key, and otherwise as `create_customer` does.
    """

    def describe(unit: UnitOfWork) -> Customer:
        customer = replace(unit.definitions.lock_customer(key), **_description(name, email, details))
        unit.definitions.update_customer(customer)
        return customer

    return installation.storage.transact(describe)


def _description(name: str, email: str | None, details: CustomerDetails) -> dict[str, Any]:
    """The fields of a customer that are told, all at once so that all their faults are."""
    return {
        "name": name,
        "email": email,
        "address": details.address,
        "country": details.country,
        "tax_ids": details.tax_ids,
        "payment_days": details.payment_days,
    }


def require_legal_entity(unit: UnitOfWork, key: str) -> None:
    """Raise `InvalidDefinition` unless there is a legal entity with this key."""
    if key not in unit.legal_entities.newest():
        raise InvalidDefinition([("legal_entity", f"there is no legal entity {key!r}; create it, or name another")])


def subscribe(installation: Installation, request: SubscriptionRequest) -> Subscription:
    """A new subscription, or the one that exists with the same data.

    Raises `NotFound` for an unknown customer or plan, `KeyTaken` if its key names another subscription, and
    `InvalidDefinition` if the customer has active ones that price the same meters: events would belong to both.
    """
    new_id, paying_id = installation.ids.new("sub"), installation.ids.new("sub")
    now = installation.business_clock.now()

    def create(unit: UnitOfWork) -> Subscription:
        unit.definitions.lock_customer(request.customer)
        plan = unit.definitions.plan_version(request.plan, request.plan_version)
        wanted = _history(new_id, paying_id, request, plan)
        existing = unit.definitions.histories_of([request.customer])
        known = next((each for each in existing if each.first.key == wanted.first.key), None)
        if known is not None:
            return _same(known, wanted, is_version_named=request.plan_version is not None)
        refuse_second_price(unit, wanted.billed, existing)
        if not unit.definitions.add_subscription(wanted.first):
            raise KeyTaken(f"Subscription {wanted.first.key!r} is another customer's; give this one a key of its own")
        if later := wanted.recorded[1:]:
            unit.definitions.add_phases(SubscriptionHistory((wanted.first,)), later, now)
        unit.definitions.bump_version()
        return wanted.first

    return installation.storage.transact(create)


def _history(new_id: str, paying_id: str, request: SubscriptionRequest, plan: PlanVersion) -> SubscriptionHistory:
    first = _subscription(new_id, request, plan)
    if request.trial_ends_at is None:
        return SubscriptionHistory((first,))
    trial = SubscriptionStatus.USAGE_TRIAL if request.bills_trial_usage else SubscriptionStatus.TRIAL
    paying = replace(first, id=paying_id, phase_of=new_id, starts_at=utc(request.trial_ends_at))
    return SubscriptionHistory((replace(first, status=trial),)).with_phases([paying])


def _subscription(new_id: str, request: SubscriptionRequest, plan: PlanVersion) -> Subscription:
    zone, starts_at = read_zone(request.time_zone), utc(request.starts_at)
    anchor = utc(request.anchor) if request.anchor else _schedule(request, starts_at, plan.interval, zone).anchor
    return Subscription(
        id=new_id,
        key=f"{request.customer}/{request.plan}" if request.key is None else request.key,
        customer=request.customer,
        plan=plan.plan,
        plan_version=plan.version,
        interval=plan.interval,
        starts_at=starts_at,
        ends_at=None if request.ends_at is None else utc(request.ends_at),
        anchor=anchor,
        time_zone=request.time_zone,
    )


def _schedule(request: SubscriptionRequest, starts_at: datetime, interval: Interval, zone: ZoneInfo) -> BillingSchedule:
    """The periods that are asked for where no anchor is. Raises `InvalidValue` for a day that no month has."""
    if request.billing_day is not None:
        return day_of_month_schedule(request.billing_day, starts_at, interval, zone)
    make = anniversary_schedule if request.by_anniversary else calendar_schedule
    return make(starts_at, interval, zone)


def _same(known: SubscriptionHistory, wanted: SubscriptionHistory, is_version_named: bool) -> Subscription:
    """The known one as it was created, if that is what is wanted."""
    first = known.first
    like_known = replace(wanted.first, id=first.id)
    if not is_version_named:
        # A newer version may have been published since; nobody asked for that one.
        like_known = replace(like_known, plan_version=first.plan_version, interval=first.interval)
    ends = [[phase.starts_at for phase in each.recorded[1 : len(wanted.recorded)]] for each in (known, wanted)]
    if like_known != first or ends[0] != ends[1]:
        raise KeyTaken(f"Subscription {first.key!r} exists with other data; give this one a key of its own")
    return first
