"""`gateway webhooks received` and `retry-received`."""

from typing import Annotated

import typer

from gateway.cli.opening import AsJson, Config, opened
from gateway.cli.output import note, print_json, print_table
from gateway.core.ports.received_webhooks import ReceivedFilter
from gateway.core.received_webhooks import ReceivedStatus, ReceivedWebhook
from gateway.core.time import instant_text
from gateway.services.receive_webhook import retry_webhook

received_shown_max = 100


def received(
    status: Annotated[ReceivedStatus | None, typer.Option(help="Only those in this state.")] = None,
    connection: Annotated[str | None, typer.Option(metavar="NAME", help="Only those of this connection.")] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """List the newest webhooks that providers sent, and what became of them."""
    matching = ReceivedFilter(connection, status)
    with opened(config) as gateway:
        found = gateway.database.read(lambda unit: unit.received.page(matching, None, received_shown_max))
    rows = [_document(each) for each in found]
    if as_json:
        print_json(rows)
    else:
        columns = ["connection", "id", "type", "document", "received at", "status", "attempts", "due at", "reason"]
        shown = [["" if value is None else str(value) for value in row.values()] for row in rows]
        print_table(columns, shown, numbers=["attempts"])


def retry_received(
    event_id: Annotated[str, typer.Argument(metavar="ID", help="The provider's id of the webhook.")],
    connection: Annotated[
        str | None, typer.Option(metavar="NAME", help="The connection that it came to; the default one without.")
    ] = None,
    config: Config = None,
) -> None:
    """Have a parked webhook of a provider looked into again."""
    with opened(config) as gateway:
        name = connection or gateway.installation.connection
        retry_webhook(gateway.installation, name, event_id)
    note(f"Webhook {event_id} of {name} is looked into again; `gateway serve` asks the provider what it is about")


def _document(webhook: ReceivedWebhook) -> dict[str, object]:
    return {
        "connection": webhook.connection,
        "id": webhook.event_id,
        "type": webhook.type,
        "ref": webhook.ref,
        "received_at": instant_text(webhook.received_at),
        "status": webhook.status,
        "attempts": webhook.attempts,
        "due_at": None if webhook.due_at is None else instant_text(webhook.due_at),
        "reason": webhook.reason,
    }
