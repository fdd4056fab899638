"""Every command by the name that is typed, and how they come together; only the one that is asked for is loaded."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any

import typer

from gateway.cli.plugin_commands import CommandsWithPlugins

_RUN = "Run"
_SET_UP = "Set up"
_LOOK = "Look"


@dataclass(frozen=True, slots=True)
class _Command:
    """A command, or a group of some: the function or `group` of a module of this package."""

    name: str
    panel: str
    module: str
    attribute: str

    def add_to(self, cli: typer.Typer) -> None:
        """Load it, and add it to the command line."""
        found: Any = getattr(import_module(f"gateway.cli.{self.module}"), self.attribute)
        if isinstance(found, typer.Typer):
            cli.add_typer(found, rich_help_panel=self.panel)
        else:
            cli.command(self.name, rich_help_panel=self.panel)(found)


def _alone(name: str, panel: str, module: str | None = None) -> _Command:
    return _Command(name, panel, module or name, name)


def _group(name: str, panel: str, module: str | None = None) -> _Command:
    return _Command(name, panel, module or name, "group")


_COMMANDS = (
    _alone("demo", _RUN),
    _alone("serve", _RUN),
    _alone("ingest", _RUN),
    _alone("bill", _RUN),
    _alone("rerate", _RUN),
    _alone("usage", _LOOK),
    _alone("invoices", _LOOK),
    _alone("explain", _LOOK),
    _alone("simulate", _LOOK),
    _alone("backtest", _LOOK, "simulate"),
    _alone("audit", _LOOK),
    _alone("doctor", _LOOK),
    _alone("migrate", _SET_UP),
    _group("quarantine", _LOOK),
    _group("reports", _LOOK),
    _group("export", _LOOK),
    _group("review", _RUN),
    _group("deliveries", _RUN),
    _group("providers", _RUN),
    _group("documents", _RUN, "invoice_documents"),
    _group("books", _RUN),
    _group("plans", _SET_UP),
    _group("entities", _SET_UP),
    _group("customers", _SET_UP),
    _group("subscriptions", _SET_UP),
    _group("credits", _SET_UP, "credit"),
    _group("terms", _SET_UP),
    _group("keys", _SET_UP),
    _group("webhooks", _SET_UP),
    _group("plugins", _SET_UP),
)


def command_line(asked: str = "") -> typer.Typer:
    """The command that is asked for, alone; if it is none of ours, all commands, and those that plugins add."""
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
    for command in [each for each in _COMMANDS if each.name == asked] or _COMMANDS:
        command.add_to(cli)
    return cli
