"""Cases that state the amounts of lines, or a subtotal: coupons, taxes, payments and credit notes on them."""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from gateway.core.invoicing.credit_notes import (
    CreditItem,
    CreditNoteLine,
    CreditRefused,
    credit_lines,
    split_by_payment,
    total_of,
    unused_item,
)
from gateway.core.invoicing.invoice import Invoice, InvoiceLine
from gateway.core.invoicing.taxes import TaxRate
from gateway.core.money import Money
from tests.corpus.adapters.invoices.reading import Answer, Reading, TermsReading, document, invoice_over, paid, rates
from tests.corpus.given import Given

_SUBTOTAL = "subtotal"


def rounded_totals(given: Given, reading: Reading) -> Answer:
    """Amounts of a document, each rounded to the minor unit."""
    raw = given.part("raw").items()
    return {"rounded": {name: Money.rounded(Decimal(value), reading.currency).amount for name, value in raw}}


def totalled(given: Given, reading: Reading) -> Answer:
    """The totals of an invoice over stated lines, or what credit notes on it come to."""
    lines, taxes = _lines(given, reading)
    invoice = invoice_over(lines, reading, TermsReading(given, reading, taxes).terms)
    if given.has("credit_note_items"):
        return _estimate(given, invoice, reading)
    notes = _one_by_one(given.parts("credit_notes"), invoice, reading)
    return {
        **document(invoice, reading),
        "invoice": document(invoice, reading),
        **notes,
        **paid(given, invoice, reading),
    }


def terminated(given: Given, reading: Reading) -> Answer:
    """An invoice over a fee in advance, and the note on what was not used of it."""
    # A description of when it ended: the days that follow from it are given too.
    given.take("terminated")
    # By which measure they are counted, and that the fee is paid in advance, which the credit note shows.
    given.take("granularity")
    given.take("base_fee_timing")
    line = reading.stated("base fee", given.take("base_fee"))
    invoice = invoice_over([line], reading, TermsReading(given, reading, {}).terms)
    share = Fraction(int(given.take("unused_days")), int(given.take("period_days")))
    note = noted(invoice, (), [unused_item(invoice, 0, share)])
    return {"invoice": document(invoice, reading), "credit_note": note_totals(note, reading)}


def noted(invoice: Invoice, earlier: tuple[CreditNoteLine, ...], items: list[CreditItem]) -> tuple[CreditNoteLine, ...]:
    """The lines of a note that can be made."""
    found = credit_lines(invoice, earlier, items)
    assert not isinstance(found, CreditRefused), found
    return found


def note_totals(lines: tuple[CreditNoteLine, ...], reading: Reading) -> dict[str, object]:
    """A credit note under the names that answers have for its parts."""
    currency = reading.currency
    return {
        "subtotal": reading.shown(total_of(currency, (line.net for line in lines))),
        "tax": reading.shown(total_of(currency, (line.tax for line in lines))),
        "total": reading.shown(total_of(currency, (line.gross for line in lines))),
        "coupons_adjustment": reading.shown(total_of(currency, (line.discount for line in lines))),
        "exact_tax": next((line.exact_tax for line in lines), None),
    }


def _lines(given: Given, reading: Reading) -> tuple[list[InvoiceLine], dict[str, tuple[TaxRate, ...]]]:
    """The lines that a case states and the taxes of those that have their own; a subtotal is one line."""
    stated = given.take("lines") if given.has("lines") else [given.take(_SUBTOTAL)]
    lines: list[InvoiceLine] = []
    taxes: dict[str, tuple[TaxRate, ...]] = {}
    for name, amount, percent in _stated(stated):
        lines.append(reading.stated(name, amount))
        taxes[name] = rates(percent)
    return lines, taxes


def _stated(stated: list[object]) -> Iterator[tuple[str, str, str | None]]:
    """Name, amount and tax of each line; a line that is an amount alone is named by its place."""
    for ordinal, one in enumerate(stated):
        if not isinstance(one, dict):
            yield f"line {ordinal}", str(one), None
            continue
        line = Given(one, f"lines[{ordinal}]")
        # Lines are told apart by their names, whatever subscription they are of.
        line.take("subscription")
        yield line.take("line"), line.take("amount"), line.take("tax_percent")
        line.require_all_read()


def _items(parts: list[Given], invoice: Invoice, reading: Reading) -> list[CreditItem]:
    places = {line.price: index for index, line in enumerate(invoice.lines)}
    return [CreditItem(places[part.take("line")], reading.money(part.take("amount"))) for part in parts]


def _one_by_one(parts: list[Given], invoice: Invoice, reading: Reading) -> dict[str, object]:
    """Notes over one item each, one after another."""
    earlier: tuple[CreditNoteLine, ...] = ()
    found: dict[str, object] = {}
    for ordinal, item in enumerate(_items(parts, invoice, reading), start=1):
        note = noted(invoice, earlier, [item])
        earlier = (*earlier, *note)
        found[f"credit_note_{ordinal}"] = note_totals(note, reading)
    return found


def _estimate(given: Given, invoice: Invoice, reading: Reading) -> Answer:
    """One note over several items, of an invoice of which something is paid."""
    note = noted(invoice, (), _items(given.parts("credit_note_items"), invoice, reading))
    total = total_of(reading.currency, (line.gross for line in note))
    refund, credit = split_by_payment(total, reading.money(given.take("paid", "0")), Money.zero(reading.currency))
    return {
        **note_totals(note, reading),
        "maximum_creditable": reading.shown(total),
        "maximum_refundable": reading.shown(refund),
        "refund": reading.shown(refund),
        "credit": reading.shown(credit),
    }
