"""The connection that the plugin puts under the vendor's client."""

from http.client import HTTPSConnection
from ssl import CERT_REQUIRED

import pytest
from gateway_recurly import RecurlySettings
from gateway_recurly.client import RecurlyApi
from pydantic import SecretStr
from recurly import Client

from gateway.testing import FakeHost


def api(region: str = "us") -> RecurlyApi:
    told = {"api_key": SecretStr("key"), "subdomain": "acme", "region": region, "timeout_seconds": 7}
    return RecurlyApi(RecurlySettings.model_validate(told), FakeHost())


def test_the_sdk_keeps_its_connection_where_we_put_ours() -> None:
    """Under another name, requests would go out over the SDK's own."""
    assert isinstance(vars(Client("key"))["_BaseClient__conn"], HTTPSConnection)


@pytest.mark.parametrize(("region", "host"), [("us", "v3.recurly.com"), ("eu", "v3.eu.recurly.com")])
def test_requests_go_over_tls_that_is_checked_and_in_bounded_time(region: str, host: str) -> None:
    with api(region).reading() as client:
        connection = vars(client)["_BaseClient__conn"]
    assert isinstance(connection, HTTPSConnection)
    assert (connection.host, connection.port, connection.timeout) == (host, 443, 7)
    assert (connection._context.verify_mode, connection._context.check_hostname) == (CERT_REQUIRED, True)


def test_each_use_has_a_client_of_its_own() -> None:
    opener = api()
    with opener.reading() as first, opener.writing() as second:
        assert first is not second
        assert vars(first)["_BaseClient__conn"] is not vars(second)["_BaseClient__conn"]
