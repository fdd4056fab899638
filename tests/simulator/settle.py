"""The end of a seed: nothing fails any more, and all that was left open comes to its end."""

from datetime import datetime, timedelta

from gateway.core.delivery import DeliveryStatus
from gateway.core.invoicing.invoice import InvoiceStatus
from gateway.core.plans.plan import PlanVersion, Timing
from gateway.core.subscriptions.subscription import Boundary, boundaries
from gateway.core.time import microseconds
from gateway.services.customers import create_customer
from gateway.services.define import apply_definitions
from tests.simulator import billing_operations, catalogue, delivery_operations, sending_operations
from tests.simulator.checks import check_in_full, check_invoices
from tests.simulator.delivery_checks import check_settled
from tests.simulator.process import CONNECTION
from tests.simulator.promises import PromiseBroken, require_same
from tests.simulator.simulation import Simulation

# All events that were sent from the future are of the past by then.
_wait = timedelta(days=13)
_attempts_max = 400


def settle(simulation: Simulation) -> None:
    """Let everything come to its end, and check that nothing is missing and nothing is there twice."""
    with simulation.fate.quiet():
        for process in simulation.processes:
            process.restart()
        simulation.time.skew = timedelta(0)
        simulation.time.advance(_wait)
        _admit_everyone(simulation)
        _answer_everyone(simulation)
        _bill_everything(simulation)
        billed_at = simulation.time.now
        _deliver_everything(simulation)
        check_in_full(simulation, is_last=True)
        _check_every_boundary(simulation, billed_at)
        simulation.look(lambda unit: check_settled(unit, simulation.invoices, simulation.provider))


def _admit_everyone(simulation: Simulation) -> None:
    process = simulation.idle()
    with simulation.learning(process, lambda _: simulation.redefine(process)):
        apply_definitions(process.installation, {"event_types": [catalogue.LATER_TYPE]})
        for key in catalogue.LATER_CUSTOMERS:
            create_customer(process.installation, key, key.title())


def _answer_everyone(simulation: Simulation) -> None:
    while simulation.unanswered:
        sending_operations.send_unanswered(simulation, simulation.idle())
    for _ in range(_attempts_max):
        if not simulation.log.waiting:
            return
        sending_operations.replay_quarantine(simulation, simulation.idle())
    raise PromiseBroken(7, f"quarantine is never empty: {simulation.log.waiting}")


def _bill_everything(simulation: Simulation) -> None:
    billing_operations.bill(simulation, simulation.idle())
    check_invoices(simulation)
    while billing_operations.review(simulation, simulation.idle()) != "nothing is held":
        pass
    billing_operations.bill(simulation, simulation.idle())
    check_invoices(simulation)
    left = simulation.raw.execute("SELECT id FROM invoice WHERE status <> ?", (InvoiceStatus.FINALIZED,)).fetchall()
    require_same(7, left, [], "invoices that are never finalized")


def _deliver_everything(simulation: Simulation) -> None:
    for _ in range(_attempts_max):
        delivery_operations.resume(simulation, simulation.idle())
        if delivery_operations.deliver(simulation, simulation.idle()) != "nothing is due":
            continue
        due_at, circuit = simulation.idle().database.read(
            lambda unit: (unit.deliveries.next_due_at(CONNECTION), unit.connections.circuit(CONNECTION))
        )
        if due_at is None:
            break
        asked_at = max(due_at, circuit.open_until or due_at)
        simulation.time.advance(max(asked_at - simulation.time.now, timedelta(seconds=1)))
    rows = simulation.raw.execute("SELECT id, status, reason FROM delivery WHERE status <> ?",
                                  (DeliveryStatus.DELIVERED,)).fetchall()  # fmt: skip
    require_same(7, rows, [], "deliveries that never come to an end")
    delivery_operations.follow(simulation, simulation.idle())


def _check_every_boundary(simulation: Simulation, billed_at: datetime) -> None:
    """Every boundary that is due has its invoice."""
    defined = simulation.counts.defined
    expected = {
        (subscription.id, microseconds(boundary.at))
        for subscription in defined.subscriptions
        for boundary in boundaries(subscription, billed_at - defined.plan_of(subscription).grace)
        if _has_lines(defined.plan_of(subscription), boundary)
    }
    rows = simulation.raw.execute("SELECT subscription_id, boundary_at FROM invoice WHERE kind = 'period'")
    require_same(7, set(rows.fetchall()), expected, "boundaries with an invoice")


def _has_lines(plan: PlanVersion, boundary: Boundary) -> bool:
    is_early = any(price.timing is Timing.IN_ADVANCE for price in plan.prices)
    return boundary.ended is not None or (is_early and boundary.started is not None)
