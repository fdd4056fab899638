"""Values that both databases keep to the last digit, and those that neither takes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.core.money import Money
from gateway.core.ports.deliveries import DeliveryFilter
from gateway.core.time import LATEST
from gateway.storage.database import Database
from gateway.storage.types import Unstorable
from tests.storage.examples import NOON, customer, delivery, entry

UNSTORABLE = ["acme\0", "\0", "\ud800", "acme-\udfff1"]


@pytest.mark.parametrize("text", UNSTORABLE)
def test_text_that_only_one_database_could_keep_is_refused_by_both(database: Database, text: str) -> None:
    with pytest.raises(Unstorable, match="has a character that no text may have"):
        database.transact(lambda unit: unit.access.remember(text, "hash", "answer", NOON))
    with pytest.raises(Unstorable, match="has a character that no text may have"):
        database.read(lambda unit: unit.invoices.get(text))
    with pytest.raises(Unstorable, match="has a character that no text may have"):
        database.read(lambda unit: unit.definitions.customers_by_key(["acme-1", text]))


def test_a_whole_number_beyond_64_bits_is_refused(database: Database) -> None:
    transfer = replace(entry().transfers[0], amount=Money(2**63, "EUR"))
    with pytest.raises(Unstorable, match="9223372036854775808 is too large to be stored"):
        database.transact(lambda unit: unit.books.post(entry(transfers=(transfer,))))
    assert database.read(lambda unit: unit.books.balances()) == {}


def test_text_of_every_script_is_kept_and_found(database: Database) -> None:
    keys = ["Ärger", "日本", "😀", "a'b\"c", "back\\slash", "%_", "\u2028", ""]
    for number, key in enumerate(keys):
        database.transact(lambda unit, key=key, number=number: unit.access.remember(key, key, f"{number}", NOON))
    for number, key in enumerate(keys):
        assert database.read(lambda unit, key=key: unit.access.recall(key)) == (key, f"{number}")
    made = replace(customer(), key="😀 & \\u0041")
    database.transact(lambda unit: unit.definitions.add_customer(made, NOON))
    assert database.read(lambda unit: unit.definitions.customers_by_key([made.key])) == {made.key: made}


@pytest.mark.parametrize(
    "at", [datetime(1970, 1, 1, tzinfo=UTC), NOON + timedelta(microseconds=1), LATEST - timedelta(microseconds=1)]
)
def test_times_are_kept_to_the_microsecond(database: Database, at: datetime) -> None:
    database.transact(lambda unit: unit.deliveries.add(delivery(due_at=at)))
    (found,) = database.read(lambda unit: unit.deliveries.page(DeliveryFilter(), None, 1))
    assert found.due_at == at
