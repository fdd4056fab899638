"""Pages: bounded, with cursors that are good for one connection only."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.errors import InvalidValue
from gateway.schema.types.page import Paging, check_size, page_size_max

NAMES: Paging[str] = Paging("names", (str,), lambda name: (name,))
NUMBERS: Paging[int] = Paging("numbers", (int,), lambda number: (number,))
PAIRS: Paging[tuple[str, int]] = Paging("pairs", (str, int), lambda pair: pair)


@given(st.lists(st.integers(0, 2**63 - 1), unique=True), st.integers(1, page_size_max))
def test_the_pages_of_a_list_make_up_the_list(numbers: list[int], first: int) -> None:
    seen: list[int] = []
    after: str | None = None
    while (page := NUMBERS.slice(numbers, first, after)).values:
        seen += page.values
        assert page.is_continued == (len(seen) < len(numbers))
        after = page.cursors[-1]
    assert seen == sorted(numbers)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), st.integers(0, 2**63 - 1))
def test_a_cursor_names_the_place_it_was_made_for(name: str, number: int) -> None:
    assert PAIRS.after(PAIRS.cursor((name, number))) == (name, number)


def _encoded(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "nonsense",
        "é",
        "====",
        NUMBERS.cursor(7),
        _encoded(["names"]),
        _encoded(["names", 7]),
        _encoded(["names", "a", "b"]),
        _encoded(["names", None]),
        _encoded(["names", "\0"]),
        _encoded(["names", "\ud800"]),
        _encoded({"names": "a"}),
        _encoded("names"),
        _encoded(7),
        base64.urlsafe_b64encode(b"[" * 100_000).decode(),
        base64.urlsafe_b64encode(b"\xff\xff").decode(),
    ],
)
def test_a_cursor_of_anything_else_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidValue, match="no cursor of this connection"):
        NAMES.after(cursor)


@pytest.mark.parametrize("number", [-1, 2**63, 1.5, True, "1"])
def test_a_cursor_holds_no_number_that_a_database_could_not(number: object) -> None:
    with pytest.raises(InvalidValue, match="no cursor of this connection"):
        NUMBERS.after(_encoded(["numbers", number]))


@pytest.mark.parametrize("first", [0, -1, page_size_max + 1, 2**31 - 1])
def test_a_page_beyond_the_limits_is_refused(first: int) -> None:
    with pytest.raises(InvalidValue, match="ask for 1 to 100"):
        check_size(first)
