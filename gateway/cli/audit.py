"""`gateway audit`: who did what to what."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from gateway.cli.opening import AsJson, Config, opened
from gateway.cli.output import note, print_json, print_table
from gateway.core.audit import AuditAction, AuditEntry
from gateway.core.ports.audit import AuditFilter
from gateway.core.time import instant_text

entries_shown_max = 1_000


def audit(
    subject: Annotated[
        str | None, typer.Option(metavar="ID", help="Only what was done to this thing, such as an invoice.")
    ] = None,
    actor: Annotated[str | None, typer.Option(metavar="ACTOR", help="Only what this key did.")] = None,
    action: Annotated[AuditAction | None, typer.Option(help="Only what was done so.")] = None,
    customer: Annotated[str | None, typer.Option(metavar="KEY", help="Only what concerns this customer.")] = None,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only what was done since then, UTC.")
    ] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """List who did what to what, when and why, the newest first."""
    matching = AuditFilter(subject, actor, action, customer, since and since.replace(tzinfo=UTC))
    with opened(config) as gateway:
        found = gateway.database.read(lambda unit: unit.audit.page(matching, None, entries_shown_max + 1))
    shown = found[:entries_shown_max]
    if as_json:
        print_json([entry_document(each) for each in shown])
    else:
        columns = ["at", "actor", "action", "subject", "customer", "reason", "details"]
        print_table(columns, [_cells(each) for each in shown])
    if len(found) > len(shown):
        note(f"More follow: GraphQL lists all of them, with `auditLog`; here are the newest {entries_shown_max:,}")


def entry_document(entry: AuditEntry) -> dict[str, object]:
    """An entry for a program to read."""
    return {
        "id": entry.id,
        "at": instant_text(entry.at),
        "actor": entry.actor,
        "action": entry.action,
        "subject": entry.subject,
        "customer": entry.customer,
        "reason": entry.reason,
        "details": dict(entry.details),
    }


def _cells(entry: AuditEntry) -> list[str]:
    details = "; ".join(f"{name} {text}" for name, text in entry.details)
    texts = (entry.actor, entry.action, entry.subject, entry.customer or "", entry.reason or "", details)
    return [instant_text(entry.at), *texts]
