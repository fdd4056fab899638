"""QuickBooks passes the suite that every accounting system passes."""

from datetime import date

import pytest
from gateway_quickbooks import QuickBooksTarget

from gateway.plugin_api import JournalTarget
from gateway.plugin_guard import GuardedTarget
from gateway.testing import Failure, JournalTargetConformance, departs, journal_document
from gateway.testing.conformance.journals import assert_same, put
from plugins.quickbooks.tests.connecting import DEFERRED, INCOME, RECEIVABLES
from plugins.quickbooks.tests.fake_quickbooks import Loopback
from tests.vendors.conformance import FAULTS


class TestQuickBooks(JournalTargetConformance):
    """Against the loopback server, whose messages keep to the contract."""

    failures = frozenset(Failure)
    secrets = ("fake-client-secret", "fake-refresh", "fake-access")
    account_names = (RECEIVABLES, INCOME, DEFERRED)
    closes_periods = True
    customer_name = "Usage customers"
    class_name = "Products:API"
    loopback: Loopback

    @pytest.fixture
    def target(self, target: QuickBooksTarget, loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> QuickBooksTarget:
        monkeypatch.setattr("gateway_quickbooks.client.page_size", 10)
        self.loopback = loopback
        return target

    def fail_next(self, target: JournalTarget, failure: Failure, is_write: bool) -> None:
        if failure is Failure.UNAUTHORIZED:
            # One request that is refused is no end: the access token is renewed, unless consent was taken back.
            self.loopback.fake.disconnect()
        elif is_write:
            self.loopback.write_fault = FAULTS[failure]
        else:
            self.loopback.fail_next(FAULTS[failure])

    def close_period(self, target: JournalTarget, last_day: date) -> None:
        self.loopback.fake.closed_until = last_day.isoformat()

    @departs("QuickBooks rounds every amount to two places; what has more is refused before it is sent")
    def test_amounts_keep_their_value_in_every_kind_of_currency(self, books: GuardedTarget) -> None:
        for currency, amounts in {"USD": [1200, 7], "JPY": [12, 7], "KWD": [12_000, 70]}.items():
            document = journal_document(self.account_names, amounts, currency, f"2025-05-{currency}-1")
            assert_same(books.fetch_journal(put(books, document).ref), document)
