"""What a company has: its accounts, and its customers and classes by their names."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from gateway.plugin_api import NeedsAttention, TargetAccount
from gateway_quickbooks.client import QuickBooksApi, quoted

RECEIVABLE = "Accounts Receivable"
PAYABLE = "Accounts Payable"
names_per_query = 50
_NAME_FIELDS = {"Customer": "DisplayName", "Class": "FullyQualifiedName"}


class Chart:
    """The accounts of a company, each found by its id or by its full name."""

    def __init__(self, accounts: Iterable[Mapping[str, Any]]) -> None:
        listed = list(accounts)
        # An id comes before a name that looks like one.
        self._accounts = {each["FullyQualifiedName"]: each for each in listed} | {each["Id"]: each for each in listed}

    @classmethod
    def of(cls, api: QuickBooksApi) -> "Chart":
        """The company's as it is now."""
        return cls(listed_accounts(api))

    def account(self, named: str) -> Mapping[str, Any]:
        """The account that takes postings under a name or an id. Raises `NeedsAttention` if there is none."""
        account = self._accounts.get(named)
        if account is None:
            remedy = "map it to an account that QuickBooks has, by its full name or id; then resume the delivery"
            raise NeedsAttention(f"QuickBooks has no account {named!r}", remedy)
        if not account.get("Active", True):
            remedy = "make it active there, or map to another; then resume the delivery"
            raise NeedsAttention(f"The account {named!r} is not active at QuickBooks", remedy)
        if account["AccountType"] == PAYABLE:
            remedy = "map to an account of another type, such as Other Current Liabilities; then resume the delivery"
            raise NeedsAttention(f"{named!r} is an accounts payable account, which needs a vendor", remedy)
        return account


def listed_accounts(api: QuickBooksApi) -> Iterator[dict[str, Any]]:
    """All accounts, also those that are not active, which QuickBooks lists only to who asks for them."""
    return api.query("Account", "Active in (true, false)")


def to_target_account(account: Mapping[str, Any], home_currency: str) -> TargetAccount:
    """An account in the words of the plugin API. One in the home currency takes any: the rate is the journal's."""
    currency = (account.get("CurrencyRef") or {}).get("value") or home_currency
    return TargetAccount(
        account["Id"],
        account["FullyQualifiedName"],
        currency=None if currency == home_currency else currency,
        is_active=account.get("Active", True),
        needs_customer=account["AccountType"] == RECEIVABLE,
    )


def ids_of(api: QuickBooksApi, kind: str, names: Iterable[str | None]) -> dict[str | None, str]:
    """The ids of customers or classes by their names; of those that are named.

    Raises `NeedsAttention` for one that QuickBooks does not have, or that is not active.
    """
    wanted, field = sorted({name for name in names if name is not None}), _NAME_FIELDS[kind]
    found: dict[str | None, str] = {}
    for start in range(0, len(wanted), names_per_query):
        some = ", ".join(quoted(name) for name in wanted[start : start + names_per_query])
        found |= {each[field]: each["Id"] for each in api.query(kind, f"{field} in ({some})")}
    if missing := [name for name in wanted if name not in found]:
        remedy = "add it there and make it active, or correct the mapping; then resume the delivery"
        raise NeedsAttention(f"QuickBooks has no {kind.lower()} {missing[0]!r}", remedy)
    return found
