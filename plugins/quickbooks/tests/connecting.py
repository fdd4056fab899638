"""How the plugin is pointed at a fake, and what it is given to post."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from gateway.plugin_api import JournalDocument, JournalLine, JournalSide, Money
from plugins.quickbooks.tests.fake_quickbooks import REALM, Loopback

RECEIVABLES, INCOME, DEFERRED, AR = "Usage receivables", "Income:Usage", "Deferred revenue", "Accounts Receivable (A/R)"
JUNE = date(2025, 6, 30)
NUMBER = "ACME-2025-06-USD-1"
KEY = "k" * 32


def told(loopback: Loopback) -> dict[str, Any]:
    """What the settings of a connection to the fake say."""
    fake = loopback.fake
    return {
        "client_id": fake.client_id, "client_secret": fake.client_secret, "refresh_token": fake.refresh_token,
        "realm_id": REALM, "home_currency": fake.home_currency, "api_base": loopback.url, "timeout_seconds": 10,
    }  # fmt: skip


def debit(account: str, amount_minor: int, currency: str = "USD", **others: Any) -> JournalLine:
    """A line."""
    return JournalLine(account, JournalSide.DEBIT, Money(amount_minor, currency), **others)


def credit(account: str, amount_minor: int, currency: str = "USD", **others: Any) -> JournalLine:
    """A line."""
    return JournalLine(account, JournalSide.CREDIT, Money(amount_minor, currency), **others)


def journal(lines: Sequence[JournalLine] = (), number: str = NUMBER, **others: Any) -> JournalDocument:
    """The journal of a month: usage that was billed, unless it is given other lines."""
    lines = lines or (debit(RECEIVABLES, 123_456), credit(INCOME, 100_000), credit(DEFERRED, 23_456))
    usual = {"currency": lines[0].amount.currency, "home_currency": "USD", "accounting_day": JUNE}
    return JournalDocument(number=number, legal_entity="acme", lines=tuple(lines), **{**usual, **others})


class Unchecked:
    """A contract that lets every answer pass, for those that are not written down."""

    def __init__(self, contract: Any) -> None:
        self._contract = contract

    def __getattr__(self, name: str) -> Any:
        return getattr(self._contract, name)

    def check_answer(self, *_: object) -> None:
        pass
