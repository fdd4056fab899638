"""API keys, secrets and remembered requests."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy.exc import IntegrityError

from gateway.core.access import ApiKey, Scope
from gateway.core.errors import NotFound
from gateway.core.ports.storage import UnitOfWork
from gateway.storage.database import Database
from tests.storage.examples import NOON

LATER = NOON + timedelta(days=1)
KEY = ApiKey("key_1", "ingest", "abcd1234", "0f" * 32, frozenset({Scope.INGEST, Scope.READ}), NOON, expires_at=LATER)


def test_a_key_is_found_by_its_prefix(database: Database) -> None:
    database.transact(lambda unit: unit.access.add_key(KEY))
    assert database.read(lambda unit: unit.access.key_by_prefix("abcd1234")) == KEY
    assert database.read(lambda unit: unit.access.key_by_prefix("ABCD1234")) is None


def test_a_key_without_scopes_has_none(database: Database) -> None:
    database.transact(lambda unit: unit.access.add_key(replace(KEY, scopes=frozenset())))
    assert database.read(lambda unit: unit.access.key_by_prefix("abcd1234")).scopes == frozenset()


def test_two_keys_cannot_share_a_prefix(database: Database) -> None:
    database.transact(lambda unit: unit.access.add_key(KEY))
    with pytest.raises(IntegrityError):
        database.transact(lambda unit: unit.access.add_key(replace(KEY, id="key_2")))


def test_keys_are_paged_by_id(database: Database) -> None:
    keys = [replace(KEY, id=f"key_{number}", prefix=f"prefix{number}") for number in range(4)]

    def add(unit: UnitOfWork) -> None:
        for key in reversed(keys):
            unit.access.add_key(key)

    database.transact(add)
    assert database.read(lambda unit: unit.access.keys(None, 3)) == keys[:3]
    assert database.read(lambda unit: unit.access.keys("key_2", 3)) == keys[3:]


def test_a_key_is_revoked_at_its_first_revocation(database: Database) -> None:
    database.transact(lambda unit: unit.access.add_key(KEY))
    revoked = replace(KEY, revoked_at=NOON)
    assert database.transact(lambda unit: unit.access.revoke_key("key_1", NOON)) == revoked
    assert database.transact(lambda unit: unit.access.revoke_key("key_1", LATER)) == revoked
    with pytest.raises(NotFound, match="Key 'key_9' does not exist"):
        database.transact(lambda unit: unit.access.revoke_key("key_9", NOON))


def test_the_last_use_of_a_key_never_goes_back(database: Database) -> None:
    database.transact(lambda unit: unit.access.add_key(KEY))
    for at in (NOON, LATER, NOON):
        database.transact(lambda unit, at=at: unit.access.note_use("key_1", at))
    assert database.read(lambda unit: unit.access.key_by_prefix("abcd1234")).last_used_at == LATER


def test_a_secret_that_exists_is_not_replaced(database: Database) -> None:
    assert database.read(lambda unit: unit.access.secret("customer-tokens")) is None
    for value in ("first", "second"):
        database.transact(lambda unit, value=value: unit.access.add_secret("customer-tokens", value))
    assert database.read(lambda unit: unit.access.secret("customer-tokens")) == "first"


def test_a_remembered_request_keeps_its_first_answer(database: Database) -> None:
    assert database.read(lambda unit: unit.access.recall("k")) is None
    assert database.transact(lambda unit: unit.access.remember("k", "hash-1", "answer-1", NOON))
    assert not database.transact(lambda unit: unit.access.remember("k", "hash-2", "answer-2", LATER))
    assert database.read(lambda unit: unit.access.recall("k")) == ("hash-1", "answer-1")


def test_of_two_equal_requests_one_is_remembered(database: Database, second_database: Database) -> None:
    together = Barrier(2)

    def remember(door: Database, key: str) -> bool:
        together.wait()
        return door.transact(lambda unit: unit.access.remember(key, "hash", "answer", NOON))

    with ThreadPoolExecutor(2) as pool:
        for number in range(10):
            futures = [pool.submit(remember, door, f"key-{number}") for door in (database, second_database)]
            assert {future.result() for future in futures} == {True, False}
