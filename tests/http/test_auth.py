"""Who sends a request is found out beside the event loop."""

import asyncio
import threading
from dataclasses import replace
from typing import Any

import pytest

from gateway.core.access import Scope
from gateway.http.auth import KnownCallers, bearer_length_max, bearer_of
from gateway.http.graphql_request import Unauthenticated
from gateway.services.installation import Installation
from gateway.services.keys import Authenticator, create_key


class WatchedStorage:
    """A storage that remembers which threads read."""

    def __init__(self, storage: Any) -> None:
        self._storage = storage
        self.readers: list[threading.Thread] = []

    def read(self, work: Any) -> Any:
        self.readers.append(threading.current_thread())
        return self._storage.read(work)

    def submit(self, work: Any) -> Any:
        return self._storage.submit(work)


def test_the_event_loop_never_waits_for_the_database(sqlite_installation: Installation) -> None:
    key, bearer = create_key(sqlite_installation, "sender", [Scope.INGEST])
    storage: Any = WatchedStorage(sqlite_installation.storage)
    callers = KnownCallers(Authenticator(replace(sqlite_installation, storage=storage)))

    assert callers.remembered(bearer) is None
    caller = asyncio.run(callers.identify(bearer))

    assert caller.id == key.id
    assert callers.remembered(bearer) == caller
    assert storage.readers
    assert threading.main_thread() not in storage.readers


def test_an_unknown_bearer_is_refused(sqlite_installation: Installation) -> None:
    callers = KnownCallers(Authenticator(sqlite_installation))

    with pytest.raises(Unauthenticated, match="No valid API key"):
        asyncio.run(callers.identify("ugw_0123"))


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param([], id="none"),
        pytest.param([b"Bearer one", b"Bearer two"], id="two"),
        pytest.param([b"Basic one"], id="another scheme"),
        pytest.param([b"Bearer  "], id="empty"),
        pytest.param([b"Bearer " + b"k" * (bearer_length_max + 1)], id="too long"),
    ],
)
def test_a_request_without_exactly_one_bearer_is_refused(sent: list[bytes]) -> None:
    with pytest.raises(Unauthenticated, match="Authorization: Bearer KEY"):
        bearer_of([(b"authorization", value) for value in sent])


def test_the_bearer_is_what_follows_the_scheme() -> None:
    assert bearer_of([(b"host", b"h"), (b"authorization", b"bearer  one ")]) == "one"
