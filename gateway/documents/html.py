"""A document as a page of HTML: one file without scripts or anything from elsewhere, to read, print and keep."""

from collections.abc import Iterable, Sequence
from html import escape

from gateway.documents.sheet import GRAND_TOTALS, Sheet, SheetLine

_STYLE = """
  body { font: 15px/1.5 system-ui, sans-serif; color: #1b1f27; background: #fff; margin: 3rem auto; max-width: 48rem;
    padding: 0 1.25rem }
  header { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 1rem 2rem; margin-bottom: 2.5rem }
  h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 } address { font-style: normal }
  header address { color: #5b6270 } .issuer { text-align: right } address strong { color: #1b1f27 }
  dl { display: grid; grid-template-columns: max-content auto; gap: 0 1.25rem; margin: 0; align-content: start }
  dt, small, footer, tbody td:nth-child(2) { color: #5b6270 } dd { margin: 0 }
  table { border-collapse: collapse; width: 100%; margin: 2.5rem 0 1.5rem }
  th { text-align: left; font-size: .875rem; font-weight: 600; border-bottom: 2px solid #1b1f27 }
  td, th { padding: .4rem .5rem } td { border-bottom: 1px solid #d5d9e0; vertical-align: top; overflow-wrap: anywhere }
  time { white-space: nowrap } .n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums }
  tfoot td { border: 0; padding: .2rem .5rem } tfoot td:first-child { overflow-wrap: normal }
  tfoot .grand td { font-weight: 600; border-top: 1px solid #1b1f27 }
  .mark { color: #b00020; font-size: 1rem; text-transform: uppercase; letter-spacing: .05em }
  footer { margin-top: 3rem; border-top: 1px solid #d5d9e0; padding-top: .75rem; font-size: .8125rem }
  @media (max-width: 40rem) { body { margin: 1.5rem auto; font-size: 13px } td, th { padding: .35rem .25rem }
    .issuer { text-align: left } }
  @media print { body { margin: 0; max-width: none } thead { display: table-header-group } tr { break-inside: avoid } }
"""


def page_of(
    sheet: Sheet, state: Iterable[tuple[str, str]] = (), since: Iterable[str] = (), legal_url: str | None = None
) -> str:
    """The whole page; `state` and `since` say what changed after the document was issued, and are no part of it.

    `legal_url` is the provider's page of the legal document, where this is none.
    """
    return f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(sheet.title)}</title><style>{_STYLE}</style></head>
<body>
<header>
<h1>{escape(sheet.title)}{_mark(sheet)}</h1>
{_address((*sheet.issuer, *sheet.issuer_details), "issuer")}
</header>
<header>
{_address(sheet.customer, "customer")}
<dl>
{_facts((*sheet.facts, *state))}
</dl>
</header>
<table>
<thead>
<tr><th>What</th><th>Service period</th>{_quantity(sheet, "th", "Quantity")}<th class="n">Amount</th></tr>
</thead>
<tbody>
{_lines(sheet)}
</tbody>
<tfoot>
{_totals(sheet)}
</tfoot>
</table>
{_paragraphs((*sheet.remarks, *since))}{_legal(legal_url)}{_footer(sheet.footer)}</body>
</html>
"""


def _mark(sheet: Sheet) -> str:
    return "" if sheet.mark is None else f' <span class="mark">{escape(sheet.mark)}</span>'


def _address(words: Sequence[str], kind: str) -> str:
    if not words:
        return ""
    name, *rest = map(escape, words)
    lines = "<br>".join((f"<strong>{name}</strong>", *rest))
    return f'<address class="{kind}">{lines}</address>'


def _facts(facts: Iterable[tuple[str, str]]) -> str:
    return "\n".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts)


def _lines(sheet: Sheet) -> str:
    return "\n".join(_line(sheet, line) for line in sheet.lines)


def _line(sheet: Sheet, line: SheetLine) -> str:
    details = "".join(f"<br><small>{escape(detail)}</small>" for detail in line.details)
    cells = [
        f"<td>{escape(line.what)}{details}</td>",
        f"<td>{_period(line.period)}</td>",
        _quantity(sheet, "td", line.quantity),
        f'<td class="n">{escape(line.amount)}</td>',
    ]
    return f"<tr>{''.join(cells)}</tr>"


def _quantity(sheet: Sheet, cell: str, words: str) -> str:
    return f'<{cell} class="n">{escape(words)}</{cell}>' if sheet.has_quantities else ""


def _period(words: str) -> str:
    """The days, each of which stays on one line."""
    return " to ".join(f"<time>{escape(each)}</time>" for each in words.split(" to "))


def _totals(sheet: Sheet) -> str:
    return "\n".join(_total(sheet, name, amount) for name, amount in sheet.totals)


def _total(sheet: Sheet, name: str, amount: str) -> str:
    is_grand = name in GRAND_TOTALS
    shown = f"{name} {sheet.currency}" if is_grand else name
    kind = ' class="grand"' if is_grand else ""
    span = 3 if sheet.has_quantities else 2
    return f'<tr{kind}><td colspan="{span}" class="n">{escape(shown)}</td><td class="n">{escape(amount)}</td></tr>'


def _paragraphs(texts: Iterable[str]) -> str:
    return "".join(f"<p>{escape(text)}</p>\n" for text in texts)


def _legal(url: str | None) -> str:
    return f'<p><a href="{escape(url)}">The legal document at the billing provider</a></p>\n' if url else ""


def _footer(lines: Sequence[str]) -> str:
    return f"<footer>{'<br>'.join(map(escape, lines))}</footer>\n" if lines else ""
