"""The reference of accounts is the chart."""

from tests.docs.accounts_page import PAGE, table


def test_the_reference_lists_the_kinds_of_the_chart() -> None:
    assert PAGE.read_text(encoding="utf-8").endswith(table()), "run `python -m tests.docs.accounts_page`"
