"""Operations of the projector, the billing clock and those who look after it."""

from gateway.core.errors import GatewayError
from gateway.core.gate.discrepancy import DiscrepancyKind
from gateway.core.invoicing.invoice import InvoiceStatus
from gateway.services.bill import bill_due
from gateway.services.customers import create_customer, subscribe
from gateway.services.define import apply_definitions
from gateway.services.follow_provider import apply_changes
from gateway.services.resolve_review import approve
from tests.simulator import catalogue
from tests.simulator.checks import check_next_read
from tests.simulator.process import CONNECTION, Process
from tests.simulator.promises import require_same
from tests.simulator.simulation import Simulation


def project(simulation: Simulation, process: Process) -> str:
    """Let the projector work once."""
    as_of = process.projector.bring_up()
    return f"at {as_of.position}"


def read(simulation: Simulation, process: Process) -> str:
    """Read what was acknowledged."""
    check_next_read(simulation, process)
    return f"at {simulation.log.head}"


def bill(simulation: Simulation, process: Process) -> str:
    """Bill what is due."""
    run = bill_due(process.installation, process.projector)
    require_same(7, run.failed, (), "boundaries that could not be billed")
    return f"{len(run.finalized)} finalized, {len(run.held)} held"


def review(simulation: Simulation, process: Process) -> str:
    """Let a held invoice go out, as a person would, who asks again with the same key until there is an answer."""
    held = process.database.read(lambda unit: unit.invoices.with_status(InvoiceStatus.HELD, 1))
    if not held:
        return "nothing is held"
    name = held[0].id
    found = process.database.read(lambda unit: unit.invoices.discrepancies([name]))[name]
    require_same(7, {item.kind for item in found}, {DiscrepancyKind.UNCOUNTABLE}, f"what holds {name}")
    answer = approve(process.installation, name, "a person", "it is all right", f"approve {name}")
    require_same(7, answer, name, "the answer to an approval")
    return f"{name} approved"


def define(simulation: Simulation, process: Process) -> str:
    """Create a customer, subscribe one, or change a definition; what others have done meanwhile may forbid it."""
    change = simulation.random.choice((_create_customer, _subscribe, _apply_definitions, _apply_definitions))
    try:
        with simulation.learning(process, lambda _: simulation.redefine(process)):
            return change(simulation, process)
    except GatewayError as refusal:
        return f"refused: {refusal}"


def _create_customer(simulation: Simulation, process: Process) -> str:
    key = simulation.random.choice(catalogue.LATER_CUSTOMERS)
    return f"customer {create_customer(process.installation, key, key.title()).key}"


def _subscribe(simulation: Simulation, process: Process) -> str:
    request = simulation.random.choice(catalogue.later_subscriptions(simulation.clock.now()))
    return f"subscription {subscribe(process.installation, request).key}"


def _apply_definitions(simulation: Simulation, process: Process) -> str:
    meters = simulation.counts.defined.meters
    document = catalogue.changed_document(simulation.random, meters, simulation.clock.now())
    applied = apply_definitions(process.installation, document)
    return f"added {applied.event_types} {applied.meters} {applied.plans}"


def found(simulation: Simulation) -> None:
    """Define what there is at the beginning."""
    process = simulation.idle()
    with simulation.fate.quiet(), simulation.learning(process, lambda _: simulation.redefine(process)):
        apply_definitions(process.installation, catalogue.FIRST_DOCUMENT)
        for key in catalogue.CUSTOMERS:
            create_customer(process.installation, key, key.title())
        for request in catalogue.FIRST_SUBSCRIPTIONS:
            subscribe(process.installation, request)
        # The worker looks for changes before it delivers anything.
        apply_changes(process.installation, CONNECTION, process.provider)
