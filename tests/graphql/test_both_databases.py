"""The whole path on SQLite and on PostgreSQL: from definitions to an explained invoice, through the API alone."""

import pytest

from gateway.storage.database import Database
from tests.graphql.asking import Api, token_of
from tests.graphql.company import event, furnish, send
from tests.graphql.conftest import api_on
from tests.support import FixedClock


@pytest.fixture
def api(database: Database, clock: FixedClock) -> Api:
    """The API of a gateway without data: on SQLite, and on PostgreSQL."""
    return api_on(database, clock)


def test_the_path_from_definitions_to_an_explained_invoice(api: Api) -> None:
    furnish(api)
    send(api, event("nobody", 1, "2026-03-01T09:00:00Z"))
    acme = token_of("acme")
    found = api.ask(
        """{
          invoices { totalCount nodes { total { amount } lines { id price amount { amount } } } }
          unattributedEvents { totalCount }
          usage(customer: "acme", from: "2026-01-01T00:00:00Z", to: "2026-03-01T00:00:00Z", meters: ["bytes"],
                groupBy: ["zone"]) { points { quantity } }
          subscriptions { totalCount nodes { runningCost { total { amount } } } }
          customers(search: "ACME") { totalCount nodes { key } }
        }""",
        acme,
    )
    assert [each["total"]["amount"] for each in found["invoices"]["nodes"]] == ["10.00", "17.00", "15.00"]
    assert found["unattributedEvents"] == {"totalCount": "1"}
    assert found["usage"]["points"] == [{"quantity": "400"}]
    assert found["subscriptions"] == {"totalCount": "1", "nodes": [{"runningCost": {"total": {"amount": "12.50"}}}]}
    assert found["customers"] == {"totalCount": "1", "nodes": [{"key": "acme"}]}

    (line,) = [each["id"] for each in found["invoices"]["nodes"][1]["lines"] if each["price"] == "calls"]
    explained = api.ask(
        "query ($line: ID!) { explainLine(line: $line) { agrees events { nodes { event { id } } } } }", acme, line=line
    )["explainLine"]
    assert explained["agrees"] is True
    assert [each["event"]["id"] for each in explained["events"]["nodes"]] == ["acme-0", "acme-1", "acme-2"]


def test_pages_go_on_where_they_ended(api: Api) -> None:
    furnish(api)
    for connection in ("customers", "subscriptions", "events", "invoices", "unattributedEvents", "deliveries"):
        document = f"""query ($after: String) {{ {connection}(first: 1, after: $after) {{
          edges {{ cursor }} pageInfo {{ hasNextPage endCursor }}
        }} }}"""
        cursors: list[str] = []
        page = {"hasNextPage": True, "endCursor": None}
        while page["hasNextPage"]:
            found = api.ask(document, after=page["endCursor"])[connection]
            page = found["pageInfo"]
            cursors += [edge["cursor"] for edge in found["edges"]]
        assert len(set(cursors)) == len(cursors) >= 2
