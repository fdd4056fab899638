"""Verify the books: add up every transfer again, and compare that with the running balances."""

from collections.abc import Callable
from dataclasses import dataclass

from gateway.core.books.verification import BalanceDifference, balance_differences, sums_of_kinds
from gateway.core.ports.storage import UnitOfWork
from gateway.services.installation import Installation

differences_shown_max = 100

OnProgress = Callable[[int, int], None]
"""Told how many months of books are done, and how many there are."""


@dataclass(frozen=True, slots=True)
class BooksVerification:
    """How many transfers were added up, how many balances differ from that, and the first of them."""

    transfers: int
    differing: int
    differences: tuple[BalanceDifference, ...]


def verify_books(
    installation: Installation, legal_entity: str | None = None, on_progress: OnProgress | None = None
) -> BooksVerification:
    """Verify the books of a legal entity, or all books, as they are at one instant. Raises `NotFound`."""
    return installation.storage.read(lambda unit: _verify(unit, legal_entity, on_progress))


def _verify(unit: UnitOfWork, legal_entity: str | None, on_progress: OnProgress | None) -> BooksVerification:
    entities = sorted(unit.legal_entities.newest())
    if legal_entity is not None:
        entities = [unit.legal_entities.get(legal_entity).key]
    months = [(entity, month) for entity in entities for month in sorted(unit.books.months(entity))]
    transfers = differing = 0
    shown: list[BalanceDifference] = []
    for done, (entity, month) in enumerate(months, start=1):
        added_up = unit.books.added_up(entity, month)
        found = [
            *balance_differences(entity, unit.books.month_balances(entity, month), added_up.balances),
            *balance_differences(entity, unit.books.month_kinds(entity, month), sums_of_kinds(added_up.balances)),
        ]
        transfers += added_up.transfers
        differing += len(found)
        shown += found[: differences_shown_max - len(shown)]
        if on_progress is not None:
            on_progress(done, len(months))
    return BooksVerification(transfers, differing, tuple(shown))
