"""`gateway providers shadow-report`."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from gateway.cli.opening import AsJson, Config, opened
from gateway.cli.output import counted, note, print_json, print_table
from gateway.core.invoicing.invoice import Invoice
from gateway.core.ports.storage import UnitOfWork
from gateway.core.shadow import Comparable, Parity, ShadowQuote
from gateway.core.time import instant_text
from gateway.services.shadow_report import quotes_since, reported_for, shadow_connection

Found = list[tuple[ShadowQuote, Invoice]]


def shadow_report(
    since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Invoices finalized since then, UTC; of 31 days without it."),
    ] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Compare what the shadow connection would have made of invoices with what went out; 1 unless all is the same."""
    with opened(config) as gateway:
        connection = shadow_connection(gateway.installation)
        begin = since.replace(tzinfo=UTC) if since else gateway.installation.business_clock.now() - reported_for
        found = gateway.database.read(lambda unit: _found(unit, connection, begin))
    parity = Parity.of([quote for quote, _ in found])
    if as_json:
        print_json({"connection": connection, "since": instant_text(begin), **_summary(parity), **_invoices(found)})
    else:
        print_table(
            ["invoice", "customer", "what", "ours", connection], [row for each in found for row in _rows(*each)]
        )
        note(
            f"{counted(len(found), 'invoice')} quoted by {connection}: {parity.same:,} the same, {parity.different:,}"
            f" different, {parity.failed:,} failed, {parity.pending:,} waiting"
        )
    if not parity.is_proven:
        raise typer.Exit(1)


def _found(unit: UnitOfWork, connection: str, since: datetime) -> Found:
    quotes = list(quotes_since(unit, connection, since))
    invoices = unit.invoices.by_ids([quote.invoice_id for quote in quotes])
    return [(quote, invoices[quote.invoice_id]) for quote in quotes]


def _summary(parity: Parity) -> dict[str, Any]:
    return {"is_proven": parity.is_proven, "parity": asdict(parity)}


def _invoices(found: Found) -> dict[str, Any]:
    return {
        "invoices": [
            {
                "id": quote.invoice_id,
                "number": invoice.number,
                "customer": invoice.customer,
                "status": quote.status.value,
                "differences": list(quote.differences),
                "ours": _document(quote.ours),
                "theirs": _document(quote.theirs),
                "reason": quote.reason,
            }
            for quote, invoice in found
        ]
    }


def _document(compared: Comparable | None) -> dict[str, Any] | None:
    if compared is None:
        return None
    currency = compared.total.currency
    return {"total": str(compared.total), "tax": str(compared.tax), "currency": currency, "lines": compared.lines}


def _rows(quote: ShadowQuote, invoice: Invoice) -> Sequence[Sequence[str]]:
    """One row for an invoice that is the same, waits or failed; one for each difference else."""
    head = [invoice.number or "", invoice.customer]
    if quote.ours is None or quote.theirs is None:
        return [[*head, quote.status.value, "", quote.reason or ""]]
    if not quote.differences:
        total = f"{quote.ours.total} {quote.ours.total.currency}"
        return [[*head, "the same", total, total]]
    return [
        [*head, f"other {name}", str(getattr(quote.ours, name)), str(getattr(quote.theirs, name))]
        for name in quote.differences
    ]
