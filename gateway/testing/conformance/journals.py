"""The suite that every accounting system passes: each journal is there once, whole, and unchanged."""

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any, ClassVar

import pytest

from gateway.core.errors import InvalidDefinition
from gateway.plugin_api import (
    API_VERSION,
    Ambiguous,
    ExternalJournal,
    JournalDocument,
    JournalLine,
    JournalReversal,
    JournalTarget,
    Money,
    NeedsAttention,
    Permanent,
    ProviderSettings,
    Unsupported,
    minor_unit_places,
)
from gateway.plugin_guard import GuardedTarget, guarded_target
from gateway.testing.conformance.suite import ON_READING, ON_WRITING, Failure, Suite, key_of
from gateway.testing.documents import JOURNAL_NUMBER, journal_document, reversal_of

YEAR = (date(2025, 1, 1), date(2026, 1, 1))
REVERSAL_NUMBER = "2025-05-USD-1R-CONFOR"
pages_of = 25
"""More journals than fit a page, if the accounting system under test is told to list in small ones."""


class JournalTargetConformance(Suite):
    """Inherit from it, in a class whose name begins with `Test`.

    Give it a fixture `target`: an instance connected to a company without journals, new for every test, that has the
    `account_names` (at least three, active, of no kind that has rules of its own), and lists in pages of fewer than 25.
    Say which `failures` can be provoked, by overriding `fail_next`, which `secrets` its settings hold, and whether it
    `closes_periods`; then override `close_period`. A test that asks for what it cannot do is replaced by one marked
    `@departs(reason)`.
    """

    account_names: ClassVar[tuple[str, ...]]
    closes_periods: ClassVar[bool]
    has_to_say = (*Suite.has_to_say, "account_names", "closes_periods")
    unknown_account: ClassVar[str] = "no such account"
    customer_name: ClassVar[str] = "Conformance Ltd"
    """A customer that is there, where `customers` are declared; `class_name` a class, where `classes` are."""
    class_name: ClassVar[str] = "Conformance"

    @pytest.fixture
    def target(self) -> JournalTarget:
        """An accounting system with an empty company. Override it."""
        raise NotImplementedError("give the class a fixture called target")

    @pytest.fixture
    def books(self, target: JournalTarget) -> GuardedTarget:
        """The same behind the gateway's wall, as the gateway calls it."""
        return guarded_target(target)

    @pytest.fixture
    def document(self) -> JournalDocument:
        """A journal of three lines over 16.49 USD."""
        return journal_document(self.account_names)

    def close_period(self, target: JournalTarget, last_day: date) -> None:
        """Close the books there up to a day. Override it where periods can be closed."""
        raise NotImplementedError(f"{type(self).__name__} has to close the books up to {last_day}")

    def lose_answer(self, target: JournalTarget, call: Callable[[], object]) -> None:
        """Carry out a call whose answer nobody gets to see; on the wire, where there is one."""
        if Failure.LOST_ANSWER in self.failures:
            self.fail_next(target, Failure.LOST_ANSWER, is_write=True)
        with suppress(Ambiguous):
            call()

    def test_it_declares_what_the_contract_asks_for(self, target: JournalTarget) -> None:
        assert isinstance(target, JournalTarget)
        assert target.API_VERSION == API_VERSION
        assert issubclass(target.Settings, ProviderSettings)
        assert target.NAME.replace("-", "_").isidentifier()

    def test_a_working_company_passes_the_check(self, books: GuardedTarget) -> None:
        books.check()

    def test_a_company_is_the_same_each_time(self, books: GuardedTarget) -> None:
        if not books.capabilities.tells_account:
            with pytest.raises(Unsupported):
                books.account()
            return
        assert books.account().id
        assert books.account() == books.account()

    def test_every_account_is_listed_once_and_by_its_name(self, books: GuardedTarget) -> None:
        put(books, journal_document(self.account_names))
        names = [account.name for account in books.accounts()]
        assert len(set(names)) == len(names)
        assert set(self.account_names) <= set(names)

    def test_a_journal_comes_back_as_it_was_sent(self, books: GuardedTarget, document: JournalDocument) -> None:
        made = put(books, document)
        assert_same(made, document)
        assert books.fetch_journal(made.ref) == made

    def test_a_journal_is_found_by_its_whole_number(self, books: GuardedTarget, document: JournalDocument) -> None:
        made = put(books, document)
        assert books.find_journal(JOURNAL_NUMBER) == made
        assert books.find_journal(JOURNAL_NUMBER[:-1]) is None
        assert books.find_journal("2025-05-USD-2-CONFORM") is None

    def test_what_is_not_there_cannot_be_fetched(self, books: GuardedTarget) -> None:
        with pytest.raises(Permanent):
            books.fetch_journal("nothing")

    def test_a_journal_sent_twice_with_one_key_is_there_once(
        self, books: GuardedTarget, document: JournalDocument
    ) -> None:
        first = put(books, document)
        if books.capabilities.idempotency_window_seconds:
            assert put(books, document).ref == first.ref
        assert [journal.ref for journal in books.journals(*YEAR)] == [first.ref]

    def test_a_journal_whose_answer_was_lost_is_found_and_made_once(
        self, target: JournalTarget, books: GuardedTarget, document: JournalDocument
    ) -> None:
        self.lose_answer(target, partial(put, books, document))
        found = books.find_journal(JOURNAL_NUMBER)
        assert found is not None
        assert_same(found, document)
        assert list(books.journals(*YEAR)) == [found]

    def test_a_number_that_another_journal_has_needs_attention(
        self, books: GuardedTarget, document: JournalDocument
    ) -> None:
        first = put(books, document)
        with pytest.raises(NeedsAttention) as raised:
            books.put_journal(journal_document(self.account_names, [500]), key_of("another"))
        assert raised.value.remedy
        assert list(books.journals(*YEAR)) == [first]

    def test_an_account_that_is_not_there_needs_attention_and_leaves_nothing(self, books: GuardedTarget) -> None:
        with pytest.raises(NeedsAttention) as raised:
            put(books, journal_document((self.account_names[0], self.unknown_account)))
        assert self.unknown_account in raised.value.reason
        assert raised.value.remedy
        assert list(books.journals(*YEAR)) == []

    def test_what_does_not_balance_cannot_be_sent(self, document: JournalDocument) -> None:
        with pytest.raises(InvalidDefinition, match="do not balance"):
            replace(document, lines=document.lines[:-1])

    def test_a_closed_period_needs_attention_and_leaves_nothing(
        self, target: JournalTarget, books: GuardedTarget, document: JournalDocument
    ) -> None:
        if not self.closes_periods:
            return
        self.close_period(target, document.accounting_day)
        with pytest.raises(NeedsAttention) as raised:
            put(books, document)
        assert raised.value.remedy
        assert list(books.journals(*YEAR)) == []

    def test_amounts_keep_their_value_in_every_kind_of_currency(self, books: GuardedTarget) -> None:
        for number, currency in enumerate(_one_per_scale(books)):
            amounts = [10 ** minor_unit_places(currency) * 12, 7]
            document = journal_document(self.account_names, amounts, currency, f"2025-05-{currency}-{number}")
            assert_same(books.fetch_journal(put(books, document).ref), document)

    def test_a_total_of_thirteen_digits_keeps_every_one(self, books: GuardedTarget) -> None:
        document = journal_document(self.account_names, [9_999_999_999_998, 1])
        assert books.fetch_journal(put(books, document).ref).total == Money(9_999_999_999_999, "USD")

    def test_a_journal_may_have_as_many_lines_as_declared(self, books: GuardedTarget) -> None:
        count = min(books.capabilities.lines_max, 1000)
        document = journal_document(self.account_names, [7] * (count - 1))
        assert_same(books.fetch_journal(put(books, document).ref), document)

    def test_a_line_names_a_customer_or_a_class_where_declared(
        self, books: GuardedTarget, document: JournalDocument
    ) -> None:
        names = {"customer": self.customer_name, "classification": self.class_name}
        declared = {"customer": books.capabilities.customers, "classification": books.capabilities.classes}
        for number, name in enumerate(names):
            changes: dict[str, Any] = {name: names[name]}
            lines = (*document.lines[:-1], replace(document.lines[-1], **changes))
            named = replace(document, number=f"2025-05-USD-{number}", lines=lines)
            if declared[name]:
                assert_same(books.fetch_journal(put(books, named).ref), named)
            else:
                with pytest.raises(Unsupported):
                    put(books, named)

    def test_a_journal_is_reversed_once(self, books: GuardedTarget, document: JournalDocument) -> None:
        made, reversal = put(books, document), reversal_of(document, REVERSAL_NUMBER)
        undone = books.reverse_journal(made.ref, reversal, key_of("reverse"))
        assert books.reverse_journal(made.ref, reversal, key_of("reverse again")) == undone
        assert_reversed(books, made, reversal)

    def test_a_reversal_whose_answer_was_lost_happens_once(
        self, target: JournalTarget, books: GuardedTarget, document: JournalDocument
    ) -> None:
        made, reversal = put(books, document), reversal_of(document, REVERSAL_NUMBER)
        self.lose_answer(target, partial(books.reverse_journal, made.ref, reversal, key_of("reverse")))
        books.reverse_journal(made.ref, reversal, key_of("reverse"))
        assert_reversed(books, made, reversal)

    def test_journals_are_listed_by_their_day_to_the_end_and_once_each(self, books: GuardedTarget) -> None:
        days = [date(2025, 4, 30), *[date(2025, 5, 1 + number) for number in range(pages_of)], date(2025, 6, 1)]
        for number, day in enumerate(days):
            put(books, journal_document(self.account_names, [500], number=f"J-{number:02}", accounting_day=day))
        listed = [journal.number for journal in books.journals(date(2025, 5, 1), date(2025, 6, 1))]
        assert sorted(listed) == [f"J-{number:02}" for number in range(1, pages_of + 1)]

    @pytest.mark.parametrize("failure", Failure)
    def test_each_failure_of_a_write_has_its_class(
        self, target: JournalTarget, books: GuardedTarget, document: JournalDocument, failure: Failure
    ) -> None:
        if failure not in self.failures:
            return
        self.fail_next(target, failure, is_write=True)
        with pytest.raises(ON_WRITING[failure]) as raised:
            put(books, document)
        self.assert_nothing_secret(raised.value)

    @pytest.mark.parametrize("failure", Failure)
    def test_each_failure_of_a_read_has_its_class(
        self, target: JournalTarget, books: GuardedTarget, failure: Failure
    ) -> None:
        if failure not in self.failures:
            return
        self.fail_next(target, failure, is_write=False)
        with pytest.raises(ON_READING[failure]) as raised:
            books.find_journal(JOURNAL_NUMBER)
        self.assert_nothing_secret(raised.value)

    def test_secrets_are_in_no_log_and_do_not_print(
        self,
        target: JournalTarget,
        books: GuardedTarget,
        document: JournalDocument,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        with caplog.at_level(logging.DEBUG):
            books.check()
            put(books, document)
        printed = f"{target!r} {vars(target)!r}"
        logged = " ".join(record.getMessage() for record in caplog.records)
        assert not [secret for secret in self.secrets if secret in printed or secret in logged]


def put(books: GuardedTarget, document: JournalDocument) -> ExternalJournal:
    """The journal as the accounting system holds it."""
    return books.put_journal(document, key_of(f"put {document.number}"))


def assert_same(held: ExternalJournal, document: JournalDocument) -> None:
    """What is held is what was sent, but for words."""
    assert (held.number, held.currency, held.accounting_day) == (
        document.number,
        document.currency,
        document.accounting_day,
    )
    assert sorted(map(_substance, held.lines)) == sorted(map(_substance, document.lines))


def assert_reversed(books: GuardedTarget, made: ExternalJournal, reversal: JournalDocument) -> None:
    """The journal is undone, and by one reversal."""
    held = list(books.journals(*YEAR))
    if books.capabilities.reversal is JournalReversal.NATIVE:
        assert [(journal.ref, journal.is_reversed) for journal in held] == [(made.ref, True)]
        return
    assert sorted(journal.number for journal in held) == sorted([made.number, reversal.number])
    found = books.find_journal(reversal.number)
    assert found is not None
    assert_same(found, reversal)


def _substance(line: JournalLine) -> tuple[str, str, int, str, str]:
    return line.account, line.side, line.amount.amount_minor, line.customer or "", line.classification or ""


def _one_per_scale(books: GuardedTarget) -> list[str]:
    """A currency with two, none and three places each, among those declared."""
    declared = books.capabilities.currencies
    groups = (("USD", "EUR"), ("JPY", "KRW"), ("KWD", "BHD"))
    known = [[code for code in group if declared is None or code in declared] for group in groups]
    return [codes[0] for codes in known if codes]
