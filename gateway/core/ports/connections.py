"""What the services ask of storage about connections to billing systems."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from gateway.core.circuit import Circuit
from gateway.core.connection_hold import ConnectionHold


@dataclass(frozen=True, slots=True)
class KeptState:
    """The sealed state of a connection, and how often it was replaced."""

    version: int
    sealed: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ConnectionUse:
    """What depends on a connection: customers whose invoices go there, and documents that are not done with.

    Deliveries are `pending` or `parked`, and invoices that are there `unpaid`. `journals` are those of the deliveries
    that bring one to an accounting system.
    """

    customers: int = 0
    pending: int = 0
    parked: int = 0
    unpaid: int = 0
    journals: int = 0

    @property
    def open_documents(self) -> int:
        """How many documents are not done with."""
        return self.pending + self.parked + self.unpaid


@dataclass(frozen=True, slots=True)
class ConnectionBinding:
    """The provider, and the account there if it tells, that a connection's name stands for since `bound_at`."""

    provider: str
    account: str
    bound_at: datetime


class Connections(Protocol):
    """What is kept of a connection beside its documents."""

    def state(self, connection: str) -> KeptState | None:
        """Its sealed state; None before anything was stored."""
        ...

    def replace_state(self, connection: str, version: int, sealed: str) -> bool:
        """Store `sealed` as the next version after `version`, 0 for the first.

        False, and nothing changed, if another is stored.
        """
        ...

    def circuit(self, connection: str) -> Circuit:
        """How its provider has been answering."""
        ...

    def set_circuit(self, connection: str, circuit: Circuit) -> None:
        """Remember it."""
        ...

    def circuits(self) -> dict[str, Circuit]:
        """Those of all connections whose provider ever failed."""
        ...

    def change_turns(
        self, connection: str, change: Callable[[Sequence[datetime]], Sequence[datetime]]
    ) -> Sequence[datetime]:
        """Replace the turns granted to requests lately, oldest first, by what `change` makes of them.

        Nobody else changes those of this connection before the transaction ends.
        """
        ...

    def hold(self, connection: str) -> ConnectionHold | None:
        """Why it is held; None if it is not."""
        ...

    def set_hold(self, connection: str, hold: ConnectionHold) -> None:
        """Hold it, or store what became of its hold."""
        ...

    def end_hold(self, connection: str) -> bool:
        """Hold it no longer; False if it was not held."""
        ...

    def holds(self) -> dict[str, ConnectionHold]:
        """Those of all connections that are held."""
        ...

    def bindings(self) -> dict[str, ConnectionBinding]:
        """What the names of connections stand for."""
        ...

    def bind(self, connection: str, binding: ConnectionBinding) -> None:
        """Let a name stand for an account from now on."""
        ...

    def talked_to(self) -> set[str]:
        """The connections at which we have, or may have, made anything."""
        ...

    def uses(self, default: str) -> dict[str, ConnectionUse]:
        """What depends on each connection that anything does; customers without one have the default."""
        ...
