"""The sealed state of connections: one replacement after the other, and readable to nobody without the key."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from gateway.core.errors import InvalidValue
from gateway.plugin_api import ConnectionState, NeedsAttention, RatePolicy, StoredState
from gateway.services.connection_host import host_of
from gateway.services.connection_state import SealedState, values_length_max
from gateway.services.sealing import CannotUnseal, Sealer, read_sealing_key
from gateway.storage.database import Database

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
RATE = RatePolicy(1, 1, 1)
TOKENS = {"refresh_token": "canary"}


@pytest.fixture
def state(database: Database) -> SealedState:
    return SealedState("main", database, Sealer([KEY]))


def sealed(database: Database, connection: str = "main") -> str:
    kept = database.read(lambda unit: unit.connections.state(connection))
    assert kept is not None
    return kept.sealed


def test_a_connection_begins_with_nothing(state: SealedState) -> None:
    assert state.read() == StoredState(0, {})


def test_what_was_stored_is_read(state: SealedState) -> None:
    assert state.replace(0, TOKENS)
    assert state.read() == StoredState(1, TOKENS)
    assert state.replace(1, {})
    assert state.read() == StoredState(2, {})


@pytest.mark.parametrize("version", [0, 2, 3, -1])
def test_what_another_has_replaced_is_not_replaced(state: SealedState, version: int) -> None:
    state.replace(0, TOKENS)
    assert not state.replace(version, {"refresh_token": "late"})
    assert state.read() == StoredState(1, TOKENS)


def test_nothing_but_the_first_can_be_the_first(state: SealedState) -> None:
    assert not state.replace(1, TOKENS)
    assert state.read() == StoredState()


def test_two_connections_do_not_share(state: SealedState, database: Database) -> None:
    state.replace(0, TOKENS)
    assert SealedState("second", database, Sealer([KEY])).read() == StoredState()


def test_of_many_who_replace_at_once_one_does(state: SealedState) -> None:
    for version in range(5):
        start = Barrier(4)

        def compete(number: int, version: int = version, start: Barrier = start) -> bool:
            start.wait()
            return state.replace(version, {"by": str(number)})

        with ThreadPoolExecutor(4) as pool:
            won = list(pool.map(compete, range(4)))
        assert won.count(True) == 1
        assert state.read() == StoredState(version + 1, {"by": str(won.index(True))})


PROGRAM = """
import sys
from gateway.services.connection_state import SealedState
from gateway.services.sealing import Sealer
from gateway.storage.database import open_database
database = open_database(sys.argv[1], synchronous="OFF")
state = SealedState("main", database, Sealer([b"k" * 32]))
won = 0
while won < 20:
    now = state.read()
    won += state.replace(now.version, {"count": str(int(now.values.get("count", 0)) + 1)})
database.close()
"""


def test_processes_that_race_lose_no_replacement(database: Database, database_url: str, state: SealedState) -> None:
    processes = [subprocess.Popen([sys.executable, "-c", PROGRAM, database_url]) for _ in range(2)]
    assert [process.wait() for process in processes] == [0, 0]
    assert state.read() == StoredState(40, {"count": "40"})


def test_nothing_readable_is_stored(state: SealedState, database: Database) -> None:
    state.replace(0, TOKENS)
    first = sealed(database)
    assert "canary" not in first
    state.replace(1, TOKENS)
    assert sealed(database) != first


def test_what_is_stored_never_prints(state: SealedState) -> None:
    state.replace(0, TOKENS)
    assert "canary" not in repr(state.read())


def test_another_key_opens_nothing(state: SealedState, database: Database) -> None:
    state.replace(0, TOKENS)
    with pytest.raises(NeedsAttention, match=r"needs another key.*secrets\.previous_key"):
        SealedState("main", database, Sealer([OTHER_KEY])).read()


def test_after_a_change_of_keys_the_old_state_opens_and_the_next_has_the_new_key(
    state: SealedState, database: Database
) -> None:
    state.replace(0, TOKENS)
    changed = SealedState("main", database, Sealer([OTHER_KEY, KEY]))
    assert changed.read() == StoredState(1, TOKENS)
    changed.replace(1, TOKENS)
    assert SealedState("main", database, Sealer([OTHER_KEY])).read() == StoredState(2, TOKENS)


@pytest.mark.parametrize(("connection", "version"), [("second", 0), ("main", 1)])
def test_sealed_state_opens_in_its_own_place_alone(
    state: SealedState, database: Database, connection: str, version: int
) -> None:
    state.replace(0, TOKENS)
    stolen = sealed(database)
    database.transact(lambda unit: unit.connections.replace_state(connection, version, stolen))
    with pytest.raises(NeedsAttention, match="changed since, or sealed for another place"):
        SealedState(connection, database, Sealer([KEY])).read()


def test_too_much_state_is_refused(state: SealedState) -> None:
    with pytest.raises(NeedsAttention, match="bytes of state"):
        state.replace(0, {"blob": "x" * values_length_max})


@pytest.fixture
def without_a_key(database: Database) -> ConnectionState:
    return host_of("main", RATE, database, None).state


def test_without_a_key_nothing_is_kept_and_the_remedy_is_named(without_a_key: ConnectionState) -> None:
    for ask in (without_a_key.read, lambda: without_a_key.replace(0, TOKENS)):
        with pytest.raises(NeedsAttention, match="GATEWAY_SECRETS__KEY"):
            ask()


def test_without_a_database_the_remedy_is_to_make_one() -> None:
    with pytest.raises(NeedsAttention, match="gateway migrate"):
        host_of("main", RATE, None, Sealer([KEY])).state.read()


def test_a_host_keeps_state_and_pace(database: Database) -> None:
    host = host_of("main", RATE, database, Sealer([KEY]))
    host.pace()
    assert host.state.read() == StoredState()


@pytest.mark.parametrize("text", ["", "short", "k" * 32, "A" * 42, "*" * 44, "\N{SNOWMAN}" * 44])
def test_what_is_no_key_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(InvalidValue, match="32 bytes in base64") as refused:
        read_sealing_key(text)
    assert not text or text not in str(refused.value)


@pytest.mark.parametrize("last", ["/", "_"])
def test_a_key_in_base64_is_read_in_either_alphabet(last: str) -> None:
    assert read_sealing_key(last * 42 + "8=") == b"\xff" * 32


def test_a_broken_seal_is_not_opened() -> None:
    sealer = Sealer([KEY])
    text = sealer.seal(b"canary", "here")
    spoiled = text[:-8] + ("A" if text[-8] != "A" else "B") + text[-7:]
    with pytest.raises(CannotUnseal):
        sealer.unseal(spoiled, "here")
