"""`gateway quarantine`."""

from collections.abc import Iterator
from typing import Annotated

import typer

from gateway.cli.opening import AsJson, Config, opened
from gateway.cli.output import complain, counted, note, print_json, print_table
from gateway.core.events import Outcome
from gateway.core.ports.event_log import QuarantinedEvent
from gateway.core.ports.storage import Storage
from gateway.core.time import instant_text
from gateway.services.group_commit import Receipt
from gateway.services.installation import Installation
from gateway.services.replay_quarantine import events_per_replay_max, replay

events_shown_max = 1_000

group = typer.Typer(name="quarantine", help="Events that could not be taken yet.", no_args_is_help=True)


@group.command("list")
def list_(config: Config = None, as_json: AsJson = False) -> None:
    """List the events that wait, and why."""
    with opened(config) as gateway:
        found = gateway.database.read(lambda unit: unit.log.quarantined(None, events_shown_max))
    rows = [_document(event) for event in found]
    if as_json:
        print_json(rows)
    else:
        columns = ["id", "reason", "source", "event id", "type", "customer", "occurred at", "quarantined at"]
        print_table(columns, [list(row.values()) for row in rows])


@group.command("replay")
def replay_(
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="ID", help="Only these; all that wait without any.")
    ] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Take the events whose reason is gone; the others wait on."""
    with opened(config) as gateway:
        batches = _found(gateway.database, ids) if ids else _waiting(gateway.database)
        outcomes = [outcome for batch in batches for outcome in _replayed(gateway.installation, batch)]
    missing = sorted(set(ids or ()) - {event.id for event, _ in outcomes})
    if as_json:
        print_json([_outcome_document(event, receipt) for event, receipt in outcomes])
    else:
        taken = sum(receipt.outcome is not Outcome.QUARANTINED for _, receipt in outcomes)
        note(f"{counted(taken, 'event')} taken, {len(outcomes) - taken:,} still waiting")
    for event_id in missing:
        complain(f"There is no event {event_id!r} in quarantine; `gateway quarantine list` names them")
    if missing:
        raise typer.Exit(1)


def _waiting(storage: Storage) -> Iterator[list[QuarantinedEvent]]:
    """All that wait, so many at a time; those that wait on do not come again."""
    after: str | None = None
    while batch := _after(storage, after):
        after = batch[-1].id
        yield batch


def _after(storage: Storage, after: str | None) -> list[QuarantinedEvent]:
    return storage.read(lambda unit: unit.log.quarantined(after, events_per_replay_max))


def _found(storage: Storage, ids: list[str]) -> Iterator[list[QuarantinedEvent]]:
    for first in range(0, len(ids), events_per_replay_max):
        yield _by_id(storage, ids[first : first + events_per_replay_max])


def _by_id(storage: Storage, ids: list[str]) -> list[QuarantinedEvent]:
    return storage.read(lambda unit: unit.log.quarantined_by_id(ids))


def _replayed(installation: Installation, events: list[QuarantinedEvent]) -> Iterator[tuple[QuarantinedEvent, Receipt]]:
    """Each event with its receipt, in the order of their ids."""
    in_order = sorted(events, key=lambda event: event.id)
    return zip(in_order, replay(installation, [event.id for event in in_order]), strict=True)


def _document(event: QuarantinedEvent) -> dict[str, str]:
    return {
        "id": event.id,
        "reason": event.reason,
        "source": event.source,
        "event_id": event.event_id,
        "type": event.type,
        "customer": event.customer,
        "occurred_at": instant_text(event.occurred_at),
        "quarantined_at": instant_text(event.quarantined_at),
    }


def _outcome_document(event: QuarantinedEvent, receipt: Receipt) -> dict[str, object]:
    return {
        "id": event.id,
        "outcome": receipt.outcome,
        "position": receipt.position,
        "reason": receipt.reason,
    }
