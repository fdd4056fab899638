"""The connection to Acme: one attempt per request, and errors in the words of the plugin API."""

import json
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

from gateway.plugin_api import (
    ConnectionHost,
    CredentialsRefused,
    NeedsAttention,
    Permanent,
    ProviderError,
    Retryable,
    retry_after_seconds,
    unknown_outcome,
)

from gateway_acme.settings import AcmeSettings

page_size = 100
Fields = dict[str, Any]


class AcmeClient:
    """Every request waits for its turn, is made once and fails as a `ProviderError`."""

    def __init__(self, settings: AcmeSettings, host: ConnectionHost) -> None:
        self._settings = settings
        self._host = host

    def read(self, path: str, **query: object) -> Fields:
        """The answer to a request that changes nothing."""
        return self._ask("GET", f"{path}?{urlencode(query)}", None, {})

    def write(self, path: str, body: Fields, key: str) -> Fields:
        """The answer to a request that makes or changes something, once for each `key`."""
        return self._ask("POST", path, json.dumps(body), {"Idempotency-Key": key})

    def listed(self, path: str, **query: object) -> Iterator[Fields]:
        """The objects that a list holds, page by page."""
        page = self.read(path, **query, limit=page_size)
        yield from page["items"]
        while page["next"]:
            page = self.read(path, **query, limit=page_size, after=page["next"])
            yield from page["items"]

    def _ask(self, method: str, target: str, body: str | None, headers: dict[str, str]) -> Fields:
        is_write = method != "GET"
        self._host.pace()
        connection = self._connection()
        try:
            authorization = {"Authorization": f"Bearer {self._settings.api_key.get_secret_value()}"}
            connection.request(method, target, body, {**headers, **authorization})
            answer = connection.getresponse()
            text = answer.read()
            if answer.status >= 400:
                raise _translated(answer, is_write)
            fields: Fields = json.loads(text)
        except (OSError, HTTPException, ValueError) as error:
            # Only the kind of error is told: its text may repeat what was sent.
            raise unknown_outcome(f"Acme did not answer: {type(error).__name__}", is_write) from None
        finally:
            connection.close()
        return fields

    def _connection(self) -> HTTPConnection:
        address = urlsplit(self._settings.api_base)
        kind = HTTPSConnection if address.scheme == "https" else HTTPConnection
        return kind(address.hostname or "", address.port, timeout=self._settings.timeout_seconds)


def _translated(answer: HTTPResponse, is_write: bool) -> ProviderError:
    """What a refusal means. When in doubt it may have happened, and the gateway looks before it sends again."""
    message = f"Acme answered {answer.status}"
    if answer.status == 429:
        return Retryable(message, retry_after_seconds(answer.getheader("Retry-After")))
    if answer.status == 401:
        return CredentialsRefused(message, "set the connection's api_key to one that is taken there, and restart")
    if answer.status == 403:
        return NeedsAttention(message, "check what the connection's api_key may do, then resume the delivery")
    if answer.status in {400, 404, 422}:
        return Permanent(message)
    return unknown_outcome(message, is_write)
