"""How journals are printed."""

from collections.abc import Mapping, Sequence

from gateway.cli.output import print_table
from gateway.core.books.journal_comparison import JournalComparison
from gateway.core.books.journals import Journal
from gateway.core.delivery import Delivery
from gateway.core.money import Money

NOTHING_TO_SEND = "nothing to send"


def journal_document(journal: Journal, delivery: Delivery | None) -> dict[str, object]:
    """A journal for a program to read; amounts above zero are debits."""
    lines = [
        {
            "account": line.there.name,
            "customer": line.there.customer or None,
            "class": line.there.classification or None,
            "amount": str(Money(line.amount_minor, journal.currency)),
        }
        for line in journal.lines
    ]
    return {
        "id": journal.id,
        "number": journal.number,
        "connection": journal.connection,
        "legal_entity": journal.legal_entity,
        "month": journal.month,
        "currency": journal.currency,
        "revision": journal.revision,
        "accounting_day": journal.accounting_day.isoformat(),
        "reverses": journal.reverses,
        "reversed_by": journal.reversed_by,
        "lines": lines,
        "status": _status(journal, delivery),
        "reason": None if delivery is None else delivery.reason,
        "remedy": None if delivery is None else delivery.remedy,
    }


def print_journals(journals: Sequence[Journal], deliveries: Mapping[str, Delivery]) -> None:
    """A row for each journal."""
    columns = ["id", "number", "connection", "currency", "total", "status", "reason", "remedy"]
    print_table(columns, [_row(each, deliveries.get(each.id)) for each in journals], numbers=["total"])


def comparison_document(comparison: JournalComparison) -> dict[str, object]:
    """What a comparison found, for a program to read."""
    differences = [
        {"kind": each.kind, "number": each.number, "journal": each.journal, "told": each.told}
        for each in comparison.differences
    ]
    return {"connection": comparison.connection, "compared": comparison.compared, "differences": differences}


def print_comparisons(comparisons: Sequence[JournalComparison]) -> None:
    """A row for each difference."""
    rows = [
        [comparison.connection, each.kind, each.number, each.told]
        for comparison in comparisons
        for each in comparison.differences
    ]
    print_table(["connection", "kind", "number", "what differs"], rows)


def _row(journal: Journal, delivery: Delivery | None) -> list[str]:
    debits = sum(line.amount_minor for line in journal.lines if line.amount_minor > 0)
    what = [journal.id, journal.number, journal.connection, journal.currency, str(Money(debits, journal.currency))]
    reason, remedy = (None, None) if delivery is None else (delivery.reason, delivery.remedy)
    return [*what, _status(journal, delivery), reason or "", remedy or ""]


def _status(journal: Journal, delivery: Delivery | None) -> str:
    told = NOTHING_TO_SEND if delivery is None else delivery.status.value
    return told if journal.reversed_by is None else f"{told}, reversed"
