"""The columns of reports as tables of their reference: `python -m tests.docs.reports_page` writes them there."""

import re

from gateway.core.reports.ageing import AgedReceivables, AgedUnbilled
from gateway.core.reports.bridge import BridgeMonth
from gateway.core.reports.columns import sentences
from gateway.core.reports.credits import OutstandingGrant
from gateway.core.reports.deferred import DeferredMonth
from gateway.core.reports.recognised import RecognisedMonth
from gateway.core.reports.recurring import RecurringMonth
from gateway.core.reports.schedule import ScheduledMonth
from gateway.core.reports.split import SplitRevenue
from tests.docs.markdown import ROOT

PAGE = ROOT / "docs" / "reference" / "reports.md"
REPORTS: dict[str, type] = {
    "deferred": DeferredMonth,
    "recognised": RecognisedMonth,
    "schedule": ScheduledMonth,
    "revenue": SplitRevenue,
    "mrr": RecurringMonth,
    "bridge": BridgeMonth,
    "ageing": AgedReceivables,
    "unbilled": AgedUnbilled,
    "credits": OutstandingGrant,
}
_TABLE = re.compile(r"(<!-- columns: ([a-z-]+) -->\n)(?:\|.*\n)+")


def rewritten(page: str) -> str:
    """The page with the columns that reports have now."""
    return _TABLE.sub(lambda found: found[1] + _table(REPORTS[found[2]]), page)


def described(page: str) -> list[str]:
    """The reports whose columns the page lists."""
    return [name for _, name in _TABLE.findall(page)]


def _table(row: type) -> str:
    lines = [f"| `{name}` | {sentence} |\n" for name, sentence in sentences(row).items()]
    return "".join(["| column | what it says |\n", "| --- | --- |\n", *lines])


if __name__ == "__main__":
    PAGE.write_text(rewritten(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
