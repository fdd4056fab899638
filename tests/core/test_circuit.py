"""The circuit of a connection, failure by failure."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.core.circuit import CLOSED, Circuit, asked_to_wait_max, failures_max, open_max

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def failed(times: int) -> Circuit:
    circuit = CLOSED
    for _ in range(times):
        circuit = circuit.after_failure(NOON, "no answer", None)
    return circuit


@pytest.mark.parametrize(
    ("failures", "open_for"),
    [(0, None), (1, None), (4, None), (5, 30), (6, 60), (7, 120), (8, 240), (9, 480), (10, 900), (11, 900), (99, 900)],
)
def test_it_opens_after_five_failures_for_longer_each_time(failures: int, open_for: int | None) -> None:
    circuit = failed(failures)
    until = None if open_for is None else NOON + timedelta(seconds=open_for)
    assert (circuit.failures, circuit.open_until) == (failures, until)
    assert circuit.is_open(NOON) is (until is not None)


def test_when_its_time_is_over_one_may_try() -> None:
    circuit = failed(failures_max)
    assert circuit.is_open(NOON + timedelta(seconds=29, microseconds=999_999))
    assert not circuit.is_open(NOON + timedelta(seconds=30))


def test_a_provider_that_says_when_to_come_back_is_left_alone_until_then() -> None:
    circuit = CLOSED.after_failure(NOON, "too many requests", timedelta(seconds=7))
    assert circuit == Circuit(1, NOON + timedelta(seconds=7), "too many requests")


def test_the_longer_of_both_waits_counts() -> None:
    assert failed(4).after_failure(NOON, "later", timedelta(seconds=7)).open_until == NOON + timedelta(seconds=30)
    assert failed(4).after_failure(NOON, "later", timedelta(seconds=70)).open_until == NOON + timedelta(seconds=70)


def test_nobody_is_believed_who_wants_to_be_left_alone_for_ever() -> None:
    circuit = CLOSED.after_failure(NOON, "later", timedelta(days=400))
    assert circuit.open_until == NOON + asked_to_wait_max
    assert asked_to_wait_max > open_max
