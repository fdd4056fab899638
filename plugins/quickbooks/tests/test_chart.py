"""Accounts, customers and classes are found by their names and ids, and the company is the right one."""

import ssl

import pytest
from gateway_quickbooks import QuickBooksSettings, QuickBooksTarget
from gateway_quickbooks.client import QuickBooksApi

from gateway.plugin_api import NeedsAttention
from gateway.testing import FakeHost
from plugins.quickbooks.tests.conftest import Connect
from plugins.quickbooks.tests.connecting import AR, INCOME, KEY, RECEIVABLES, credit, debit, journal
from plugins.quickbooks.tests.fake_quickbooks import FakeQuickBooks, Loopback
from plugins.quickbooks.tests.test_settings import NEEDED


def test_every_account_is_listed_page_by_page(
    target: QuickBooksTarget, loopback: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway_quickbooks.client.page_size", 3)
    found = {account.name: account for account in target.accounts()}
    assert len(found) == len(loopback.fake.accounts) == 7
    assert len(loopback.requests) == 3
    assert [name for name, account in found.items() if account.needs_customer] == [AR]
    assert [name for name, account in found.items() if not account.is_active] == ["Old income"]


def test_an_account_in_a_foreign_currency_takes_that_alone(
    target: QuickBooksTarget, quickbooks: FakeQuickBooks
) -> None:
    quickbooks.add_account("Euros", "Bank", CurrencyRef={"value": "EUR"})
    currencies = {account.name: account.currency for account in target.accounts()}
    assert (currencies["Euros"], currencies[INCOME]) == ("EUR", None)


def test_an_account_may_be_named_by_id(target: QuickBooksTarget, quickbooks: FakeQuickBooks) -> None:
    ref = next(ref for ref, each in quickbooks.accounts.items() if each["FullyQualifiedName"] == INCOME)
    put = target.put_journal(journal([debit(RECEIVABLES, 1), credit(ref, 1)]), KEY)
    assert INCOME in {line.account for line in put.lines}


def test_an_id_comes_before_a_name_that_looks_like_one(target: QuickBooksTarget, quickbooks: FakeQuickBooks) -> None:
    ref = next(ref for ref, each in quickbooks.accounts.items() if each["FullyQualifiedName"] == INCOME)
    quickbooks.add_account(ref, "Income")
    put = target.put_journal(journal([debit(RECEIVABLES, 1), credit(ref, 1)]), KEY)
    assert INCOME in {line.account for line in put.lines}


def test_many_customers_are_looked_up_in_a_few_requests(
    target: QuickBooksTarget, loopback: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway_quickbooks.chart.names_per_query", 4)
    names = [f"Customer {number}, the 'O\\{number}'" for number in range(9)]
    for name in names:
        loopback.fake.add_customer(name)
    lines = [debit(RECEIVABLES, 1, customer=name) for name in names]
    put = target.put_journal(journal([*lines, credit(INCOME, 9)]), KEY)
    assert sorted(line.customer or "" for line in put.lines) == ["", *names]
    queries = [params["query"] for _, path, params in loopback.requests if path.endswith("query")]
    assert sum("from Customer" in query for query in queries) == 3


def test_a_customer_that_is_not_active_is_not_found(target: QuickBooksTarget, quickbooks: FakeQuickBooks) -> None:
    next(iter(quickbooks.customers.values()))["Active"] = False
    with pytest.raises(NeedsAttention, match="no customer 'Usage customers'"):
        target.put_journal(journal([debit(RECEIVABLES, 1, customer="Usage customers"), credit(INCOME, 1)]), KEY)


def test_a_company_with_another_home_currency_is_not_the_one(connect: Connect) -> None:
    connect().check()
    with pytest.raises(NeedsAttention, match="The home currency of the QuickBooks company is USD, not EUR"):
        connect(home_currency="EUR").check()


def test_requests_go_over_tls_that_is_checked() -> None:
    tls = QuickBooksApi(QuickBooksSettings.model_validate(NEEDED), FakeHost())._tls
    assert (tls.verify_mode, tls.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert tls.cert_store_stats()["x509_ca"] > 0
