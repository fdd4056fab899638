"""A sample of the delivery matrix, of which `make chaos` runs every cell."""

from unittest.mock import patch

import pytest

from gateway.services.delivery_errand import Errand
from tests.delivery_matrix.cells import Cell, Trouble
from tests.delivery_matrix.matrix import VENDORS, cells, errands_of, has_network, points_of, run
from tests.vendors.accounts import ACCOUNTS
from tests.vendors.books import BOOKS

cells_per_errand = 5


def sample(vendor: str, errand: str) -> list[Cell]:
    """Some cells from all over, with other faults for each vendor."""
    every = [cell for cell in cells(vendor, errand) if not cell.trouble.is_stop]
    first = VENDORS.index(vendor)
    return every[first :: len(every) // cells_per_errand]


@pytest.mark.parametrize(("vendor", "errand"), [(each, errand) for each in VENDORS for errand in errands_of(each)])
def test_a_worker_that_ends_anywhere_leaves_one_of_each(vendor: str, errand: str) -> None:
    for cell in sample(vendor, errand):
        try:
            run(cell, is_killed=False)
        except Exception as error:
            raise AssertionError(f"python -m tests.delivery_matrix --cell '{cell}'") from error


def point(vendor: str, name: str, errand: str = "invoice") -> int:
    """Where a life of a delivery passes a point of this name first."""
    return [passed for passed, _ in points_of(vendor, errand)].index(name) + 1


@pytest.mark.parametrize("name", ["before put_invoice", "after put_invoice"])
@pytest.mark.parametrize("vendor", ACCOUNTS)
def test_a_process_that_is_killed_leaves_one_invoice(vendor: str, name: str) -> None:
    assert run(Cell(vendor, "invoice", point(vendor, name), Trouble.LOST_ANSWER, is_key_expired=True))


@pytest.mark.parametrize("name", ["before put_journal", "after put_journal"])
@pytest.mark.parametrize("system", BOOKS)
def test_a_process_that_is_killed_leaves_one_journal(system: str, name: str) -> None:
    trouble = Trouble.LOST_ANSWER if has_network(system) else Trouble.NONE
    assert run(Cell(system, "journal", point(system, name, "journal"), trouble, is_key_expired=True))


@pytest.mark.parametrize("system", BOOKS)
def test_a_process_that_was_stopped_while_it_posted_changes_nothing_when_it_wakes(system: str) -> None:
    assert run(Cell(system, "journal", point(system, "before put_journal", "journal"), Trouble.STOPPED))


@pytest.mark.parametrize("trouble", [trouble for trouble in Trouble if trouble.is_stop])
@pytest.mark.parametrize("vendor", ACCOUNTS)
def test_a_process_that_was_stopped_past_its_lease_changes_nothing_when_it_wakes(vendor: str, trouble: Trouble) -> None:
    assert run(Cell(vendor, "invoice", point(vendor, "before put_invoice"), trouble))


@pytest.mark.parametrize("vendor", ACCOUNTS)
def test_without_looking_up_what_was_sent_there_would_be_two(vendor: str) -> None:
    made = Cell(vendor, "invoice", point(vendor, "after put_invoice"), is_key_expired=True)
    with patch.object(Errand, "find", lambda *_: None), pytest.raises(AssertionError, match="inv_1"):
        run(made, is_killed=False)
