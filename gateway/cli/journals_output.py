"""How journals are printed."""

from collections.abc import Mapping, Sequence

from gateway.cli.books_output import grouped
from gateway.cli.output import print_table
from gateway.core.books.journal_comparison import JournalComparison, JournalDifferenceKind
from gateway.core.books.journals import Journal
from gateway.core.delivery import Delivery
from gateway.core.money import Money
from gateway.core.time import instant_text

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
    compared_at = comparison.compared_at
    return {
        "connection": comparison.connection,
        "legal_entity": comparison.legal_entity,
        "month": comparison.month,
        "compared_at": compared_at and instant_text(compared_at),
        "compared": comparison.compared,
        "differences": differences,
        "fault": comparison.fault,
    }


def print_last_comparisons(comparisons: Sequence[JournalComparison]) -> None:
    """A row for each comparison."""
    columns = ["month", "connection", "compared at", "journals", "differ", "fault"]
    rows = [
        [
            each.month,
            each.connection,
            instant_text(each.compared_at) if each.compared_at else "not yet",
            str(each.compared),
            str(len(each.differences)),
            each.fault or "",
        ]
        for each in comparisons
    ]
    print_table(columns, rows, ["journals", "differ"])


_WORDS = {
    JournalDifferenceKind.MISSING: "missing",
    JournalDifferenceKind.DELETED: "deleted",
    JournalDifferenceKind.AMOUNT: "other amounts",
    JournalDifferenceKind.DIFFERENT: "edited by hand",
    JournalDifferenceKind.UNKNOWN: "not ours",
}


def print_comparisons(comparisons: Sequence[JournalComparison]) -> None:
    """A row for each difference, if there are any."""
    rows = [
        [comparison.connection, _WORDS[each.kind], each.number, each.told]
        for comparison in comparisons
        for each in comparison.differences
    ]
    if rows:
        print_table(["connection", "what happened", "journal", "in what it differs"], rows)


def _row(journal: Journal, delivery: Delivery | None) -> list[str]:
    debits = sum(line.amount_minor for line in journal.lines if line.amount_minor > 0)
    what = [journal.id, journal.number, journal.connection, journal.currency, grouped(Money(debits, journal.currency))]
    reason, remedy = (None, None) if delivery is None else (delivery.reason, delivery.remedy)
    return [*what, _status(journal, delivery), reason or "", remedy or ""]


def _status(journal: Journal, delivery: Delivery | None) -> str:
    told = NOTHING_TO_SEND if delivery is None else delivery.status.value
    return told if journal.reversed_by is None else f"{told}, reversed"
