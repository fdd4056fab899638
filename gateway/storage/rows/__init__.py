"""The tables. Rows are dumb: core values validate, and nothing outside of storage sees a row."""

from gateway.storage.rows.access import ApiKeyRow, RememberedRequestRow, SecretRow
from gateway.storage.rows.base import metadata, table_of
from gateway.storage.rows.books import JournalEntryRow, TransferRow
from gateway.storage.rows.definitions import (
    CustomerRow,
    EventTypeRow,
    InstallationRow,
    MeterRow,
    MeterVersionRow,
    PlanVersionRow,
    SubscriptionRow,
)
from gateway.storage.rows.deliveries import ConnectionRow, DeliveryRow, DeliveryStepRow, ExternalRefRow
from gateway.storage.rows.events import (
    EventBlockRow,
    EventIdentityRow,
    EventSourceRow,
    IntakeCountRow,
    LogHeadRow,
    QuarantinedEventRow,
)
from gateway.storage.rows.invoices import DiscrepancyRow, InvoiceLineRow, InvoiceRow, NumberSeriesRow, ResolutionRow
from gateway.storage.rows.live_counts import (
    CountedSubscriptionRow,
    CustomerPositionsRow,
    LiveCountRow,
    LiveSeriesRow,
    LiveValueRow,
    ProjectionRow,
    UnattributedEventRow,
    UncountableEventRow,
)

__all__ = [
    "ApiKeyRow",
    "ConnectionRow",
    "CountedSubscriptionRow",
    "CustomerPositionsRow",
    "CustomerRow",
    "DeliveryRow",
    "DeliveryStepRow",
    "DiscrepancyRow",
    "EventBlockRow",
    "EventIdentityRow",
    "EventSourceRow",
    "EventTypeRow",
    "ExternalRefRow",
    "InstallationRow",
    "IntakeCountRow",
    "InvoiceLineRow",
    "InvoiceRow",
    "JournalEntryRow",
    "LiveCountRow",
    "LiveSeriesRow",
    "LiveValueRow",
    "LogHeadRow",
    "MeterRow",
    "MeterVersionRow",
    "NumberSeriesRow",
    "PlanVersionRow",
    "ProjectionRow",
    "QuarantinedEventRow",
    "RememberedRequestRow",
    "ResolutionRow",
    "SecretRow",
    "SubscriptionRow",
    "TransferRow",
    "UnattributedEventRow",
    "UncountableEventRow",
    "metadata",
    "table_of",
]
