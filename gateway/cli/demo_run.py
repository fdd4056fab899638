"""What the demo does with an example: the same services, in the same order, as an installation of one's own."""

from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice

import msgspec
from rich.progress import Progress

from gateway.app import Gateway
from gateway.cli.delivering import deliver_all
from gateway.cli.documents import invoice_documents
from gateway.cli.examples import Event, Example
from gateway.cli.invoices import all_invoices
from gateway.cli.output import bar_of
from gateway.core.errors import GatewayError
from gateway.core.events import Outcome
from gateway.core.ports.invoices import InvoiceFilter
from gateway.core.time import read_instant
from gateway.services.bill import BillingRun, bill_due
from gateway.services.customers import SubscriptionRequest, create_customer, subscribe
from gateway.services.define import apply_definitions
from gateway.services.recognise import recognise_due
from gateway.wire.events import WireFormat, parse_events

events_per_batch = 1_000
batches_per_projection = 20
recent_events_max = 3 * events_per_batch * batches_per_projection


class NotEmpty(GatewayError):
    """A database that holds something already; the demo wants one of its own."""

    code = "NOT_EMPTY"


@dataclass(frozen=True, slots=True)
class DemoResult:
    """What became of the events, and what was billed and delivered."""

    outcomes: Counter[Outcome]
    billed: BillingRun
    delivered: int


def run_demo(gateway: Gateway, example: Example, bars: Progress) -> DemoResult:
    """Set up, record, bill and deliver an example on an empty database. Raises `NotEmpty` for any other."""
    if gateway.database.read(lambda unit: unit.log.head() or unit.definitions.customer_count()):
        raise NotEmpty("This database holds events or customers already; name an empty one")
    set_up(gateway, example)
    outcomes = record(gateway, example.events(), bars, example.event_count)
    billed = bill_due(gateway.installation, gateway.projector, example.bill_through, bar_of(bars, "Billing"))
    recognise_due(gateway.installation)
    return DemoResult(outcomes, billed, sum(deliver_all(gateway, bars).values()))


def set_up(gateway: Gateway, example: Example) -> None:
    """Apply the definitions, and create customers and subscriptions."""
    installation = gateway.installation
    apply_definitions(installation, example.definitions)
    for customer in example.customers:
        create_customer(installation, customer["key"], customer["name"], customer.get("email"))
    for row in example.subscriptions:
        ends_at = row.get("ends_at")
        request = SubscriptionRequest(
            customer=row["customer"],
            plan=row["plan"],
            starts_at=read_instant(row["starts_at"]),
            ends_at=read_instant(ends_at) if ends_at else None,
            time_zone=row.get("time_zone", "UTC"),
        )
        subscribe(installation, request)


def record(gateway: Gateway, events: Iterable[Event], bars: Progress, expected: int | None) -> Counter[Outcome]:
    """Record the events as a sender would, so many to a request, and count them live; how many ended how."""
    task = bars.add_task("Recording and counting", total=expected)
    outcomes: Counter[Outcome] = Counter()
    with ThreadPoolExecutor(1, "projector") as counting:
        counted = counting.submit(gateway.projector.catch_up)
        for number, body in enumerate(_bodies(events), start=1):
            receipts = gateway.recorder.record(parse_events(body, WireFormat.JSON))
            outcomes.update(receipt.outcome for receipt in receipts)
            bars.update(task, completed=outcomes.total())
            if number % batches_per_projection == 0:
                # Never further behind, so that what is to be counted is still in memory.
                counted.result()
                counted = counting.submit(gateway.projector.catch_up)
        counted.result()
    gateway.projector.catch_up()
    bars.update(task, total=outcomes.total())
    return outcomes


def demo_document(gateway: Gateway, result: DemoResult) -> dict[str, object]:
    """What the demo did, for a program to read: invoices by day of issue and customer."""
    invoices = sorted(all_invoices(gateway.database, InvoiceFilter()), key=lambda each: (each.issued_on, each.customer))
    shown = (Outcome.ACCEPTED, Outcome.DUPLICATE, Outcome.CONFLICT, Outcome.QUARANTINED)
    return {
        "events": {outcome.value: result.outcomes[outcome] for outcome in shown},
        "invoices": invoice_documents(gateway.database, invoices),
    }


def _bodies(events: Iterable[Event]) -> Iterator[bytes]:
    remaining = iter(events)
    while batch := list(islice(remaining, events_per_batch)):
        yield msgspec.json.encode(batch)
