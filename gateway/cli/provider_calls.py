"""Providers in the process of a command, where a call that does not return ends the command."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import TypeVar

from gateway.app import Gateway, provider_of, target_of, try_if_unnamed
from gateway.core.ports.storage import Storage
from gateway.plugin_api import BillingProvider, JournalTarget
from gateway.settings import Settings
from gateway.workers.call_watch import CallWatch
from gateway.workers.watched_provider import watched

T = TypeVar("T")
Providers = Callable[[str], BillingProvider]
"""Makes the provider of a connection. Raises as `provider_of`."""
_AGAIN = "Run it again in a minute: what was under way is looked up before it is sent again"


def providers_in_time(gateway: Gateway) -> AbstractContextManager[Providers]:
    """Providers whose plugins load and answer in time, or else this process ends, saying which did not."""
    return _in_time(gateway, provider_of)


def targets_in_time(gateway: Gateway) -> AbstractContextManager[Callable[[str], JournalTarget]]:
    """As `providers_in_time`, accounting systems."""
    return _in_time(gateway, target_of)


@contextmanager
def _in_time(gateway: Gateway, load: Callable[[Settings, str, Storage | None], T]) -> Iterator[Callable[[str], T]]:
    limits = gateway.settings.plugins
    with CallWatch() as watch:

        def report(connection: str, seconds: int, call: str | None) -> None:
            if call is None:
                watch.end()
            else:
                watch.begin(seconds, _message(connection, seconds, call))

        def plugin(connection: str) -> T:
            try_if_unnamed(gateway.settings, connection)
            report(connection, limits.load_seconds, "loading")
            try:
                made = load(gateway.settings, connection, gateway.database)
            finally:
                watch.end()
            return watched(made, partial(report, connection, limits.call_seconds))

        yield plugin


def _message(connection: str, seconds: int, call: str) -> str:
    return f"Connection {connection}: {call} took its plugin over {seconds} s, so this command was ended. {_AGAIN}"
