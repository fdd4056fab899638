"""How cases name the accounts of a ledger, and what these stand at."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal

from gateway.core.ledger import Transfer, credit_balances
from gateway.core.money import Money

CURRENCY, CUSTOMER, UNCOVERED = "USD", "customer", "uncovered"
_NAMES = {
    "promotional_credit": "customer_credit",
    "receivables": "receivable",
    "prepayments": "receivable",
    "credit_overage": "receivable_uncovered",
    "authorized_payments": "receivable_authorised",
    "cash": "wash",
    "promotional_grants": "wash",
    "deferred_revenue": "accrued",
    "revenue": "earnings",
}
_ALWAYS = ("customer_credit", "breakage", "accrued_uncovered", *_NAMES.values())


def minor(amount: str) -> int:
    """An amount as whole minor units."""
    return Money.rounded(Decimal(amount), CURRENCY).amount_minor


def told(amount_minor: int) -> Decimal:
    """The same in major units."""
    return Money(amount_minor, CURRENCY).amount


def standing(transfers: Iterable[Transfer]) -> Mapping[str, Decimal]:
    """What the accounts stand at, with those for each source beside them; one that nothing is on stands at zero."""
    booked = list(transfers)
    found = dict.fromkeys(_ALWAYS, 0)
    for naming in (_by_source, _name):
        named = [
            replace(one, debit_account=naming(one.debit_account), credit_account=naming(one.credit_account))
            for one in booked
        ]
        found.update(credit_balances(named))
    return {name: told(amount) for name, amount in found.items()}


def _name(account: str) -> str:
    kind, _, detail = account.partition(":")
    name = _NAMES.get(kind, kind)
    return f"{name}_{UNCOVERED}" if detail == UNCOVERED else name


def _by_source(account: str) -> str:
    kind, _, detail = account.partition(":")
    return f"{_name(account)}_{detail}" if kind in ("deferred_revenue", "revenue") else _name(account)
