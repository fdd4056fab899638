"""What an accounting system does not take never reaches it, and what it answers wrongly is not believed."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from gateway.plugin_api import (
    Ambiguous,
    ExternalJournal,
    JournalReversal,
    Permanent,
    ProviderError,
    Retryable,
    Unsupported,
)
from gateway.plugin_guard import GuardedTarget, guarded_target
from gateway.testing import journal_document, reversal_of
from tests.services.journaling import BooksInMemory

DOCUMENT = journal_document(("AR", "Sales"))
REVERSAL = reversal_of(DOCUMENT, "R-1")
HELD = ExternalJournal(
    ref="1", number=DOCUMENT.number, currency="USD", accounting_day=DOCUMENT.accounting_day, lines=DOCUMENT.lines
)


def answering(method: str, answer: Any, **declared: Any) -> GuardedTarget:
    """Books whose method answers so, or raises it."""
    target = BooksInMemory(replace(BooksInMemory.capabilities, **declared))

    def respond(*_: Any) -> Any:
        if isinstance(answer, BaseException):
            raise answer
        return answer

    setattr(target, method, respond)
    return guarded_target(target)


def put(books: GuardedTarget) -> ExternalJournal:
    return books.put_journal(DOCUMENT, "key")


def test_books_behind_the_wall_stay_there() -> None:
    books = guarded_target(BooksInMemory())
    assert guarded_target(books) is books


@pytest.mark.parametrize(
    ("declared", "changes", "said"),
    [
        ({"currencies": frozenset({"EUR"})}, {}, "the currency USD"),
        ({"lines_max": 2}, {}, r"journals of more than 2 lines \(3\)"),
        ({}, {"customer": "Acme"}, "lines that name a customer"),
        ({}, {"classification": "API"}, "lines that name a class"),
    ],
)
def test_what_is_not_declared_is_refused_before_it_is_asked(
    declared: dict[str, Any], changes: dict[str, Any], said: str
) -> None:
    first, *others = DOCUMENT.lines
    document = replace(DOCUMENT, lines=(replace(first, **changes), *others))
    books = answering("put_journal", AssertionError("it was asked"), **declared)
    with pytest.raises(Unsupported, match=said):
        books.put_journal(document, "key")
    with pytest.raises(Unsupported, match=said):
        books.reverse_journal("1", document, "key")


@pytest.mark.parametrize("answer", [None, "made", replace(HELD, number="J-2"), RuntimeError("boom"), SystemExit(3)])
def test_a_wrong_answer_to_making_one_is_ambiguous(answer: Any) -> None:
    with pytest.raises(Ambiguous):
        put(answering("put_journal", answer))


@pytest.mark.parametrize(
    ("method", "arguments", "answer"),
    [
        ("find_journal", (DOCUMENT.number,), replace(HELD, number="J-2")),
        ("find_journal", (DOCUMENT.number,), 7),
        ("fetch_journal", ("1",), replace(HELD, ref="2")),
        ("fetch_journal", ("1",), None),
        ("check", (), RuntimeError("boom")),
    ],
)
def test_a_wrong_answer_to_reading_is_asked_again(method: str, arguments: tuple[Any, ...], answer: Any) -> None:
    with pytest.raises(Retryable):
        getattr(answering(method, answer), method)(*arguments)


def test_what_a_list_holds_is_looked_at_one_by_one() -> None:
    def some(*_: Any) -> Iterator[Any]:
        yield HELD
        yield "no journal"

    target = BooksInMemory()
    target.journals = target.accounts = some  # type: ignore[method-assign,assignment]
    listed = guarded_target(target).journals(date(2025, 1, 1), date(2026, 1, 1))
    assert next(listed) == HELD
    with pytest.raises(Retryable, match="answered with str"):
        next(listed)
    with pytest.raises(Retryable, match="answered with ExternalJournal instead of TargetAccount"):
        list(guarded_target(target).accounts())


@pytest.mark.parametrize("error", [Permanent("no"), Retryable("later"), Ambiguous("who knows")])
def test_its_own_errors_come_through(error: ProviderError) -> None:
    with pytest.raises(type(error)):
        put(answering("put_journal", error))


def test_a_native_reversal_has_to_say_that_it_is_one() -> None:
    native = {"reversal": JournalReversal.NATIVE}
    undone = replace(HELD, is_reversed=True)
    assert answering("reverse_journal", undone, **native).reverse_journal("1", REVERSAL, "key") == undone
    for answer in (HELD, replace(undone, ref="2")):
        with pytest.raises(Ambiguous, match="not reversed"):
            answering("reverse_journal", answer, **native).reverse_journal("1", REVERSAL, "key")


def test_a_second_journal_has_the_number_of_the_reversal() -> None:
    made = replace(HELD, number=REVERSAL.number)
    assert answering("reverse_journal", made).reverse_journal("1", REVERSAL, "key") == made
    with pytest.raises(Ambiguous, match="instead of 'R-1'"):
        answering("reverse_journal", HELD).reverse_journal("1", REVERSAL, "key")
