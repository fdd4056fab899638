"""The connection to QuickBooks: one attempt per request, and a second only where an access token had ended."""

import ssl
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import httpx
import msgspec

from gateway.plugin_api import ConnectionHost, Retryable, unknown_outcome
from gateway_quickbooks.faults import content_of, has_fault, refusal
from gateway_quickbooks.settings import QuickBooksSettings
from gateway_quickbooks.token_keeper import TokenKeeper

page_size = 1000
"""The most that QuickBooks lists at once."""
_NOTHING_SENT = (httpx.ConnectError, httpx.ConnectTimeout)

_encode = msgspec.json.Encoder(decimal_format="number").encode


class QuickBooksApi:
    """The API of one company."""

    def __init__(self, settings: QuickBooksSettings, host: ConnectionHost) -> None:
        self._settings = settings
        self._host = host
        self._tokens = TokenKeeper(settings, host, self._send)

    def read(self, path: str, name: str, **params: str) -> dict[str, Any]:
        """The object called `name` in what is at `path`."""
        return _named(self._answered("GET", path, params), name, is_write=False)

    def create(self, path: str, name: str, body: Mapping[str, Any], key: str) -> dict[str, Any]:
        """Make what `body` says, once under `key`."""
        answer = self._answered("POST", path, {"requestid": key}, _encode(body))
        return _named(answer, name, is_write=True)

    def query(self, kind: str, where: str) -> Iterator[dict[str, Any]]:
        """Everything of a kind for which `where` is true, a page at a time."""
        start = 1
        while True:
            span = f"orderby Id startposition {start} maxresults {page_size}"
            asked = " ".join(("select * from", kind, "where", where, span))
            page = self.read("query", "QueryResponse", query=asked).get(kind, [])
            yield from page
            if len(page) < page_size:
                return
            start += page_size

    def _answered(self, method: str, path: str, params: Mapping[str, str], content: bytes | None = None) -> Any:
        is_write = method != "GET"
        token = self._tokens.access_token()
        answer = self._ask(method, path, params, content, token)
        if answer.status_code == 401:
            # Nothing happened there, whatever was asked: an access token may end before our clock says so.
            answer = self._ask(method, path, params, content, self._tokens.token_after(token))
        if answer.status_code != 200:
            raise refusal(answer, is_write)
        try:
            told = content_of(answer)
        except ValueError:
            tid = answer.headers.get("intuit_tid", "")
            raise unknown_outcome(f"QuickBooks' answer is no JSON (intuit_tid {tid})", is_write) from None
        if has_fault(told):
            raise refusal(answer, is_write)
        return told

    def _ask(
        self, method: str, path: str, params: Mapping[str, str], content: bytes | None, token: str
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        if content is not None:
            headers["Content-Type"] = "application/json"
        url = f"{self._settings.company_url}/{path}"
        told = {**params, "minorversion": str(self._settings.minor_version)}
        try:
            return self._send(httpx.Request(method, url, params=told, content=content, headers=headers))
        except _NOTHING_SENT as error:
            raise Retryable(f"QuickBooks is out of reach: {type(error).__name__}") from None
        except httpx.HTTPError as error:
            words = f"QuickBooks did not answer: {type(error).__name__}"
            raise unknown_outcome(words, is_write=method != "GET") from None

    def _send(self, request: httpx.Request) -> httpx.Response:
        self._host.pace()
        with httpx.Client(verify=self._tls, timeout=self._settings.timeout_seconds) as client:
            return client.send(request)

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        # Reading all authorities takes time that nobody needs within the machine.
        is_over_tls = self._settings.company_url.startswith("https:")
        return ssl.create_default_context() if is_over_tls else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def quoted(text: str) -> str:
    """A text in a query."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _named(answer: Any, name: str, is_write: bool) -> dict[str, Any]:
    if isinstance(answer, dict) and isinstance(answer.get(name), dict):
        found: dict[str, Any] = answer[name]
        return found
    raise unknown_outcome(f"QuickBooks' answer has no {name}", is_write)
