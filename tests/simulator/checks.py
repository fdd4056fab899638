"""When which promise is checked: after each operation what it can have touched, and everything now and then."""

from typing import TYPE_CHECKING

from gateway.core.ports.storage import UnitOfWork
from tests.simulator.count_checks import check_counts, check_touched
from tests.simulator.delivery_checks import check_deliveries, check_no_document_twice
from tests.simulator.invoice_checks import (
    check_books,
    check_changed_invoices,
    check_one_for_each,
    check_replay,
    check_unchanged,
)
from tests.simulator.log_checks import check_contents, check_customer, check_head, check_log, check_quarantine
from tests.simulator.process import Process

if TYPE_CHECKING:
    from tests.simulator.simulation import Simulation

TOUCHING_COUNTS = frozenset({"send", "send at once", "send again", "replay", "define"})
TOUCHING_INVOICES = frozenset({"bill", "review", "deliver", "follow", "resume"})
replays_per_full_check = 2


def check_after(simulation: "Simulation", name: str) -> None:
    """Check what an operation of this name can have touched."""
    check_no_document_twice(simulation.provider)
    check_head(simulation.raw, simulation.log)
    if name in TOUCHING_INVOICES:
        check_invoices(simulation)
    if name in TOUCHING_COUNTS and simulation.random.random() < simulation.temper.reads:
        check_next_read(simulation, simulation.idle())


def check_next_read(simulation: "Simulation", process: Process) -> None:
    """Read as a customer would, in any process, and find everything that was acknowledged."""
    bring_up(simulation, process)
    process.database.read(lambda unit: check_touched(unit, simulation.counts, simulation.log.head))


def check_invoices(simulation: "Simulation") -> None:
    """Check what is new of invoices, and all deliveries."""
    model, history = simulation.invoices, simulation.recent_history
    changed = model.changed(simulation.raw)
    if changed:
        simulation.look(lambda unit: check_changed_invoices(unit, changed, model, simulation.counts, history))
        check_one_for_each(simulation.raw)
    check_deliveries(simulation.raw, simulation.invoices, simulation.delivered)


def check_in_full(simulation: "Simulation", is_last: bool = False) -> None:
    """Check everything; at last also every replay."""
    bring_up(simulation, simulation.idle())
    check_log(simulation.raw, simulation.log)
    check_counts(simulation.raw, simulation.counts)
    check_invoices(simulation)
    check_one_for_each(simulation.raw)
    check_no_document_twice(simulation.provider)
    finalized, customers = list(simulation.invoices.finalized.values()), sorted(simulation.counts.by_customer)
    if not is_last:
        finalized = simulation.random.sample(finalized, min(replays_per_full_check, len(finalized)))
        customers = simulation.random.sample(customers, min(1, len(customers)))

    def look(unit: UnitOfWork) -> None:
        check_quarantine(unit, simulation.log)
        check_contents(unit, simulation.log, after=0 if is_last else max(0, simulation.log.head - 100))
        for customer in customers:
            check_customer(unit, simulation.log, customer, simulation.counts.by_customer[customer], is_last)
        check_unchanged(unit, simulation.invoices)
        check_books(unit, simulation.invoices)
        for invoice in finalized:
            check_replay(unit, invoice)

    simulation.look(look)


def bring_up(simulation: "Simulation", process: Process) -> None:
    """Have the live counts brought up to date by a process."""
    with simulation.fate.quiet():
        process.projector.catch_up()
