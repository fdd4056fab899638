"""Connections to billing systems: who is behind them, and how they are getting on."""

from datetime import datetime
from typing import Self

import strawberry

from gateway.core.circuit import Circuit as CoreCircuit
from gateway.core.connection_hold import ConnectionHold as CoreHold
from gateway.core.ports.provider_differences import ProviderReconciliation as CoreReconciliation
from gateway.plugin_api import RatePolicy
from gateway.schema.types.provider_difference import ProviderReconciliation
from gateway.services.installation import ConnectedProvider


@strawberry.type
class ConnectionRate:
    """At most so many requests in any so many seconds, of which `burst` may come at once."""

    requests: int = strawberry.field(description="How many requests.")
    seconds: int = strawberry.field(description="In how many seconds.")
    burst: int = strawberry.field(description="How many of them at once.")

    @classmethod
    def from_core(cls, rate: RatePolicy) -> Self:
        """The same rate."""
        return cls(requests=rate.requests, seconds=rate.seconds, burst=rate.burst)


@strawberry.type
class Circuit:
    """Open while the provider is out of order, or has asked to be left alone."""

    is_open: bool = strawberry.field(description="Whether nothing is sent for now.")
    open_until: datetime | None = strawberry.field(description="When it is tried again; null where it never failed.")
    failures: int = strawberry.field(description="How often it failed since it last answered.")
    reason: str | None = strawberry.field(description="How it failed last.")

    @classmethod
    def from_core(cls, circuit: CoreCircuit, now: datetime) -> Self:
        """The same circuit, as it is `now`."""
        return cls(
            is_open=circuit.is_open(now),
            open_until=circuit.open_until,
            failures=circuit.failures,
            reason=circuit.reason,
        )


@strawberry.type
class ConnectionHold:
    """A provider refuses the credentials: nothing is sent, and nothing asked, before a person has acted."""

    reason: str = strawberry.field(description="What the provider says.")
    remedy: str = strawberry.field(description="What a person can do about it.")
    held_at: datetime = strawberry.field(description="Since when.")
    probe_at: datetime = strawberry.field(description="When it is looked at next whether that is over.")

    @classmethod
    def from_core(cls, hold: CoreHold) -> Self:
        """The same hold."""
        return cls(reason=hold.reason, remedy=hold.remedy, held_at=hold.held_at, probe_at=hold.probe_at)


@strawberry.type
class ProviderConnection:
    """One configured connection to a billing system."""

    name: str = strawberry.field(description="Its name in the configuration.")
    provider: str = strawberry.field(description="The provider behind it.")
    is_default: bool = strawberry.field(description="Whether invoices that are finalized now go there.")
    rate: ConnectionRate | None = strawberry.field(
        description="How often the provider may be asked; null where its plugin is not installed."
    )
    fault: str | None = strawberry.field(
        description="What is wrong with its plugin or its settings, so that nothing is sent; null if nothing is."
    )
    circuit: Circuit = strawberry.field(description="Whether it is answering.")
    hold: ConnectionHold | None = strawberry.field(
        description="Why it is held, since its credentials are refused; null if it is not. See `resumeConnection`."
    )

    reconciliation: ProviderReconciliation = strawberry.field(
        description="How its documents were compared with ours last. See `reconcileProvider`."
    )

    @classmethod
    def from_core(
        cls,
        connected: ConnectedProvider,
        default: str,
        fault: str | None,
        circuit: CoreCircuit,
        hold: CoreHold | None,
        reconciliation: CoreReconciliation,
        now: datetime,
    ) -> Self:
        """The connection as it is `now`."""
        return cls(
            name=connected.connection,
            provider=connected.provider,
            is_default=connected.connection == default,
            rate=None if connected.rate is None else ConnectionRate.from_core(connected.rate),
            fault=fault,
            circuit=Circuit.from_core(circuit, now),
            hold=None if hold is None else ConnectionHold.from_core(hold),
            reconciliation=ProviderReconciliation.from_core(reconciliation),
        )
