"""The reference of exports lists the columns of every dataset."""

from tests.docs.exports_page import PAGE, sections


def test_the_reference_lists_the_columns_of_every_dataset() -> None:
    assert PAGE.read_text(encoding="utf-8").endswith(sections()), "run `python -m tests.docs.exports_page`"
