"""`gateway rerate`: rate billed periods again, and book the difference."""

import csv
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Annotated

import typer

from gateway.app import Gateway
from gateway.cli.opening import AsJson, Config, opened
from gateway.cli.output import bar_of, counted, note, print_json, print_table, progress
from gateway.core.errors import InvalidValue
from gateway.core.invoicing.credit_notes import Disposition
from gateway.core.money import Money
from gateway.core.ports.rerating import RerateOutcome, Selection
from gateway.core.time import instant_text
from gateway.services.rerate import Finding, RerateRequest, preview_rerate, run_rerate, start_rerate

_ACTOR = "cli"
_COLUMNS = ("customer", "invoice", "period_end", "currency", "billed", "correct", "difference", "refused")
_NUMBERS = ("billed", "correct", "difference")


def rerate(
    customer: Annotated[list[str] | None, typer.Option(metavar="KEY", help="Only this one; may be repeated.")] = None,
    plan: Annotated[list[str] | None, typer.Option(metavar="KEY", help="Only this one; may be repeated.")] = None,
    counted_by: Annotated[
        list[str] | None, typer.Option(metavar="METER", help="Only invoices that this meter counted for.")
    ] = None,
    ended_after: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only periods that ended after this day begins, UTC.")
    ] = None,
    ended_until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only periods that ended until this day begins, UTC.")
    ] = None,
    late_events: Annotated[
        bool, typer.Option("--late-events", help="Count events, amendments and voids that came since.")
    ] = False,
    meter: Annotated[
        list[str] | None, typer.Option(metavar="METER", help="Count by the newest version of this meter.")
    ] = None,
    plan_version: Annotated[
        int | None, typer.Option(metavar="N", help="Rate by the prices of this version of the --plan.")
    ] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Book it; without this nothing is stored.")] = False,
    reason: Annotated[str | None, typer.Option(help="Why; kept for ever, needed to --apply.")] = None,
    at_once: Annotated[
        bool, typer.Option("--at-once", help="Bill what is owed on an invoice of its own, not on the next one.")
    ] = False,
    disposition: Annotated[
        Disposition | None, typer.Option(help="How overcharged money is given back; by payment status if not given.")
    ] = None,
    key: Annotated[str | None, typer.Option(help="The same key again goes on with the same job.")] = None,
    every: Annotated[bool, typer.Option("--all", help="List also what does not change.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Rate billed periods again with named changes: show the difference for every customer, or book it."""
    selection = Selection(
        customers=tuple(customer or ()),
        plans=tuple(plan or ()),
        meters=tuple(counted_by or ()),
        ended_after=ended_after and ended_after.replace(tzinfo=UTC),
        ended_until=ended_until and ended_until.replace(tzinfo=UTC),
    )
    request = RerateRequest(selection, late_events, tuple(meter or ()), plan_version, at_once, disposition)
    with opened(config) as gateway:
        if apply:
            _apply(gateway, request, reason, key or gateway.installation.ids.new("run"), as_json)
        else:
            _preview(gateway, request, every, as_csv, as_json)


def _preview(gateway: Gateway, request: RerateRequest, every: bool, as_csv: bool, as_json: bool) -> None:
    totals: dict[str, Money] = {}
    rows = (
        _row(each)
        for each in _watched(gateway, request, totals)
        if every or each.rated.differences or each.rated.refused
    )
    if as_csv:
        writer = csv.DictWriter(sys.stdout, _COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    elif as_json:
        print_json({"invoices": list(rows), "totals": {name: str(total) for name, total in totals.items()}})
    else:
        shown = [[row[column] for column in _COLUMNS] for row in rows]
        print_table(_COLUMNS, shown, _NUMBERS)
        for currency, total in sorted(totals.items()):
            note(f"In all {total} {currency}: above zero is owed, below was overcharged")
        note("Nothing is stored; --apply --reason WHY books it")


def _watched(gateway: Gateway, request: RerateRequest, totals: dict[str, Money]) -> Iterator[Finding]:
    """What is found, added up by currency, with a bar that says how many were looked at."""
    with progress() as bars:
        told = bar_of(bars, "Rating again")
        for done, found in enumerate(preview_rerate(gateway.installation, request), start=1):
            currency = found.rated.invoice.currency
            totals[currency] = totals.get(currency, Money.zero(currency)) + found.rated.difference
            told(done, done)
            yield found


def _apply(gateway: Gateway, request: RerateRequest, reason: str | None, key: str, as_json: bool) -> None:
    if reason is None:
        raise InvalidValue("--apply needs --reason: it stands on every credit note, and is kept for ever")
    with progress() as bars:
        job_id = start_rerate(gateway.installation, request, reason, _ACTOR, key)
        counts = run_rerate(gateway.installation, job_id, bar_of(bars, "Rating again"))
    if as_json:
        print_json({"job": job_id, "outcomes": {each: counts.get(each, 0) for each in RerateOutcome}})
        return
    told = ", ".join(f"{counts.get(each, 0):,} {each}" for each in RerateOutcome)
    note(f"Job {job_id} is done: {told}")
    if refused := counts.get(RerateOutcome.REFUSED, 0):
        _print_refused(gateway, job_id)
        note(f"{counted(refused, 'invoice')} left as they were; see above")
        raise typer.Exit(1)


def _print_refused(gateway: Gateway, job_id: str) -> None:
    items = gateway.database.read(lambda unit: unit.rerating.items(job_id, None, 1_000, RerateOutcome.REFUSED))
    print_table(["invoice", "why"], [[each.invoice_id, each.detail] for each in items])


def _row(found: Finding) -> dict[str, str]:
    rated = found.rated
    values: Iterable[str] = (
        rated.invoice.customer,
        rated.invoice.number or rated.invoice.id,
        instant_text(rated.invoice.key.boundary_at),
        rated.invoice.currency,
        str(rated.billed),
        str(rated.billed + rated.difference),
        str(rated.difference),
        rated.refused or "",
    )
    return dict(zip(_COLUMNS, values, strict=True))
