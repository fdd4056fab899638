"""The shadow run: what differs, and when parity is proven."""

from dataclasses import replace

import pytest

from gateway.core.money import Money
from gateway.core.shadow import Comparable, Parity, ShadowQuote, ShadowStatus
from tests.storage.examples import NOON

OURS = Comparable(Money(1200, "EUR"), Money(200, "EUR"), 2)
WAITING = ShadowQuote("new", "inv_1", NOON, NOON)


def quoted(theirs: Comparable) -> ShadowQuote:
    return replace(WAITING, status=ShadowStatus.QUOTED, ours=OURS, theirs=theirs)


FAILED = replace(WAITING, status=ShadowStatus.FAILED, reason="EUR is off")


@pytest.mark.parametrize(
    ("theirs", "differences"),
    [
        (OURS, ()),
        (replace(OURS, total=Money(1201, "EUR")), ("total",)),
        (replace(OURS, total=Money(1200, "USD")), ("total",)),
        (replace(OURS, tax=Money(199, "EUR")), ("tax",)),
        (replace(OURS, lines=1), ("lines",)),
        (Comparable(Money(0, "EUR"), Money(0, "EUR"), 0), ("total", "tax", "lines")),
    ],
)
def test_what_differs_is_named_in_one_order(theirs: Comparable, differences: tuple[str, ...]) -> None:
    assert quoted(theirs).differences == differences


def test_what_was_not_quoted_does_not_differ() -> None:
    assert (WAITING.differences, replace(WAITING, ours=OURS).differences, FAILED.differences) == ((), (), ())


def test_every_quote_counts_once() -> None:
    quotes = [quoted(OURS), quoted(OURS), quoted(replace(OURS, lines=1)), FAILED, WAITING]
    assert Parity.of(quotes) == Parity(same=2, different=1, failed=1, pending=1)
    assert Parity.of([]) == Parity()


@pytest.mark.parametrize(
    ("parity", "is_proven"),
    [
        (Parity(same=1), True),
        (Parity(), False),
        (Parity(same=1, different=1), False),
        (Parity(same=1, failed=1), False),
        (Parity(same=1, pending=1), False),
    ],
)
def test_parity_is_proven_when_there_is_something_and_all_of_it_is_the_same(parity: Parity, is_proven: bool) -> None:
    assert parity.is_proven is is_proven
