"""One transaction on a connection, and the repositories that work in it."""

from functools import cached_property
from importlib import import_module
from typing import Any

from sqlalchemy import Connection

from gateway.core.ports import Access, Books, Definitions, Deliveries, Invoices
from gateway.storage.event_log import SqlEventLog
from gateway.storage.live_counts import SqlLiveCounts


class SqlUnitOfWork:
    """See `UnitOfWork`; repositories are made when they are first asked for."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    @cached_property
    def log(self) -> SqlEventLog:
        """The event log."""
        return SqlEventLog(self.connection)

    @cached_property
    def live(self) -> SqlLiveCounts:
        """The live projection."""
        return SqlLiveCounts(self.connection)

    @cached_property
    def definitions(self) -> Definitions:
        """Event types, meters, plans, customers and subscriptions."""
        return self._repository("definitions", "SqlDefinitions")

    @cached_property
    def invoices(self) -> Invoices:
        """Invoices."""
        return self._repository("invoices", "SqlInvoices")

    @cached_property
    def books(self) -> Books:
        """The ledger."""
        return self._repository("books", "SqlBooks")

    @cached_property
    def deliveries(self) -> Deliveries:
        """The outbox."""
        return self._repository("deliveries", "SqlDeliveries")

    @cached_property
    def access(self) -> Access:
        """Keys, secrets and remembered requests."""
        return self._repository("access", "SqlAccess")

    def _repository(self, module: str, name: str) -> Any:
        return getattr(import_module(f"gateway.storage.{module}"), name)(self.connection)
