"""A customer is found among thousands without listing all of them each time, and nothing new is missed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from gateway_stripe import StripeProvider
from gateway_stripe.customers import ListedCustomers, kept_seconds

from gateway.plugin_api import DocumentKind, ProviderError
from gateway.testing import customer_document
from plugins.stripe.tests.loopback import Fault, Loopback
from tests.vendors.faults import LONG_AGO

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Account:
    """Customers at Stripe, and since when they were listed."""

    def __init__(self) -> None:
        self.customers: list[dict[str, Any]] = []
        self.asked: list[int] = []
        self.seconds = 0.0
        self.listed = ListedCustomers(self._list, lambda: self.seconds)

    def add(self, ref: str, our_id: str, at: datetime) -> None:
        self.customers.append({"id": ref, "created": int(at.timestamp()), "metadata": {"gateway_id": our_id}})

    def _list(self, since: int) -> list[dict[str, Any]]:
        self.asked.append(since)
        return [each for each in reversed(self.customers) if each["created"] >= since]


def test_what_was_listed_is_not_listed_again_and_what_is_new_is() -> None:
    there = Account()
    there.add("cus_1", "a", NOON)
    there.add("cus_2", "", NOON)
    assert there.listed.refs_of("a", LONG_AGO) == {"cus_1"}

    there.add("cus_3", "b", NOON + timedelta(seconds=1))

    assert there.listed.refs_of("b", LONG_AGO) == {"cus_3"}
    assert there.listed.refs_of("c", LONG_AGO) == set()
    at = int(NOON.timestamp())
    assert there.asked == [int(LONG_AGO.timestamp()), at - 60, at + 1 - 60]


def test_all_is_listed_again_after_a_while_and_for_what_is_older() -> None:
    there = Account()
    there.add("cus_1", "", NOON - timedelta(days=400))
    there.listed.refs_of("a", NOON)
    there.customers[0]["metadata"]["gateway_id"] = "a"
    assert there.listed.refs_of("a", NOON) == set()

    assert there.listed.refs_of("a", LONG_AGO) == {"cus_1"}
    there.seconds += kept_seconds
    there.listed.refs_of("a", LONG_AGO)

    assert there.asked.count(int(LONG_AGO.timestamp())) == 2


def test_a_listing_that_breaks_off_misses_nothing_the_next_time(provider: StripeProvider, loopback: Loopback) -> None:
    first = provider.put_customer(customer_document(id="first"), "one")
    assert provider.find(DocumentKind.CUSTOMER, "first", LONG_AGO) == first
    second = provider.put_customer(customer_document(id="second"), "two")
    loopback.fail_next(Fault.LOST_ANSWER)
    with pytest.raises(ProviderError):
        provider.find(DocumentKind.CUSTOMER, "second", LONG_AGO)

    assert provider.find(DocumentKind.CUSTOMER, "second", LONG_AGO) == second


def test_one_whose_id_was_taken_off_by_hand_is_not_found(provider: StripeProvider, loopback: Loopback) -> None:
    made = provider.put_customer(customer_document(id="ours"), "one")
    assert provider.find(DocumentKind.CUSTOMER, "ours", LONG_AGO) == made
    loopback.stripe.customers[made.ref]["metadata"] = {}

    assert provider.find(DocumentKind.CUSTOMER, "ours", LONG_AGO) is None


def test_what_stripe_answers_is_told_in_one_line(provider: StripeProvider, loopback: Loopback) -> None:
    loopback.fail_next(Fault.LOST_ANSWER)
    with pytest.raises(ProviderError) as raised:
        provider.check()
    assert "\n" not in str(raised.value)
