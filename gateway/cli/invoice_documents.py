"""`gateway documents`: pages, PDFs, previews, credit notes and voids of invoices."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.documents import unissued_document, unissued_sum
from gateway.cli.explain import find_invoice
from gateway.cli.opening import AsJson, Config, opened
from gateway.cli.output import note, print_json, print_table
from gateway.cli.subscription_names import Name, history_named
from gateway.core.errors import InvalidValue, NotFound
from gateway.core.invoicing.credit_notes import CreditItem, CreditNote, Disposition
from gateway.core.money import Money
from gateway.core.numbers import read_decimal
from gateway.core.ports.storage import Storage
from gateway.services.credit_invoice import CreditRequest, credit_invoice
from gateway.services.preview_invoice import preview_invoice
from gateway.services.record_payment import PaymentRequest, record_payment, whole_minor
from gateway.services.show_document import ShownDocument, show_document
from gateway.services.void_invoice import void_invoice

group = typer.Typer(
    name="documents", help="Invoices as pages and PDF, previews, credit notes and voids.", no_args_is_help=True
)

_ACTOR = "command line"
InvoiceName = Annotated[str, typer.Argument(metavar="INVOICE", help="An invoice's id or number.")]
DocumentName = Annotated[
    str, typer.Argument(metavar="DOCUMENT", help="The id or number of an invoice or a credit note.")
]
Key = Annotated[str, typer.Option("--key", help="An idempotency key: the same request with it is done once.")]
Reason = Annotated[str, typer.Option(help="Why; kept for ever.")]


@group.command()
def page(document: DocumentName, config: Config = None) -> None:
    """Print an invoice or a credit note as a page of HTML."""
    with opened(config) as gateway:
        shown = _find(gateway.database, document)
    typer.echo(shown.page(), nl=False)


@group.command()
def pdf(
    document: DocumentName,
    out: Annotated[Path | None, typer.Option(help="The file to write; its number and .pdf without it.")] = None,
    config: Config = None,
) -> None:
    """Write an invoice or a credit note as PDF."""
    with opened(config) as gateway:
        shown = _find(gateway.database, document)
    file = out or Path(f"{shown.name}.pdf")
    try:
        file.write_bytes(shown.pdf())
    except OSError as error:
        raise InvalidValue(f"{file} cannot be written: {error.strerror}; give another --out") from None
    note(f"{shown.sheet.title} is in {file}")


def _find(storage: Storage, document: str) -> ShownDocument:
    found = storage.read(lambda unit: show_document(unit, document))
    if found is None:
        raise NotFound(f"There is no document {document!r}; `gateway invoices` lists what there is")
    return found


@group.command()
def preview(
    name: Name,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Show what the end of the running period would bill by now."""
    with opened(config) as gateway:
        owner = gateway.database.read(lambda unit: history_named(unit, name)).first
        found = preview_invoice(gateway.installation, gateway.projector, owner.id)
        if found is None:
            raise NotFound(
                f"Subscription {name!r} has no running period; `gateway subscriptions show` tells its phases"
            )
    if as_json:
        print_json(unissued_document(found.invoice, found.paid, owner.zone))
        return
    print_table(
        ["price", "what", "amount", "net", "tax", "gross"],
        [
            [line.price, line.description, *map(str, (line.amount, line.net, line.tax, line.gross))]
            for line in found.invoice.lines
        ],
        numbers=["amount", "net", "tax", "gross"],
    )
    note(f"Total {unissued_sum(found.invoice, found.paid)}")


@group.command()
def credit(
    invoice: InvoiceName,
    reason: Reason,
    key: Key,
    line: Annotated[
        list[str] | None, typer.Option(help="LINE=AMOUNT, such as 0=12.50; all that is left without any.")
    ] = None,
    how: Annotated[Disposition, typer.Option(help="How the customer gets it.")] = Disposition.RECEIVABLE,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Give back a part or all of a finalized invoice."""
    with opened(config) as gateway:
        found = find_invoice(gateway.database, invoice)
        items = tuple(_item(text, found.currency) for text in line or ())
        made = credit_invoice(gateway.installation, CreditRequest(found.id, reason, how, items), _ACTOR, key)
        document = gateway.database.read(lambda unit: unit.credit_notes.by_ids([made]))[made]
    if as_json:
        print_json(_document(document))
    else:
        note(f"Credit note {document.number} gives back {document.total} {document.currency}")


@group.command()
def void(invoice: InvoiceName, reason: Reason, key: Key, config: Config = None) -> None:
    """Void an invoice that is not paid; the next billing run bills its boundary again."""
    with opened(config) as gateway:
        found = find_invoice(gateway.database, invoice)
        void_invoice(gateway.installation, found.id, _ACTOR, reason, key)
    note(f"Invoice {found.number or found.id} is void")


@group.command()
def pay(
    invoice: InvoiceName,
    received: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The day on which it came.")],
    key: Key,
    amount: Annotated[str | None, typer.Option(help="How much, such as 12.50; all that is due without it.")] = None,
    method: Annotated[str, typer.Option(help="How it came, such as `bank transfer`.")] = "",
    reference: Annotated[str, typer.Option(help="What it is called there.")] = "",
    config: Config = None,
) -> None:
    """Record a payment that came by another way; the provider is told."""
    with opened(config) as gateway:
        found = find_invoice(gateway.database, invoice)
        minor = None if amount is None else whole_minor(read_decimal(amount), found.currency)
        request = PaymentRequest(found.id, received.date(), minor, method, reference)
        made = record_payment(gateway.installation, request, _ACTOR, key)
    note(f"Payment {made} of invoice {found.number or found.id} is kept, and queued for the provider")


def _item(text: str, currency: str) -> CreditItem:
    place, _, amount = text.partition("=")
    if not place.isdecimal() or not amount:
        raise InvalidValue(f"{text!r} is not LINE=AMOUNT, such as 0=12.50")
    return CreditItem(int(place), Money.named(read_decimal(amount), currency))


def _document(made: CreditNote) -> dict[str, object]:
    return {
        "id": made.id,
        "number": made.number,
        "invoice": made.invoice_id,
        "customer": made.customer,
        "issued_on": made.issued_on.isoformat(),
        "reason": made.reason,
        "net": str(made.net),
        "tax": str(made.tax),
        "total": str(made.total),
        "currency": made.currency,
        "dispositions": {kind.value: str(amount) for kind, amount in made.dispositions},
    }
