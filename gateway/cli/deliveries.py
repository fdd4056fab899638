"""`gateway deliveries`."""

from typing import Annotated

import typer

from gateway.cli.opening import AsJson, Config, opened
from gateway.cli.output import complain, note, print_json, print_table
from gateway.core.delivery import Delivery, DeliveryStatus
from gateway.core.ports.deliveries import DeliveryFilter
from gateway.core.time import instant_text
from gateway.services.deliver import resume_delivery

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
        found, circuits = gateway.database.read(
            lambda unit: (
                unit.deliveries.page(DeliveryFilter(status), None, deliveries_shown_max),
                unit.connections.circuits(),
            )
        )
    if as_json:
        print_json([_document(delivery) for delivery in found])
    else:
        columns = ["id", "connection", "document", "status", "attempts", "due at", "reason", "remedy"]
        print_table(columns, [[str(value or "") for value in _document(each).values()] for each in found])
    for connection, circuit in sorted(circuits.items()):
        if circuit.is_open(now) and circuit.open_until is not None:
            until = instant_text(circuit.open_until)
            complain(f"{connection} is left alone until {until}, after {circuit.failures} failures: {circuit.reason}")


@group.command()
def resume(
    delivery: Annotated[str, typer.Argument(metavar="DELIVERY", help="Its id.")],
    config: Config = None,
) -> None:
    """Let a parked delivery go on where it stopped."""
    with opened(config) as gateway:
        resume_delivery(gateway.installation, delivery)
    note(f"Delivery {delivery} is due now")


def _document(delivery: Delivery) -> dict[str, object]:
    return {
        "id": delivery.id,
        "connection": delivery.connection,
        "document": delivery.document_id,
        "status": delivery.status,
        "attempts": delivery.attempts,
        "due_at": None if delivery.due_at is None else instant_text(delivery.due_at),
        "reason": delivery.reason,
        "remedy": delivery.remedy,
    }
