"""`gateway providers switch`."""

import time
from typing import Annotated, Any

import typer
from rich.progress import Progress

from gateway.app import Gateway
from gateway.cli.opening import AsJson, Config, opened
from gateway.cli.output import bar_of, complain, counted, note, print_json, print_table, progress
from gateway.cli.provider_calls import Providers, providers_in_time
from gateway.cli.switch_documents import plan_document, plan_tables, switch_documents
from gateway.core.errors import GatewayError
from gateway.core.switching import SwitchPlan, SwitchProgress
from gateway.plugin_api import BillingProvider
from gateway.plugin_guard import GuardedProvider, guarded
from gateway.services.begin_switch import begin_switch
from gateway.services.bind_connection import bind
from gateway.services.connected import is_out_of_order
from gateway.services.deliver import deliver_next
from gateway.services.plan_switch import plan_switch

pause_seconds = 0.5
_actor = "command line"


class SwitchBlocked(GatewayError):
    """Customers that cannot be switched yet."""

    code = "SWITCH_BLOCKED"


def switch(
    to: Annotated[str, typer.Option("--to", metavar="CONNECTION", help="Where customers are to go.")],
    customers: Annotated[
        list[str] | None, typer.Option("--customer", metavar="KEY", help="Only this one; may be given several times.")
    ] = None,
    is_dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")] = False,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Switch customers to another connection, or say what that would come to; again, it goes on where it stopped."""
    with opened(config) as gateway, providers_in_time(gateway) as providers, progress() as bars:
        plan = _plan(gateway, providers, to, customers or None, bars)
        if is_dry_run:
            _show(plan, as_json)
            return
        _require_ready(plan)
        switches = begin_switch(gateway.installation, to, _actor, customers or None)
        _carry_out(gateway, providers(to), to, switches, bars)
        found = gateway.database.read(lambda unit: switch_documents(unit, switches))
    if as_json:
        print_json({"target": to, "switches": found})
    else:
        _tell(gateway, to, found)
    if any(each["parked"] or each["pending"] for each in found):
        raise typer.Exit(1)


def _plan(gateway: Gateway, providers: Providers, to: str, customers: list[str] | None, bars: Progress) -> SwitchPlan:
    known: dict[str, GuardedProvider | None] = {}

    def provider(connection: str) -> GuardedProvider | None:
        if connection not in known:
            is_there = connection in gateway.settings.connections
            known[connection] = guarded(providers(connection)) if is_there else None
        return known[connection]

    return plan_switch(gateway.installation, to, provider, customers, bar_of(bars, f"Looking at {to}"))


def _show(plan: SwitchPlan, as_json: bool) -> None:
    if as_json:
        print_json(plan_document(plan))
    else:
        for ordinal, (columns, rows, numbers) in enumerate(plan_tables(plan)):
            if ordinal:
                print(flush=True)
            print_table(columns, rows, numbers)
    note(
        f"{counted(len(plan.customers), 'customer')} would go to {plan.target}: {len(plan.blocked):,} blocked,"
        f" {len(plan.warned):,} with warnings; {counted(len(plan.invoices), 'open invoice')} would stay"
    )
    if plan.blocked:
        raise typer.Exit(1)


def _require_ready(plan: SwitchPlan) -> None:
    """Raise `SwitchBlocked`, before anything is done, if any customer is."""
    if plan.blocked:
        first = plan.blocked[0].blocking[0]
        raise SwitchBlocked(
            f"{counted(len(plan.blocked), 'customer')} cannot be switched to {plan.target}, such as"
            f" {plan.blocked[0].customer!r}: {first.message}; {first.remedy}, or name others with --customer."
            " `--dry-run` lists all"
        )


def _carry_out(gateway: Gateway, provider: BillingProvider, to: str, switches: list[str], bars: Progress) -> None:
    """Deliver to `to` until every move has ended or is parked, beside workers that may do the same."""
    bind(gateway.installation, to, provider)
    show = bar_of(bars, f"Switching to {to}")
    while True:
        state = _progress(gateway, switches)
        show(state.total - state.pending, state.total)
        if not state.pending or is_out_of_order(gateway.installation, to):
            return
        if deliver_next(gateway.installation, to, provider) is None:
            time.sleep(pause_seconds)


def _progress(gateway: Gateway, switches: list[str]) -> SwitchProgress:
    found = gateway.database.read(lambda unit: unit.switches.progress(switches)).values()
    return sum(found, SwitchProgress())


def _tell(gateway: Gateway, to: str, found: list[dict[str, Any]]) -> None:
    note(f"{counted(sum(each['moved'] for each in found), 'customer')} switched to {to}")
    for move in (move for each in found for move in each["waiting"]):
        complain(f"{move['customer']}: {move['reason'] or 'not switched yet'}: {move['remedy'] or 'switch again'}")
    if to != gateway.installation.connection:
        note(f"New customers go to {gateway.installation.connection}, until `billing.connection` says {to!r}")
