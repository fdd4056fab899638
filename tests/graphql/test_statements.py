"""No N+1: a page of many nodes takes as many SQL statements as a page of one, whatever its nodes are asked for."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy import event as sqlalchemy_event

from gateway.core.access import Scope
from gateway.core.delivery import Step
from gateway.core.ports.invoices import InvoiceFilter
from gateway.core.ports.storage import UnitOfWork
from gateway.services.credit_invoice import CreditRequest, credit_invoice
from gateway.services.customers import SubscriptionRequest, create_customer, subscribe
from gateway.services.grant_credit import GrantRequest, grant_credit
from gateway.services.keys import create_key
from tests.graphql.asking import Api
from tests.graphql.company import NOW, START, bill, define, event, send
from tests.graphql.conftest import Furnished, opened
from tests.support import FixedClock

nodes_max = 50

_LINES = """lines { unit net { amount } taxes { rate { key } } amount { amount }
  steps { amount } period { firstDay } invoice { id } }"""
_INVOICE = f"""number amountDue {{ amount }} customer {{ name }} plan {{ name prices {{ meter {{ name }} }} }}
  holds {{ detail }} resolution {{ reason }} voiding {{ reason }}
  creditNotes {{ number lines {{ gross {{ amount }} }} invoice {{ number }} }}
  subscription {{ key customer {{ key }} currentPeriod {{ firstDay }} }} {_LINES}
  deliveries {{ status steps {{ step ref }} invoice {{ number }} }} payUrl providerDifferences {{ kind }}"""
_COST = """runningCost {
  total { amount } soFar { unit amount { amount } } forecast { lines { amount { amount } } high { amount } }
}"""
_SUBSCRIPTION = f"""key isActive customer {{ name }} plan {{ name prices {{ meter {{ name }} }} }} {_COST}"""

PAGES = {
    "customers": f"""customers(first: $first) {{ totalCount nodes {{
      name subscriptions(first: 3) {{ totalCount nodes {{ {_SUBSCRIPTION} }} }}
    }} }}""",
    "wallets": """customers(first: $first) { nodes { wallets(first: 3) { totalCount nodes {
      balance { amount } grants { nodes { reason } } movements(first: 5) { totalCount nodes { kind } }
    } } } }""",
    "search": 'customers(search: "c", first: $first) { totalCount nodes { name } }',
    "subscriptions": f"subscriptions(first: $first) {{ totalCount nodes {{ {_SUBSCRIPTION} }} }}",
    "invoices": f"invoices(first: $first) {{ totalCount nodes {{ {_INVOICE} }} }}",
    "deliveries": """deliveries(first: $first) { nodes {
      status steps { step } invoice { number plan { name } lines { unit } }
    } }""",
    "events": "events(first: $first) { nodes { id properties { name value } } }",
    "events of a customer": 'events(customer: "c00", first: $first) { nodes { id properties { name value } } }',
    "unattributed": "unattributedEvents(first: $first) { totalCount nodes { position reason } }",
    "quarantined": "quarantinedEvents(first: $first) { nodes { id body } }",
    "credit notes": "creditNotes(first: $first) { nodes { number invoice { number } lines { ordinal } } }",
    "keys": "apiKeys(first: $first) { nodes { name } }",
    "explained": "explainLine(line: $line) { sentence events(first: $first) { nodes { value event { id } } } }",
}


@pytest.fixture(scope="module")
def crowd_file(furnished: Furnished) -> Path:
    return furnished(_furnish)


@pytest.fixture
def crowd(crowd_file: Path, tmp_path: Path) -> Iterator[Api]:
    """Fifty of everything."""
    with opened(shutil.copyfile(crowd_file, tmp_path / "crowd.db"), FixedClock(NOW)) as api:
        api.projector.catch_up()
        yield api


@pytest.mark.parametrize("page", PAGES)
def test_a_page_of_fifty_takes_as_many_statements_as_a_page_of_few(crowd: Api, page: str) -> None:
    # One delivery is of an invoice or of a credit note; twenty are of both.
    few = 20 if page == "deliveries" else 1
    counts = {}
    for first in (few, nodes_max):
        with counting() as statements:
            answer = _ask(crowd, page, first)
        assert len(next(_nodes(answer))) == first
        counts[first] = len(statements)
    assert counts[few] == counts[nodes_max]


def _ask(api: Api, page: str, first: int) -> Any:
    if "$line" not in PAGES[page]:
        return api.ask(f"query ($first: Int!) {{ {PAGES[page]} }}", first=first)
    line = _busiest_line(api)
    return api.ask(f"query ($first: Int!, $line: ID!) {{ {PAGES[page]} }}", first=first, line=line)


def _nodes(answer: Any) -> Iterator[list[Any]]:
    for value in answer.values():
        if isinstance(value, dict):
            if "nodes" in value:
                yield value["nodes"]
            yield from _nodes(value)


@contextmanager
def counting() -> Iterator[list[str]]:
    """The statements that are sent within the block, by whatever thread."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    sqlalchemy_event.listen(Engine, "before_cursor_execute", note)
    yield sent
    sqlalchemy_event.remove(Engine, "before_cursor_execute", note)


def _furnish(api: Api) -> None:
    define(api)
    for number in range(nodes_max):
        customer = create_customer(api.installation, f"c{number:02}", f"Customer {number}").key
        subscribe(api.installation, SubscriptionRequest(customer, "api", START))
        create_key(api.installation, f"key {number}", {Scope.READ})
        grant_credit(api.installation, "key_1", GrantRequest(customer, "EUR", Decimal(number + 1), "gift"), customer)
        send(api, event(customer, 1, "2026-02-10T00:00:00Z"), event("c00", number + 100, "2026-02-11T00:00:00Z"))
        send(api, event(customer, 2, "2025-02-10T00:00:00Z"), event("nobody", number, "2026-02-10T00:00:00Z"))
    bill(api, "all of it")
    for invoice in api.installation.storage.read(lambda unit: unit.invoices.page(InvoiceFilter(), None, nodes_max)):
        credit_invoice(api.installation, CreditRequest(invoice.id, "All of it"), "key_1", invoice.id)
    api.installation.storage.transact(_begin_deliveries)


def _begin_deliveries(unit: UnitOfWork) -> None:
    later = NOW.replace(hour=23)
    while delivery := unit.deliveries.claim("main", NOW, later):
        unit.deliveries.start_step(delivery, Step.CUSTOMER, NOW)
        unit.deliveries.finish_step(delivery, Step.CUSTOMER, "cus_theirs")


def _busiest_line(api: Api) -> str:
    document = '{ invoices(filter: {customer: "c00"}) { nodes { lines { id quantity price } } } }'
    lines = [line for each in api.ask(document)["invoices"]["nodes"] for line in each["lines"]]
    busiest: str = next(line["id"] for line in lines if line["price"] == "calls" and line["quantity"] == "51")
    return busiest
