"""A company that uses everything: its books are accepted by programs not written here, which find our balances."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from gateway_plaintext.settings import Format

from gateway.core.books.chart import CHART
from gateway.core.credits.movements import MovementKind
from gateway.core.definitions.reading_prices import ModelName
from gateway.core.invoicing.credit_notes import Disposition
from gateway.core.invoicing.invoice import PaidBy, PaymentStatus
from gateway.core.metering.meter import Aggregation
from gateway.core.periods.period import IntervalUnit
from gateway.core.plans.plan import Timing
from gateway.core.ports.journals import JournalFilter
from gateway.services.installation import Installation
from gateway.services.post_journals import post_journals, reverse_journal
from gateway.services.verify_books import verify_books
from gateway.storage.database import open_database
from gateway.storage.migrate import migrate
from tests.company import features, judged
from tests.company.clients import BEGIN
from tests.company.happenings import HAPPENINGS
from tests.company.life import ENTITIES, Life
from tests.support import CountingIds, FixedClock

NOTHING_POSTS_THEM = {"rounding", "collected_for_others", "authorized_payments"}
"""Kinds of account that no event of the business leads to: no provider tells of payments that are not collected yet."""


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    """A quarter of the smallest company, whose journals go to hledger's files."""
    storage = open_database(f"sqlite:///{tmp_path_factory.mktemp('company')}/gateway.db", synchronous="OFF")
    migrate(storage)
    clock = FixedClock(BEGIN)
    books = (judged.connected(Format.HLEDGER),)
    life = Life(replace(Installation(storage, clock, clock, CountingIds(), "main"), journals=books), clock, seed=1)
    life.live(months=3)
    yield life
    storage.close()


def test_a_company_uses_every_feature(lived: Life) -> None:
    storage = lived.installation.storage

    assert features.models() == set(ModelName)
    assert features.aggregations() == set(Aggregation)
    assert features.cadences() == {(unit, timing) for unit in IntervalUnit for timing in Timing}
    assert features.offered() - features.billed(storage) == set()
    assert features.dispositions(storage) == set(Disposition)
    assert features.movements(storage, lived.clients) == set(MovementKind)
    assert {PaymentStatus.PAID, PaymentStatus.UNPAID, PaymentStatus.UNCOLLECTIBLE} == {
        status for status, _ in features.payments(storage)
    }
    assert {how for _, how in features.payments(storage)} >= {PaidBy.PAYMENT, PaidBy.OUT_OF_BAND, None}
    assert lived.documents.happened == {each.__name__ for each in HAPPENINGS}
    assert set(CHART) - set(features.kinds_of_accounts(storage)) == NOTHING_POSTS_THEM


def test_both_programs_find_our_balances_in_the_books_of_a_company(lived: Life, tmp_path: Path) -> None:
    assert_books_are_accepted(lived, tmp_path, [Format.HLEDGER])


def assert_books_are_accepted(life: Life, folder: Path, formats: list[Format]) -> None:
    """Both programs accept the books, exported and posted, also after a journal was undone and posted again."""
    installation = life.installation
    assert verify_books(installation, None).differing == 0
    today = f"{life.clock.now():%Y-%m}"
    for format_ in Format:
        assert judged.exported(installation, folder / f"exported-{format_}", format_) == judged.expected(
            installation, today
        )
    for format_ in formats:
        posted = folder / f"posted-{format_}"
        judged.deliver(installation, posted, format_)
        _undo_and_post_again(life, posted, format_)
        assert judged.posted(posted, format_) == judged.expected(installation, life.closed[-1])


def _undo_and_post_again(life: Life, folder: Path, format_: Format) -> None:
    """The newest journal of each legal entity was wrong."""
    installation, month = life.installation, life.closed[-1]
    journals = installation.storage.read(
        lambda unit: unit.journals.page(JournalFilter(connection=format_.value, month=month), None, 100)
    )
    assert {each.legal_entity for each in journals} == set(ENTITIES)
    for each in journals:
        reverse_journal(installation, each.id)
    judged.deliver(installation, folder, format_)
    again = [each for entity in ENTITIES for each in post_journals(installation, entity, month)]
    assert {each.connection for each in again} == {format_.value}
    judged.deliver(installation, folder, format_)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, 3])
def test_both_programs_find_our_balances_after_a_year_of_a_larger_company(
    installation: Installation, clock: FixedClock, seed: int, tmp_path: Path
) -> None:
    books = tuple(judged.connected(format_) for format_ in Format)
    life = Life(replace(installation, journals=books), clock, seed, more=25, events_per_month=20)

    life.live(months=12)

    assert_books_are_accepted(life, tmp_path, list(Format))
