"""Operations around the provider: delivering, following, and what people do there and here."""

from gateway.core.delivery import DeliveryStatus
from gateway.core.errors import IllegalTransition
from gateway.core.ports.deliveries import DeliveryFilter
from gateway.plugin_api import ExternalStatus, ProviderError
from gateway.services.deliver import deliver_next, resume_delivery
from gateway.services.follow_provider import apply_changes
from tests.simulator.process import CONNECTION, Process
from tests.simulator.simulation import Simulation

jitter_max = 1023


def deliver(simulation: Simulation, process: Process) -> str:
    """Deliver what is due longest."""
    report = deliver_next(
        process.installation, CONNECTION, process.provider, lambda: simulation.random.randint(0, jitter_max)
    )
    return "nothing is due" if report is None else f"{report}: {report.reason}" if report.reason else str(report)


def follow(simulation: Simulation, process: Process) -> str:
    """Look for changes at the provider."""
    try:
        return f"{apply_changes(process.installation, CONNECTION, process.provider)} changed"
    except ProviderError as error:
        return str(error)


def pay(simulation: Simulation, process: Process) -> str:
    """A customer pays an invoice at the provider, or somebody there gives it up."""
    is_open = [held for held in simulation.provider.invoices() if held.status is ExternalStatus.OPEN]
    if not is_open:
        return "nothing is open"
    held = simulation.random.choice(is_open)
    wanted = ExternalStatus.PAID if simulation.random.random() < 0.8 else ExternalStatus.UNCOLLECTIBLE
    return f"{held.our_id} {simulation.provider.settle(held.our_id, wanted)}"


def resume(simulation: Simulation, process: Process) -> str:
    """A person resumes what is parked, unless another one has done so meanwhile."""
    wanted = DeliveryFilter(status=DeliveryStatus.PARKED)
    parked = process.database.read(lambda unit: unit.deliveries.page(wanted, None, 100))
    try:
        for delivery in parked:
            resume_delivery(process.installation, delivery.id)
    except IllegalTransition as refusal:
        return f"refused: {refusal}"
    return f"{len(parked)} resumed"
