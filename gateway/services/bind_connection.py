"""Bind the name of a connection to its account, before anything is sent there."""

from gateway.core.ports.connections import ConnectionBinding
from gateway.core.ports.storage import UnitOfWork
from gateway.plugin_api import BillingProvider, ProviderError
from gateway.plugin_guard import guarded
from gateway.services.bindings import account_of, binding_that_counts, require_same
from gateway.services.connected import note_attempt
from gateway.services.installation import Installation


def bind(installation: Installation, connection: str, provider: BillingProvider) -> bool:
    """Bind a connection to its account, before anything is sent there; False if it is not to be talked to for now.

    One that is bound to another account is held, with the way out.
    """
    held = guarded(provider)
    try:
        account = account_of(held)
        installation.storage.transact(lambda unit: _bind(unit, installation, connection, held.name, account))
    except ProviderError as error:
        told = error
        installation.storage.transact(lambda unit: note_attempt(unit, installation, connection, told))
        return False
    return True


def _bind(unit: UnitOfWork, installation: Installation, connection: str, provider: str, account: str) -> None:
    bound = binding_that_counts(unit, connection)
    require_same(connection, bound, provider, account)
    known = account or (bound.account if bound else "")
    if bound is None or bound.account != known:
        unit.connections.bind(connection, ConnectionBinding(provider, known, installation.system_clock.now()))
