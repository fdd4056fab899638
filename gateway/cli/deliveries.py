"""`gateway deliveries`."""

from collections.abc import Mapping
from typing import Annotated

import typer

from gateway.cli.opening import AsJson, Config, opened
from gateway.cli.output import complain, note, print_json, print_table
from gateway.core.circuit import Circuit
from gateway.core.delivery import Delivery, DeliveryStatus
from gateway.core.ports.deliveries import DeliveryFilter
from gateway.core.ports.storage import UnitOfWork
from gateway.core.time import instant_text
from gateway.services.deliver import resume_delivery
from gateway.services.settle_delivery import settle_by_hand

deliveries_shown_max = 1_000

group = typer.Typer(name="deliveries", help="Documents on their way to billing systems.", no_args_is_help=True)


@group.command("list")
def list_(
    status: Annotated[DeliveryStatus | None, typer.Option(help="Only those that are so.")] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """List what is on its way, why it waits and what to do; then the connections whose provider does not answer."""
    with opened(config) as gateway:
        now = gateway.installation.system_clock.now()
        found, customers, circuits = gateway.database.read(lambda unit: _listed(unit, DeliveryFilter(status)))
    documents = [_document(each, customers) for each in found]
    if as_json:
        print_json(documents)
    else:
        columns = ["id", "connection", "document", "customer", "status", "attempts", "due at", "reason", "remedy"]
        print_table(columns, [[str(value or "") for value in each.values()] for each in documents])
    for connection, circuit in sorted(circuits.items()):
        if circuit.is_open(now) and circuit.open_until is not None:
            until = instant_text(circuit.open_until)
            complain(f"{connection} is left alone until {until}, after {circuit.failures} failures: {circuit.reason}")


def _listed(unit: UnitOfWork, matching: DeliveryFilter) -> tuple[list[Delivery], dict[str, str], dict[str, Circuit]]:
    found = unit.deliveries.page(matching, None, deliveries_shown_max)
    return found, unit.deliveries.customers([each.id for each in found]), unit.connections.circuits()


@group.command()
def resume(
    delivery: Annotated[str, typer.Argument(metavar="DELIVERY", help="Its id.")],
    config: Config = None,
) -> None:
    """Let a parked delivery go on where it stopped."""
    with opened(config) as gateway:
        resume_delivery(gateway.installation, delivery)
    note(f"Delivery {delivery} is due now")


@group.command()
def settle(
    delivery: Annotated[str, typer.Argument(metavar="DELIVERY", help="Its id.")],
    reason: Annotated[str, typer.Option(help="What was done instead, and where; kept for ever.")],
    config: Config = None,
) -> None:
    """Close a parked credit note, voiding, payment or link that a person has dealt with elsewhere."""
    with opened(config) as gateway:
        gateway.database.transact(
            lambda unit: settle_by_hand(unit, gateway.installation, delivery, "the command line", reason)
        )
    note(f"Delivery {delivery} is settled")


def _document(delivery: Delivery, customers: Mapping[str, str]) -> dict[str, object]:
    return {
        "id": delivery.id,
        "connection": delivery.connection,
        "document": delivery.document_id,
        "customer": customers.get(delivery.id),
        "status": delivery.status,
        "attempts": delivery.attempts,
        "due_at": None if delivery.due_at is None else instant_text(delivery.due_at),
        "reason": delivery.reason,
        "remedy": delivery.remedy,
    }
