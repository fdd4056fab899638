"""Webhooks that providers send, until what they are about was applied."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.core.errors import IllegalTransition
from gateway.core.received_webhooks import ReceivedStatus, ReceivedWebhook, received_delay

NOW = datetime(2026, 1, 1, tzinfo=UTC)
WEBHOOK = ReceivedWebhook("main", "evt_1", "invoice.paid", "invoice", "in_1", NOW, attempts=3, due_at=NOW)


def test_what_is_settled_waits_for_nothing() -> None:
    settled = WEBHOOK.settled(ReceivedStatus.IGNORED, "an echo of our own write")

    assert (settled.status, settled.due_at, settled.reason) == ("ignored", None, "an echo of our own write")


def test_what_is_tried_later_stays_pending() -> None:
    later = WEBHOOK.later(NOW + timedelta(seconds=8), "the provider did not answer")

    assert (later.status, later.due_at) == ("pending", NOW + timedelta(seconds=8))
    assert later.reason == "the provider did not answer"


def test_a_parked_one_begins_again() -> None:
    parked = WEBHOOK.settled(ReceivedStatus.PARKED, "an unknown status")

    assert parked.again(NOW) == replace(WEBHOOK, attempts=0)


def test_one_that_is_not_parked_is_not_tried_again() -> None:
    with pytest.raises(IllegalTransition, match="'evt_1' is pending; only a parked one can be tried again"):
        WEBHOOK.again(NOW)


def test_one_that_was_not_understood_is_not_tried_again() -> None:
    with pytest.raises(IllegalTransition, match="was not understood; have the provider send it again"):
        replace(WEBHOOK, kind=None, status=ReceivedStatus.PARKED).again(NOW)


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 2), (2, 4), (9, 512), (10, 600), (1000, 600)])
def test_the_wait_doubles_up_to_ten_minutes(attempts: int, seconds: int) -> None:
    assert received_delay(attempts) == timedelta(seconds=seconds)
