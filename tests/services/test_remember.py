"""Idempotency keys: one answer for ever, whatever happens in between."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from gateway.core.errors import InvalidValue, KeyReused
from gateway.core.ports.storage import UnitOfWork
from gateway.services.installation import Installation
from gateway.services.remember import once


def declare(name: str):
    """Work with an effect that can be seen."""

    def work(unit: UnitOfWork) -> str:
        unit.definitions.add_event_types([name])
        return f"declared {name}"

    return work


def declared(installation: Installation) -> frozenset[str]:
    return installation.storage.read(lambda unit: unit.definitions.event_types())


def test_a_repeat_gets_the_first_answer_and_does_nothing(installation: Installation) -> None:
    first = once(installation, "key_1", "a", {"name": "x"}, declare("x"))

    again = once(installation, "key_1", "a", {"name": "x"}, declare("y"))

    assert (first, again, declared(installation)) == ("declared x", "declared x", frozenset({"x"}))


def test_another_request_under_the_same_key_is_refused(installation: Installation) -> None:
    once(installation, "key_1", "a", {"name": "x"}, declare("x"))

    with pytest.raises(KeyReused, match="'a' came with another request before"):
        once(installation, "key_1", "a", {"name": "y"}, declare("y"))
    assert declared(installation) == frozenset({"x"})


def test_callers_have_keys_of_their_own(sqlite_installation: Installation) -> None:
    once(sqlite_installation, "key_1", "a", {"name": "x"}, declare("x"))

    assert once(sqlite_installation, "key_2", "a", {"name": "y"}, declare("y")) == "declared y"


def test_the_order_of_a_requests_fields_does_not_matter(sqlite_installation: Installation) -> None:
    once(sqlite_installation, "key_1", "a", {"name": "x", "size": 1}, declare("x"))

    assert once(sqlite_installation, "key_1", "a", {"size": 1, "name": "x"}, declare("y")) == "declared x"


def test_what_fails_is_not_remembered_and_may_be_tried_again(installation: Installation) -> None:
    def fail(unit: UnitOfWork) -> str:
        declare("x")(unit)
        raise InvalidValue("not now")

    with pytest.raises(InvalidValue, match="not now"):
        once(installation, "key_1", "a", {"name": "x"}, fail)

    assert declared(installation) == frozenset()
    assert once(installation, "key_1", "a", {"name": "x"}, declare("x")) == "declared x"


def test_requests_at_once_under_one_key_have_one_effect(installation: Installation) -> None:
    barrier = Barrier(4)

    def attempt(name: str) -> str:
        barrier.wait()
        return once(installation, "key_1", "a", {"request": "same"}, declare(name))

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(attempt, ["one", "two", "three", "four"]))

    [name] = declared(installation)
    assert answers == [f"declared {name}"] * 4


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "a\0b"])
def test_a_key_is_a_text(sqlite_installation: Installation, key: str) -> None:
    with pytest.raises(InvalidValue, match="The idempotency key"):
        once(sqlite_installation, "key_1", key, {}, declare("x"))
