"""Where a connection's secrets may be sent."""

import pytest
from pydantic import TypeAdapter, ValidationError

from gateway.plugin_api import PrivateUrl

URL = TypeAdapter(PrivateUrl)


@pytest.mark.parametrize(
    "url",
    ["https://api.example", "https://api.example:8443/v1", "http://127.0.0.1:80", "http://localhost", "http://[::1]:1"],
)
def test_tls_and_the_machine_itself_are_private(url: str) -> None:
    assert URL.validate_python(url) == url
    assert URL.validate_python(f"{url}/") == url


@pytest.mark.parametrize(
    "url", ["", "api.example", "http://api.example", "http://10.0.0.1", "ftp://127.0.0.1", "http://localhost.example"]
)
def test_the_open_network_is_not(url: str) -> None:
    with pytest.raises(ValidationError, match="must begin with https://, or be a loopback address"):
        URL.validate_python(url)
