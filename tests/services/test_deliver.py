"""Delivering: whatever goes wrong, the provider has each invoice exactly once."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any, cast

import pytest

from gateway.core.delivery import DeliveryStatus, Step, attempts_max
from gateway.core.errors import IllegalTransition, NotFound
from gateway.core.invoicing.invoice import Invoice, PaymentStatus
from gateway.core.money import Money
from gateway.plugin_api import (
    Ambiguous,
    BillingProvider,
    Capabilities,
    DocumentKind,
    ExternalDocument,
    ExternalStatus,
    InvoiceDocument,
    NeedsAttention,
    Permanent,
    Retryable,
    Unsupported,
)
from gateway.sandbox import SandboxProvider
from gateway.services.deliver import deliver_next, resume_delivery
from gateway.services.delivery_errand import lease
from gateway.services.follow_provider import apply_changes
from gateway.services.installation import Installation
from tests.services.delivering import CrashPoints, World
from tests.storage.examples import line
from tests.support import FixedClock

FAULTS = ["lost_request", "throttle", "stored_failure", "interrupted", "lost_answer", "broken"]


@pytest.fixture
def world(installation: Installation, clock: FixedClock) -> World:
    """On SQLite, and on PostgreSQL."""
    return World.of(installation, clock)


@pytest.fixture
def sqlite_world(sqlite_installation: Installation, clock: FixedClock) -> World:
    return World.of(sqlite_installation, clock)


class Failing:
    """A provider whose named method raises or answers as told, and else does what the real one does."""

    def __init__(self, provider: SandboxProvider, **answers: Any) -> None:
        self._provider = provider
        self._answers = answers
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._provider, name)
        if not callable(value):
            return self._answers.get(name, value)

        def call(*arguments: Any, **options: Any) -> Any:
            self.calls.append(name)
            if name not in self._answers:
                return value(*arguments, **options)
            answer = self._answers[name]
            if isinstance(answer, Exception):
                raise answer
            return answer(*arguments, **options) if callable(answer) else answer

        return call


def failing(world: World, **answers: Any) -> BillingProvider:
    return cast(BillingProvider, Failing(world.provider, **answers))


def test_a_finalized_invoice_is_made_and_issued(world: World) -> None:
    final = world.finalize()
    report = world.deliver()
    assert report is not None
    assert (report.document_id, report.status) == (final.id, DeliveryStatus.DELIVERED)
    world.assert_delivered_once(final)


def test_nothing_due_is_nothing_to_report(world: World) -> None:
    assert world.deliver() is None


def test_what_is_delivered_is_not_delivered_again(world: World) -> None:
    final = world.finalize()
    world.deliver()
    assert world.deliver() is None
    world.assert_delivered_once(final)


def test_a_customer_is_made_once_for_all_invoices(world: World) -> None:
    finals = [world.finalize(number, customer_number=1) for number in (1, 2, 3)]
    for _ in finals:
        world.deliver()
    for final in finals:
        world.assert_delivered_once(final)


def test_the_oldest_delivery_goes_first_and_other_connections_are_left_alone(world: World) -> None:
    world.finalize(1)
    world.clock.advance(timedelta(seconds=1))
    world.finalize(2)
    assert deliver_next(world.installation, "other", world.provider) is None
    assert [report.document_id for report in (world.deliver(), world.deliver()) if report] == ["inv_1", "inv_2"]


def test_an_invoice_for_nothing_is_paid_when_it_is_issued(world: World) -> None:
    world.finalize()
    provider = failing(
        world,
        issue_invoice=lambda ref, total, key: replace(
            world.provider.issue_invoice(ref, total, key), status=ExternalStatus.PAID
        ),
    )
    world.deliver(provider)
    invoice = world.installation.storage.read(lambda unit: unit.invoices.get("inv_1"))
    assert invoice.payment_status is PaymentStatus.PAID


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


def test_a_first_attempt_does_not_look_anything_up(world: World) -> None:
    world.finalize()
    provider = Failing(world.provider)
    world.deliver(cast(BillingProvider, provider))
    assert provider.calls == ["put_customer", "put_invoice", "issue_invoice"]


def test_after_a_lost_answer_it_is_looked_up_before_it_is_sent_again(world: World) -> None:
    world.finalize()
    world.deliver(failing(world, put_invoice=Ambiguous("no answer")))
    world.clock.advance(timedelta(minutes=1))
    provider = Failing(world.provider)
    world.deliver(cast(BillingProvider, provider))
    assert provider.calls == ["find", "put_invoice", "issue_invoice"]


def test_what_is_found_issued_is_neither_sent_nor_issued_again(world: World) -> None:
    final = world.finalize()

    def issue_and_die(invoice: Any, key: str, existing: Any = None) -> ExternalDocument:
        put = world.provider.put_invoice(invoice, key, existing)
        world.provider.issue_invoice(put.ref, invoice.total, "by hand")
        raise Ambiguous("no answer")

    world.deliver(failing(world, put_invoice=issue_and_die))
    world.clock.advance(timedelta(minutes=1))
    provider = Failing(world.provider)
    world.deliver(cast(BillingProvider, provider))
    assert "put_invoice" not in provider.calls
    world.assert_delivered_once(final)


def test_a_draft_is_found_long_after_it_was_made_however_often_it_was_tried_since(world: World) -> None:
    final = world.finalize()

    def make_and_die(*arguments: Any) -> ExternalDocument:
        world.provider.put_invoice(*arguments)
        raise Ambiguous("no answer")

    world.deliver(failing(world, put_invoice=make_and_die))
    for _ in range(3):
        world.clock.advance(timedelta(days=4))
        world.deliver(failing(world, put_invoice=Ambiguous("no answer")))
    world.clock.advance(timedelta(days=4))
    world.deliver()
    world.assert_delivered_once(final)


def test_an_invoice_whose_issue_was_not_answered_is_fetched_and_not_issued_again(world: World) -> None:
    final = world.finalize()

    def issue_and_die(*arguments: Any) -> ExternalDocument:
        world.provider.issue_invoice(*arguments)
        raise Ambiguous("no answer")

    world.deliver(failing(world, issue_invoice=issue_and_die))
    world.clock.advance(timedelta(minutes=1))
    provider = Failing(world.provider)
    world.deliver(cast(BillingProvider, provider))
    assert provider.calls == ["fetch"]
    world.assert_delivered_once(final)


def keys_of(world: World, attempts: list[tuple[timedelta, Exception]]) -> list[str]:
    """The keys that failing attempts to put an invoice go out with, each after a time."""
    keys: list[str] = []
    world.finalize()
    for wait, error in attempts:

        def put(invoice: Any, key: str, existing: Any = None, error: Exception = error) -> ExternalDocument:
            keys.append(key)
            raise error

        world.clock.advance(wait)
        world.deliver(failing(world, put_invoice=put))
    return keys


def test_a_repeated_request_has_the_same_key_while_the_provider_remembers_it(world: World) -> None:
    hour = timedelta(hours=1)
    lost = Ambiguous("no answer")
    keys = keys_of(world, [(hour, lost), (hour, lost), (22 * hour, lost), (2 * hour, lost), (hour, lost)])
    assert keys[0] == keys[1] == keys[2]
    assert keys[2] != keys[3] == keys[4]
    assert {len(key) for key in keys} == {32}


def test_a_key_under_which_a_failure_is_stored_is_not_used_again(world: World) -> None:
    minute = timedelta(minutes=1)
    spent, lost = Ambiguous("stored failure", key_is_spent=True), Ambiguous("no answer")
    keys = keys_of(world, [(minute, lost), (minute, spent), (minute, spent), (minute, lost), (minute, lost)])
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3
    assert keys[3] == keys[4]


def test_without_keys_nothing_is_sent_again_while_a_request_may_be_under_way(world: World) -> None:
    final = world.finalize()
    keyless = replace(world.provider.capabilities, idempotency_window_seconds=0)
    calls: list[datetime] = []

    def put(invoice: Any, key: str, existing: Any = None) -> ExternalDocument:
        calls.append(world.clock.now())
        raise Ambiguous("no answer")

    for _ in range(14):
        world.deliver(failing(world, put_invoice=put, capabilities=keyless))
        world.clock.advance(timedelta(minutes=1))
    assert len(calls) == 2
    assert calls[1] - calls[0] >= timedelta(minutes=10)
    world.deliver_until_settled()
    world.assert_delivered_once(final)


def test_a_customer_tried_by_one_delivery_is_looked_up_by_the_next(world: World) -> None:
    def make_and_die(customer: Any, key: str, existing: Any) -> ExternalDocument:
        world.provider.put_customer(customer, key)
        raise Permanent("declined, it says")

    first = world.finalize(1, customer_number=1)
    world.deliver(failing(world, put_customer=make_and_die))
    world.clock.advance(timedelta(days=3))
    second = world.finalize(2, customer_number=1)
    world.deliver()
    world.assert_delivered_once(second)
    resume_delivery(world.installation, "dlv_1")
    world.deliver()
    world.assert_delivered_once(first)


def park(world: World, **answers: Any) -> Any:
    """What becomes of a delivery whose provider answers so."""
    world.finalize()
    report = world.deliver(failing(world, **answers))
    (delivery,) = world.deliveries()
    assert report is not None
    assert (report.status, report.reason) == (delivery.status, delivery.reason)
    return delivery


@pytest.mark.parametrize(
    ("error", "reason", "remedy"),
    [
        (Permanent("the card was declined"), "the card was declined", "correct what the provider refuses"),
        (NeedsAttention("the key is wrong", "enter another"), "the key is wrong", "enter another"),
        (Unsupported("drafts"), "The provider does not support drafts", "deliver to a provider"),
    ],
)
@pytest.mark.parametrize("method", ["put_customer", "put_invoice", "issue_invoice"])
def test_what_will_never_work_is_parked_with_a_remedy(
    sqlite_world: World, method: str, error: Exception, reason: str, remedy: str
) -> None:
    delivery = park(sqlite_world, **{method: error})
    assert (delivery.status, delivery.reason, delivery.due_at) == (DeliveryStatus.PARKED, reason, None)
    assert delivery.remedy.startswith(remedy)
    sqlite_world.clock.advance(timedelta(days=1))
    assert sqlite_world.deliver() is None


@pytest.mark.parametrize("method", ["put_customer", "put_invoice", "issue_invoice"])
def test_a_parked_delivery_goes_on_where_it_stopped(sqlite_world: World, method: str) -> None:
    final = sqlite_world.finalize()
    sqlite_world.deliver(failing(sqlite_world, **{method: Permanent("declined")}))
    assert resume_delivery(sqlite_world.installation, "dlv_1").attempts == 0
    sqlite_world.deliver()
    sqlite_world.assert_delivered_once(final)


def test_only_a_parked_delivery_can_be_resumed(world: World) -> None:
    world.finalize()
    with pytest.raises(IllegalTransition):
        resume_delivery(world.installation, "dlv_1")
    with pytest.raises(NotFound):
        resume_delivery(world.installation, "dlv_2")


@pytest.mark.parametrize(
    ("error", "wait"),
    [
        (Retryable("busy"), timedelta(seconds=1)),
        (Retryable("busy", retry_after_seconds=90), timedelta(seconds=90)),
        (Retryable("busy", retry_after_seconds=0), timedelta(seconds=1)),
        (Retryable("busy", retry_after_seconds=10**12), timedelta(days=1)),
        (Ambiguous("no answer"), timedelta(seconds=1)),
        (KeyError("canary"), timedelta(seconds=1)),
    ],
)
def test_what_may_work_later_is_tried_later(sqlite_world: World, error: Exception, wait: timedelta) -> None:
    delivery = park(sqlite_world, put_invoice=error)
    assert delivery.status is DeliveryStatus.PENDING
    assert delivery.due_at == sqlite_world.clock.now() + wait
    assert (delivery.attempts, delivery.remedy) == (1, None)
    assert "canary" not in delivery.reason


def test_waiting_doubles_and_jitter_spreads_it(sqlite_world: World) -> None:
    sqlite_world.finalize()
    waits = []
    for _ in range(4):
        deliver_next(
            sqlite_world.installation, "main", failing(sqlite_world, put_customer=Retryable("busy")), lambda: 1023
        )
        (delivery,) = sqlite_world.deliveries()
        waits.append((delivery.due_at - sqlite_world.clock.now()) // timedelta(milliseconds=1))
        sqlite_world.clock.set(delivery.due_at)
    assert waits == [1499, 2999, 5998, 11996]


def test_what_fails_too_often_is_parked(sqlite_world: World) -> None:
    sqlite_world.finalize()
    for _ in range(attempts_max):
        sqlite_world.deliver(failing(sqlite_world, put_customer=Ambiguous("no answer")))
        sqlite_world.clock.advance(timedelta(hours=2))
    (delivery,) = sqlite_world.deliveries()
    assert (delivery.status, delivery.attempts) == (DeliveryStatus.PARKED, attempts_max)
    assert (delivery.reason, delivery.remedy) == (
        "no answer",
        "it failed 50 times: find out why, then resume the delivery",
    )


def answering(world: World, method: str, **changes: Any) -> dict[str, Any]:
    """A method that does its work and answers with something changed."""
    real = getattr(world.provider, method)
    return {method: lambda *arguments: replace(real(*arguments), **changes)}


@pytest.mark.parametrize("method", ["put_invoice", "issue_invoice"])
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"total": Money(1601, "EUR")}, "totals 16.01 EUR and ours 16.00 EUR"),
        ({"total": Money(1600, "USD"), "amount_paid": None, "tax": None}, "totals 16.00 USD and ours 16.00 EUR"),
        ({"total": None}, "totals nothing and ours 16.00 EUR"),
        ({"our_id": "inv_2"}, "carries 'inv_2' instead of 'inv_1'"),
        ({"our_id": ""}, "carries '' instead of 'inv_1'"),
        ({"status": ExternalStatus.VOID}, "was voided at the provider"),
    ],
)
def test_an_answer_that_is_not_about_our_invoice_is_not_believed(
    sqlite_world: World, method: str, changes: dict[str, Any], reason: str
) -> None:
    delivery = park(sqlite_world, **answering(sqlite_world, method, **changes))
    assert delivery.status is DeliveryStatus.PARKED
    assert reason in delivery.reason
    assert delivery.remedy


OTHER_KIND = ExternalDocument(DocumentKind.CREDIT_NOTE, "cn_1", "inv_1", ExternalStatus.OPEN)


@pytest.mark.parametrize("garbage", [None, {}, "in_1", 7, object(), OTHER_KIND])
@pytest.mark.parametrize("method", ["put_customer", "put_invoice", "issue_invoice"])
def test_garbage_is_an_unknown_outcome(sqlite_world: World, method: str, garbage: object) -> None:
    final = sqlite_world.finalize()
    report = sqlite_world.deliver(failing(sqlite_world, **{method: lambda *_: garbage}))
    assert report is not None
    assert report.status is DeliveryStatus.PENDING
    sqlite_world.deliver_until_settled()
    sqlite_world.assert_delivered_once(final)


def test_an_invoice_that_stays_a_draft_is_not_delivered(sqlite_world: World) -> None:
    delivery = park(sqlite_world, **answering(sqlite_world, "issue_invoice", status=ExternalStatus.DRAFT))
    assert delivery.status is DeliveryStatus.PENDING


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"currencies": frozenset({"USD"})}, "currency EUR"),
        ({"lines_max": 2}, "has 3 lines and the provider takes 2"),
    ],
)
def test_what_a_provider_does_not_take_is_refused_before_anything_is_sent(
    sqlite_world: World, changes: dict[str, Any], reason: str
) -> None:
    sqlite_world.finalize(lines=(line(1250), line(399, price="storage"), line(-49, price="support")))
    limited: Capabilities = replace(sqlite_world.provider.capabilities, **changes)
    provider = Failing(sqlite_world.provider, capabilities=limited)
    sqlite_world.deliver(cast(BillingProvider, provider))
    (delivery,) = sqlite_world.deliveries()
    assert delivery.status is DeliveryStatus.PARKED
    assert reason in delivery.reason
    assert provider.calls == []


def test_more_lines_than_a_provider_takes_arrive_as_one_for_each_price(sqlite_world: World) -> None:
    final = sqlite_world.finalize(lines=(line(1250), line(399, price="storage"), line(-49)))
    sent: list[InvoiceDocument] = []

    def put_invoice(document: InvoiceDocument, *rest: Any) -> ExternalDocument:
        sent.append(document)
        return sqlite_world.provider.put_invoice(document, *rest)

    limited = replace(sqlite_world.provider.capabilities, lines_max=2)
    detailed = replace(sqlite_world.installation, detail_url="https://acme.example/invoices/{number}")
    provider = Failing(sqlite_world.provider, capabilities=limited, put_invoice=put_invoice)
    deliver_next(detailed, "main", cast(BillingProvider, provider))
    sqlite_world.assert_delivered_once(final)
    assert [(line.price, line.amount.amount_minor) for line in sent[0].lines] == [("traffic", 1201), ("storage", 399)]
    assert sent[0].detail_url == "https://acme.example/invoices/INV-000001"


def taken_over(world: World) -> Iterator[tuple[str, Invoice]]:
    """Each method during which another worker takes the delivery over and finishes it."""
    for number, method in enumerate(("put_customer", "put_invoice", "issue_invoice"), start=1):
        yield method, world.finalize(number)


def test_a_worker_that_slept_past_its_lease_changes_nothing(world: World) -> None:
    for method, final in taken_over(world):
        real = getattr(world.provider, method)

        def sleep_first(*arguments: Any, real: Any = real) -> ExternalDocument:
            world.clock.advance(lease)
            other = world.deliver()
            assert other is not None
            assert other.status is DeliveryStatus.DELIVERED
            result: ExternalDocument = real(*arguments)
            return result

        report = world.deliver(failing(world, **{method: sleep_first}))
        assert report is not None
        assert (report.has_lost_lease, report.reason) == (True, None)
        assert str(report) == f"{final.id} lost lease"
        world.assert_delivered_once(final)


def test_a_worker_that_slept_at_any_point_makes_no_call_after_it_was_replaced(world: World) -> None:
    points = CrashPoints()
    world.finalize(1)
    world.deliver_mortally(points)
    asleep = [number for number, name in enumerate(points.passed, start=1) if name == "before a transaction"]
    for number, sleep_at in enumerate(asleep[1:], start=2):
        final = world.finalize(number)
        passed = count(1)

        def sleep_for_days(_: str, passed: Iterator[int] = passed, sleep_at: int = sleep_at) -> None:
            if next(passed) == sleep_at:
                world.clock.advance(lease)
                world.deliver()
                world.clock.advance(timedelta(days=3))  # so that no key would save us

        world.deliver_mortally(sleep_for_days)
        world.assert_delivered_once(final)


def test_an_answer_that_was_slept_over_is_asked_for_again(world: World) -> None:
    final = world.finalize()

    def issue_and_sleep(*arguments: Any) -> ExternalDocument:
        answer = world.provider.issue_invoice(*arguments)
        world.provider.pay(answer.ref)
        world.clock.advance(timedelta(hours=1))
        # Whose invoice this is nobody knows yet, and later looks begin after it was paid.
        apply_changes(world.installation, "main", world.provider)
        return answer

    report = world.deliver(failing(world, issue_invoice=issue_and_sleep))
    assert report is not None
    assert report.has_lost_lease
    world.deliver()
    apply_changes(world.installation, "main", world.provider)
    assert world.stored(final).payment_status is PaymentStatus.PAID


def test_a_conclusion_that_only_seemed_to_fail_stands(world: World) -> None:
    points = CrashPoints()
    world.finalize(1)
    world.deliver_mortally(points)
    final = world.finalize(2)
    passed = count(1)

    def lose_the_last_answer(_: str) -> None:
        if next(passed) == len(points.passed):
            raise ConnectionError

    world.deliver_mortally(lose_the_last_answer)
    world.assert_delivered_once(final)


def test_a_worker_that_fails_past_its_lease_does_not_park_what_another_delivered(world: World) -> None:
    for method, final in taken_over(world):

        def sleep_and_fail(*_: Any) -> ExternalDocument:
            world.clock.advance(lease)
            world.deliver()
            raise Permanent("declined")

        report = world.deliver(failing(world, **{method: sleep_and_fail}))
        assert report is not None
        assert report.has_lost_lease
        world.assert_delivered_once(final)


def test_a_delivery_is_not_claimed_twice_while_its_lease_runs(world: World) -> None:
    world.finalize()
    seen: list[object] = []

    def put(*arguments: Any) -> ExternalDocument:
        world.clock.advance(lease - timedelta(seconds=1))
        seen.append(world.deliver())
        return world.provider.put_invoice(*arguments)

    world.deliver(failing(world, put_invoice=put))
    assert seen == [None]


def test_every_call_is_journalled_before_it_is_made(world: World) -> None:
    world.finalize()
    journals: dict[str, set[Step]] = {}

    def noting(method: str) -> Any:
        def call(*arguments: Any) -> Any:
            journals[method] = set(world.installation.storage.read(lambda unit: unit.deliveries.steps("dlv_1")))
            # A writer would wait here for ever if a transaction were open.
            world.installation.storage.transact(lambda unit: unit.definitions.bump_version())
            return getattr(world.provider, method)(*arguments)

        return call

    world.deliver(failing(world, **{name: noting(name) for name in ("put_customer", "put_invoice", "issue_invoice")}))

    assert journals == {
        "put_customer": {Step.CUSTOMER},
        "put_invoice": {Step.CUSTOMER, Step.PUT},
        "issue_invoice": {Step.CUSTOMER, Step.PUT, Step.ISSUE},
    }
