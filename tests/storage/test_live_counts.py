"""The live projection's storage."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from gateway.core.metering.live import (
    Bucket,
    CustomerPositions,
    LiveDelta,
    LiveKey,
    LiveSeries,
    LiveState,
    LiveTally,
    LiveUncountable,
    Unattributed,
    UnattributedReason,
)
from gateway.core.metering.meter import UncountableReason
from gateway.core.ports.storage import UnitOfWork
from gateway.core.time import microseconds
from gateway.storage.database import Database
from tests.storage.examples import NOON

HOUR = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = HOUR + timedelta(hours=1)
SERIES = LiveSeries("sub_1", "traffic", 1, (("region", "größer"), ("tier", "a,b")))
KEY = LiveKey(SERIES, Bucket.HOUR, HOUR)


def _delta(tally: LiveTally, series: LiveSeries = SERIES, at: datetime = HOUR, bucket: str = Bucket.HOUR) -> LiveDelta:
    return LiveDelta(tallies=[((series, Bucket(bucket), microseconds(at)), tally)])


def _apply(database: Database, delta: LiveDelta, position: int) -> None:
    def apply(unit: UnitOfWork) -> None:
        unit.live.lock_position()
        assert unit.live.apply(unit.live.prepare(delta), position)

    database.transact(apply)


def _states(database: Database, subscriptions: tuple[str, ...] = ("sub_1",)) -> dict[LiveKey, LiveState]:
    return database.read(lambda unit: unit.live.states(subscriptions, Bucket.HOUR, HOUR, HOUR + timedelta(days=1)))


def test_what_chunks_add_to_a_bucket_adds_up_exactly(database: Database) -> None:
    huge, tiny = Decimal("12345678901234567890123456.000000000001"), Decimal("0.000000000002")
    _apply(database, _delta(LiveTally(1, huge)), 10)
    _apply(database, _delta(LiveTally(2, tiny)), 20)
    assert _states(database) == {KEY: LiveState(3, Decimal("12345678901234567890123456.000000000003"))}
    assert database.read(lambda unit: unit.live.position()) == 20


def test_another_process_adds_to_what_is_stored(database: Database, second_database: Database) -> None:
    for position, door in enumerate([database, second_database, database, database, second_database], start=1):
        _apply(door, _delta(LiveTally(1, position)), position)
    assert _states(database) == {KEY: LiveState(5, Decimal(15))}


def test_a_chunk_that_failed_leaves_nothing(database: Database) -> None:
    def fail(unit: UnitOfWork) -> None:
        unit.live.lock_position()
        unit.live.apply(unit.live.prepare(_delta(LiveTally(5, 5))), 20)
        raise RuntimeError("out of luck")

    _apply(database, _delta(LiveTally(1, 1)), 10)
    with pytest.raises(RuntimeError, match="out of luck"):
        database.transact(fail)
    _apply(database, _delta(LiveTally(1, 1)), 20)
    assert _states(database) == {KEY: LiveState(2, Decimal(2))}


def test_of_two_chunks_prepared_at_one_place_one_is_applied(database: Database) -> None:
    _apply(database, _delta(LiveTally(1, 1)), 10)
    first, second = (
        database.read(lambda unit, added=added: unit.live.prepare(_delta(LiveTally(1, added)))) for added in (2, 4)
    )
    assert database.transact(lambda unit: unit.live.apply(first, 20))
    assert not database.transact(lambda unit: unit.live.apply(second, 20))
    _apply(database, _delta(LiveTally(1, 8)), 30)
    assert _states(database) == {KEY: LiveState(3, Decimal(11))}


def test_what_was_prepared_before_counts_were_forgotten_is_not_applied(database: Database) -> None:
    _apply(database, _delta(LiveTally(1, 1)), 10)
    prepared = database.read(lambda unit: unit.live.prepare(_delta(LiveTally(1, 2))))
    database.transact(lambda unit: unit.live.forget("acme-1", ["sub_1"]))
    assert not database.transact(lambda unit: unit.live.apply(prepared, 20))
    assert _states(database) == {}
    assert database.read(lambda unit: unit.live.position()) == 10


def test_a_value_is_distinct_once_however_often_it_comes(database: Database) -> None:
    _apply(database, _delta(LiveTally(3, values={"aa": 2, "bb": 1})), 10)
    _apply(database, _delta(LiveTally(2, values={"bb": 1, "cc": 1})), 20)
    assert _states(database) == {KEY: LiveState(5, Decimal(0), 3)}

    def values(unit: UnitOfWork) -> list[tuple[LiveKey, str]]:
        found = unit.live.unique_values(["sub_1"], Bucket.HOUR, HOUR, LATER, ["traffic"])
        return sorted(found, key=lambda each: each[1])

    assert database.read(values) == [(KEY, "aa"), (KEY, "bb"), (KEY, "cc")]


def test_states_are_those_of_the_bucket_the_span_and_the_meters(database: Database) -> None:
    _apply(database, _delta(LiveTally(1)), 1)
    _apply(database, _delta(LiveTally(2), at=LATER), 2)
    _apply(database, _delta(LiveTally(4), bucket=Bucket.PERIOD), 3)
    _apply(database, _delta(LiveTally(8), LiveSeries("sub_1", "calls", 1, ())), 4)
    _apply(database, _delta(LiveTally(16), LiveSeries("sub_2", "traffic", 1, ())), 5)

    def events(subscriptions: list[str], bucket: str, until: datetime, meters: list[str] | None) -> list[int]:
        found = database.read(lambda unit: unit.live.states(subscriptions, bucket, HOUR, until, meters))
        return sorted(state.events for state in found.values())

    assert events(["sub_1"], Bucket.HOUR, LATER, None) == [1, 8]
    assert events(["sub_1"], Bucket.HOUR, LATER + timedelta(hours=1), ["traffic"]) == [1, 2]
    assert events(["sub_1", "sub_2"], Bucket.HOUR, LATER, ["traffic"]) == [1, 16]
    assert events(["sub_1"], Bucket.PERIOD, LATER, None) == [4]
    assert events([], Bucket.HOUR, LATER, None) == []


def test_what_is_forgotten_is_counted_from_nothing(database: Database) -> None:
    other = LiveSeries("sub_2", "traffic", 1, ())
    _apply(database, _delta(LiveTally(1, 7, {"aa": 1})), 10)
    _apply(database, _delta(LiveTally(1, 7), other), 20)
    database.transact(lambda unit: unit.live.forget("acme-1", ["sub_1"]))
    _apply(database, _delta(LiveTally(1, 3, {"aa": 1})), 30)
    assert _states(database, ("sub_1", "sub_2")) == {
        KEY: LiveState(1, Decimal(3), 1),
        LiveKey(other, Bucket.HOUR, HOUR): LiveState(1, Decimal(7)),
    }


def test_what_another_process_forgot_is_counted_from_nothing(database: Database, second_database: Database) -> None:
    _apply(database, _delta(LiveTally(1, 7)), 10)
    second_database.transact(lambda unit: unit.live.forget("acme-1", ["sub_1"]))
    _apply(second_database, _delta(LiveTally(1, 5)), 10)
    _apply(database, _delta(LiveTally(1, 3)), 20)
    assert _states(database) == {KEY: LiveState(2, Decimal(8))}


def test_a_reset_projection_starts_at_zero(database: Database) -> None:
    _apply(database, _delta(LiveTally(1, 7, {"aa": 1})), 10)
    database.transact(lambda unit: unit.live.set_fingerprints({"sub_1": "f1"}))
    database.transact(lambda unit: unit.live.reset())
    assert database.read(lambda unit: unit.live.position()) == 0
    assert database.read(lambda unit: unit.live.fingerprints()) == {}
    _apply(database, _delta(LiveTally(1, 3)), 10)
    assert _states(database) == {KEY: LiveState(1, Decimal(3))}


def test_fingerprints_are_those_set_last(database: Database) -> None:
    database.transact(lambda unit: unit.live.set_fingerprints({"sub_1": "f1", "sub_2": "f2"}))
    database.transact(lambda unit: unit.live.set_fingerprints({"sub_1": "f3"}))
    database.transact(lambda unit: unit.live.set_fingerprints({}))
    assert database.read(lambda unit: unit.live.fingerprints()) == {"sub_1": "f3", "sub_2": "f2"}


def test_what_was_not_counted_is_listed_by_position(database: Database) -> None:
    items = [
        LiveUncountable("sub_1", meter, 1, position, NOON, UncountableReason.MISSING)
        for position, meter in ((7, "traffic"), (7, "calls"), (3, "traffic"))
    ]
    _apply(database, LiveDelta(uncountable=items), 10)
    every = database.read(lambda unit: unit.live.uncountable(["sub_1"], None, 0, 9))
    assert [(found.position, found.meter) for found in every] == [(3, "traffic"), (7, "calls"), (7, "traffic")]
    assert database.read(lambda unit: unit.live.uncountable(["sub_1"], "traffic", 3, 9)) == [items[0]]
    assert database.read(lambda unit: unit.live.uncountable(["sub_2"], None, 0, 9)) == []


def test_what_belongs_to_nobody_is_listed_by_position(database: Database) -> None:
    items = [
        Unattributed(position, customer, "request", NOON, UnattributedReason.NO_SUBSCRIPTION)
        for position, customer in ((2, "acme-1"), (1, "acme-2"), (5, "acme-1"))
    ]
    _apply(database, LiveDelta(unattributed=items), 10)
    assert [found.position for found in database.read(lambda unit: unit.live.unattributed(0, 9))] == [1, 2, 5]
    assert database.read(lambda unit: unit.live.unattributed(2, 9, "acme-1")) == [items[2]]
    assert database.read(lambda unit: unit.live.unattributed_count()) == 3
    assert database.read(lambda unit: unit.live.unattributed_count("acme-2")) == 1


def test_a_customers_positions_are_those_of_the_span(database: Database) -> None:
    day = timedelta(days=1)
    first = CustomerPositions("acme-1", [1, 4, 70_000], NOON, NOON)
    second = CustomerPositions("acme-1", [80_001, 80_002], NOON + day, NOON + 2 * day)
    _apply(database, LiveDelta(index=[first, CustomerPositions("acme-2", [2], NOON, NOON)]), 70_000)
    _apply(database, LiveDelta(index=[second]), 80_002)

    def positions(after: int, up_to: int, *span: datetime | None) -> list[int]:
        def read(unit: UnitOfWork) -> list[int]:
            return list(unit.live.customer_positions("acme-1", after, up_to, *(span or (None, None))))

        return database.read(read)

    assert positions(0, 99_999) == [1, 4, 70_000, 80_001, 80_002]
    assert positions(1, 80_001) == [4, 70_000, 80_001]
    assert positions(0, 99_999, NOON + day, None) == [80_001, 80_002]
    assert positions(0, 99_999, None, NOON + day) == [1, 4, 70_000]
    assert database.read(lambda unit: unit.live.customer_event_count(["acme-1", "acme-2"])) == 6


def test_a_company_may_have_any_number_of_subscriptions_and_customers(database: Database) -> None:
    # More than either database takes as values of one statement.
    many = ["sub_1", *(f"sub_{number:06}" for number in range(70_000))]
    _apply(database, _delta(LiveTally(2, 5)), 1)

    def count_again(unit: UnitOfWork) -> dict[LiveKey, LiveState]:
        unit.live.set_fingerprints(dict.fromkeys(many, "before"))
        unit.live.set_fingerprints(dict.fromkeys(many, "after"))
        assert unit.live.customer_event_count(many) == 0
        assert list(unit.live.unique_values(many, Bucket.HOUR, HOUR, LATER, ["traffic"])) == []
        assert unit.live.uncountable(many, None, 0, 10) == []
        return unit.live.states(many, Bucket.HOUR, HOUR, LATER)

    assert database.transact(count_again) == {KEY: LiveState(2, Decimal(5))}
    assert set(database.read(lambda unit: unit.live.fingerprints()).values()) == {"after"}


def _changed(database: Database, after: int) -> list[tuple[int, int]]:
    found = database.read(lambda unit: list(unit.live.changed_hours(after)))
    return [(each.position, each.state.events) for each in found]


def test_hours_say_with_which_change_they_were_written(database: Database) -> None:
    _apply(database, _delta(LiveTally(1, 1)), 10)
    _apply(database, _delta(LiveTally(2, 2), at=LATER), 20)
    _apply(database, _delta(LiveTally(1, 1), bucket=Bucket.PERIOD), 30)
    _apply(database, _delta(LiveTally(5, 5)), 40)

    first = database.read(lambda unit: unit.live.revision()) - 4
    assert _changed(database, first) == [(first + 4, 6), (first + 2, 2)]
    assert _changed(database, first + 3) == [(first + 4, 6)]


def test_forgotten_counts_are_said_to_be_before_what_is_counted_again(database: Database) -> None:
    _apply(database, _delta(LiveTally(1, 1)), 10)
    _apply(database, _delta(LiveTally(1, 1), LiveSeries("sub_2", "traffic", 1, ())), 20)
    before = database.read(lambda unit: unit.live.revision())

    def count_again(unit: UnitOfWork) -> None:
        unit.live.forget("acme-1", ["sub_1", "sub_never_counted"])
        unit.live.apply(unit.live.prepare(_delta(LiveTally(3, 3))), 20)

    database.transact(count_again)

    assert database.read(lambda unit: unit.live.forgotten(before)) == [(before + 1, "sub_1")]
    assert _changed(database, before) == [(before + 2, 3)]


def test_a_new_start_forgets_the_counts_of_all(database: Database) -> None:
    _apply(database, _delta(LiveTally(1, 1)), 10)
    _apply(database, _delta(LiveTally(1, 1), LiveSeries("sub_2", "traffic", 1, ())), 20)
    before = database.read(lambda unit: unit.live.revision())

    database.transact(lambda unit: unit.live.reset())

    found = database.read(lambda unit: unit.live.forgotten(before))
    assert [name for _, name in found] == ["sub_1", "sub_2"]
    assert all(revision <= database.read(lambda unit: unit.live.revision()) for revision, _ in found)
    assert _changed(database, 0) == []
