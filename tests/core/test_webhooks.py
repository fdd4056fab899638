"""Webhooks that the gateway sends: retries, signing secrets, and when an endpoint is left alone."""

from datetime import timedelta

import pytest

from gateway.core.errors import InvalidValue
from gateway.core.webhooks import (
    SendingStatus,
    WebhookAnswer,
    WebhookEndpoint,
    WebhookEvent,
    WebhookSecret,
    WebhookSending,
    hearing,
    retry_delays,
)
from tests.core.samples import at

NOW = at("2026-03-01")
ENDPOINT = WebhookEndpoint("whe_1", "https://example.com/hooks", NOW, (WebhookSecret("whsec_new"),))
SENDING = WebhookSending("msg_1", "whe_1", NOW, attempts=1, due_at=NOW)
DOWN = WebhookAnswer(status_code=500)


def test_an_endpoint_hears_what_it_asked_for_or_everything() -> None:
    choosy = WebhookEndpoint(
        "whe_2", ENDPOINT.url, NOW, ENDPOINT.signing_secrets, frozenset({WebhookEvent.INVOICE_HELD})
    )
    off = ENDPOINT.disabled(NOW, "moved")

    assert hearing([ENDPOINT, choosy, off], WebhookEvent.INVOICE_HELD) == [ENDPOINT, choosy]
    assert hearing([ENDPOINT, choosy, off], WebhookEvent.INVOICE_VOIDED) == [ENDPOINT]


def test_a_secret_that_was_replaced_signs_for_a_while_beside_the_new_one() -> None:
    rotated = ENDPOINT.rotated("whsec_newer", NOW + timedelta(hours=24))

    assert rotated.signs_with(NOW) == ("whsec_newer", "whsec_new")
    assert rotated.signs_with(NOW + timedelta(hours=24)) == ("whsec_newer",)
    assert rotated.rotated("whsec_newest", NOW + timedelta(hours=2)).signs_with(NOW) == ("whsec_newest", "whsec_newer")


def test_secrets_never_print() -> None:
    assert "whsec" not in repr(ENDPOINT)
    assert "whsec" not in repr(ENDPOINT.signing_secrets)


def test_an_endpoint_without_a_secret_is_refused() -> None:
    with pytest.raises(InvalidValue, match="Endpoint whe_1 has no secret to sign with"):
        WebhookEndpoint("whe_1", ENDPOINT.url, NOW, ())


def test_a_message_is_tried_ten_times_over_three_days() -> None:
    sending, now, waited = SENDING, NOW, []
    while (after := sending.after(DOWN, now, jitter=0)).status is SendingStatus.PENDING:
        waited.append(after.due_at - now)
        sending, now = WebhookSending(**{**fields(after), "attempts": after.attempts + 1}), after.due_at

    assert waited == list(retry_delays)
    assert sum(waited, timedelta()) == timedelta(hours=75, minutes=35, seconds=5)
    assert (after.status, after.attempts, after.settled_at, after.due_at) == (SendingStatus.FAILED, 10, now, None)


def fields(sending: WebhookSending) -> dict[str, object]:
    return {name: getattr(sending, name) for name in WebhookSending.__slots__}


@pytest.mark.parametrize(
    ("answer", "jitter", "seconds"),
    [
        (DOWN, 0, 300),
        (DOWN, 1023, 329.970703),  # up to a tenth more
        (WebhookAnswer(status_code=429, retry_after=timedelta(minutes=20)), 0, 1_200),
        (WebhookAnswer(status_code=503, retry_after=timedelta(seconds=1)), 0, 300),
        (WebhookAnswer(status_code=429, retry_after=timedelta(days=400)), 0, 86_400),
        (WebhookAnswer(failure="ConnectError: refused"), 0, 300),
        (WebhookAnswer(status_code=301), 0, 300),
    ],
)
def test_what_is_asked_for_by_retry_after_is_waited_within_a_day(
    answer: WebhookAnswer, jitter: int, seconds: float
) -> None:
    second = WebhookSending("msg_1", "whe_1", NOW, attempts=2, due_at=NOW)

    after = second.after(answer, NOW, jitter)

    assert (after.due_at - NOW).total_seconds() == pytest.approx(seconds, abs=1e-6)
    assert (after.status_code, after.failure) == (answer.status_code, answer.failure)


@pytest.mark.parametrize(("code", "is_taken"), [(200, True), (204, True), (299, True), (199, False), (300, False)])
def test_any_2xx_takes_a_message_and_nothing_else(code: int, is_taken: bool) -> None:
    after = SENDING.after(WebhookAnswer(status_code=code), NOW, jitter=0)

    assert (after.status is SendingStatus.DELIVERED) is is_taken


def test_a_long_failure_is_cut() -> None:
    assert len(SENDING.after(WebhookAnswer(failure="x" * 999), NOW, jitter=0).failure) == 200


def test_a_message_can_be_sent_again_from_the_beginning() -> None:
    failed = WebhookSending("msg_1", "whe_1", NOW, SendingStatus.FAILED, 10, None, 500, None, NOW)

    again = failed.again(NOW)

    assert (again.status, again.attempts, again.due_at, again.settled_at) == (SendingStatus.PENDING, 0, NOW, None)


def test_an_endpoint_that_is_gone_is_disabled_at_once() -> None:
    gone = WebhookAnswer(status_code=410)

    after = ENDPOINT.after(SENDING.after(gone, NOW, 0), gone, NOW)

    assert (after.disabled_at, after.disabled_reason) == (NOW, "It answered 410 Gone")
    assert after.enabled() == ENDPOINT


def test_an_endpoint_that_took_nothing_for_three_days_is_disabled_when_a_message_fails() -> None:
    last = WebhookSending("msg_1", "whe_1", NOW, attempts=10, due_at=NOW)
    failing = ENDPOINT.after(SENDING.after(DOWN, NOW, 0), DOWN, NOW)
    soon, late = NOW + timedelta(days=3, seconds=-1), NOW + timedelta(days=3)

    assert (failing.failing_since, failing.disabled_at) == (NOW, None)
    assert failing.after(last.after(DOWN, soon, 0), DOWN, soon).disabled_at is None
    assert failing.after(SENDING.after(DOWN, late, 0), DOWN, late).disabled_at is None
    disabled = failing.after(last.after(DOWN, late, 0), DOWN, late)
    assert (disabled.disabled_at, disabled.disabled_reason) == (
        late,
        "It has taken no message since 2026-03-01 00:00 UTC",
    )
    assert disabled.disabled(late + timedelta(days=1), "again") == disabled


def test_a_message_that_is_taken_ends_a_failure() -> None:
    failing = ENDPOINT.after(SENDING.after(DOWN, NOW, 0), DOWN, NOW)
    taken = WebhookAnswer(status_code=204)

    assert failing.after(SENDING.after(taken, NOW, 0), taken, NOW) == ENDPOINT
