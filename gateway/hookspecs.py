"""The hooks a plugin may implement."""

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    import typer

    from gateway.plugin_api import BillingProvider, JournalTarget

hookspec = pluggy.HookspecMarker("gateway")


@hookspec
def gateway_billing_providers() -> "list[type[BillingProvider]]":  # type: ignore[empty-body]
    """Provider classes, each named by its `NAME`; a connection chooses one by `provider = NAME`."""


@hookspec
def gateway_journal_targets() -> "list[type[JournalTarget]]":  # type: ignore[empty-body]
    """Classes for accounting systems, each named by its `NAME`; `[journals.X]` chooses one by `target = NAME`."""


@hookspec
def gateway_commands(cli: "typer.Typer") -> None:
    """Add commands to the `gateway` command line."""
