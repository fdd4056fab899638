"""Hold a connection whose provider refuses the credentials, and let it go on once they are taken again."""

from collections.abc import Callable

from gateway.core.connection_hold import ConnectionHold
from gateway.core.errors import NotFound
from gateway.core.ports.storage import UnitOfWork
from gateway.core.webhooks import WebhookEvent
from gateway.plugin_api import BillingProvider, CredentialsRefused, JournalTarget, NeedsAttention, ProviderError
from gateway.plugin_guard import guarded, guarded_target
from gateway.services.announce import ConnectionStanding, announce
from gateway.services.bindings import require_books_bound, require_bound
from gateway.services.delivery_failures import reason_length_max
from gateway.services.installation import Installation


def hold_if_refused(unit: UnitOfWork, installation: Installation, connection: str, error: Exception | None) -> None:
    """Hold a connection if `error` says that its credentials are refused; the first reason stays."""
    if not isinstance(error, CredentialsRefused) or unit.connections.hold(connection) is not None:
        return
    hold = ConnectionHold.begun(error.reason[:reason_length_max], error.remedy, installation.system_clock.now())
    unit.connections.set_hold(connection, hold)
    announce(unit, installation, WebhookEvent.CONNECTION_HELD, ConnectionStanding(connection, hold.reason, hold.remedy))


def probe_held(
    installation: Installation, connection: str, provider: BillingProvider, is_new_process: bool = False
) -> bool:
    """Ask a held connection whether its credentials are taken by now, and let it go on if so; whether it did.

    Nothing is asked before the next look is due, except by a new process, which may have other credentials.
    """

    def check() -> None:
        guarded(provider).check()
        require_bound(installation.storage, connection, provider)

    return _probe(installation, connection, check, is_new_process)


def probe_held_books(
    installation: Installation, connection: str, target: JournalTarget, is_new_process: bool = False
) -> bool:
    """As `probe_held`, of an accounting system."""

    def check() -> None:
        guarded_target(target).check()
        require_books_bound(installation.storage, connection, target)

    return _probe(installation, connection, check, is_new_process)


def _probe(installation: Installation, connection: str, check: Callable[[], None], is_new_process: bool) -> bool:
    hold = installation.storage.read(lambda unit: unit.connections.hold(connection))
    now = installation.system_clock.now()
    if hold is None or not (is_new_process or now >= hold.probe_at):
        return False
    try:
        check()
    except ProviderError as error:
        # What is no refusal says nothing new of the credentials.
        told = error if isinstance(error, NeedsAttention) else NeedsAttention(hold.reason, hold.remedy)
        later = hold.probed(told.reason[:reason_length_max], told.remedy, now)
        installation.storage.transact(lambda unit: unit.connections.set_hold(connection, later))
        return False
    return installation.storage.transact(lambda unit: _end(unit, installation, connection))


def resume_connection(installation: Installation, connection: str) -> str:
    """Let a held connection go on, which is held again if its credentials are still refused. Answers with its name.

    Resuming one that is not held changes nothing. Raises `NotFound` if it is not configured.
    """
    known = [each.connection for each in installation.connections]
    known += [each.connection for each in installation.journals]
    if connection not in known:
        raise NotFound(f"There is no connection {connection!r}; there are {', '.join(known)}")
    installation.storage.transact(lambda unit: _end(unit, installation, connection))
    return connection


def _end(unit: UnitOfWork, installation: Installation, connection: str) -> bool:
    is_over = unit.connections.end_hold(connection)
    if is_over:
        announce(unit, installation, WebhookEvent.CONNECTION_RESUMED, ConnectionStanding(connection))
    return is_over
