"""Delivering: whatever goes wrong and wherever a process ends, the provider has each invoice exactly once."""

from datetime import timedelta

import pytest

from gateway.services.delivery_errand import lease
from gateway.services.installation import Installation
from tests.services.delivering import CrashPoints, World
from tests.support import FixedClock

FAULTS = ["lost_request", "throttle", "stored_failure", "interrupted", "lost_answer", "broken"]


def test_a_process_that_ends_at_any_point_leaves_one_document(world: World) -> None:
    points = CrashPoints()
    world.finalize(1)
    assert world.deliver_mortally(points)
    assert len(points.passed) >= 20
    for number, name in enumerate(points.passed, start=2):
        final = world.finalize(number)
        assert not world.deliver_mortally(CrashPoints(crash_at=number - 1)), name
        world.clock.advance(lease)
        world.deliver_until_settled()
        world.assert_delivered_once(final)


@pytest.mark.parametrize("pause", [timedelta(hours=25), timedelta(days=40)], ids=["a day", "weeks"])
def test_a_process_that_ends_and_comes_back_after_keys_expired_leaves_one_document(
    sqlite_world: World, pause: timedelta
) -> None:
    points = CrashPoints()
    sqlite_world.finalize(1)
    sqlite_world.deliver_mortally(points)
    for number in range(2, len(points.passed) + 2):
        final = sqlite_world.finalize(number)
        sqlite_world.deliver_mortally(CrashPoints(crash_at=number - 1))
        sqlite_world.clock.advance(pause)
        sqlite_world.deliver_until_settled()
        sqlite_world.assert_delivered_once(final)


@pytest.mark.parametrize("stride", [pytest.param(1, marks=pytest.mark.slow), 7])
def test_a_process_that_ends_twice_anywhere_leaves_one_document(sqlite_world: World, stride: int) -> None:
    number = 0
    for first in range(1, 30):
        for second in range(first % stride + 1, 30, stride):
            number += 1
            final = sqlite_world.finalize(number)
            is_alive = sqlite_world.deliver_mortally(CrashPoints(crash_at=first))
            sqlite_world.clock.advance(lease)
            if not is_alive:
                is_alive = sqlite_world.deliver_mortally(CrashPoints(crash_at=second))
                sqlite_world.clock.advance(lease)
            sqlite_world.deliver_until_settled()
            sqlite_world.assert_delivered_once(final)
            if is_alive:
                break


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("every", [2, 3, 4, 5])
def test_every_nth_call_going_wrong_delays_and_never_doubles(
    sqlite_installation: Installation, clock: FixedClock, fault: str, every: int
) -> None:
    deliver_in_spite_of(World.of(sqlite_installation, clock, **{fault: every}))


def test_many_faults_together_delay_and_never_double(installation: Installation, clock: FixedClock) -> None:
    every = {"lost_request": 13, "throttle": 11, "stored_failure": 7, "interrupted": 5, "lost_answer": 4, "broken": 3}
    deliver_in_spite_of(World.of(installation, clock, **every, unreadable=3))


def deliver_in_spite_of(world: World) -> None:
    finals = [world.finalize(number, customer_number=number % 3 + 1) for number in range(1, 7)]
    world.deliver_until_settled(attempts_max=400)
    for final in finals:
        world.assert_delivered_once(final)


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_and_a_process_that_ends_together_leave_one_document(
    sqlite_installation: Installation, clock: FixedClock, fault: str
) -> None:
    world = World.of(sqlite_installation, clock, **{fault: 3}, unreadable=4)
    for number in range(1, 24):
        final = world.finalize(number)
        world.deliver_mortally(CrashPoints(crash_at=number))
        clock.advance(lease)
        world.deliver_until_settled(attempts_max=100)
        world.assert_delivered_once(final)
