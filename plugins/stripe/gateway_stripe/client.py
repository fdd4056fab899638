"""The connection to Stripe: one attempt per request, and Stripe's errors in the words of the plugin API."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from stripe import IdempotencyError, RateLimitError, RequestsClient, StripeClient, StripeError

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
from gateway_stripe.settings import StripeSettings

connect_seconds = 5


class PacedClient(RequestsClient):
    """The SDK's HTTP client; before each request it waits for the connection's pace."""

    def __init__(self, host: ConnectionHost, timeout: tuple[int, int]) -> None:
        super().__init__(timeout=timeout)
        self._host = host

    def request(self, *arguments: Any, **options: Any) -> Any:
        """See `RequestsClient.request`."""
        self._host.pace()
        return super().request(*arguments, **options)


def open_client(settings: StripeSettings, host: ConnectionHost) -> StripeClient:
    """A client that never retries by itself: there is one retry policy, the gateway's."""
    timeout = (min(connect_seconds, settings.timeout_seconds), settings.timeout_seconds)
    return StripeClient(
        settings.api_key.get_secret_value(),
        base_addresses={"api": settings.api_base},
        http_client=PacedClient(host, timeout),
        max_network_retries=0,
    )


def reading() -> AbstractContextManager[None]:
    """Translate what goes wrong in a request that changes nothing: what may have happened is then simply done again."""
    return _asking(is_write=False)


def writing() -> AbstractContextManager[None]:
    """Translate what goes wrong in a request that makes or changes something."""
    return _asking(is_write=True)


def is_absent(error: StripeError) -> bool:
    """Whether Stripe says that there is no such object."""
    return error.http_status == 404


@contextmanager
def _asking(is_write: bool) -> Iterator[None]:
    try:
        yield
    except StripeError as error:
        raise _translated(error, is_write) from error
    except (KeyError, TypeError, ValueError) as error:
        raise unknown_outcome(f"Stripe's answer could not be read: {error!r}", is_write) from error


def _translated(error: StripeError, is_write: bool) -> ProviderError:
    # The SDK breaks its own sentences over lines.
    status, message = error.http_status, f"Stripe: {' '.join(str(error).split())}"
    if isinstance(error, RateLimitError):
        return Retryable(message, retry_after_seconds(_header(error, "Retry-After")))
    if isinstance(error, IdempotencyError) or status in {400, 402, 404}:
        return Permanent(message)
    if status == 401:
        return CredentialsRefused(message, "set the connection's api_key to one that Stripe takes, and restart")
    if status == 403:
        return NeedsAttention(message, "check what the connection's api_key may do, then resume the delivery")
    # Whatever else: no answer, a broken one, 5xx, or 409 because a request with this key is still under way.
    return unknown_outcome(message, is_write, _is_replayed(error))


def _is_replayed(error: StripeError) -> bool:
    """Whether Stripe has only repeated a stored failure, as it does for as long as it remembers the key."""
    return _header(error, "Idempotent-Replayed") == "true"


def _header(error: StripeError, name: str) -> str | None:
    return next((value for key, value in (error.headers or {}).items() if key.lower() == name.lower()), None)
