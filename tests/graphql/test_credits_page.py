"""The page about credit is true: its worked examples come out of the core, and its requests out of the API."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from itertools import pairwise

import pytest

from gateway.core.credits.burn_down import CreditEvent, CreditReset, CreditUse, CreditVoid, burn_down
from gateway.core.credits.grant import CreditCategory, CreditGrant, RollOver
from gateway.core.credits.movements import MovementKind
from gateway.core.periods.period import BillingSchedule, Interval, IntervalUnit
from gateway.core.time import read_instant, read_zone
from tests.docs.markdown import ROOT, Block, blocks, table_cells
from tests.graphql.asking import Api

PAGE = ROOT / "docs" / "reference" / "credits.md"
_BLOCKS = blocks(PAGE)
WORKED = [pair for pair in pairwise(_BLOCKS) if pair[0].language == "credit"]
REQUESTS = [block for block in _BLOCKS if block.language == "graphql"]
_ANSWERS = dict(pairwise(_BLOCKS))
_END = read_instant("2026-12-31T00:00:00Z")
_GRANT = re.compile(
    r"(?P<name>\S+) (?P<amount>\S+) (?P<category>paid|promotional)(?: until (?P<until>\S+))?"
    r"(?: priority (?P<priority>\d+))?(?: refilled (?P<every>\w+))?(?: keeping (?P<minimum>\d+) to (?P<maximum>\d+))?"
)


@pytest.mark.parametrize(("example", "movements"), WORKED, ids=str)
def test_every_worked_example_moves_what_it_says(example: Block, movements: Block) -> None:
    lines = [line.split(" ", 2) for line in example.text.splitlines()]
    grants = [_granted(day, rest[0]) for day, what, *rest in lines if what == "grant"]
    events = [_event(day, what, rest) for day, what, *rest in lines if what != "grant"]

    run = burn_down(grants, events, _END)

    until = lines[-1][0]
    told = [
        " ".join(filter(None, (f"{one.at:%Y-%m-%d}", one.kind, str(one.amount), one.grant, one.cause)))
        for one in run.movements
        if f"{one.at:%Y-%m-%d}" <= until
    ]
    assert told == movements.text.splitlines()


def test_every_request_answers_what_the_page_says(company: Api) -> None:
    for request in REQUESTS:
        asked = 'query { customer(key: "acme") { wallets { nodes { id grants { nodes { id category } } } } } }'
        known = company.ask(asked)["customer"]["wallets"]["nodes"]
        paid = [each["id"] for wallet in known for each in wallet["grants"]["nodes"] if each["category"] == "PAID"]
        variables = {"wallet": [wallet["id"] for wallet in known], "grant": paid}
        answer = company.answer(
            request.text, **{name: ids[0] for name, ids in variables.items() if f"${name}" in request.text}
        )

        assert answer.errors == []
        said = _ANSWERS.get(request)
        if said is not None and said.language == "json":
            assert answer.data == json.loads(said.text)


def test_every_kind_of_movement_is_on_the_page() -> None:
    assert set(MovementKind) <= set(table_cells(PAGE))


def _granted(day: str, text: str) -> CreditGrant:
    found = _GRANT.fullmatch(text)
    assert found is not None, text
    made = CreditGrant(
        found["name"], Decimal(found["amount"]), _midnight(day), category=CreditCategory(found["category"])
    )
    return replace(made, **dict(_terms(found, day)))


def _terms(found: re.Match[str], day: str) -> Iterator[tuple[str, object]]:
    if found["until"]:
        yield "expires_at", _midnight(found["until"])
    if found["priority"]:
        yield "priority", int(found["priority"])
    if found["every"]:
        yield "refills", BillingSchedule(_midnight(day), Interval(IntervalUnit(found["every"])), read_zone("UTC"))
    if found["maximum"]:
        yield "roll_over", RollOver(Decimal(found["maximum"]), Decimal(found["minimum"]))


def _event(day: str, what: str, rest: list[str]) -> CreditEvent:
    if what == "reset":
        return CreditReset(_midnight(day))
    name, amount = rest[0].split()
    return {"use": CreditUse, "void": CreditVoid}[what](name, _midnight(day), Decimal(amount))


def _midnight(day: str) -> datetime:
    return read_instant(f"{day}T00:00:00Z")
