"""A gateway with something to deliver, and whom it delivers to."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gateway.core.delivery import DeliveryStatus
from gateway.core.ports.deliveries import DeliveryFilter
from gateway.plugin_api import BillingProvider, ConnectionHost, DocumentKind, JournalTarget
from gateway.services.connection_state import SealedState
from gateway.services.deliver import DeliveryReport, deliver_next, deliver_next_journal
from gateway.services.installation import Installation
from gateway.services.sealing import Sealer
from gateway.storage.database import Database
from gateway.testing import FakeHost
from tests.services.delivering import World
from tests.vendors.accounts import connect
from tests.vendors.books import write_books

KEY = b"k" * 32


@dataclass
class Case:
    """A gateway, its account at a vendor, and the connection between them."""

    world: World
    account: Any
    """At a vendor, or the books in an accounting system."""
    plugin: Any

    def deliver(self) -> None:
        """Deliver what is due, with nothing going wrong."""
        while deliver_one(self.world.installation, self.plugin) is not None:
            pass

    def ref(self, kind: str, our_id: str) -> str | None:
        """What we believe that the vendor calls a document of ours."""
        refs = self.world.installation.storage.read(lambda unit: unit.deliveries.refs("main", kind, [our_id]))
        return refs.get(our_id)

    def require_there(self, found: Sequence[object], expected: Sequence[object]) -> None:
        """What the vendor holds is what it should."""
        assert found == expected, f"{self.account.name} has {found} instead of {expected}"

    def require_known(self, kind: DocumentKind, our_id: str) -> None:
        """Our record points at the document that is there."""
        ref = self.ref(kind, our_id)
        assert ref is not None, f"we do not know what {our_id} is called there"
        assert self.plugin.fetch(kind, ref).our_id == our_id

    def require_all_delivered(self) -> None:
        """Nothing is left in the outbox, parked or due."""
        found = self.world.installation.storage.read(lambda unit: unit.deliveries.page(DeliveryFilter(), None, 100))
        left = [each for each in found if each.status is not DeliveryStatus.DELIVERED]
        assert not left, left


def state_in(database: Database) -> SealedState:
    """The state of the connection, which outlives its workers."""
    return SealedState("main", database, Sealer([KEY]))


def plugin_of(
    table: dict[str, Any], host: ConnectionHost, timeout_seconds: float | None = None
) -> BillingProvider | JournalTarget:
    """The plugin that a table of settings names."""
    return (write_books if "target" in table else connect)(table, host, timeout_seconds)


def deliver_one(installation: Installation, plugin: Any) -> DeliveryReport | None:
    """Deliver what is due longest."""
    deliver = deliver_next_journal if hasattr(plugin, "put_journal") else deliver_next
    return deliver(installation, "main", plugin, jitter=lambda: 0)


def host_in(database: Database) -> FakeHost:
    """The gateway as a plugin sees it, with a state that is kept."""
    return FakeHost(state_in(database))
