"""Providers in the process of a command, where a call that does not return ends the command."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from gateway.app import Gateway, provider_of, try_if_unnamed
from gateway.plugin_api import BillingProvider
from gateway.workers.call_watch import CallWatch
from gateway.workers.watched_provider import watched

Providers = Callable[[str], BillingProvider]
"""Makes the provider of a connection. Raises as `provider_of`."""
_AGAIN = "Run it again in a minute: what was under way is looked up before it is sent again"


@contextmanager
def providers_in_time(gateway: Gateway) -> Iterator[Providers]:
    """Providers whose plugins load and answer in time, or else this process ends, saying which did not."""
    limits = gateway.settings.plugins
    with CallWatch() as watch:

        def report(connection: str, seconds: int, call: str | None) -> None:
            if call is None:
                watch.end()
            else:
                watch.begin(seconds, _message(connection, seconds, call))

        def provider(connection: str) -> BillingProvider:
            try_if_unnamed(gateway.settings, connection)
            report(connection, limits.load_seconds, "loading")
            try:
                made = provider_of(gateway.settings, connection, gateway.database)
            finally:
                watch.end()
            return watched(made, partial(report, connection, limits.call_seconds))

        yield provider


def _message(connection: str, seconds: int, call: str) -> str:
    return f"Connection {connection}: {call} took its plugin over {seconds} s, so this command was ended. {_AGAIN}"
