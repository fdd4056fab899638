"""What our accounts are called in an accounting system."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from gateway.core.books.chart import CHART, AccountClass, kind_of
from gateway.core.errors import GatewayError


@dataclass(frozen=True, slots=True, order=True)
class AccountThere:
    """An account of the accounting system; `customer` and `classification` go with each line on it."""

    name: str
    customer: str = ""
    classification: str = ""


@dataclass(frozen=True, slots=True)
class AccountMapping:
    """Accounts there by ours: of one account such as `revenue:calls`, of a kind such as `revenue`, and by default."""

    configured: Mapping[str, AccountThere] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)

    def there(self, account: str) -> AccountThere | None:
        """Where what is on `account` is put; None if nobody said."""
        kind = account.partition(":")[0]
        given = self.configured.get(account) or self.configured.get(kind)
        default = self.defaults.get(kind)
        return given or (None if default is None else AccountThere(default))

    def unmapped(self, accounts: Iterable[str]) -> list[str]:
        """The accounts, other than for the record only, that are put nowhere."""
        return sorted({each for each in accounts if is_sent(each) and self.there(each) is None})


class UnmappedAccounts(GatewayError):
    """Accounts of ours that an accounting system has no account for; each is named with the setting to add."""

    code = "UNMAPPED_ACCOUNTS"

    def __init__(self, connection: str, accounts: Iterable[str]) -> None:
        kinds = sorted({each.partition(":")[0] for each in accounts})
        self.reason = f"Nothing says where {', '.join(kinds)} go at {connection!r}"
        lines = "; ".join(f'{kind} = "..."' for kind in kinds)
        self.remedy = f"add to [journals.{connection}.accounts]: {lines}"
        super().__init__(f"{self.reason}; {self.remedy}")


def is_sent(account: str) -> bool:
    """Whether an account is part of the balance sheet or the income, and so of what is sent."""
    return kind_of(account).account_class is not AccountClass.MEMORANDUM


def mapping_fault(account: str) -> str | None:
    """What is wrong with what a mapping names: a kind, or one of its accounts."""
    kind, _, detail = account.partition(":")
    known = CHART.get(kind)
    if known is None:
        return f"{kind!r} is no kind of account; there are {', '.join(sorted(CHART))}"
    if detail and known.detail is None:
        return f"{kind!r} is one account; name it without {':' + detail!r}"
    return None
