"""What re-rating changes of an invoice, and what stays."""

from dataclasses import replace

import pytest

from gateway.core.errors import InvalidValue
from gateway.core.rerating.revision import Changes, Revision, as_changed, as_revised
from tests.core.documents import invoice
from tests.core.samples import at

BILLED = replace(invoice(("calls", "10")), cut_off=7, meter_versions=(("calls", 1), ("users", 2)))


def test_only_what_is_named_changes() -> None:
    assert as_changed(BILLED, Changes(cut_off=9)) == replace(BILLED, cut_off=9)
    assert as_changed(BILLED, Changes(plan_version=3)) == replace(BILLED, plan_version=3)
    assert as_changed(BILLED, Changes(meters=(("users", 4), ("other", 1)))) == replace(
        BILLED, meter_versions=(("calls", 1), ("users", 4))
    )


def test_nothing_goes_back_to_an_earlier_position() -> None:
    assert as_changed(BILLED, Changes(cut_off=3)).cut_off == 7


def test_a_revision_goes_on_from_the_one_before() -> None:
    latest = Revision("rev_1", "inv_1", 1, "job_1", 20, (("calls", 2), ("users", 2)), 5, at("2026-03-01"), ())

    revised = as_revised(BILLED, latest)

    assert (revised.cut_off, revised.meter_versions, revised.plan_version) == (20, latest.meter_versions, 5)
    assert as_revised(BILLED, None) == BILLED


def test_re_rating_has_to_change_something() -> None:
    with pytest.raises(InvalidValue, match="has to change something"):
        Changes()
