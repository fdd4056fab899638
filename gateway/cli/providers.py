"""`gateway providers`."""

from datetime import datetime
from typing import Annotated

import typer

from gateway.app import Gateway
from gateway.cli.opening import AsJson, Config, opened
from gateway.cli.output import note, print_json, print_table
from gateway.cli.provider_differences import answer, differences, reconcile
from gateway.cli.providers_switch import switch
from gateway.cli.shadow_report import shadow_report
from gateway.core.circuit import CLOSED, Circuit
from gateway.core.connection_hold import ConnectionHold
from gateway.core.ports.connections import ConnectionUse
from gateway.core.time import instant_text
from gateway.services.connection_holds import resume_connection

group = typer.Typer(
    name="providers", help="Connections to billing systems, and to accounting systems.", no_args_is_help=True
)

Connection = Annotated[str, typer.Argument(metavar="CONNECTION", help="Its name in the configuration.")]


@group.command("list")
def list_(config: Config = None, as_json: AsJson = False) -> None:
    """List the connections, what depends on them, whether their providers answer, and why one is held."""
    with opened(config) as gateway:
        found = _listed(gateway)
    if as_json:
        print_json(found)
    else:
        shown = [name for name in found[0] if name != "account"] if found else []
        columns = [name.replace("_", " ") for name in shown]
        print_table(columns, [[_shown(each[name]) for name in shown] for each in found], columns[4:6])


@group.command()
def resume(connection: Connection, config: Config = None) -> None:
    """Let a held connection go on; it is held again if its credentials are still refused."""
    with opened(config) as gateway:
        resume_connection(gateway.installation, connection)
    note(f"{connection} goes on")


def _listed(gateway: Gateway) -> list[dict[str, object]]:
    """A document of each connection: those to billing systems, and then those to accounting systems."""
    installation = gateway.installation
    default, now = installation.connection, installation.system_clock.now()
    circuits, holds, uses, bindings = gateway.database.read(
        lambda unit: (
            unit.connections.circuits(),
            unit.connections.holds(),
            unit.connections.uses(default),
            unit.connections.bindings(),
        )
    )
    named = [(each.connection, "billing", each.provider) for each in installation.connections]
    named += [(each.connection, "accounting", each.target) for each in installation.journals]
    return [
        {
            "connection": name,
            "kind": kind,
            "provider": plugin,
            "default": name == default,
            "customers": (use := uses.get(name, ConnectionUse())).customers,
            "open_documents": use.open_documents,
            "account": bound.account or None if (bound := bindings.get(name)) else None,
            **_state(circuits.get(name, CLOSED), holds.get(name), now),
        }
        for name, kind, plugin in named
    ]


group.command()(reconcile)
group.command()(differences)
group.command()(answer)
group.command()(switch)
group.command()(shadow_report)


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    return "" if value is None else str(value)


def _state(circuit: Circuit, hold: ConnectionHold | None, now: datetime) -> dict[str, str | None]:
    if hold is not None:
        return {"state": f"held since {instant_text(hold.held_at)}", "reason": hold.reason, "remedy": hold.remedy}
    if circuit.is_open(now) and circuit.open_until is not None:
        until = instant_text(circuit.open_until)
        return {"state": f"left alone until {until}", "reason": circuit.reason, "remedy": None}
    return {"state": "at work", "reason": None, "remedy": None}
