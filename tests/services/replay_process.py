"""A process of its own that replays every invoice of a database: what is stored, an empty line, what came of it.

Run as `python -m tests.services.replay_process URL`.
"""

import sys
from dataclasses import replace
from decimal import Decimal

from gateway.core.invoicing.invoice import Invoice, InvoiceLine
from gateway.core.numbers import plain
from gateway.core.ports.invoices import InvoiceFilter
from gateway.core.ports.storage import UnitOfWork
from gateway.services.replay_invoice import replay_invoice
from gateway.storage.database import open_database


def told(unit: UnitOfWork) -> list[str]:
    """Every invoice to its last line, as it was stored and as it replays."""
    stored = unit.invoices.page(InvoiceFilter(), None, 100)
    return [
        "\n".join(map(_text, invoices))
        for invoices in (stored, [replay_invoice(unit, each).invoice for each in stored])
    ]


def _text(invoice: Invoice) -> str:
    return "\n".join([f"{invoice.id} {invoice.inputs_hash} {invoice.total}", *map(_line, invoice.lines)])


def _line(line: InvoiceLine) -> str:
    """All of a line; its quantity in plain notation, as it is stored."""
    return repr(replace(line, quantity=Decimal(plain(line.quantity))))


def main(url: str) -> None:
    database = open_database(url)
    print(*database.read(told), sep="\n\n")
    database.close()


if __name__ == "__main__":
    main(sys.argv[1])
