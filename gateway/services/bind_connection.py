"""Bind the name of a connection to its account, before anything is sent there."""

from gateway.core.ports.connections import ConnectionBinding
from gateway.core.ports.storage import UnitOfWork
from gateway.plugin_api import BillingProvider, JournalTarget, ProviderError
from gateway.plugin_guard import GuardedProvider, GuardedTarget, guarded, guarded_target
from gateway.services.bindings import BILLING, BOOKS, Side, account_of, binding_that_counts, require_same
from gateway.services.connected import note_attempt
from gateway.services.installation import Installation


def bind(installation: Installation, connection: str, provider: BillingProvider) -> bool:
    """Bind a connection to its account, before anything is sent there; False if it is not to be talked to for now.

    One that is bound to another account is held, with the way out.
    """
    return _is_bound(installation, connection, guarded(provider), BILLING)


def bind_books(installation: Installation, connection: str, target: JournalTarget) -> bool:
    """As `bind`, to the books that an accounting system keeps."""
    return _is_bound(installation, connection, guarded_target(target), BOOKS)


def _is_bound(installation: Installation, connection: str, held: GuardedProvider | GuardedTarget, side: Side) -> bool:
    try:
        account = account_of(held)
        installation.storage.transact(lambda unit: _bind(unit, installation, connection, (held.name, account), side))
    except ProviderError as error:
        told = error
        installation.storage.transact(lambda unit: note_attempt(unit, installation, connection, told))
        return False
    return True


def _bind(unit: UnitOfWork, installation: Installation, connection: str, place: tuple[str, str], side: Side) -> None:
    """`place` is the plugin, and the account there if it tells."""
    provider, account = place
    bound = binding_that_counts(unit, connection)
    require_same(connection, bound, provider, account, side)
    known = account or (bound.account if bound else "")
    if bound is None or bound.account != known:
        unit.connections.bind(connection, ConnectionBinding(provider, known, installation.system_clock.now()))
