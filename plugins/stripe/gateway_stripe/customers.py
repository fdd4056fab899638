"""Which customers at Stripe carry an id of ours: listed once, and then only what is new."""

import time
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from gateway_stripe.mapping import our_id_of

kept_seconds = 600.0
"""After so long everything is listed again, since people put our ids on customers that are older."""
overlap_seconds = 60

ListCreatedSince = Callable[[int], Iterable[dict[str, Any]]]


class ListedCustomers:
    """The refs of customers by our id. Listing sees at once what is made; Stripe's search would lag behind."""

    def __init__(self, list_created_since: ListCreatedSince, seconds: Callable[[], float] = time.monotonic) -> None:
        self._list = list_created_since
        self._seconds = seconds
        self._listed_at = seconds() - kept_seconds
        self._since = self._until = 0
        self._refs: dict[str, set[str]] = {}

    def refs_of(self, our_id: str, created_since: datetime) -> set[str]:
        """What was made since then with an id of ours, up to this moment; more may be, and less by now."""
        since = int(created_since.timestamp())
        if since < self._since or self._seconds() - self._listed_at >= kept_seconds:
            self._list_again(since)
        else:
            self._add(list(self._list(max(self._until - overlap_seconds, self._since))))
        return self._refs.get(our_id, set())

    def _list_again(self, since: int) -> None:
        began_at, listed = self._seconds(), list(self._list(since))
        self._refs = {}
        self._since = self._until = since
        self._add(listed)
        self._listed_at = began_at

    def _add(self, listed: list[dict[str, Any]]) -> None:
        for customer in listed:
            self._until = max(self._until, customer["created"])
            if our_id := our_id_of(customer):
                self._refs.setdefault(our_id, set()).add(customer["id"])
