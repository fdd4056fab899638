"""`gateway bill`."""

from typing import Annotated

import typer

from gateway.cli.delivering import deliver_all, delivered_lines
from gateway.cli.opening import AsJson, Config, opened
from gateway.cli.output import bar_of, complain, counted, note, print_json, progress
from gateway.core.time import instant_text, read_instant
from gateway.services.bill import BillingRun, bill_due
from gateway.services.bindings import require_connections


def bill(
    as_of: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Bill what is due by then; by the business clock's now if not given."),
    ] = None,
    is_delivering: Annotated[
        bool, typer.Option("--deliver", help="Also deliver what is due, instead of leaving that to `gateway serve`.")
    ] = False,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Bill every boundary that is due; billing twice makes one invoice."""
    until = read_instant(as_of) if as_of else None
    with opened(config) as gateway, progress() as bars:
        require_connections(gateway.installation)
        run = bill_due(gateway.installation, gateway.projector, until, bar_of(bars, "Billing"))
        delivered = deliver_all(gateway, bars) if is_delivering else {}
    if as_json:
        print_json(_document(run, delivered))
    else:
        note(_summary(run))
        if is_delivering:
            for line in delivered_lines(gateway, delivered):
                note(line)
    for failure in run.failed:
        complain(f"{failure.subscription_id} at {instant_text(failure.boundary_at)}: {failure.reason}")
    if run.failed:
        raise typer.Exit(1)


def _summary(run: BillingRun) -> str:
    waiting = f", {len(run.awaiting_quote):,} waiting for a tax quote" if run.awaiting_quote else ""
    return f"{counted(len(run.finalized), 'invoice')} finalized, {len(run.held):,} held for review{waiting}"


def _document(run: BillingRun, delivered: dict[str, int]) -> dict[str, object]:
    failed = [
        {
            "subscription": failure.subscription_id,
            "boundary_at": instant_text(failure.boundary_at),
            "reason": failure.reason,
        }
        for failure in run.failed
    ]
    return {
        "finalized": list(run.finalized),
        "held": list(run.held),
        "awaiting_quote": list(run.awaiting_quote),
        "failed": failed,
        "delivered": sum(delivered.values()),
        "delivered_to": delivered,
    }
