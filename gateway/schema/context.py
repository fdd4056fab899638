"""What every resolver knows: the installation, who asks, and what was loaded for this request already."""

from collections.abc import Callable
from typing import TypeVar

import strawberry

from gateway.core.access import Caller, Scope
from gateway.core.errors import Forbidden
from gateway.core.ports.storage import UnitOfWork
from gateway.schema.loaders import Loaders
from gateway.schema.threads import hop
from gateway.services.installation import Installation
from gateway.services.project import Projector
from gateway.services.record_events import Recorder

T = TypeVar("T")


class GatewayContext:
    """The context of one request; never shared between two, since it remembers what its caller may see."""

    def __init__(
        self,
        installation: Installation,
        projector: Projector,
        recorder: Recorder,
        caller: Caller,
        loaders: Loaders | None = None,
    ) -> None:
        self.installation = installation
        self.projector = projector
        self.recorder = recorder
        self.caller = caller
        self.loaders = loaders or Loaders(installation, projector, caller)

    def forget(self) -> None:
        """Load everything again when it is next asked for."""
        self.loaders = Loaders(self.installation, self.projector, self.caller)

    async def read(self, work: Callable[[UnitOfWork], T]) -> T:
        """Run `work` on one consistent snapshot, away from the event loop."""
        return await hop(lambda: self.installation.storage.read(work))

    def confined(self, customer: str | None) -> str | None:
        """Whose data a list holds, given whose was asked for: a customer token lists its own customer's and no other's.

        None is everybody's; the empty key is nobody's.
        """
        own = self.caller.customer
        if own is None:
            return customer
        return own if customer in (None, own) else ""

    def require_company(self) -> None:
        """Raise `Forbidden` for a customer token: what follows is about all customers, or about none."""
        if self.caller.customer is not None:
            raise Forbidden("A customer token shows one customer's data only; this needs an API key")


Info = strawberry.Info[GatewayContext, None]


def asked(info: Info, scope: Scope) -> GatewayContext:
    """The context of a field that needs `scope`. Raises `Forbidden` unless the caller has it."""
    info.context.caller.require(scope)
    return info.context


def asked_by_company(info: Info, scope: Scope) -> GatewayContext:
    """As `asked`, for fields that no customer token may ask for."""
    context = asked(info, scope)
    context.require_company()
    return context


def asked_to_change(info: Info, scope: Scope) -> GatewayContext:
    """As `asked_by_company`, for a mutation: what was loaded before it does not answer for what is so after it."""
    context = asked_by_company(info, scope)
    context.forget()
    return context


def related(info: Info) -> Loaders:
    """What other nodes are loaded with; raises `Forbidden` for keys that may not read, though they may have written."""
    return asked(info, Scope.READ).loaders
