"""An invoice as a page of HTML: one file without scripts or anything from elsewhere, to read, print and keep."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from html import escape
from zoneinfo import ZoneInfo

from gateway.core.invoicing.credit_notes import CreditNote
from gateway.core.invoicing.discounts import DiscountShare
from gateway.core.invoicing.invoice import Invoice, InvoiceLine, InvoiceStatus
from gateway.core.invoicing.taxes import TaxTotal
from gateway.core.invoicing.totals import tax_totals
from gateway.core.money import Money
from gateway.core.numbers import plain
from gateway.core.subscriptions.subscription import Customer
from gateway.core.time import local_date

_INSTANT = timedelta(microseconds=1)
_STYLE = """
  body { font: 14px/1.5 system-ui, sans-serif; color: #1c1c1c; margin: 3rem auto; max-width: 46rem; padding: 0 1rem }
  h1 { font-size: 1.6rem; margin: 0 0 1rem } dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1rem }
  dt { color: #5a5a5a } dd { margin: 0 } table { border-collapse: collapse; width: 100%; margin: 2rem 0 }
  th { text-align: left; font-weight: 600; border-bottom: 2px solid #1c1c1c } td, th { padding: .35rem .5rem }
  td { border-bottom: 1px solid #d8d8d8; vertical-align: top } .n { text-align: right; white-space: nowrap }
  tfoot td { border: 0 } tfoot tr:last-child td { font-weight: 600; border-top: 2px solid #1c1c1c }
  small { color: #5a5a5a } .mark { color: #b00020; font-weight: 600 }
  @media print { body { margin: 0; max-width: none } }
"""


def invoice_page(invoice: Invoice, customer: Customer, zone: ZoneInfo, notes: Sequence[CreditNote] = ()) -> str:
    """The whole page; its days are those of `zone`, and the last day of a service period is included."""
    title = f"Invoice {invoice.number}" if invoice.number else "Draft of an invoice"
    rows = "\n".join(_line(line, zone) for line in invoice.lines)
    return f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title><style>{_STYLE}</style></head>
<body>
<h1>{escape(title)}{_mark(invoice)}</h1>
<dl>
{_facts(invoice, customer)}
</dl>
<table>
<thead><tr><th>What</th><th>Service period</th><th class="n">Quantity</th><th class="n">Amount</th></tr></thead>
<tbody>
{rows}
</tbody>
<tfoot>
{_totals(invoice)}
</tfoot>
</table>
{_credited(notes)}</body>
</html>
"""


def _mark(invoice: Invoice) -> str:
    if invoice.status is InvoiceStatus.FINALIZED:
        return ""
    return f' <span class="mark">{escape(invoice.status.value)}</span>'


def _facts(invoice: Invoice, customer: Customer) -> str:
    facts = [
        ("Customer", customer.name),
        ("Customer number", customer.key),
        ("Date", invoice.issued_on.isoformat()),
        ("Currency", invoice.currency),
        ("Plan", f"{invoice.plan}, version {invoice.plan_version}"),
        ("Payment", invoice.payment_status.value),
    ]
    return "\n".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts)


def _line(line: InvoiceLine, zone: ZoneInfo) -> str:
    first, last = local_date(line.period.start, zone), local_date(line.period.end - _INSTANT, zone)
    quantity = "" if line.meter is None else f"{plain(line.quantity)}"
    cells = [
        f"<td>{escape(line.description)}{_discounts(line)}</td>",
        f"<td>{_days(first, last)}</td>",
        f'<td class="n">{escape(quantity)}</td>',
        f'<td class="n">{_amount(line.amount)}</td>',
    ]
    return f"<tr>{''.join(cells)}</tr>"


def _discounts(line: InvoiceLine) -> str:
    return "".join(f"<br><small>{_discount(share)}</small>" for share in line.discounts)


def _discount(share: DiscountShare) -> str:
    if share.amount.amount_minor < 0:
        return f"of which {escape(share.discount)} had taken off {_amount(-share.amount)}"
    return f"less {_amount(share.amount)} by {escape(share.discount)}"


def _days(first: date, last: date) -> str:
    return first.isoformat() if first == last else f"{first.isoformat()} to {last.isoformat()}"


def _totals(invoice: Invoice) -> str:
    rows: list[tuple[str, Money]] = []
    if invoice.discount.amount_minor or invoice.tax.amount_minor:
        rows.append(("Subtotal", invoice.subtotal))
    if invoice.discount.amount_minor:
        rows.append(("Discounts", -invoice.discount))
    rows += [(_tax(total), total.amount) for total in tax_totals(invoice.lines)]
    rows.append(("Total", invoice.total))
    return "\n".join(
        f'<tr><td colspan="3" class="n">{escape(name)}</td><td class="n">{_amount(amount)}</td></tr>'
        for name, amount in rows
    )


def _tax(total: TaxTotal) -> str:
    reason = f" ({total.rate.exemption})" if total.rate.exemption else ""
    return f"{total.rate.key} {plain(total.rate.percent)} % on {total.base}{reason}"


def _credited(notes: Iterable[CreditNote]) -> str:
    """What was given back since, one sentence for each credit note."""
    return "".join(
        f"<p>Credit note {escape(note.number)} of {note.issued_on.isoformat()} gives back {_amount(note.total)} "
        f"{escape(note.currency)}: {escape(note.reason)}</p>\n"
        for note in notes
    )


def _amount(amount: Money) -> str:
    return f"{amount.amount:,f}"
