"""What the services ask of storage as a whole: units of work, and the order of writers."""

from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from enum import IntEnum
from typing import Protocol, TypeVar

from gateway.core.ports.access import Access
from gateway.core.ports.accounting_periods import AccountingPeriods
from gateway.core.ports.audit import AuditLog
from gateway.core.ports.billing_terms import BillingTerms
from gateway.core.ports.books import Books
from gateway.core.ports.connections import Connections
from gateway.core.ports.credit_notes import CreditNotes
from gateway.core.ports.credits import Credits
from gateway.core.ports.definitions import Definitions
from gateway.core.ports.deliveries import Deliveries
from gateway.core.ports.event_log import EventLog
from gateway.core.ports.feeds import Feeds
from gateway.core.ports.invoices import Invoices
from gateway.core.ports.journals import Journals
from gateway.core.ports.legal_entities import LegalEntities
from gateway.core.ports.live_counts import LiveCounts
from gateway.core.ports.provider_differences import ProviderDifferences
from gateway.core.ports.received_webhooks import ReceivedWebhooks
from gateway.core.ports.reports import Reports
from gateway.core.ports.rerating import Rerating
from gateway.core.ports.revenue import Revenue
from gateway.core.ports.reviews import Reviews
from gateway.core.ports.shadow import Shadow
from gateway.core.ports.switch_plans import SwitchPlans
from gateway.core.ports.switches import Switches
from gateway.core.ports.webhooks import Webhooks

T = TypeVar("T")


class Priority(IntEnum):
    """Which writer goes first when several wait."""

    INTERACTIVE = 0
    INGEST = 1
    BULK = 2


class UnitOfWork(Protocol):
    """One transaction: all of it happens, or nothing."""

    @property
    def log(self) -> EventLog: ...
    @property
    def definitions(self) -> Definitions: ...
    @property
    def live(self) -> LiveCounts: ...
    @property
    def invoices(self) -> Invoices: ...
    @property
    def terms(self) -> BillingTerms: ...
    @property
    def credit_notes(self) -> CreditNotes: ...
    @property
    def books(self) -> Books: ...
    @property
    def feeds(self) -> Feeds: ...
    @property
    def accounting_periods(self) -> AccountingPeriods: ...
    @property
    def revenue(self) -> Revenue: ...
    @property
    def rerating(self) -> Rerating: ...
    @property
    def reports(self) -> Reports: ...
    @property
    def credits(self) -> Credits: ...
    @property
    def journals(self) -> Journals: ...
    @property
    def legal_entities(self) -> LegalEntities: ...
    @property
    def deliveries(self) -> Deliveries: ...
    @property
    def connections(self) -> Connections: ...
    @property
    def differences(self) -> ProviderDifferences: ...
    @property
    def switches(self) -> Switches: ...
    @property
    def switch_plans(self) -> SwitchPlans: ...
    @property
    def shadow(self) -> Shadow: ...
    @property
    def webhooks(self) -> Webhooks: ...
    @property
    def received(self) -> ReceivedWebhooks: ...
    @property
    def reviews(self) -> Reviews: ...
    @property
    def audit(self) -> AuditLog: ...
    @property
    def access(self) -> Access: ...


class Storage(Protocol):
    """Where everything is kept. Work is a function of a unit of work, so that it can be run again when it must."""

    def transact(self, work: Callable[[UnitOfWork], T], priority: Priority = Priority.INTERACTIVE) -> T:
        """Run `work` in a writing transaction and return its result once it is durable."""
        ...

    def submit(self, work: Callable[[UnitOfWork], T], priority: Priority = Priority.INTERACTIVE) -> Future[T]:
        """As `transact`, without waiting."""
        ...

    def read(self, work: Callable[[UnitOfWork], T]) -> T:
        """Run `work` on one consistent snapshot; writing fails."""
        ...

    def snapshot(self) -> AbstractContextManager[UnitOfWork]:
        """A consistent snapshot for streaming; keep it short on a busy system."""
        ...
