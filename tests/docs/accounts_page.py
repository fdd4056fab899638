"""The chart of accounts as a table of its reference: `python -m tests.docs.accounts_page` writes it there."""

from collections.abc import Iterator

from gateway.core.books.chart import CHART
from tests.docs.markdown import ROOT

PAGE = ROOT / "docs" / "reference" / "accounts.md"
_MARK = "| kind |"


def table() -> str:
    """A row for each kind, in the order of the chart."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "| kind | one for each | class | grows by | what it says | rule |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for each in CHART.values():
        named = each.account_class.replace("_", " ")
        yield f"| `{each.kind}` | {each.detail or ''} | {named} | {each.grows_by} | {each.sentence} | {each.source} |"


if __name__ == "__main__":
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(text.partition(_MARK)[0] + table(), encoding="utf-8")
