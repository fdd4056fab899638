"""What is written is accepted by the programs that it is for, and they find the same balances."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from gateway_plaintext import PlainTextTarget
from gateway_plaintext.beancount import Beancount
from gateway_plaintext.hledger import Hledger
from gateway_plaintext.mapping import DEFAULT_ACCOUNTS
from gateway_plaintext.settings import Format
from gateway_plaintext.texts import flat
from hypothesis import given
from hypothesis import strategies as st

from gateway.plugin_api import JournalDocument, JournalLine, JournalSide, Money
from gateway.testing import journal_document, reversal_of
from plugins.plaintext.tests import judges

NAMES = sorted(set(DEFAULT_ACCOUNTS.values()))


@pytest.fixture
def format_(target: PlainTextTarget, request: pytest.FixtureRequest) -> Format:
    """The format of the target."""
    return Format(request.node.callspec.params["target"])


def test_books_with_every_default_account_are_accepted(target: PlainTextTarget, root: Path, format_: Format) -> None:
    target.put_journal(journal_document(NAMES, range(1, len(NAMES))), "key")
    judges.check(root, format_)
    found = judges.balances(root, format_)
    assert [account for account, _ in sorted(found)] == NAMES
    assert found[NAMES[1], "USD"] == Decimal("-0.01")


def test_currencies_of_every_scale_keep_their_balances(target: PlainTextTarget, root: Path, format_: Format) -> None:
    for number, (currency, minor) in enumerate((("JPY", 1_234), ("USD", 123_456_789), ("KWD", 1_234))):
        target.put_journal(journal_document(NAMES[:2], [minor], currency, f"2025-05-{currency}-{number}"), "key")
    judges.check(root, format_)
    expected = {"JPY": "1234", "USD": "1234567.89", "KWD": "1.234"}
    assert judges.balances(root, format_) == {
        (account, currency): Decimal(amount) * sign
        for account, sign in ((NAMES[0], 1), (NAMES[1], -1))
        for currency, amount in expected.items()
    }


def test_a_journal_and_its_reversal_leave_nothing(target: PlainTextTarget, root: Path, format_: Format) -> None:
    document = journal_document(NAMES[:3])
    target.put_journal(document, "key")
    target.reverse_journal(document.number, reversal_of(document, "R-1"), "key")
    judges.check(root, format_)
    assert judges.balances(root, format_) == {}


TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20)
NASTY = (
    'say "yes"',
    "back\\slash",
    "semi; colon: x, y",
    "a\tb\nc",
    "|pipe| #tag ^link",
    "ünïcode 数量",
    "* ! (x) [2025]",
)


@given(TEXTS, TEXTS)
def test_any_text_can_be_written_and_read_again(memo: str, customer: str) -> None:
    document = _with_texts([(memo, customer, 7)])
    for each in (Beancount(), Hledger()):
        (_, line) = each.read("ref", each.journal(document)).lines
        assert line.customer == document.lines[1].customer
        assert line.memo == flat(memo)


def test_any_text_is_accepted(target: PlainTextTarget, root: Path, format_: Format) -> None:
    target.put_journal(_with_texts([(text, text, number + 1) for number, text in enumerate(NASTY)]), "key")
    judges.check(root, format_)
    assert judges.balances(root, format_)[NAMES[0], "USD"] == Decimal("0.28")


def _with_texts(lines: list[tuple[str, str, int]]) -> JournalDocument:
    document = journal_document(NAMES[:2], [amount for *_, amount in lines])
    made = [
        JournalLine(
            NAMES[1], JournalSide.CREDIT, Money(amount, "USD"), memo, " ".join(customer.split()) or None, None, (memo,)
        )
        for memo, customer, amount in lines
    ]
    return replace(document, lines=(document.lines[0], *made), memo=lines[0][0])
