"""Seeds run, one by one: each on a database of its own, to a report or to the first broken promise."""

import traceback
from collections import Counter
from collections.abc import Iterable
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass

from tests.fresh_database import fresh_database
from tests.simulator import (
    billing_operations,
    delivery_operations,
    sending_operations,
    time_operations,
)
from tests.simulator.checks import check_in_full
from tests.simulator.promises import PromiseBroken
from tests.simulator.settle import settle
from tests.simulator.simulation import (
    Operation,
    Simulation,
    operations_per_full_check,
    operations_per_seed,
)
from tests.simulator.world_time import WorldTime
from tests.vendors.accounts import Account, running

OPERATIONS: dict[str, tuple[float, Operation]] = {
    "send": (30, sending_operations.send),
    "send at once": (5, sending_operations.send_at_once),
    "send again": (7, sending_operations.send_again),
    "replay": (2, sending_operations.replay_quarantine),
    "project": (6, billing_operations.project),
    "read": (3, billing_operations.read),
    "bill": (4, billing_operations.bill),
    "review": (2, billing_operations.review),
    "define": (2, billing_operations.define),
    "deliver": (15, delivery_operations.deliver),
    "follow": (3, delivery_operations.follow),
    "pay": (3, delivery_operations.pay),
    "resume": (2, delivery_operations.resume),
    "pass time": (10, time_operations.pass_time),
    "set the clock": (1, time_operations.set_clock),
    "crash": (2, time_operations.crash),
}

VENDOR_OF_SEEDS = 20
VENDORS = {3: "stripe", 9: "chargebee", 15: "recurly"}
"""Which of so many seeds go to which vendor: talking over loopback takes as long as all the rest of a seed."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a seed came to; equal digests are equal runs."""

    seed: int
    operations: Counter[str]
    events: int
    invoices: int
    mishaps: int
    digest: str


class SeedFailed(AssertionError):
    """A seed in which something is wrong, with how to see it again."""

    def __init__(self, seed: int, cause: BaseException, trace: list[str]) -> None:
        told = "".join(traceback.format_exception(cause)) if not isinstance(cause, PromiseBroken) else str(cause)
        lines = [f"Seed {seed}: {told}", "The last operations:", *trace]
        super().__init__("\n".join([*lines, f"Again: python -m tests.simulator --seed {seed}"]))
        self.broken_promise = cause.promise if isinstance(cause, PromiseBroken) else None
        """Its number; None if something else went wrong."""


def run(seed: int, operations: int = operations_per_seed) -> Report:
    """Run one seed. Raises `SeedFailed`."""
    trace: Iterable[str] = ()
    try:
        with fresh_database() as path, _account(seed) as account:
            simulation = Simulation(seed, path, OPERATIONS, account)
            trace = simulation.trace
            with closing(simulation), simulation.temper.in_force():
                _run(simulation, operations)
                return _report(seed, simulation)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        raise SeedFailed(seed, error, list(trace)) from error


def _account(seed: int) -> AbstractContextManager[Account | None]:
    """Whom the invoices of a seed go to: a simulated provider, or now and then a vendor's fake by the vendor's SDK."""
    vendor = VENDORS.get(seed % VENDOR_OF_SEEDS)
    return running(vendor, int(WorldTime().now.timestamp())) if vendor else nullcontext()


def _report(seed: int, simulation: Simulation) -> Report:
    return Report(
        seed,
        simulation.done,
        simulation.log.head,
        len(simulation.invoices.finalized),
        sum(simulation.fate.counted.values()),
        simulation.digest.hexdigest(),
    )


def _run(simulation: Simulation, operations: int) -> None:
    billing_operations.found(simulation)
    checked = 0
    while simulation.done.total() < operations:
        simulation.step()
        if simulation.done.total() >= checked + operations_per_full_check:
            checked = simulation.done.total()
            check_in_full(simulation)
    settle(simulation)
