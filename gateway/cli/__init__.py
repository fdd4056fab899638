"""The command line: one file per command, and here how they come together."""

import sys
from collections.abc import Callable

import typer
from sqlalchemy.exc import DBAPIError

from gateway.cli import (
    audit,
    bill,
    books,
    credit,
    customers,
    deliveries,
    demo,
    doctor,
    entities,
    explain,
    ingest,
    invoice_documents,
    invoices,
    keys,
    migrate,
    plans,
    plugins,
    providers,
    quarantine,
    reports,
    serve,
    simulate,
    subscriptions,
    terms,
    usage,
    webhooks,
)
from gateway.cli.journals import add_journal_commands
from gateway.cli.output import complain
from gateway.cli.plugin_commands import CommandsWithPlugins
from gateway.core.errors import GatewayError, InvalidDefinition

__all__ = ["command_line", "main"]

_RUN = "Run"
_SET_UP = "Set up"
_LOOK = "Look"


def command_line() -> typer.Typer:
    """Every command of the gateway, and those that plugins add."""
    cli = typer.Typer(
        name="gateway",
        cls=CommandsWithPlugins,
        help="A usage-billing gateway: usage events in, reconciled invoices out.",
        epilog="Settings come from ./gateway.toml or --config FILE; GATEWAY_STORAGE__URL and the like override them.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
    )
    commands: list[tuple[str, Callable[..., None]]] = [
        (_RUN, demo.demo),
        (_RUN, serve.serve),
        (_RUN, ingest.ingest),
        (_RUN, bill.bill),
        (_LOOK, usage.usage),
        (_LOOK, invoices.invoices),
        (_LOOK, explain.explain),
        (_LOOK, simulate.simulate),
        (_LOOK, simulate.backtest),
        (_LOOK, audit.audit),
        (_LOOK, doctor.doctor),
        (_SET_UP, migrate.migrate),
    ]
    for panel, command in commands:
        cli.command(rich_help_panel=panel)(command)
    cli.add_typer(quarantine.group, rich_help_panel=_LOOK)
    cli.add_typer(reports.group, rich_help_panel=_LOOK)
    cli.add_typer(deliveries.group, rich_help_panel=_RUN)
    cli.add_typer(providers.group, rich_help_panel=_RUN)
    cli.add_typer(invoice_documents.group, rich_help_panel=_RUN)
    add_journal_commands(books.group)
    cli.add_typer(books.group, rich_help_panel=_RUN)
    for group in (
        plans.group,
        entities.group,
        customers.group,
        subscriptions.group,
        credit.group,
        terms.group,
        keys.group,
        webhooks.group,
        plugins.group,
    ):
        cli.add_typer(group, rich_help_panel=_SET_UP)
    return cli


def main() -> None:
    """Run the command line: 0 if all went well, 1 with a clear line for each fault if not, 2 for a wrong use of it."""
    try:
        command_line()()
    except InvalidDefinition as error:
        for path, fault in error.faults:
            complain(f"{path}: {fault}")
        sys.exit(1)
    except GatewayError as error:
        complain(str(error))
        sys.exit(1)
    except OSError as error:
        complain(str(error))
        sys.exit(1)
    except DBAPIError as error:
        # The driver's own words, without the statement and its parameters.
        complain(f"The database refuses: {str(error.orig).strip() or type(error.orig).__name__}")
        sys.exit(1)
