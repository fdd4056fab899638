"""Delivering everything that is due in the process of a command, instead of in the workers of a server."""

from rich.progress import Progress

from gateway.app import Gateway, provider_of
from gateway.core.delivery import DeliveryStatus
from gateway.services.deliver import deliver_next


def deliver_all(gateway: Gateway, bars: Progress) -> int:
    """Deliver what is due on the connection that invoices go to, until nothing is; how many were delivered."""
    installation = gateway.installation
    provider = provider_of(gateway.settings, installation.connection, gateway.database)
    waiting = installation.storage.read(lambda unit: unit.deliveries.counts().get(DeliveryStatus.PENDING, 0))
    task = bars.add_task(f"Delivering to {installation.connection}", total=waiting)
    delivered = 0
    while (report := deliver_next(installation, installation.connection, provider)) is not None:
        delivered += report.status is DeliveryStatus.DELIVERED
        bars.advance(task)
    return delivered
