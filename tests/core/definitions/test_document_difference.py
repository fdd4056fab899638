"""Two versions of a document differ where an accountant would say so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.definitions.difference import Difference, differences

PLAN = {"name": "Pro", "prices": [{"key": "calls", "unit_amount": "0.02"}, {"key": "base", "amount": "49"}]}
DOCUMENTS = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(st.text(max_size=3), parts, max_size=3),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        pytest.param(PLAN, [], id="the same"),
        pytest.param({**PLAN, "name": "Pro 2"}, [("name", "Pro", "Pro 2")], id="a value"),
        pytest.param({**PLAN, "grace": 60}, [("grace", None, 60)], id="a value more"),
        pytest.param(
            {**PLAN, "prices": [{"key": "base", "amount": "49"}, {"key": "calls", "unit_amount": "0.03"}]},
            [("prices[calls].unit_amount", "0.02", "0.03")],
            id="tables in another order",
        ),
        pytest.param(
            {**PLAN, "prices": [{"key": "calls", "unit_amount": "0.02"}]},
            [("prices[base]", {"key": "base", "amount": "49"}, None)],
            id="a table less",
        ),
    ],
)
def test_a_difference_is_told_with_its_path(after: dict[str, object], expected: list[tuple[object, ...]]) -> None:
    assert list(differences(PLAN, after)) == [Difference(*each) for each in expected]


def test_items_without_a_key_are_compared_by_their_place() -> None:
    before, after = {"tiers": [{"up_to": "10"}, {"up_to": None}]}, {"tiers": [{"up_to": "20"}, {"up_to": None}, 1]}

    assert list(differences(before, after)) == [
        Difference("tiers[0].up_to", "10", "20"),
        Difference("tiers[2]", None, 1),
    ]


@given(DOCUMENTS)
def test_a_document_does_not_differ_from_itself(document: object) -> None:
    assert list(differences(document, document)) == []
