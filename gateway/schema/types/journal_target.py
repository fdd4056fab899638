"""Connections to accounting systems: whose books are there, and how they are getting on."""

from datetime import datetime
from typing import Self

import strawberry

from gateway.core.circuit import Circuit as CoreCircuit
from gateway.core.connection_hold import ConnectionHold as CoreHold
from gateway.core.ports.connections import ConnectionBinding, ConnectionUse
from gateway.schema.types.connection import Circuit, ConnectionHold
from gateway.services.installation import ConnectedBooks


@strawberry.type
class JournalTarget:
    """One configured connection to an accounting system, which gets journals."""

    name: str = strawberry.field(description="Its name in the configuration.")
    target: str = strawberry.field(description="The accounting system behind it.")
    account: str | None = strawberry.field(
        description="Whose books it stands for since it was first talked to; null if it does not tell, or was not yet."
    )
    legal_entities: list[str] = strawberry.field(description="Whose journals it gets, by key; those of all if empty.")
    open_journals: int = strawberry.field(description="How many journals are on their way there, or parked.")
    fault: str | None = strawberry.field(
        description="What is wrong with its plugin or its settings, so that nothing is sent; null if nothing is."
    )
    circuit: Circuit = strawberry.field(description="Whether it is answering.")
    hold: ConnectionHold | None = strawberry.field(
        description="Why it is held, since its credentials are refused; null if it is not. See `resumeConnection`."
    )

    @classmethod
    def from_core(
        cls,
        connected: ConnectedBooks,
        bound: ConnectionBinding | None,
        use: ConnectionUse,
        fault: str | None,
        circuit: CoreCircuit,
        hold: CoreHold | None,
        now: datetime,
    ) -> Self:
        """The connection as it is `now`."""
        return cls(
            name=connected.connection,
            target=connected.target,
            account=bound.account or None if bound else None,
            legal_entities=list(connected.legal_entities),
            open_journals=use.journals,
            fault=fault,
            circuit=Circuit.from_core(circuit, now),
            hold=None if hold is None else ConnectionHold.from_core(hold),
        )
