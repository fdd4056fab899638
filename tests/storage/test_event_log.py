"""The event log: gapless positions, identities for ever, bytes as sent, quarantine and tallies."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from gateway.core.events import QuarantineReason
from gateway.core.ports.event_log import EventBlock, IdentityRun, IntakeCount, QuarantinedEvent
from gateway.core.ports.storage import UnitOfWork
from gateway.storage.database import Database
from tests.storage.examples import NOON, append, block, entry

DAY = timedelta(days=1)


def _quarantined(number: int = 1) -> QuarantinedEvent:
    return QuarantinedEvent(
        id=f"evq_{number}",
        source="web",
        event_id=f"late-{number}",
        customer="nobody",
        type="request",
        occurred_at=NOON,
        reason=QuarantineReason.UNKNOWN_CUSTOMER,
        format="json",
        body=b'{"id": "\x00\xff"}',
        quarantined_at=NOON,
    )


def _positions(database: Database, after: int, up_to: int, **times: datetime) -> list[int]:
    def read(unit: UnitOfWork) -> list[int]:
        return [found.first_position for found in unit.log.blocks(after, up_to, **times)]

    return database.read(read)


def test_an_empty_log_has_head_0(database: Database) -> None:
    assert database.read(lambda unit: unit.log.head()) == 0
    assert database.read(lambda unit: unit.log.find("web", ["a"])) == {}


def test_identities_are_found_by_source_and_id(database: Database) -> None:
    database.transact(lambda unit: append(unit, "web", ["b", "a", "ä"]))
    database.transact(lambda unit: append(unit, "app", ["a"]))
    assert database.read(lambda unit: unit.log.find("web", ["a", "b", "ä", "c"])) == {"a": 2, "b": 1, "ä": 3}
    assert database.read(lambda unit: unit.log.find("app", ["a", "b"])) == {"a": 4}
    assert database.read(lambda unit: unit.log.find("web", [])) == {}
    assert database.read(lambda unit: unit.log.head()) == 4


def test_an_identity_is_taken_once_for_ever(database: Database) -> None:
    database.transact(lambda unit: append(unit, "web", ["a"]))
    with pytest.raises(IntegrityError):
        database.transact(lambda unit: append(unit, "web", ["b", "a"]))
    assert database.read(lambda unit: unit.log.head()) == 1


def test_a_block_comes_back_byte_for_byte(database: Database) -> None:
    body = bytes(range(256)) * 40
    sent = EventBlock(1, 3, NOON, "ndjson", body, (0, 4), NOON - DAY, NOON + timedelta(microseconds=1))
    database.transact(lambda unit: unit.log.append([sent], [IdentityRun("web", 1, ["a", "b", "c"])], 3))
    assert database.read(lambda unit: unit.log.block_at(1)) == sent
    assert database.read(lambda unit: unit.log.block_at(3)) == sent


def test_the_blocks_of_many_positions_come_each_once_and_in_order(database: Database) -> None:
    for batch in (["a", "b", "c"], ["d"], ["e", "f"]):
        database.transact(lambda unit, batch=batch: append(unit, "web", batch))
    found = database.read(lambda unit: [block.first_position for block in unit.log.blocks_at([6, 1, 3, 5])])
    assert found == [1, 5]
    assert database.read(lambda unit: list(unit.log.blocks_at([]))) == []


def test_positions_are_gapless_and_in_commit_order(database: Database, second_database: Database) -> None:
    def append_one(door: Database, number: int) -> int:
        return door.transact(lambda unit: append(unit, "web", [f"{number}-a", f"{number}-b"]))

    with ThreadPoolExecutor(4) as pool:
        doors = [database, second_database] * 15
        firsts = [future.result() for future in [pool.submit(append_one, door, n) for n, door in enumerate(doors)]]
    assert sorted(firsts) == list(range(1, 61, 2))
    assert _positions(database, 0, 60) == list(range(1, 61, 2))


def test_blocks_are_those_that_hold_the_positions(database: Database) -> None:
    for number in range(4):
        database.transact(lambda unit, number=number: append(unit, "web", [f"{number}-{n}" for n in range(3)]))
    assert _positions(database, 0, 12) == [1, 4, 7, 10]
    assert _positions(database, 3, 7) == [4, 7]
    assert _positions(database, 4, 6) == [4]
    assert _positions(database, 12, 99) == [10] or _positions(database, 12, 99) == []


def test_blocks_outside_of_the_named_times_are_left_out(database: Database) -> None:
    for number in range(4):
        at = NOON + number * DAY
        database.transact(lambda unit, number=number, at=at: append(unit, "web", [f"{number}"], occurred_at=at))
    assert _positions(database, 0, 4, occurred_from=NOON + DAY) == [2, 3, 4]
    assert _positions(database, 0, 4, occurred_before=NOON + DAY) == [1]
    assert _positions(database, 0, 4, occurred_from=NOON + DAY, occurred_before=NOON + 3 * DAY) == [2, 3]


def test_the_next_blocks_are_at_least_one(database: Database) -> None:
    for number in range(5):
        database.transact(lambda unit, number=number: append(unit, "web", [f"{number}-{n}" for n in range(3)]))

    def following(after: int, events_max: int) -> list[int]:
        return [found.first_position for found in database.read(lambda unit: unit.log.next_blocks(after, events_max))]

    assert following(0, 1) == [1]
    assert following(0, 6) == [1, 4]
    assert following(6, 100) == [7, 10, 13]
    assert following(15, 100) == []


def test_hundreds_of_blocks_are_streamed_in_order(database: Database) -> None:
    blocks = [block(number, 1) for number in range(1, 301)]
    ids = [f"{number}" for number in range(300)]
    database.transact(lambda unit: unit.log.append(blocks, [IdentityRun("web", 1, ids)], 300))
    assert _positions(database, 0, 300) == list(range(1, 301))


def test_a_transaction_that_has_read_the_log_can_post_to_the_books(database: Database) -> None:
    database.transact(lambda unit: append(unit, "web", ["a"]))

    def read_and_post(unit: UnitOfWork) -> bool:
        return bool(list(unit.log.blocks(0, 1))) and unit.books.post(entry())

    assert database.transact(read_and_post)


def test_a_quarantined_event_holds_its_id_without_a_position(database: Database) -> None:
    database.transact(lambda unit: unit.log.quarantine([_quarantined()]))
    assert database.read(lambda unit: unit.log.find("web", ["late-1"])) == {"late-1": None}
    assert database.read(lambda unit: unit.log.quarantined(None, 9)) == [_quarantined()]
    assert database.read(lambda unit: unit.log.head()) == 0


def test_a_released_event_has_its_position(database: Database) -> None:
    database.transact(lambda unit: unit.log.quarantine([_quarantined(1), _quarantined(2)]))
    database.transact(lambda unit: unit.log.release(_quarantined(1), 1, NOON + DAY))
    released = replace(_quarantined(1), released_at=NOON + DAY, position=1)
    assert database.read(lambda unit: unit.log.find("web", ["late-1", "late-2"])) == {"late-1": 1, "late-2": None}
    assert database.read(lambda unit: unit.log.quarantined(None, 9)) == [_quarantined(2)]
    assert database.read(lambda unit: unit.log.quarantined(None, 9, open_only=False)) == [released, _quarantined(2)]
    assert database.read(lambda unit: unit.log.quarantined_count()) == 1


def test_an_event_is_not_released_twice(database: Database) -> None:
    database.transact(lambda unit: unit.log.quarantine([_quarantined()]))
    database.transact(lambda unit: unit.log.release(_quarantined(), 1, NOON))
    with pytest.raises(AssertionError, match="evq_1 is no longer in quarantine"):
        database.transact(lambda unit: unit.log.release(_quarantined(), 2, NOON))


def test_quarantined_events_are_paged_by_id(database: Database) -> None:
    events = [_quarantined(number) for number in (3, 1, 2)]
    database.transact(lambda unit: unit.log.quarantine(events))
    first = database.read(lambda unit: unit.log.quarantined(None, 2))
    rest = database.read(lambda unit: unit.log.quarantined(first[-1].id, 2))
    assert [found.id for found in first + rest] == ["evq_1", "evq_2", "evq_3"]
    assert database.read(lambda unit: unit.log.quarantined_by_id(["evq_2", "evq_9"])) == [_quarantined(2)]


def test_tallies_of_an_hour_add_up(database: Database) -> None:
    hour = datetime(2026, 3, 1, 12, tzinfo=UTC)
    first, second = IntakeCount("web", hour, accepted=3, duplicate=1), IntakeCount("web", hour, accepted=2, conflict=4)
    other = IntakeCount("app", hour + DAY, quarantined=7)
    database.transact(lambda unit: unit.log.count_intake([first, other]))
    database.transact(lambda unit: unit.log.count_intake([second]))
    assert database.read(lambda unit: unit.log.intake()) == IntakeCount("", hour, 5, 1, 4, 7)
