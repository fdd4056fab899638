"""The reference is true: every example in it runs, and answers what it says."""

import json
from dataclasses import asdict
from itertools import pairwise
from typing import Any

import pytest
from graphql import OperationDefinitionNode, parse

from gateway.schema.limits import QueryLimits
from tests.docs.markdown import ROOT, Block, blocks, prose
from tests.graphql.asking import Api

PAGE = ROOT / "docs" / "reference" / "graphql.md"
_BLOCKS = blocks(PAGE)
_ANSWERS = dict(pairwise(_BLOCKS))
EXAMPLES = [block for block in _BLOCKS if block.language == "graphql"]


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_every_example_runs_and_answers_what_it_says(company: Api, example: Block) -> None:
    answer = company.answer(example.text, **_variables(company, example))
    assert answer.errors == []
    following = _ANSWERS.get(example)
    if following is not None and following.language == "json":
        assert answer.data == json.loads(following.text)


@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_no_example_is_refused_but_those_that_show_it(company: Api, example: Block) -> None:
    refused = _refused(company.answer(example.text, **_variables(company, example)).data)
    expected = [code for code in ("INVALID_DEFINITION", "ILLEGAL_TRANSITION") if code in _shown_refusals(example)]
    assert sorted(set(refused)) == expected


def test_the_limits_are_those_in_force() -> None:
    limits = asdict(QueryLimits())
    said = [line.split("|") for _, line in prose(PAGE) if line.startswith("| `") and "_max`" in line]
    assert {cells[1].strip(" `") for cells in said} == limits.keys() - {"page_size_default", "errors_max"}
    for _, name, meaning, *_ in said:
        assert meaning.strip().startswith(f"{limits[name.strip(' `')]:,}")


def _shown_refusals(example: Block) -> set[str]:
    if 'key: "broken"' in example.text:
        return {"INVALID_DEFINITION"}
    # Nothing is held or parked in the small company, so there is nothing to let go.
    return {"ILLEGAL_TRANSITION"} if "approveInvoice" in example.text else set()


def _refused(data: Any) -> list[str]:
    return [
        error["code"]
        for payload in data.values()
        if isinstance(payload, dict)
        for error in payload.get("userErrors", ())
    ]


def _variables(api: Api, example: Block) -> dict[str, object]:
    """A value for each variable that the example needs."""
    (operation,) = parse(example.text).definitions
    assert isinstance(operation, OperationDefinitionNode)
    names = {each.variable.name.value for each in operation.variable_definitions or ()}
    found = api.ask("{ invoices(first: 3) { nodes { id lines { id } deliveries { id } } } }")["invoices"]["nodes"][-1]
    values = {"line": found["lines"][1]["id"], "invoice": found["id"], "delivery": found["deliveries"][0]["id"]}
    values["note"] = values["delivery"]
    # A plan is made by the worker of another connection, which the small company has not: one of no plan answers null.
    values["plan"] = found["id"]
    return {name: value for name, value in values.items() if name in names}
