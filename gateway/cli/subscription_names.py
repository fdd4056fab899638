"""Which subscription a command is about."""

from typing import Annotated

import typer

from gateway.core.errors import NotFound
from gateway.core.ports.storage import UnitOfWork
from gateway.core.subscriptions.phases import SubscriptionHistory

Name = Annotated[str, typer.Argument(metavar="SUBSCRIPTION", help="Its id or its key.")]


def history_named(unit: UnitOfWork, name: str) -> SubscriptionHistory:
    """The subscription with this id or key. Raises `NotFound`."""
    found = unit.definitions.subscription_histories([name]).get(name)
    by_key = (each for each in unit.definitions.histories_of() if each.first.key == name)
    history = found or next(by_key, None)
    if history is None:
        raise NotFound(f"Subscription {name!r} does not exist; `gateway subscriptions list` names them")
    return history
