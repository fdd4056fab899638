"""Delivering everything that is due in the process of a command, instead of in the workers of a server."""

from rich.progress import Progress

from gateway.app import Gateway
from gateway.cli.output import counted
from gateway.cli.provider_calls import Providers, providers_in_time
from gateway.core.delivery import Delivered, DeliveryStatus, delivered_kind
from gateway.services.bind_connection import bind
from gateway.services.deliver import deliver_next
from gateway.services.shadow_run import quote_next


def deliver_all(gateway: Gateway, bars: Progress) -> dict[str, int]:
    """Deliver what is due on every connection, until nothing is; how many were delivered to each that had any.

    Raises as `provider_of`.
    """
    installation = gateway.installation
    uses = gateway.database.read(lambda unit: unit.connections.uses(installation.connection))
    with providers_in_time(gateway) as providers:
        delivered = {
            name: _deliver(gateway, providers, bars, name, use.pending) for name, use in uses.items() if use.pending
        }
        _shadow(gateway, providers)
    return delivered


def _shadow(gateway: Gateway, providers: Providers) -> None:
    """Have quoted what waits for the shadow connection."""
    connection = gateway.installation.shadow
    if connection is not None:
        provider = providers(connection)
        while quote_next(gateway.installation, connection, provider) is not None:
            pass


def _deliver(gateway: Gateway, providers: Providers, bars: Progress, connection: str, waiting: int) -> int:
    provider = providers(connection)
    task = bars.add_task(f"Delivering to {connection}", total=waiting)
    delivered = 0
    bind(gateway.installation, connection, provider)
    while (report := deliver_next(gateway.installation, connection, provider)) is not None:
        is_quote = delivered_kind(report.document_id) is Delivered.TAX_QUOTE
        delivered += report.status is DeliveryStatus.DELIVERED and not is_quote
        bars.advance(task)
    return delivered


def delivered_lines(gateway: Gateway, delivered: dict[str, int]) -> list[str]:
    """What to say of it, a line for each connection; of the deployment's own where nothing was due."""
    by_connection = delivered or {gateway.installation.connection: 0}
    return [f"{counted(count, 'invoice')} delivered to {name}" for name, count in by_connection.items()]
