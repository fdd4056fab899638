"""The connection to Chargebee: one attempt per request, and Chargebee's errors in the words of the plugin API."""

import logging
from collections.abc import Callable, Iterator
from typing import Any

import httpx
from chargebee import APIError, Chargebee, PaymentError
from chargebee.retry_config import RetryConfig

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
from gateway_chargebee.mapping import page_size
from gateway_chargebee.settings import ChargebeeSettings

connect_seconds = 5
# At DEBUG the SDK logs whole bodies: names and addresses of customers.
logging.getLogger("chargebee.http_request").setLevel(logging.INFO)

# Chargebee has not begun to work on the request (apidocs.chargebee.com/docs/api/error-handling).
_NOT_BEGUN = {"api_request_limit_exceeded", "site_not_ready", "site_read_only_mode"}
_CREDENTIALS = {"api_authentication_failed", "site_not_found"}
Call = Callable[..., Any]


class ChargebeeClient:
    """One site. Every request waits for its turn, is made once and fails as a `ProviderError`."""

    def __init__(self, settings: ChargebeeSettings, host: ConnectionHost) -> None:
        self._host = host
        self.sdk = _open_sdk(settings)

    def read(self, call: Call, *arguments: Any) -> Any:
        """The answer to a request that changes nothing."""
        self._host.pace()
        try:
            return call(*arguments)
        except Exception as error:  # the SDK raises the bare class where an answer is no JSON
            raise _translated(error, is_write=False) from error

    def write(self, call: Call, *arguments: Any, key: str) -> Any:
        """The answer to a request that makes or changes something, once for each `key`."""
        self._host.pace()
        try:
            return call(*arguments, {Chargebee.idempotency_header: key})
        except Exception as error:  # see above
            raise _translated(error, is_write=True) from error

    def listed(self, call: Call, name: str, params: dict[str, Any]) -> Iterator[list[dict[str, Any]]]:
        """The objects called `name` that a list holds, page by page."""
        page = self.read(call, {**params, "limit": page_size})
        yield _raw(page, name)
        while page.next_offset:
            page = self.read(call, {**params, "limit": page_size, "offset": page.next_offset})
            yield _raw(page, name)


def _raw(page: Any, name: str) -> list[dict[str, Any]]:
    return [getattr(entry, name).raw_data for entry in page.list]


def _open_sdk(settings: ChargebeeSettings) -> Chargebee:
    """The SDK, which never retries by itself: there is one retry policy, the gateway's."""
    sdk = Chargebee(
        settings.api_key.get_secret_value(),
        settings.site,
        connection_time_out=min(connect_seconds, settings.timeout_seconds),
        read_time_out=settings.timeout_seconds,
    )
    sdk.update_retry_config(RetryConfig(enabled=False))
    if settings.api_base:
        sdk.env.api_endpoint = f"{settings.api_base}/api/v2"
    if settings.api_base.startswith("http://"):
        sdk.env.protocol = "http"
        # The switch is the whole process's, and only lets an address say which scheme it has: certificates of https
        # addresses are then checked against the system's authorities instead of the SDK's own.
        Chargebee.verify_ca_certs = False
    return sdk


def _translated(error: Exception, is_write: bool) -> ProviderError:
    if isinstance(error, APIError):
        return _refusal(error, is_write)
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        return Retryable(f"Chargebee cannot be reached: {type(error).__name__}")
    if isinstance(error, httpx.HTTPError):
        return unknown_outcome(f"Chargebee did not answer: {type(error).__name__}", is_write)
    return unknown_outcome("Chargebee's answer could not be read", is_write)


def _refusal(error: APIError, is_write: bool) -> ProviderError:
    status, code, message = error.http_status_code, error.api_error_code, f"Chargebee: {error}"
    if status == 429 or code in _NOT_BEGUN:
        return Retryable(message, retry_after_seconds((error.http_headers or {}).get("retry-after")))
    if status in {401, 403} or code in _CREDENTIALS:
        return _no_access(message, are_refused=status == 401 or code in _CREDENTIALS)
    if code == "configuration_incompatible" or error.param == "currency_code":
        return NeedsAttention(message, "enable at Chargebee what the message names, then resume the delivery")
    if code == "duplicate_entry":
        # Another attempt has made it meanwhile.
        return unknown_outcome(message, is_write)
    if status in {400, 402, 404} or isinstance(error, PaymentError):
        return Permanent(message)
    # Whatever else: 5xx, or 409 because a request with this key is still under way.
    return unknown_outcome(message, is_write, _is_replayed(error))


def _no_access(message: str, are_refused: bool) -> ProviderError:
    if are_refused:
        return CredentialsRefused(message, "set the connection's site and api_key to what Chargebee takes, and restart")
    return NeedsAttention(message, "check what the connection's api_key may do, then resume the delivery")


def _is_replayed(error: APIError) -> bool:
    """Whether Chargebee has only repeated a stored failure, as it does for as long as it remembers the key."""
    return bool((error.http_headers or {}).get("chargebee-idempotency-replayed") == "true")
