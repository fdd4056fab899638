"""The hooks a plugin may implement."""

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    import typer

    from gateway.plugin_api import (
        BillingProvider,
        DeliveryFinished,
        InvoiceFinalized,
        JournalTarget,
        ProviderEvent,
    )

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


@hookspec
def invoice_finalized(event: "InvoiceFinalized") -> None:
    """Hear, after it is stored and at least once, that an invoice has its number and goes out."""


@hookspec
def delivery_finished(event: "DeliveryFinished") -> None:
    """Hear, after it is stored and at least once, that a document has reached its provider, or waits for a person."""


@hookspec
def provider_event(event: "ProviderEvent") -> None:
    """Hear, after it is stored and at least once, that what a provider's webhook was about has been taken over."""
