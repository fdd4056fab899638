"""Link a customer to what a provider has of it under another id, after that was fetched there."""

from dataclasses import dataclass

from gateway.core.customer_links import CustomerLink
from gateway.core.delivery import Delivery, Step
from gateway.core.errors import InvalidValue, NotFound
from gateway.core.ports.storage import UnitOfWork
from gateway.core.subscriptions.subscription import Customer
from gateway.plugin_api import CustomerStanding, DocumentKind, Permanent
from gateway.plugin_guard import GuardedProvider
from gateway.services.installation import Installation
from gateway.services.switch_terms import require_connection


class LinkRefused(InvalidValue):
    """A link that would mix customers up, or leads nowhere; `remedy` says what to do instead."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(f"{reason}; {remedy}")
        self.reason = reason
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class CustomerThere:
    """What a link leads to; no standing where the plugin does not tell it."""

    ref: str
    standing: CustomerStanding | None
    is_linked: bool
    """Whether it was linked before, so that nothing changes."""


def new_link(installation: Installation, customer: str, connection: str, ref: str, actor: str) -> CustomerLink:
    """A link to be looked at. Raises `NotFound` for an unknown connection, `InvalidValue` for a ref that is none."""
    require_connection(installation, connection)
    return CustomerLink(
        installation.ids.new("lnk"), customer, connection, ref.strip(), actor, installation.system_clock.now()
    )


def look_up(installation: Installation, provider: GuardedProvider, link: CustomerLink) -> CustomerThere:
    """What a link leads to, if it may be stored. Raises `NotFound`, `LinkRefused`, and what the provider raises."""
    storage = installation.storage
    is_linked = storage.read(lambda unit: _require_free(unit, installation, _customer(unit, link), link))
    try:
        there = provider.fetch(DocumentKind.CUSTOMER, link.ref)
    except Permanent as error:
        raise LinkRefused(
            f"{link.connection} has no customer {link.ref!r}: {error}", f"look up its id at {link.connection}"
        ) from None
    storage.read(lambda unit: _require_carries_no_other(unit, link, there.our_id))
    tells = provider.capabilities.tells_standing
    return CustomerThere(link.ref, provider.customer_standing(link.ref) if tells else None, is_linked)


def store_link(unit: UnitOfWork, installation: Installation, link: CustomerLink) -> None:
    """Keep a link that was looked up; the same again changes nothing. Raises `NotFound` and `LinkRefused`."""
    customer = unit.definitions.lock_customer(link.customer)
    if _require_free(unit, installation, customer, link):
        return
    unit.deliveries.forget_ref(link.connection, DocumentKind.CUSTOMER, customer.id)
    unit.deliveries.put_ref(link.connection, DocumentKind.CUSTOMER, customer.id, link.ref)


def request_link(unit: UnitOfWork, installation: Installation, link: CustomerLink) -> str:
    """Have the worker of the connection look a link up and store it; the delivery's id.

    Raises `NotFound`, and `LinkRefused` for what is known to be wrong without asking.
    """
    _require_free(unit, installation, unit.definitions.lock_customer(link.customer), link)
    delivery = Delivery(installation.ids.new("dlv"), link.connection, link.id, due_at=link.asked_at)
    unit.switches.add_link(link)
    unit.deliveries.add(delivery)
    return delivery.id


def _customer(unit: UnitOfWork, link: CustomerLink) -> Customer:
    found = unit.definitions.customers_by_key([link.customer]).get(link.customer)
    if found is None:
        raise NotFound(f"Customer {link.customer!r} does not exist; create it first")
    return found


def _require_free(unit: UnitOfWork, installation: Installation, customer: Customer, link: CustomerLink) -> bool:
    """Raise `LinkRefused` if either end is linked to another, and documents may hang on that; whether it is linked."""
    owner = unit.deliveries.our_id(link.connection, DocumentKind.CUSTOMER, link.ref)
    if owner not in (None, customer.id):
        raise _belongs_to_another(unit, link, owner)
    known = unit.deliveries.refs(link.connection, DocumentKind.CUSTOMER, [customer.id]).get(customer.id)
    if known not in (None, link.ref) and _is_in_use(unit, installation, customer, link.connection):
        raise LinkRefused(
            f"At {link.connection} {customer.key!r} is {known}, where its documents are or go",
            f"merge {link.ref} into {known} there",
        )
    return known == link.ref


def _is_in_use(unit: UnitOfWork, installation: Installation, customer: Customer, connection: str) -> bool:
    """Whether documents of a customer go to a connection, wait to, or went there."""
    goes_there = (customer.connection or installation.connection) == connection
    went_there = bool(unit.deliveries.starts(connection, Step.PUT, customer.key))
    waits = any(each.connection == connection for each in unit.switches.open_invoices([customer.key]))
    return goes_there or went_there or waits


def _require_carries_no_other(unit: UnitOfWork, link: CustomerLink, our_id: str) -> None:
    """Raise `LinkRefused` if what is there carries the id of another customer of ours."""
    found = unit.definitions.customers_by_id([our_id]).get(our_id)
    if found is not None and found.key != link.customer:
        raise _belongs_to_another(unit, link, our_id)


def _belongs_to_another(unit: UnitOfWork, link: CustomerLink, our_id: str) -> LinkRefused:
    others = unit.definitions.customers_by_id([our_id])
    name = others[our_id].key if our_id in others else our_id
    return LinkRefused(
        f"{link.ref} at {link.connection} is customer {name!r} already, so it cannot be {link.customer!r}",
        f"look up the id of {link.customer!r} at {link.connection}",
    )
