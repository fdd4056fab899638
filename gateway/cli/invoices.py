"""`gateway invoices`."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Annotated

import typer

from gateway.cli.documents import invoice_documents
from gateway.cli.opening import AsJson, Config, opened
from gateway.cli.output import print_json, print_table
from gateway.core.invoicing.invoice import Invoice, InvoiceStatus
from gateway.core.ports.invoices import InvoiceFilter
from gateway.core.ports.storage import Storage

page_size = 500


def invoices(
    customer: Annotated[str | None, typer.Option(help="Only this customer's.")] = None,
    status: Annotated[InvoiceStatus | None, typer.Option(help="Only these.")] = None,
    issued_from: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="Issued from then on.")
    ] = None,
    issued_before: Annotated[
        datetime | None, typer.Option("--until", formats=["%Y-%m-%d"], help="Issued before then.")
    ] = None,
    legal_entity: Annotated[str | None, typer.Option(help="Only those of this legal entity.")] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """List invoices by day of issue."""
    matching = InvoiceFilter(
        customer,
        status,
        issued_from.date() if issued_from else None,
        issued_before.date() if issued_before else None,
        legal_entity=legal_entity,
    )
    with opened(config) as gateway:
        found = list(all_invoices(gateway.database, matching))
        if as_json:
            documents = invoice_documents(gateway.database, found)
            print_json([{**_standing(invoice), **shown} for invoice, shown in zip(found, documents, strict=True)])
            return
    print_table(
        ["number", "customer", "issued", "status", "payment", "total", "id"],
        [
            [
                invoice.number or "",
                invoice.customer,
                invoice.issued_on.isoformat(),
                invoice.status,
                invoice.payment_status,
                f"{invoice.total} {invoice.currency}",
                invoice.id,
            ]
            for invoice in found
        ],
        numbers=["total"],
    )


def _standing(invoice: Invoice) -> dict[str, object]:
    """Which invoice it is, and what became of the money; who numbers the legal one is pinned when it is finalized."""
    return {
        "id": invoice.id,
        "numbered_by": invoice.numbered_by if invoice.number else None,
        "payment_status": invoice.payment_status,
        "paid_by": invoice.paid_by,
    }


def all_invoices(storage: Storage, matching: InvoiceFilter) -> Iterator[Invoice]:
    """Every invoice that passes the filter, by day of issue and id, read in pages."""
    page = _page(storage, matching, None)
    while page:
        yield from page
        page = _page(storage, matching, (page[-1].issued_on, page[-1].id))


def _page(storage: Storage, matching: InvoiceFilter, after: tuple[date, str] | None) -> list[Invoice]:
    return storage.read(lambda unit: unit.invoices.page(matching, after, page_size))
