"""The connection to Recurly: one attempt per request, and Recurly's errors in the words of the plugin API."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from functools import cached_property
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from ssl import SSLContext, create_default_context
from typing import Any
from urllib.parse import urlsplit

from recurly import ApiError, Client, NetworkError, RecurlyError

from gateway.plugin_api import (
    Ambiguous,
    ConnectionHost,
    CredentialsRefused,
    NeedsAttention,
    Permanent,
    ProviderError,
    Retryable,
    retry_after_seconds,
    unknown_outcome,
)
from gateway_recurly.settings import RecurlySettings

retry_after_seconds_max = 300
_UNREADABLE = (HTTPException, AttributeError, KeyError, TypeError, ValueError)


class _Observed(HTTPConnection):
    """Waits for the connection's pace before each request, and keeps the last answer, which the SDK's errors lack."""

    gateway: ConnectionHost
    answer: HTTPResponse | None = None

    def request(self, *arguments: Any, **options: Any) -> None:
        """See `HTTPConnection.request`."""
        self.answer = None
        self.gateway.pace()
        super().request(*arguments, **options)

    def getresponse(self) -> HTTPResponse:
        """See `HTTPConnection.getresponse`."""
        self.answer = super().getresponse()
        return self.answer


class _ObservedOverTls(_Observed, HTTPSConnection):
    """The same over TLS."""


class RecurlyApi:
    """Opens a client for each use: one is not safe to share, and stays broken after a time-out."""

    def __init__(self, settings: RecurlySettings, host: ConnectionHost) -> None:
        self._settings = settings
        self._host = host
        self._client = Client(settings.api_key.get_secret_value())

    @cached_property
    def _tls(self) -> SSLContext:
        return create_default_context()

    @contextmanager
    def reading(self) -> Iterator[Client]:
        """A client for requests that change nothing: what may have failed is then simply done again."""
        with self._open(is_write=False) as client:
            yield client

    @contextmanager
    def writing(self) -> Iterator[Client]:
        """A client for requests that make or change something."""
        with self._open(is_write=True) as client:
            yield client

    @contextmanager
    def _open(self, is_write: bool) -> Iterator[Client]:
        connection = self._connect()
        client = copy(self._client)
        # The SDK has no option for the address, nor lets it see the answer behind an error.
        client._BaseClient__conn = connection
        try:
            yield client
        except RecurlyError as error:
            raise _translated(error, connection.answer, is_write) from error
        except _UNREADABLE as error:
            raise unknown_outcome(f"Recurly's answer could not be read: {error!r}", is_write) from error
        finally:
            connection.close()

    def _connect(self) -> _Observed:
        address = urlsplit(self._settings.api_url)
        host, timeout = address.hostname or "", self._settings.timeout_seconds
        connection = (
            _ObservedOverTls(host, address.port, timeout=timeout, context=self._tls)
            if address.scheme == "https"
            else _Observed(host, address.port, timeout=timeout)
        )
        connection.gateway = self._host
        return connection


@contextmanager
def half_done() -> Iterator[None]:
    """What has to follow on a request that has made something: where it fails, something is there already."""
    try:
        yield
    except Retryable as error:
        raise Ambiguous(f"It was made, but not all of it: {error}") from error


def once(key: str) -> dict[str, str]:
    """The header that makes a repeated request give the first answer."""
    return {"Idempotency-Key": key}


def is_absent(error: ProviderError) -> bool:
    """Whether Recurly says that there is no such object."""
    cause = error.__cause__
    return isinstance(cause, ApiError) and _kind(cause) == "not_found"


def refused_parameters(error: ProviderError) -> frozenset[str]:
    """The parameters that Recurly has refused as invalid; none if it has not said so."""
    cause = error.__cause__
    details = getattr(cause, "error", None)
    params = getattr(details, "params", None) or []
    return frozenset(str(param.get("param", "")) for param in params if isinstance(param, dict))


def _translated(error: RecurlyError, answer: HTTPResponse | None, is_write: bool) -> ProviderError:
    """What an error means, by its status first: its class may come from a proxy's page."""
    status, message = answer.status if answer else None, f"Recurly: {error}"
    if status == 429:
        return Retryable(message, _retry_after_seconds(answer))
    if status == 401:
        return CredentialsRefused(message, "set the connection's api_key to one that Recurly takes, and restart")
    if status == 403:
        return NeedsAttention(message, "check what the connection's api_key may do, then resume the delivery")
    if isinstance(error, ApiError) and _kind(error) == "missing_feature":
        return NeedsAttention(message, "have Recurly enable that feature for the site, then resume the delivery")
    # Another request about the same account is under way, which may be an earlier one of ours.
    is_concurrent = isinstance(error, ApiError) and _kind(error) == "simultaneous_request"
    if status in {400, 402, 404, 406, 412, 422} and not is_concurrent and not isinstance(error, NetworkError):
        return Permanent(message)
    return unknown_outcome(message, is_write)


def _kind(error: ApiError) -> str:
    """Recurly's own word for an error, if it has said one."""
    return str(getattr(error.error, "type", ""))


def _retry_after_seconds(answer: HTTPResponse | None) -> int | None:
    """When to try again: as told, or when the limit's window ends."""
    told = retry_after_seconds(answer.getheader("Retry-After") if answer else None)
    if told is not None:
        return min(told, retry_after_seconds_max)
    reset = (answer and answer.getheader("X-RateLimit-Reset")) or ""
    if not reset.isdecimal():
        return None
    return max(1, min(int(reset) - int(time.time()), retry_after_seconds_max))
