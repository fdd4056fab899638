"""`gateway explain`."""

from typing import Annotated

import typer

from gateway.cli.opening import AsJson, Config, opened
from gateway.cli.output import print_json, print_table
from gateway.core.errors import NotFound
from gateway.core.invoicing.invoice import Invoice
from gateway.core.money import with_places
from gateway.core.numbers import plain
from gateway.core.ports.storage import Storage
from gateway.services.explain import LineExplanation, explain_line


def explain(
    invoice: Annotated[str, typer.Argument(metavar="INVOICE", help="An invoice's id or number.")],
    line: Annotated[int | None, typer.Option(help="Which line, from 0; all of them if not given.")] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Show how the lines of an invoice came about: the events counted and left out, and the arithmetic."""
    with opened(config) as gateway:
        found = find_invoice(gateway.database, invoice)
        ordinals = range(len(found.lines)) if line is None else [line]
        explained = [explain_line(gateway.installation, found.id, ordinal) for ordinal in ordinals]
    if as_json:
        print_json([_document(explanation) for explanation in explained])
        return
    for explanation in explained:
        _print(explanation)


def find_invoice(storage: Storage, id_or_number: str) -> Invoice:
    """An invoice by its id or number. Raises `NotFound`."""
    by_id = storage.read(lambda unit: unit.invoices.by_ids([id_or_number]))
    if by_id:
        return by_id[id_or_number]
    found = storage.read(lambda unit: unit.invoices.by_number(id_or_number))
    if found is None:
        raise NotFound(f"There is no invoice {id_or_number!r}; `gateway invoices` lists them")
    return found


def _print(explanation: LineExplanation) -> None:
    line = explanation.line
    typer.echo(f"\n{line.description}: {plain(line.quantity)} -> {line.amount} {line.amount.currency}")
    typer.echo(explanation.sentence)
    print_table(
        ["step", "units", "unit amount", "flat amount", "amount"],
        [
            [step.label, plain(step.units)]
            + [
                format(with_places(amount, line.amount.currency), "f")
                for amount in (step.unit_amount, step.flat_amount, step.amount)
            ]
            for step in line.steps
        ],
        numbers=["units", "unit amount", "flat amount", "amount"],
    )


def _document(explanation: LineExplanation) -> dict[str, object]:
    line = explanation.line
    return {
        "ordinal": explanation.ordinal,
        "price": line.price,
        "dimensions": dict(line.dimensions),
        "quantity": plain(line.quantity),
        "amount": str(line.amount),
        "events": explanation.events,
        "left_out": dict(explanation.left_out),
        "replayed_quantity": plain(explanation.replayed_quantity),
        "agrees": explanation.agrees,
        "sentence": explanation.sentence,
    }
