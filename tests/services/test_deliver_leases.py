"""Delivering: a worker that slept past its lease changes nothing."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from typing import Any

from gateway.core.delivery import DeliveryStatus
from gateway.core.invoicing.invoice import Invoice, PaymentStatus
from gateway.plugin_api import (
    ExternalDocument,
    Permanent,
)
from gateway.services.delivery_errand import lease
from gateway.services.follow_provider import apply_changes
from tests.services.delivering import CrashPoints, World
from tests.services.failing import failing


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
