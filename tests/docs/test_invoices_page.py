"""The reference of invoices: its examples come out as the page says, and its documents fit the schema."""

import re
import tomllib
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from graphql import build_schema, parse, validate

from gateway.core.invoicing.credit_notes import (
    CreditItem,
    CreditNoteLine,
    CreditRefused,
    credit_lines,
    total_of,
)
from gateway.core.invoicing.discounts import Discount, DiscountOrder, Fixed, Percent
from gateway.core.invoicing.invoice import Invoice
from gateway.core.invoicing.taxes import TaxRules
from gateway.core.invoicing.terms import Terms
from tests.core.documents import CURRENCY, eur, invoice, vat
from tests.docs.markdown import ROOT

PAGE = (ROOT / "docs" / "reference" / "invoices.md").read_text(encoding="utf-8")
SCHEMA = build_schema((ROOT / "schema.graphql").read_text(encoding="utf-8"))
_EXAMPLE = re.compile(r"^### (.+)\n[^`]*```toml\n([^`]+)```\n\n((?:\|.+\n)+)", re.MULTILINE)
EXAMPLES = _EXAMPLE.findall(PAGE)
DOCUMENTS = re.findall(r"```graphql\n([^`]+)```", PAGE)


def billed(written: dict[str, Any]) -> Invoice:
    """The invoice that an example describes."""
    discounts = tuple(
        Discount(
            each["key"],
            Percent(Decimal(each["percent"])) if "percent" in each else Fixed(Decimal(each["amount"]), CURRENCY),
            frozenset(each.get("applies_to", ())),
        )
        for each in written.get("coupons", ())
    )
    rates = {line["price"]: (vat(line["tax"], f"vat-{line['tax']}"),) for line in written["lines"] if "tax" in line}
    order = DiscountOrder(written.get("discount_order", "percent_first"))
    terms = Terms(discounts, order, TaxRules(prices=rates))
    return invoice(*((line["price"], line["amount"]) for line in written["lines"]), terms=terms)


def line_rows(found: Invoice) -> list[list[str]]:
    """The lines and the total, as the page shows them."""
    lines = [
        [line.price, *map(str, (line.amount, line.discount, line.net, line.tax, line.gross))] for line in found.lines
    ]
    return [*lines, ["total", *map(str, (found.subtotal, found.discount, found.net, found.tax, found.total))]]


def note_rows(found: Invoice, credit: Sequence[tuple[str, str]]) -> list[list[str]]:
    """The totals of credit notes, one after another."""
    earlier: tuple[CreditNoteLine, ...] = ()
    rows: list[list[str]] = []
    places = {line.price: index for index, line in enumerate(found.lines)}
    for number, (price, amount) in enumerate(credit, start=1):
        note = credit_lines(found, earlier, [CreditItem(places[price], eur(amount))])
        assert not isinstance(note, CreditRefused)
        earlier += note
        parts = [[line.net for line in note], [line.tax for line in note], [line.gross for line in note]]
        rows.append([str(number), *(str(total_of(CURRENCY, amounts)) for amounts in parts)])
    return rows


@pytest.mark.parametrize(("title", "toml", "table"), EXAMPLES, ids=[title for title, _, _ in EXAMPLES])
def test_an_example_comes_out_as_the_page_says(title: str, toml: str, table: str) -> None:
    written = tomllib.loads(toml)
    found = billed(written)

    shown = [[cell.strip() for cell in row.strip("|").split("|")] for row in table.strip().split("\n")[2:]]

    assert shown == (note_rows(found, written["credit"]) if "credit" in written else line_rows(found))


def test_the_page_has_examples() -> None:
    assert len(EXAMPLES) == PAGE.count("```toml")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_document_of_the_page_fits_the_schema(document: str) -> None:
    assert validate(SCHEMA, parse(document)) == []
