"""Create and change legal entities, and let customers belong to them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from gateway.core.definitions.reading import read_definitions
from gateway.core.errors import IllegalTransition, InvalidDefinition, NotFound
from gateway.core.faults import Fault, beneath
from gateway.core.invoicing.invoice import Invoice
from gateway.core.legal_entity import LegalEntity, taken_series
from gateway.core.ports.storage import UnitOfWork
from gateway.core.subscriptions.subscription import Customer
from gateway.services.customers import KeyTaken, require_legal_entity
from gateway.services.installation import Installation
from gateway.services.move_credit import brought_up_to_date


def create_legal_entity(installation: Installation, document: Mapping[str, object]) -> LegalEntity:
    """The legal entity that a document describes, or the one that exists with the same data.

    Raises `KeyTaken` if its key names one with other data, and `InvalidDefinition` with every fault and its path.
    """

    def require_new(defined: LegalEntity, known: LegalEntity | None) -> None:
        if known is not None and replace(defined, version=known.version) != known:
            raise KeyTaken(f"Legal entity {known.key!r} exists with other data; update it, or use another key")

    return _put(installation, document, require_new)


def update_legal_entity(installation: Installation, document: Mapping[str, object]) -> LegalEntity:
    """A legal entity as a document describes it from now on; what was issued before keeps what it says.

    Raises `NotFound` for an unknown key, and `InvalidDefinition` with every fault and its path.
    """

    def require_known(defined: LegalEntity, known: LegalEntity | None) -> None:
        if known is None:
            raise NotFound(f"Legal entity {defined.key!r} does not exist; create it first")

    return _put(installation, document, require_known)


def changed_entities(
    defined: Sequence[LegalEntity],
    known: Mapping[str, LegalEntity],
    owners: Sequence[tuple[str, str]],
    installation_series: str,
) -> list[LegalEntity]:
    """The new legal entities, and the next versions of those that differ. Raises `InvalidDefinition`."""
    after = {**known, **{entity.key: entity for entity in defined}}
    faults: list[Fault] = []
    for index, entity in enumerate(defined):
        others = [other for other in after.values() if other.key != entity.key]
        faults += beneath(f"legal_entities[{index}]", taken_series(entity, others, owners, installation_series))
    if faults:
        raise InvalidDefinition(faults)
    return list(_next_versions(defined, known))


def assign_customer(installation: Installation, customer: str, legal_entity: str) -> Customer:
    """Let a legal entity issue the invoices of a customer that are drafted from now on.

    Raises `NotFound`, `InvalidDefinition` for an unknown entity, and `IllegalTransition` for a customer with credit,
    which is in the books of the one before.
    """
    now = installation.business_clock.now()

    def assign(unit: UnitOfWork) -> Customer:
        present = unit.definitions.lock_customer(customer)
        require_legal_entity(unit, legal_entity)
        if present.legal_entity != legal_entity:
            _require_without_credit(unit, present, now)
            unit.definitions.assign_customer(customer, legal_entity)
        return replace(present, legal_entity=legal_entity)

    return installation.storage.transact(assign)


def is_in_books_of_issuer(unit: UnitOfWork, invoice: Invoice) -> bool:
    """Whether the customer's credit is in the books that an invoice is in; it is not once the customer was moved."""
    return unit.legal_entities.of_customer(invoice.customer).key == invoice.legal_entity


Requirement = Callable[[LegalEntity, LegalEntity | None], None]
"""Raises unless the defined entity may be stored, given the one of its key that is known."""


def _put(installation: Installation, document: Mapping[str, object], require: Requirement) -> LegalEntity:
    [defined] = read_definitions({"legal_entities": [document]}).legal_entities
    now, series = installation.business_clock.now(), installation.number_series

    def put(unit: UnitOfWork) -> LegalEntity:
        # Locks: whoever else changes definitions waits here and then sees ours.
        unit.definitions.bump_version()
        known = unit.legal_entities.newest()
        require(defined, known.get(defined.key))
        for entity in changed_entities([defined], known, unit.legal_entities.series_owners(), series):
            unit.legal_entities.add(entity, now)
        return unit.legal_entities.get(defined.key)

    return installation.storage.transact(put)


def _next_versions(defined: Sequence[LegalEntity], known: Mapping[str, LegalEntity]) -> Iterator[LegalEntity]:
    for entity in defined:
        present = known.get(entity.key)
        if present is None:
            yield entity
        elif replace(entity, version=present.version) != present:
            yield replace(entity, version=present.version + 1)


def _require_without_credit(unit: UnitOfWork, customer: Customer, now: datetime) -> None:
    for account in unit.credits.lock_wallets(customer.key):
        current = brought_up_to_date(unit, account, now)
        if current.balance.amount_minor or current.overage.amount_minor:
            held = f"{current.balance} {current.wallet.currency} of credit in the books of {customer.legal_entity!r}"
            raise IllegalTransition(f"Customer {customer.key!r} has {held}; let it be used, or void it, first")
