"""`gateway providers`."""

from datetime import datetime
from typing import Annotated

import typer

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

group = typer.Typer(name="providers", help="Connections to billing systems.", no_args_is_help=True)

Connection = Annotated[str, typer.Argument(metavar="CONNECTION", help="Its name in the configuration.")]


@group.command("list")
def list_(config: Config = None, as_json: AsJson = False) -> None:
    """List the connections, what depends on them, whether their providers answer, and why one is held."""
    with opened(config) as gateway:
        default, now = gateway.installation.connection, gateway.installation.system_clock.now()
        circuits, holds, uses = gateway.database.read(
            lambda unit: (unit.connections.circuits(), unit.connections.holds(), unit.connections.uses(default))
        )
        found = [
            {
                "connection": each.connection,
                "provider": each.provider,
                "default": each.connection == default,
                "customers": (use := uses.get(each.connection, ConnectionUse())).customers,
                "open_documents": use.open_documents,
                **_state(circuits.get(each.connection, CLOSED), holds.get(each.connection), now),
            }
            for each in gateway.installation.connections
        ]
    if as_json:
        print_json(found)
    else:
        columns = ["connection", "provider", "default", "customers", "open documents", "state", "reason", "remedy"]
        print_table(columns, [[_shown(value) for value in each.values()] for each in found], columns[3:5])


@group.command()
def resume(connection: Connection, config: Config = None) -> None:
    """Let a held connection go on; it is held again if its credentials are still refused."""
    with opened(config) as gateway:
        resume_connection(gateway.installation, connection)
    note(f"{connection} goes on")


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
