"""`gateway webhooks`."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from gateway.cli.opening import AsJson, Config, opened
from gateway.cli.output import counted, note, print_json, print_table
from gateway.cli.received_webhooks import received, retry_received
from gateway.core.ports.webhooks import SendingFilter
from gateway.core.time import instant_text
from gateway.core.webhooks import SendingStatus, WebhookEndpoint, WebhookEvent, WebhookMessage, WebhookSending
from gateway.services.webhook_endpoints import (
    add_endpoint,
    disable_endpoint,
    enable_endpoint,
    redeliver,
    redeliver_since,
    remove_endpoint,
    rotate_secret,
)

sendings_shown_max = 100

group = typer.Typer(
    name="webhooks", help="Endpoints that hear of what happens, and what providers tell.", no_args_is_help=True
)

EndpointId = Annotated[str, typer.Argument(metavar="ID", help="The endpoint's id.")]


@group.command()
def add(
    url: Annotated[str, typer.Argument(metavar="URL", help="Where to post messages.")],
    events: Annotated[
        list[WebhookEvent] | None, typer.Option("--event", help="What it hears of; everything without any.")
    ] = None,
    description: Annotated[str, typer.Option(help="What it is for.")] = "",
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Add an endpoint, and show the secret of its signatures this once."""
    with opened(config) as gateway:
        endpoint, secret = add_endpoint(gateway.installation, url, events or (), description)
    _show_secret(endpoint, secret, as_json)


@group.command("list")
def list_(config: Config = None, as_json: AsJson = False) -> None:
    """List the endpoints, and whether they are sent to."""
    with opened(config) as gateway:
        found = [_document(each) for each in gateway.database.read(lambda unit: unit.webhooks.endpoints())]
    if as_json:
        print_json(found)
    else:
        print_table(["id", "url", "events", "description", "state"], [list(each.values()) for each in found])


@group.command()
def rotate(
    endpoint_id: EndpointId,
    previous_hours: Annotated[int, typer.Option(help="For how long the secret before signs too.")] = 24,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Give an endpoint another secret, and show it this once."""
    with opened(config) as gateway:
        endpoint, secret = rotate_secret(gateway.installation, endpoint_id, previous_hours)
    _show_secret(endpoint, secret, as_json)


@group.command()
def enable(endpoint_id: EndpointId, config: Config = None) -> None:
    """Send to an endpoint again; what was on its way goes on."""
    with opened(config) as gateway:
        endpoint = enable_endpoint(gateway.installation, endpoint_id)
    note(
        f"{endpoint.url} is sent to again. `gateway webhooks redeliver {endpoint.id} --since TIME` sends what it missed"
    )


@group.command()
def disable(
    endpoint_id: EndpointId,
    reason: Annotated[str, typer.Option(help="Why, for those who wonder later.")],
    config: Config = None,
) -> None:
    """Send nothing to an endpoint until it is enabled."""
    with opened(config) as gateway:
        endpoint = disable_endpoint(gateway.installation, endpoint_id, reason)
    note(f"{endpoint.url} is sent nothing until it is enabled")


@group.command()
def remove(endpoint_id: EndpointId, config: Config = None) -> None:
    """Remove an endpoint with everything that is on its way to it."""
    with opened(config) as gateway:
        remove_endpoint(gateway.installation, endpoint_id)
    note(f"Endpoint {endpoint_id} is removed")


@group.command()
def sendings(
    endpoint_id: EndpointId,
    status: Annotated[SendingStatus | None, typer.Option(help="Only those in this state.")] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """List the newest messages to an endpoint, and what became of them."""
    matching = SendingFilter(endpoint_id, status)
    with opened(config) as gateway:
        found = gateway.database.read(lambda unit: unit.webhooks.sendings(matching, None, sendings_shown_max))
    rows = [_sending_document(*each) for each in found]
    if as_json:
        print_json(rows)
    else:
        columns = ["message", "event", "occurred at", "status", "attempts", "answer", "due at"]
        print_table(columns, [list(map(str, row.values())) for row in rows], numbers=["attempts"])


@group.command("redeliver")
def redeliver_(
    endpoint_id: EndpointId,
    message: Annotated[str | None, typer.Option(metavar="ID", help="This message.")] = None,
    since: Annotated[datetime | None, typer.Option(help="What it has not taken since then, in UTC.")] = None,
    config: Config = None,
) -> None:
    """Send one message to an endpoint again, or all that it missed."""
    if (message is None) == (since is None):
        raise typer.BadParameter("give one of --message and --since")
    with opened(config) as gateway:
        if message is not None:
            redeliver(gateway.installation, message, endpoint_id)
        missed = 1 if since is None else redeliver_since(gateway.installation, endpoint_id, since.replace(tzinfo=UTC))
    note(f"{counted(missed, 'message')} on the way")


group.command()(received)
group.command("retry-received")(retry_received)


def _show_secret(endpoint: WebhookEndpoint, secret: str, as_json: bool) -> None:
    if as_json:
        print_json({"id": endpoint.id, "url": endpoint.url, "secret": secret})
    else:
        print(secret)
        note(f"Endpoint {endpoint.id} at {endpoint.url}. Keep the secret safe: it cannot be shown again.")


def _document(endpoint: WebhookEndpoint) -> dict[str, str]:
    state = "enabled" if endpoint.failing_since is None else f"failing since {instant_text(endpoint.failing_since)}"
    return {
        "id": endpoint.id,
        "url": endpoint.url,
        "events": " ".join(sorted(endpoint.events)) or "all",
        "description": endpoint.description,
        "state": f"disabled: {endpoint.disabled_reason}" if endpoint.disabled_at else state,
    }


def _sending_document(sending: WebhookSending, message: WebhookMessage) -> dict[str, object]:
    answer = sending.failure if sending.status_code is None else sending.status_code
    return {
        "message": message.id,
        "event": message.event,
        "occurred_at": instant_text(message.occurred_at),
        "status": sending.status,
        "attempts": sending.attempts,
        "answer": "" if answer is None else answer,
        "due_at": "" if sending.due_at is None else instant_text(sending.due_at),
    }
