"""All query fields."""

import strawberry

from gateway.schema.queries.audit import AuditQueries
from gateway.schema.queries.books import BooksQueries
from gateway.schema.queries.connections import ConnectionQueries
from gateway.schema.queries.customers import CustomerQueries
from gateway.schema.queries.definitions import DefinitionQueries
from gateway.schema.queries.documents import DocumentQueries
from gateway.schema.queries.events import EventQueries
from gateway.schema.queries.gateway import GatewayQueries
from gateway.schema.queries.invoices import InvoiceQueries
from gateway.schema.queries.journals import JournalQueries
from gateway.schema.queries.legal_entities import LegalEntityQueries
from gateway.schema.queries.receivables_reports import ReceivablesReportQueries
from gateway.schema.queries.reports import ReportQueries
from gateway.schema.queries.rerating import RerateQueries
from gateway.schema.queries.revenue_reports import RevenueReportQueries
from gateway.schema.queries.reviews import ReviewQueries
from gateway.schema.queries.simulations import SimulationQueries
from gateway.schema.queries.switches import SwitchQueries
from gateway.schema.queries.webhooks import WebhookQueries


@strawberry.type
class Query(
    GatewayQueries,
    DefinitionQueries,
    CustomerQueries,
    LegalEntityQueries,
    EventQueries,
    InvoiceQueries,
    DocumentQueries,
    SimulationQueries,
    WebhookQueries,
    ConnectionQueries,
    SwitchQueries,
    ReportQueries,
    RevenueReportQueries,
    ReceivablesReportQueries,
    BooksQueries,
    JournalQueries,
    AuditQueries,
    RerateQueries,
    ReviewQueries,
):
    """What can be asked. Lists are connections with bounded pages; what may not be seen is as if it did not exist."""
