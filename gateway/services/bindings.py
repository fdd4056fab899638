"""The name of a connection stands for the account that it first talked to: under it we know what is there.

Were another account put behind the name, our documents would be followed, voided and credited where they are not.
"""

from collections.abc import Iterator

from gateway.core.errors import GatewayError
from gateway.core.ports.connections import ConnectionBinding, ConnectionUse
from gateway.core.ports.storage import Storage, UnitOfWork
from gateway.plugin_api import BillingProvider, CredentialsRefused, Unsupported
from gateway.plugin_guard import GuardedProvider, guarded
from gateway.services.installation import Installation


class ConnectionsChanged(GatewayError):
    """A connection that something depends on is missing, or is another provider's by now."""

    code = "CONNECTIONS_CHANGED"


def require_connections(installation: Installation) -> None:
    """Raise `ConnectionsChanged` that names every connection whose documents or customers nobody would follow."""
    faults = installation.storage.read(lambda unit: list(_faults(unit, installation)))
    if faults:
        raise ConnectionsChanged("; ".join(faults))


def require_bound(storage: Storage, connection: str, provider: BillingProvider) -> None:
    """Raise `CredentialsRefused` if a connection is bound to another account than its credentials are for.

    Raises what the provider raises when it is asked which account it is.
    """
    held = guarded(provider)
    account = account_of(held)
    bound = storage.read(lambda unit: binding_that_counts(unit, connection))
    require_same(connection, bound, held.name, account)


def account_of(provider: GuardedProvider) -> str:
    """The account's id; empty where the provider does not tell."""
    try:
        return provider.account().id
    except Unsupported:
        return ""


def binding_that_counts(unit: UnitOfWork, connection: str) -> ConnectionBinding | None:
    """What a name stands for; nothing as long as nothing was sent there, so that a first try may be corrected."""
    return unit.connections.bindings().get(connection) if connection in unit.connections.talked_to() else None


def require_same(connection: str, bound: ConnectionBinding | None, provider: str, account: str) -> None:
    """Raise `CredentialsRefused` if a connection is bound to another provider, or to another account if it is known."""
    if bound is None:
        return
    remedy = (
        f"put back what [connections.{connection}] had, and give the other account a connection of its own,"
        " to which `gateway providers switch` brings customers"
    )
    if provider != bound.provider:
        reason = f"Connection {connection!r} is at {bound.provider} and has documents there, not at {provider}"
        raise CredentialsRefused(reason, remedy)
    if account and bound.account and account != bound.account:
        reason = f"Connection {connection!r} is the account {bound.account} and has documents there, not {account}"
        raise CredentialsRefused(reason, remedy)


def _faults(unit: UnitOfWork, installation: Installation) -> Iterator[str]:
    configured = {each.connection: each.provider for each in installation.connections}
    books = {each.connection for each in installation.journals}
    for name, use in unit.connections.uses(installation.connection).items():
        if name not in {*configured, *books} and (use.customers or use.open_documents):
            yield _missing(name, use)
    for name, provider in configured.items():
        try:
            require_same(name, binding_that_counts(unit, name), provider, "")
        except CredentialsRefused as error:
            yield str(error)


def _missing(name: str, use: ConnectionUse) -> str:
    return (
        f"[connections.{name}] is not configured, but {use.customers} customers and {use.open_documents} open documents"
        f" ({use.pending} to deliver, {use.parked} parked, {use.unpaid} unpaid) are there; put it back until"
        f" `gateway providers list` shows none of them, and `gateway providers switch` its customers to another"
    )
