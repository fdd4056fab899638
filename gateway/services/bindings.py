"""The name of a connection stands for the account that it first talked to: under it we know what is there.

Were another account put behind the name, our documents would be followed, voided and credited where they are not.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from gateway.core.errors import GatewayError
from gateway.core.ports.connections import ConnectionBinding, ConnectionUse
from gateway.core.ports.storage import Storage, UnitOfWork
from gateway.plugin_api import BillingProvider, CredentialsRefused, JournalTarget, Unsupported
from gateway.plugin_guard import GuardedProvider, GuardedTarget, guarded, guarded_target
from gateway.services.installation import Installation


class ConnectionsChanged(GatewayError):
    """A connection that something depends on is missing, or is another provider's by now."""

    code = "CONNECTIONS_CHANGED"


def require_connections(installation: Installation) -> None:
    """Raise `ConnectionsChanged` that names every connection whose documents or customers nobody would follow."""
    faults = installation.storage.read(lambda unit: list(_faults(unit, installation)))
    if faults:
        raise ConnectionsChanged("; ".join(faults))


@dataclass(frozen=True, slots=True)
class Side:
    """How to speak of connections of one kind: their tables, what is there, and how to come to another account."""

    table: str
    holds: str
    way_out: str


BILLING = Side(
    "connections",
    "documents",
    "give the other account a connection of its own, to which `gateway providers switch` brings customers",
)
BOOKS = Side(
    "journals",
    "journals",
    "give the other books a table of their own, to which `gateway books post` sends each month anew",
)


def require_bound(storage: Storage, connection: str, provider: BillingProvider) -> None:
    """Raise `CredentialsRefused` if a connection is bound to another account than its credentials are for.

    Raises what the provider raises when it is asked which account it is.
    """
    _require_bound(storage, connection, guarded(provider), BILLING)


def require_books_bound(storage: Storage, connection: str, target: JournalTarget) -> None:
    """As `require_bound`, of an accounting system."""
    _require_bound(storage, connection, guarded_target(target), BOOKS)


def _require_bound(storage: Storage, connection: str, held: GuardedProvider | GuardedTarget, side: Side) -> None:
    account = account_of(held)
    bound = storage.read(lambda unit: binding_that_counts(unit, connection))
    require_same(connection, bound, held.name, account, side)


def account_of(provider: GuardedProvider | GuardedTarget) -> str:
    """The account's id; empty where the provider, or the accounting system, does not tell."""
    try:
        return provider.account().id
    except Unsupported:
        return ""


def binding_that_counts(unit: UnitOfWork, connection: str) -> ConnectionBinding | None:
    """What a name stands for; nothing as long as nothing was sent there, so that a first try may be corrected."""
    return unit.connections.bindings().get(connection) if connection in unit.connections.talked_to() else None


def require_same(
    connection: str, bound: ConnectionBinding | None, provider: str, account: str, side: Side = BILLING
) -> None:
    """Raise `CredentialsRefused` if a connection is bound to another provider, or to another account if it is known."""
    if bound is None:
        return
    remedy = f"put back what [{side.table}.{connection}] had, and {side.way_out}"
    if provider != bound.provider:
        reason = f"Connection {connection!r} is at {bound.provider} and has {side.holds} there, not at {provider}"
        raise CredentialsRefused(reason, remedy)
    if account and bound.account and account != bound.account:
        there = f"the account {bound.account} and has {side.holds} there"
        reason = f"Connection {connection!r} is {there}, not {account}"
        raise CredentialsRefused(reason, remedy)


def _faults(unit: UnitOfWork, installation: Installation) -> Iterator[str]:
    configured = [(each.connection, each.provider, BILLING) for each in installation.connections]
    configured += [(each.connection, each.target, BOOKS) for each in installation.journals]
    names = {name for name, *_ in configured}
    for name, use in unit.connections.uses(installation.connection).items():
        if name not in names and (use.customers or use.open_documents):
            yield _missing(name, use)
    for name, provider, side in configured:
        try:
            require_same(name, binding_that_counts(unit, name), provider, "", side)
        except CredentialsRefused as error:
            yield str(error)


def _missing(name: str, use: ConnectionUse) -> str:
    if use.journals:
        return (
            f"[journals.{name}] is not configured, but {use.journals} journals are on their way there"
            f" ({use.pending} to deliver, {use.parked} parked); put it back until `gateway providers list` shows none"
        )
    return (
        f"[connections.{name}] is not configured, but {use.customers} customers and {use.open_documents} open documents"
        f" ({use.pending} to deliver, {use.parked} parked, {use.unpaid} unpaid) are there; put it back until"
        f" `gateway providers list` shows none of them, and `gateway providers switch` its customers to another"
    )
