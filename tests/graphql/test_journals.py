"""Journals over the API: posted, followed, undone and compared."""

from dataclasses import replace

import pytest

from gateway.core.books.account_mapping import AccountMapping
from gateway.core.books.chart import CHART
from gateway.services.compare_journals import compare_next
from gateway.services.deliver import deliver_next_journal
from gateway.services.installation import ConnectedBooks, Installation
from tests.graphql.asking import Api
from tests.graphql.company import add_customer, bill, define, use
from tests.services.journaling import BooksInMemory

_JOURNAL = """id number revision month currency reversesId reversedById
  lines { account amount { amount currency } parts { account amount { amount } } }
  deliveries { kind status reason remedy steps { step } }"""
_POST = f"""mutation ($key: String!) {{
  postJournals(month: "2026-01", idempotencyKey: $key) {{ journals {{ {_JOURNAL} }} userErrors {{ code message }} }}
}}"""
_REVERSE = f"""mutation ($id: ID!, $key: String!) {{
  reverseJournal(id: $id, idempotencyKey: $key) {{ journals {{ {_JOURNAL} }} userErrors {{ code message }} }}
}}"""
_LIST = f'{{ journals(month: "2026-01") {{ nodes {{ {_JOURNAL} }} }} }}'
_COMPARE = 'mutation { compareJournals(month: "2026-01") { connections userErrors { code } } }'
_FOUND = """{ journalComparisons(month: "2026-01") {
  connection compared comparedAt fault differences { kind number journalId told }
} }"""


@pytest.fixture
def billed(api: Api) -> Api:
    """Acme, billed for January and February."""
    define(api)
    add_customer(api, "acme")
    use(api, "acme")
    bill(api, "first run")
    return api


def test_without_an_accounting_system_nothing_is_posted(billed: Api) -> None:
    [refused] = billed.refusals(_POST, key="1")
    assert refused["code"] == "NO_JOURNAL_TARGET"
    assert billed.ask(_LIST)["journals"]["nodes"] == []


@pytest.fixture
def ledger() -> BooksInMemory:
    """An accounting system that has an account for each kind of ours."""
    target = BooksInMemory()
    target.account_names = {kind: kind for kind in CHART}
    return target


@pytest.fixture
def posting(billed: Api) -> Api:
    """The same, with an accounting system."""
    books = ConnectedBooks("ledger", "memory", AccountMapping(defaults={kind: kind for kind in CHART}))
    billed.installation = replace(billed.installation, journals=(books,))
    return billed


def deliver(installation: Installation, target: BooksInMemory) -> None:
    while deliver_next_journal(installation, "ledger", target) is not None:
        pass


def test_a_month_is_posted_once_and_can_be_followed(posting: Api, ledger: BooksInMemory) -> None:
    [made] = posting.do(_POST, key="1")["journals"]
    assert posting.do(_POST, key="1")["journals"] == [made]
    assert posting.do(_POST, key="2")["journals"] == []
    assert (made["revision"], made["month"], made["deliveries"][0]["kind"]) == (1, "2026-01", "JOURNAL")
    deliver(posting.installation, ledger)
    [listed] = posting.ask(_LIST)["journals"]["nodes"]
    assert listed["lines"] == made["lines"]
    assert [(each["status"], each["steps"]) for each in listed["deliveries"]] == [
        ("DELIVERED", [{"step": "CONFIRM"}, {"step": "PUT"}])
    ]
    assert all(line["parts"] for line in listed["lines"])


def test_a_journal_is_undone_once_and_by_a_journal_of_its_own(posting: Api, ledger: BooksInMemory) -> None:
    [made] = posting.do(_POST, key="1")["journals"]
    [refused] = posting.refusals(_REVERSE, id=made["id"], key="2")
    assert refused["code"] == "ILLEGAL_TRANSITION"
    deliver(posting.installation, ledger)
    [undoing] = posting.do(_REVERSE, id=made["id"], key="3")["journals"]
    assert undoing["reversesId"] == made["id"]
    reversed_by = {each["id"]: each["reversedById"] for each in posting.ask(_LIST)["journals"]["nodes"]}
    assert reversed_by == {made["id"]: undoing["id"], undoing["id"]: None}


def test_a_comparison_is_asked_for_and_then_there(posting: Api, ledger: BooksInMemory) -> None:
    posting.do(_POST, key="1")
    deliver(posting.installation, ledger)
    ledger.held.clear()
    assert posting.do(_COMPARE)["connections"] == ["ledger"]
    [waiting] = posting.ask(_FOUND)["journalComparisons"]
    assert (waiting["comparedAt"], waiting["differences"]) == (None, [])
    assert compare_next(posting.installation, "ledger", ledger)
    [found] = posting.ask(_FOUND)["journalComparisons"]
    assert [each["kind"] for each in found["differences"]] == ["DELETED"]


def test_accounts_that_go_nowhere_are_an_error_with_the_setting(posting: Api) -> None:
    bare = ConnectedBooks("ledger", "memory", AccountMapping())
    posting.installation = replace(posting.installation, journals=(bare,))
    [refused] = posting.refusals(_POST, key="1")
    assert refused["code"] == "UNMAPPED_ACCOUNTS"
    assert "add to [journals.ledger.accounts]" in refused["message"]
