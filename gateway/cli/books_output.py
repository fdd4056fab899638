"""How `gateway books` prints what it finds."""

from collections.abc import Iterable, Mapping, Sequence

from gateway.cli.output import print_table
from gateway.core.books.accounting_periods import AccountingPeriod, PeriodChange
from gateway.core.books.trial_balance import Balance
from gateway.core.books.verification import BalanceDifference
from gateway.core.money import Money
from gateway.core.ports.books import BookedTransfer
from gateway.core.time import instant_text

_AMOUNTS = ["opening", "debits", "credits", "closing"]


def balance_document(row: Balance) -> dict[str, object]:
    """A row of a trial balance; what it holds is above zero on the debit side, below zero on the credit side."""
    return {
        "account": row.account,
        "class": row.kind.account_class,
        "currency": row.currency,
        "opening": str(row.opening),
        "debits": str(row.debits),
        "credits": str(row.credits),
        "closing": str(row.closing),
    }


def print_balances(rows: Sequence[Balance], totals: Sequence[Balance]) -> None:
    """The rows as an accountant reads them, with the side that each balance is on, and the sum of each currency."""
    table = [[row.account, row.kind.account_class, row.currency, *_amounts(row)] for row in rows]
    table += [["total", "", row.currency, *_amounts(row)] for row in totals]
    print_table(["account", "class", "currency", *_AMOUNTS], table, _AMOUNTS)


def transfer_document(booked: BookedTransfer) -> dict[str, object]:
    """A transfer where it is booked."""
    moved = booked.transfer
    return {
        "accounting_day": booked.accounting_day.isoformat(),
        "effective_day": booked.effective_day.isoformat(),
        "entry": booked.entry,
        "ordinal": booked.ordinal,
        "debit": moved.debit_account,
        "credit": moved.credit_account,
        "amount": str(moved.amount),
        "currency": moved.amount.currency,
        "source": moved.source,
        "posted_at": instant_text(booked.posted_at),
    }


def print_transfers(transfers: Iterable[BookedTransfer]) -> None:
    """One a line, in the order of the books."""
    columns = ["accounting_day", "effective_day", "debit", "credit", "amount", "currency", "source", "entry"]
    rows = [
        [str(document[name]) for name in columns]
        for each in transfers
        for document in [transfer_document(each) | {"amount": grouped(each.transfer.amount)}]
    ]
    print_table([name.replace("_", " ") for name in columns], rows, ["amount"])


def period_document(period: AccountingPeriod, change: PeriodChange | None) -> dict[str, object]:
    """A month and who changed it last."""
    return {
        "month": period.month,
        "status": period.status,
        "changed_by": change and change.actor,
        "changed_at": change and instant_text(change.at),
        "reason": change and change.reason,
        "passed_over": list(change.passed_over) if change else [],
    }


def print_periods(periods: Iterable[AccountingPeriod], changes: Mapping[str, PeriodChange]) -> None:
    """One a line, in order."""
    documents = [period_document(period, changes.get(period.month)) for period in periods]
    columns = ["month", "status", "changed_by", "changed_at", "reason"]
    rows = [[str(each[name] or "") for name in columns] for each in documents]
    print_table([name.replace("_", " ") for name in columns], rows)


def difference_document(difference: BalanceDifference) -> dict[str, object]:
    """A balance that is not what its transfers add up to."""
    currency = difference.currency
    return {
        "legal_entity": difference.legal_entity,
        "month": difference.month,
        "account": difference.account,
        "currency": currency,
        "debits_kept": str(Money(difference.kept[0], currency)),
        "debits_added_up": str(Money(difference.added_up[0], currency)),
        "credits_kept": str(Money(difference.kept[1], currency)),
        "credits_added_up": str(Money(difference.added_up[1], currency)),
    }


def print_differences(differences: Sequence[BalanceDifference]) -> None:
    """One a line."""
    documents = [difference_document(each) for each in differences]
    columns = list(documents[0])
    print_table([name.replace("_", " ") for name in columns], [list(map(str, each.values())) for each in documents])


def _amounts(row: Balance) -> list[str]:
    return [_balance(row.opening), grouped(row.debits), grouped(row.credits), _balance(row.closing)]


def _balance(amount: Money) -> str:
    """What an account holds, and on which side: `1,250.00 Dr`, `22.13 Cr`."""
    if not amount.amount_minor:
        return grouped(amount)
    return f"{abs(amount.amount):,} {'Dr' if amount.amount_minor > 0 else 'Cr'}"


def grouped(amount: Money) -> str:
    """An amount with commas between thousands."""
    return f"{amount.amount:,}"
