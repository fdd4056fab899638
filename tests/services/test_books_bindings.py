"""The name of an accounting system stands for the books of one company for ever, and is not taken away in between."""

from dataclasses import replace

import pytest

from gateway.core.ports.connections import ConnectionBinding, ConnectionUse
from gateway.plugin_api import CredentialsRefused, ExternalAccount
from gateway.services.bind_connection import bind_books
from gateway.services.bindings import ConnectionsChanged, require_books_bound, require_connections
from gateway.services.connection_holds import probe_held_books
from gateway.services.installation import ConnectedBooks, Installation
from gateway.workers.journal_delivery import JournalDelivery
from tests.services.journaling import MAPPING, BooksInMemory, Ledger
from tests.support import FixedClock


@pytest.fixture
def ledger(installation: Installation, clock: FixedClock) -> Ledger:
    """A legal entity's books and where they go, on both databases."""
    made = Ledger.of(installation, clock)
    made.book()
    return made


def books_of(ledger: Ledger, realm: str) -> BooksInMemory:
    """The same accounting system, whose credentials are for a company."""

    class Telling(BooksInMemory):
        capabilities = replace(BooksInMemory.capabilities, tells_account=True)

        def account(self) -> ExternalAccount:
            return ExternalAccount(realm)

    telling = Telling()
    telling.held, telling.account_names = ledger.target.held, ledger.target.account_names
    return telling


def binding(ledger: Ledger) -> ConnectionBinding | None:
    found: dict[str, ConnectionBinding] = ledger.read(lambda unit: unit.connections.bindings())
    return found.get("ledger")


def delivered_to(ledger: Ledger, realm: str) -> None:
    assert bind_books(ledger.installation, "ledger", books_of(ledger, realm))
    ledger.post()
    ledger.deliver_all(books_of(ledger, realm))


def test_a_name_is_bound_to_the_company_whose_books_it_first_talks_to(ledger: Ledger) -> None:
    assert bind_books(ledger.installation, "ledger", books_of(ledger, "1111"))
    assert binding(ledger) == ConnectionBinding("memory", "1111", ledger.clock.now())
    # Nothing is there yet: a first try may be corrected.
    delivered_to(ledger, "2222")
    assert binding(ledger) == ConnectionBinding("memory", "2222", ledger.clock.now())


def test_books_of_another_company_hold_the_connection_with_the_way_out(ledger: Ledger) -> None:
    delivered_to(ledger, "1111")

    assert not bind_books(ledger.installation, "ledger", books_of(ledger, "2222"))

    hold = ledger.read(lambda unit: unit.connections.hold("ledger"))
    assert hold.reason == "Connection 'ledger' is the account 1111 and has journals there, not 2222"
    assert hold.remedy == (
        "put back what [journals.ledger] had, and give the other books a table of their own, to which"
        " `gateway books post` sends each month anew"
    )
    assert not probe_held_books(ledger.installation, "ledger", books_of(ledger, "2222"), is_new_process=True)
    assert probe_held_books(ledger.installation, "ledger", books_of(ledger, "1111"), is_new_process=True)
    with pytest.raises(CredentialsRefused):
        require_books_bound(ledger.installation.storage, "ledger", books_of(ledger, "2222"))


def test_a_worker_sends_nothing_to_the_books_of_another_company(ledger: Ledger) -> None:
    delivered_to(ledger, "1111")
    ledger.book("two", day=11)
    ledger.post()
    JournalDelivery(ledger.installation, "ledger", books_of(ledger, "2222")).step()
    assert len(ledger.target.held) == 1

    ledger.installation.storage.transact(lambda unit: unit.connections.end_hold("ledger"))
    JournalDelivery(ledger.installation, "ledger", books_of(ledger, "1111")).step()

    assert len(ledger.target.held) == 2


def test_an_accounting_system_that_does_not_tell_is_bound_by_its_plugin_alone(ledger: Ledger) -> None:
    assert bind_books(ledger.installation, "ledger", ledger.target)
    ledger.post()
    ledger.deliver_all()
    bound = binding(ledger)
    assert bound is not None
    assert (bound.provider, bound.account) == ("memory", "")

    other = ConnectedBooks("ledger", "quickbooks", MAPPING)
    with pytest.raises(ConnectionsChanged, match="'ledger' is at memory and has journals there, not at quickbooks"):
        require_connections(replace(ledger.installation, journals=(other,)))


def test_an_accounting_system_cannot_be_taken_away_while_journals_are_on_their_way(ledger: Ledger) -> None:
    ledger.post()
    use = ledger.read(lambda unit: unit.connections.uses("main"))["ledger"]
    assert use == ConnectionUse(pending=1, journals=1)
    without = replace(ledger.installation, journals=())

    with pytest.raises(ConnectionsChanged) as raised:
        require_connections(without)

    assert str(raised.value) == (
        "[journals.ledger] is not configured, but 1 journals are on their way there (1 to deliver, 0 parked); put it"
        " back until `gateway providers list` shows none"
    )
    ledger.deliver_all()
    require_connections(without)
