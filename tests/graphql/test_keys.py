"""Keys and tokens made through the API are good for what they say, and for nothing after their end."""

from datetime import timedelta

import pytest

from gateway.core.access import Scope
from gateway.services.keys import Unauthorized, authenticate
from tests.graphql.asking import Api
from tests.support import FixedClock

CREATE = """mutation ($input: CreateApiKeyInput!) {
  createApiKey(input: $input) { apiKey { id name prefix scopes expiresAt revokedAt } key userErrors { message } }
}"""
MINT = """mutation ($customer: String!, $seconds: Int!) {
  mintCustomerToken(customer: $customer, lifetimeSeconds: $seconds) { token expiresAt userErrors { message } }
}"""


def test_a_new_key_has_its_scopes(company: Api) -> None:
    made = company.do(CREATE, input={"name": "page", "scopes": ["READ", "INGEST"]})
    caller = authenticate(company.installation, made["key"])
    assert caller.id == made["apiKey"]["id"]
    assert caller.scopes == {Scope.READ, Scope.INGEST}
    assert made["apiKey"]["prefix"] in made["key"]


def test_a_key_is_listed_without_its_secret(company: Api) -> None:
    made = company.do(CREATE, input={"name": "page", "scopes": ["READ"]})
    (listed,) = company.ask("{ apiKeys { nodes { id name prefix scopes expiresAt revokedAt } } }")["apiKeys"]["nodes"]
    assert listed == made["apiKey"]
    assert made["key"].rpartition("_")[2] not in str(listed)


def test_a_revoked_key_is_good_for_nothing(company: Api) -> None:
    made = company.do(CREATE, input={"name": "page", "scopes": ["READ"]})
    revoke = "mutation ($id: ID!) { revokeApiKey(id: $id) { apiKey { revokedAt } userErrors { code } } }"
    first = company.do(revoke, id=made["apiKey"]["id"])
    assert first["apiKey"]["revokedAt"] == "2026-03-01T12:00:00Z"
    assert company.do(revoke, id=made["apiKey"]["id"]) == first
    with pytest.raises(Unauthorized):
        authenticate(company.installation, made["key"])


def test_a_minted_token_shows_its_customer_until_it_ends(company: Api, clock: FixedClock) -> None:
    minted = company.do(MINT, customer="acme", seconds=60)
    caller = authenticate(company.installation, minted["token"])
    assert company.ask("{ viewer { customer { key } } }", caller) == {"viewer": {"customer": {"key": "acme"}}}
    assert minted["expiresAt"] == "2026-03-01T12:01:00Z"
    clock.advance(timedelta(seconds=60))
    with pytest.raises(Unauthorized):
        authenticate(company.installation, minted["token"])
