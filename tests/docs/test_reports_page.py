"""The reference of reports lists their columns."""

from tests.docs.reports_page import PAGE, REPORTS, described, rewritten


def test_the_reference_lists_the_columns_of_every_report() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert rewritten(page) == page, "run `python -m tests.docs.reports_page`"
    assert described(page) == list(REPORTS)
