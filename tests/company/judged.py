"""The company's books as beancount and hledger see them: what is exported, and what was posted month by month."""

from pathlib import Path

from gateway_plaintext import PlainTextSettings, PlainTextTarget
from gateway_plaintext.mapping import DEFAULT_ACCOUNTS
from gateway_plaintext.settings import Format

from gateway.core.books.account_mapping import AccountMapping
from gateway.core.money import Money
from gateway.services.deliver import deliver_next_journal
from gateway.services.export_books import export_books
from gateway.services.installation import ConnectedBooks, Installation
from gateway.services.show_books import show_trial_balance
from gateway.testing import FakeHost
from plugins.plaintext.tests import judges
from tests.company.life import ENTITIES

MAPPING = AccountMapping(defaults=DEFAULT_ACCOUNTS)


def connected(format_: Format) -> ConnectedBooks:
    """Plain-text books that get the journals of every legal entity."""
    return ConnectedBooks(format_.value, "plaintext", MAPPING)


def exported(installation: Installation, folder: Path, format_: Format) -> judges.Balances:
    """What the program finds in all books, written transfer by transfer."""
    target = _target("export", folder, format_)
    for entity in ENTITIES:
        list(export_books(installation, entity, MAPPING, target))
    return _found(folder, format_)


def deliver(installation: Installation, folder: Path, format_: Format) -> None:
    """Bring every journal that is due to the files."""
    target = _target(format_.value, folder, format_)
    while deliver_next_journal(installation, format_.value, target) is not None:
        pass


def posted(folder: Path, format_: Format) -> judges.Balances:
    """What the program finds in the journals that were delivered."""
    return _found(folder, format_)


def expected(installation: Installation, month: str) -> judges.Balances:
    """Our trial balances at the end of a month, by the account there."""
    found: dict[tuple[str, str], int] = {}
    for entity in ENTITIES:
        balance = show_trial_balance(installation, entity, month)
        assert balance.is_balanced
        for row in balance.rows:
            there = MAPPING.there(row.account)
            if there is not None:
                place = there.name, row.currency
                found[place] = found.get(place, 0) + row.closing.amount_minor
    return {(name, code): Money(minor, code).amount for (name, code), minor in found.items() if minor}


def _target(connection: str, folder: Path, format_: Format) -> PlainTextTarget:
    return PlainTextTarget(connection, PlainTextSettings(directory=folder, format=format_), FakeHost())


def _found(folder: Path, format_: Format) -> judges.Balances:
    judges.check(folder, format_)
    return judges.balances(folder, format_)
