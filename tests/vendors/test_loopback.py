"""A message that breaks a vendor's contract fails the test that it is sent in, whoever sends it."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.vendors.accounts import ACCOUNTS, Account, running

NOW = 1_750_000_000
CUSTOMERS = {"stripe": "/v1/customers", "chargebee": "/customers", "recurly": "/accounts"}
CUSTOMER = {"stripe": {"name": "Acme"}, "chargebee": {"id": "cus_1"}, "recurly": {"code": "cus_1"}}


def ask(account: Account, method: str, **others: Any) -> httpx.Response:
    """A request about customers, with the account's key."""
    fake = account.loopback.fake
    headers = {"Authorization": f"Bearer {fake.api_key}"} if account.name == "stripe" else {}
    url = account.loopback.url + fake.base_path + CUSTOMERS[account.name]
    return httpx.request(method, url, headers=headers, auth=None if headers else (fake.api_key, ""), **others)


def create(account: Account, **others: Any) -> httpx.Response:
    """A request that makes a customer."""
    body = CUSTOMER[account.name] | others
    return ask(account, "POST", **{"json" if account.name == "recurly" else "data": body})


def fails(vendor: str, words: str, work: Callable[[Account], object]) -> bool:
    """Whether a test that does `work` fails, and says so."""
    with pytest.raises(AssertionError, match=words), running(vendor, NOW) as account:
        work(account)
    return True


@pytest.mark.parametrize("vendor", ACCOUNTS)
def test_what_keeps_to_the_contract_passes(vendor: str) -> None:
    with running(vendor, NOW) as account:
        assert create(account).is_success
        assert len(account.loopback.requests) == 1


@pytest.mark.parametrize("vendor", ACCOUNTS)
def test_a_request_with_an_unknown_parameter_fails(vendor: str) -> None:
    assert fails(vendor, "colour", lambda account: create(account, colour="red"))
    assert fails(vendor, "colour", lambda account: ask(account, "POST", params={"colour": "red"}))


@pytest.mark.parametrize("vendor", ACCOUNTS)
def test_a_request_that_the_vendor_does_not_have_fails(vendor: str) -> None:
    assert fails(vendor, "has no DELETE", lambda account: ask(account, "DELETE"))


@pytest.mark.parametrize("vendor", ACCOUNTS)
def test_an_answer_with_an_unknown_field_fails(vendor: str) -> None:
    def work(account: Account) -> None:
        right = account.loopback.fake.answer
        account.loopback.fake.answer = lambda *request: {**right(*request), "colour": "red"}
        create(account)

    assert fails(vendor, "colour", work)


@pytest.mark.parametrize("vendor", ACCOUNTS)
def test_an_answer_of_another_kind_fails(vendor: str) -> None:
    def work(account: Account) -> None:
        account.loopback.fake.answer = lambda *_: ["not", "an", "object"]
        create(account)

    assert fails(vendor, "answer of", work)


@pytest.mark.parametrize("vendor", ACCOUNTS)
def test_a_fake_that_breaks_fails(vendor: str) -> None:
    def work(account: Account) -> None:
        account.loopback.fake.answer = lambda *_: 1 // 0
        with pytest.raises(httpx.RemoteProtocolError):
            create(account)

    assert fails(vendor, "ZeroDivisionError", work)
