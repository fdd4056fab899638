"""Journals as QuickBooks writes them, and back."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from gateway.plugin_api import (
    ExternalJournal,
    JournalDocument,
    JournalLine,
    JournalSide,
    Money,
    NeedsAttention,
    minor_unit_places,
)

amount_places = 2
"""QuickBooks rounds every amount to two places, whatever its currency has."""
_LINE_KIND = "JournalEntryLineDetail"
_POSTING_TYPES = {JournalSide.DEBIT: "Debit", JournalSide.CREDIT: "Credit"}
_SIDES = {posting: side for side, posting in _POSTING_TYPES.items()}

Movement = tuple[str, str, Decimal, str, str]
"""What a line does: account, side, amount, customer and class, by their ids."""


def to_line(line: JournalLine, account_id: str, customer_id: str | None, class_id: str | None) -> dict[str, Any]:
    """A line of a journal entry."""
    detail: dict[str, Any] = {"PostingType": _POSTING_TYPES[line.side], "AccountRef": {"value": account_id}}
    if customer_id is not None:
        detail["Entity"] = {"Type": "Customer", "EntityRef": {"value": customer_id}}
    if class_id is not None:
        detail["ClassRef"] = {"value": class_id}
    described = {"Description": line.memo} if line.memo else {}
    return {"DetailType": _LINE_KIND, "Amount": to_amount(line.amount), **described, _LINE_KIND: detail}


def to_amount(amount: Money) -> Decimal:
    """An amount that QuickBooks keeps as it is. Raises `NeedsAttention` for one that it would round."""
    if minor_unit_places(amount.currency) > amount_places and amount.amount != round(amount.amount, amount_places):
        remedy = f"keep books in {amount.currency} in another system; QuickBooks rounds to {amount_places} places"
        raise NeedsAttention(f"{amount} {amount.currency} has more places than QuickBooks keeps", remedy)
    return amount.amount


def to_entry(journal: JournalDocument, lines: list[dict[str, Any]], rate: Decimal | None) -> dict[str, Any]:
    """A journal entry to be made; `rate` is what one unit of its currency is worth, none for the home currency."""
    undone = f"Reverses {journal.reverses}." if journal.reverses else ""
    note = " ".join(words for words in (journal.memo, undone) if words)
    return {
        "DocNumber": journal.number,
        "TxnDate": journal.accounting_day.isoformat(),
        "CurrencyRef": {"value": journal.currency},
        **({} if rate is None else {"ExchangeRate": rate}),
        **({"PrivateNote": note} if note else {}),
        "Line": lines,
    }


def from_entry(entry: Mapping[str, Any], home_currency: str) -> ExternalJournal:
    """A journal entry as QuickBooks holds it. Raises `NeedsAttention` for amounts that its currency does not have."""
    currency = currency_of(entry, home_currency)
    return ExternalJournal(
        ref=str(entry["Id"]),
        number=str(entry.get("DocNumber") or ""),
        currency=currency,
        accounting_day=date.fromisoformat(entry["TxnDate"]),
        lines=tuple(_from_line(line, currency, str(entry["Id"])) for line in _posted(entry)),
        version=str(entry.get("SyncToken") or ""),
    )


def currency_of(entry: Mapping[str, Any], home_currency: str) -> str:
    """The currency of a journal entry: the home currency where it names none."""
    return str((entry.get("CurrencyRef") or {}).get("value") or home_currency)


def postings(entry: Mapping[str, Any]) -> list[Movement]:
    """What a journal entry does, in a stable order: two that do the same are the same journal."""
    return sorted(_posting(line) for line in _posted(entry))


def is_same(entry: Mapping[str, Any], other: Mapping[str, Any], home_currency: str) -> bool:
    """Whether two journal entries do the same on the same day, whatever words they have."""
    return (
        postings(entry) == postings(other)
        and entry["TxnDate"] == other["TxnDate"]
        and currency_of(entry, home_currency) == currency_of(other, home_currency)
    )


def exchanged(found: list[Movement]) -> list[Movement]:
    """The same with the sides exchanged."""
    others = {"Debit": "Credit", "Credit": "Debit"}
    return sorted((account, others[side], *rest) for account, side, *rest in found)  # type: ignore[misc]


def _posting(line: Mapping[str, Any]) -> Movement:
    detail = line[_LINE_KIND]
    ids = (str(reference.get("value") or "") for reference in (_customer(detail), detail.get("ClassRef") or {}))
    return detail["AccountRef"]["value"], detail["PostingType"], Decimal(line["Amount"]), *ids


def _customer(detail: Mapping[str, Any]) -> Mapping[str, Any]:
    """Whom a line is about, if it is a customer: vendors and employees are nobody of ours."""
    entity = detail.get("Entity") or {}
    reference: Mapping[str, Any] = (entity.get("EntityRef") or {}) if entity.get("Type") == "Customer" else {}
    return reference


def _posted(entry: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The lines that move something; others have descriptions only."""
    return (line for line in entry["Line"] if line.get("DetailType") == _LINE_KIND and line.get("Amount"))


def _from_line(line: Mapping[str, Any], currency: str, ref: str) -> JournalLine:
    detail = line[_LINE_KIND]
    return JournalLine(
        account=str(_name(detail["AccountRef"])),
        side=_SIDES[detail["PostingType"]],
        amount=_from_amount(Decimal(line["Amount"]), currency, ref),
        memo=str(line.get("Description") or "")[:1000],
        customer=_name(_customer(detail)),
        classification=_name(detail.get("ClassRef") or {}),
    )


def _from_amount(amount: Decimal, currency: str, ref: str) -> Money:
    if amount != round(amount, minor_unit_places(currency)):
        reason = f"QuickBooks' journal entry {ref} has an amount of {amount} {currency}"
        raise NeedsAttention(reason, f"correct it there: {currency} has no such parts")
    return Money.named(amount, currency)


def _name(reference: Mapping[str, Any]) -> str | None:
    """What a reference calls what it refers to; None if it refers to nothing."""
    named = reference.get("name") or reference.get("value")
    return None if named is None else str(named)
