"""Invoices that wait for a tax quote, in what a billing run comes to."""

from dataclasses import replace
from typing import Any

from gateway.services.installation import ConnectedProvider
from tests.graphql.asking import Api
from tests.graphql.company import add_customer, define, use

_BILL = """mutation ($key: String!) { billDue(idempotencyKey: $key) {
  userErrors { message } failed { reason }
  finalized { totalCount } awaitingQuote(first: 1) { totalCount nodes { status number customer { key } } }
} }"""


def quoting(api: Api, quotes: bool = True) -> Api:
    """Acme with something to bill, at a provider that computes the taxes or not."""
    connected = (ConnectedProvider("main", "sandbox", None, quotes_taxes=quotes),)
    api = Api(replace(api.installation, connections=connected))
    define(api)
    add_customer(api, "acme")
    use(api, "acme")
    return api


def run(api: Api, key: str = "run") -> Any:
    return api.do(_BILL, key=key)


def test_a_run_names_the_invoices_that_wait_for_a_quote(api: Api) -> None:
    done = run(quoting(api))
    waiting = done["awaitingQuote"]
    assert done["finalized"]["totalCount"] == "0"
    assert int(waiting["totalCount"]) > 1
    assert waiting["nodes"] == [{"status": "APPROVED", "number": None, "customer": {"key": "acme"}}]


def test_they_are_named_again_as_long_as_they_wait_and_remembered_by_the_key(api: Api) -> None:
    api = quoting(api)
    first = run(api)
    assert run(api) == first
    assert run(api, "another")["awaitingQuote"]["totalCount"] == first["awaitingQuote"]["totalCount"]


def test_none_waits_where_we_compute_taxes(api: Api) -> None:
    done = run(quoting(api, quotes=False))
    assert done["awaitingQuote"] == {"totalCount": "0", "nodes": []}
    assert int(done["finalized"]["totalCount"]) > 1
