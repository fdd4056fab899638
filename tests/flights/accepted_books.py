"""The books as beancount and hledger see them: what is exported and what is posted, against our own balances."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from gateway_plaintext import PlainTextSettings, PlainTextTarget
from gateway_plaintext.mapping import DEFAULT_ACCOUNTS
from gateway_plaintext.settings import Format

from gateway.app import Gateway
from gateway.core.books.account_mapping import AccountMapping
from gateway.core.money import Money
from gateway.services.compare_journals import compare_journals
from gateway.services.deliver import deliver_next_journal
from gateway.services.export_books import export_books
from gateway.services.installation import ConnectedBooks
from gateway.services.post_journals import post_journals
from gateway.testing import FakeHost
from plugins.plaintext.tests import judges
from tests.support import FixedClock

MAPPING = AccountMapping(defaults=DEFAULT_ACCOUNTS)
JUNE = "2013-06"
AFTERWARDS = datetime(2014, 2, 2, tzinfo=UTC)


def assert_books_are_accepted(gateway: Gateway, folder: Path) -> None:
    """Both programs accept both ways of writing the books, and find our balances to the minor unit."""
    expected = _balances(gateway)
    assert expected
    for format_ in Format:
        exported, posted = folder / f"exported-{format_}", folder / f"posted-{format_}"
        target = PlainTextTarget("export", PlainTextSettings(directory=exported, format=format_), FakeHost())
        list(export_books(gateway.installation, "default", MAPPING, target))
        judges.check(exported, format_)
        assert judges.balances(exported, format_) == expected
        _post_all(gateway, format_, posted)
        judges.check(posted, format_)
        assert judges.balances(posted, format_) == expected


def _post_all(gateway: Gateway, format_: Format, folder: Path) -> None:
    """Every month that has ended, twice, of which the second time has nothing to post; then all that is due."""
    books = ConnectedBooks(format_.value, "plaintext", MAPPING)
    installation = replace(gateway.installation, journals=(books,), business_clock=FixedClock(AFTERWARDS))
    months = gateway.database.read(lambda unit: sorted(unit.books.months("default")))
    made = [len(post_journals(installation, "default", month)) for month in months * 2]
    assert made == [1] * len(months) + [0] * len(months)
    target = PlainTextTarget(format_.value, PlainTextSettings(directory=folder, format=format_), FakeHost())
    while deliver_next_journal(installation, format_.value, target) is not None:
        pass
    comparison = compare_journals(installation, format_.value, target, "default", JUNE)
    assert (comparison.compared, comparison.differences) == (1, ())


def _balances(gateway: Gateway) -> judges.Balances:
    """Our balances by the account there."""
    found: dict[tuple[str, str], int] = {}
    for (account, currency), minor in gateway.database.read(lambda unit: unit.books.balances()).items():
        there = MAPPING.there(account)
        if there is not None:
            found[there.name, currency] = found.get((there.name, currency), 0) + minor
    return {(name, code): Money(minor, code).amount for (name, code), minor in found.items() if minor}
