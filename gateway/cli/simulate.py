"""`gateway simulate` and `gateway backtest`: what a plan, published or not, would come to."""

import re
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from gateway.app import Gateway
from gateway.cli.documents import unissued_document, unissued_sum
from gateway.cli.opening import AsJson, Config, opened
from gateway.cli.output import bar_of, note, print_json, print_table, progress
from gateway.cli.plans import read_definitions_file
from gateway.core.errors import InvalidValue
from gateway.core.invoicing.invoice import MeteredQuantity
from gateway.core.money import Money
from gateway.core.numbers import plain, read_decimal
from gateway.core.time import read_instant
from gateway.services.backtest import Backtest, Comparison
from gateway.services.backtest import backtest as compare_subscribers
from gateway.services.simulate import Draft, Simulation, draft_plan, given_quantity
from gateway.services.simulate import simulate as simulate_plan
from gateway.services.simulated_invoices import SimulatedInvoice

PlanKey = Annotated[str, typer.Argument(metavar="PLAN")]
From = Annotated[str, typer.Option("--from", metavar="TIME", help="From then on, as 2026-01-31T00:00:00Z.")]
Until = Annotated[str, typer.Option("--until", metavar="TIME", help="Before then.")]
Version = Annotated[int | None, typer.Option(help="A published version; the newest if not given.")]
File = Annotated[Path | None, typer.Option(help="A plan file that has the plan, instead of what is published.")]

_QUANTITY = re.compile(r"(?P<meter>[^=\[\]]+)(?:\[(?P<dimensions>[^\]]*)\])?=(?P<quantity>.+)")


def simulate(
    plan: PlanKey,
    starts_at: From,
    ends_at: Until,
    customer: Annotated[str | None, typer.Option(help="Whose events are counted.")] = None,
    quantity: Annotated[
        list[str] | None,
        typer.Option(
            help="In every period, instead of events: calls=120, or traffic\\[zone=eu]=7.5; sales=20,5.50 are single"
            " transactions, and so is sales=20, with a comma behind it. Once for each meter and value."
        ),
    ] = None,
    version: Version = None,
    file: File = None,
    time_zone: Annotated[str, typer.Option(help="Whose midnights periods begin at.")] = "UTC",
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Show the invoices that a plan would make; nothing is stored."""
    quantities = tuple(_quantity(text) for text in quantity or ())
    with opened(config) as gateway:
        draft = _draft(gateway, plan, version, file)
        asked = Simulation(
            draft.plan, read_instant(starts_at), read_instant(ends_at), customer, quantities, time_zone, draft.meters
        )
        found = simulate_plan(gateway.installation, asked)
    if as_json:
        print_json([_invoice_document(each, ZoneInfo(time_zone)) for each in found])
        return
    for each in found:
        _print(each)
    total = sum((each.invoice.total for each in found), Money.zero(draft.plan.currency))
    typer.echo(f"\nIn all: {total} {total.currency}")


def backtest(
    plan: PlanKey,
    starts_at: From,
    ends_at: Until,
    version: Version = None,
    file: File = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Compare what the subscribers of a plan would have paid by another version of it; nothing is stored."""
    with opened(config) as gateway, progress() as bars:
        draft = _draft(gateway, plan, version, file)
        asked = Backtest(draft.plan, read_instant(starts_at), read_instant(ends_at), draft.meters)
        compared = compare_subscribers(gateway.installation, asked, bar_of(bars, "Comparing"))
    rows = [_row(each) for each in compared]
    nothing = Money.zero(draft.plan.currency)
    before = sum((each.before for each in compared), nothing)
    after = sum((each.after for each in compared), nothing)
    if as_json:
        totals = {"before": str(before), "after": str(after), "difference": str(after - before)}
        print_json({"currency": nothing.currency, **totals, "subscribers": rows})
        return
    columns = ["customer", "subscription", "currency", "before", "after", "difference"]
    print_table(columns, [[row[column] for column in columns] for row in rows], ["before", "after", "difference"])
    typer.echo(f"\nIn all: {before} before, {after} after, a difference of {after - before} {nothing.currency}")


def _draft(gateway: Gateway, plan: str, version: int | None, file: Path | None) -> Draft:
    if file is None:
        published = gateway.database.read(lambda unit: unit.definitions.plan_version(plan, version))
        return Draft(published, ())
    if version is not None:
        raise InvalidValue("--version names a published version and --file a plan that need not be; leave one out")
    return draft_plan(gateway.installation, read_definitions_file(file), plan)


def _quantity(text: str) -> MeteredQuantity:
    found = _QUANTITY.fullmatch(text)
    if found is None:
        raise InvalidValue(f"--quantity {text!r} is not of the form METER=NUMBER or METER[NAME=VALUE,...]=NUMBER,...")
    pairs = [pair.partition("=") for pair in (found["dimensions"] or "").split(",") if pair]
    dimensions = tuple((name.strip(), value.strip()) for name, _, value in pairs)
    values = [read_decimal(value) for value in found["quantity"].removesuffix(",").split(",")]
    if "," in found["quantity"]:
        return given_quantity(found["meter"], dimensions, None, values)
    return given_quantity(found["meter"], dimensions, values[0])


def _print(simulated: SimulatedInvoice) -> None:
    invoice = simulated.invoice
    typer.echo(f"\n{invoice.issued_on.isoformat()}: {unissued_sum(invoice, simulated.paid)}")
    rows = [[line.description, plain(line.quantity), str(line.amount)] for line in invoice.lines]
    print_table(["line", "quantity", "amount"], rows, ["quantity", "amount"])
    for fault in simulated.left_out:
        note(f"Left out: {fault.meter}, {fault.detail}")
    if simulated.includes_progressive:
        note("The plan bills usage before its period ends; its progressive invoices are in this one")


def _invoice_document(simulated: SimulatedInvoice, zone: ZoneInfo) -> dict[str, object]:
    left_out = [{"meter": fault.meter, "reason": fault.detail} for fault in simulated.left_out]
    return {
        **unissued_document(simulated.invoice, simulated.paid, zone),
        "left_out": left_out,
        "includes_progressive": simulated.includes_progressive,
    }


def _row(compared: Comparison) -> dict[str, str]:
    return {
        "customer": compared.subscription.first.customer,
        "subscription": compared.subscription.first.key,
        "currency": compared.before.currency,
        "before": str(compared.before),
        "after": str(compared.after),
        "difference": str(compared.difference),
    }
