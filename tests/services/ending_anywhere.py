"""What holds for every run of billing: it may end at any point, or run twice at once, and bills each thing once."""

from abc import ABC, abstractmethod
from typing import ClassVar

import pytest

from tests.services.billing import Company
from tests.services.delivering import Crash, CrashPoints
from tests.services.processes import at_once, bill_mortally


class EndsAnywhere(ABC):
    """The suite; who inherits it says what there is to bill, and what has to come of it.

    `points_in_a_run` is how many points a run passes at which it can end.
    """

    points_in_a_run: ClassVar[int]

    @abstractmethod
    def prepare(self, company: Company) -> None:
        """Bring `company` to where a run has work."""

    @abstractmethod
    def assert_billed_once(self, company: Company) -> None:
        """Assert what has to be there after any number of runs."""

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Crash at every point of a run."""
        if "every_point" in metafunc.fixturenames:
            metafunc.parametrize("every_point", range(1, self.points_in_a_run + 1))

    def test_after_a_crash_the_next_run_finishes(self, sqlite_company: Company, every_point: int) -> None:
        self.prepare(sqlite_company)
        with pytest.raises(Crash):
            bill_mortally(sqlite_company, CrashPoints(every_point))

        sqlite_company.bill()

        self.assert_billed_once(sqlite_company)

    def test_a_run_passes_as_many_points_as_the_test_above_crashes_at(self, sqlite_company: Company) -> None:
        self.prepare(sqlite_company)
        points = CrashPoints()

        bill_mortally(sqlite_company, points)

        assert len(points.passed) == self.points_in_a_run

    def test_a_process_that_ends_at_every_point_in_turn_gets_there(self, company: Company) -> None:
        self.prepare(company)
        for crash_at in range(1, 100):
            try:
                bill_mortally(company, CrashPoints(crash_at))
            except Crash:
                continue
            break

        self.assert_billed_once(company)

    def test_two_processes_that_bill_at_once_make_one_invoice_each(
        self, company: Company, other_company: Company
    ) -> None:
        self.prepare(company)

        at_once(company.bill, other_company.bill)

        self.assert_billed_once(company)
