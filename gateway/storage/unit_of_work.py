"""One transaction on a connection, and the repositories that work in it."""

from functools import cached_property

from sqlalchemy import Connection

from gateway.storage.access import SqlAccess
from gateway.storage.accounting_periods import SqlAccountingPeriods
from gateway.storage.audit import SqlAuditLog
from gateway.storage.billing_terms import SqlBillingTerms
from gateway.storage.books import SqlBooks
from gateway.storage.connections import SqlConnections
from gateway.storage.credit_notes import SqlCreditNotes
from gateway.storage.credits import SqlCredits
from gateway.storage.definitions import SqlDefinitions
from gateway.storage.deliveries import SqlDeliveries
from gateway.storage.event_log import SqlEventLog
from gateway.storage.feeds import SqlFeeds
from gateway.storage.invoices import SqlInvoices
from gateway.storage.journals import SqlJournals
from gateway.storage.legal_entities import SqlLegalEntities
from gateway.storage.live_counts import SqlLiveCounts
from gateway.storage.provider_differences import SqlProviderDifferences
from gateway.storage.received_webhooks import SqlReceivedWebhooks
from gateway.storage.reports import SqlReports
from gateway.storage.rerating import SqlRerating
from gateway.storage.revenue import SqlRevenue
from gateway.storage.reviews import SqlReviews
from gateway.storage.shadow import SqlShadow
from gateway.storage.switch_plans import SqlSwitchPlans
from gateway.storage.switches import SqlSwitches
from gateway.storage.webhooks import SqlWebhooks


class SqlUnitOfWork:
    """See `UnitOfWork`; each repository is made when it is first asked for."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def before_commit(self) -> None:
        """Write what was put off, so that the rows it locks are locked for the shortest time and in one order."""
        if "books" in self.__dict__:
            self.books.flush()
        if "feeds" in self.__dict__:
            self.feeds.flush()

    @cached_property
    def log(self) -> SqlEventLog:
        """The event log."""
        return SqlEventLog(self.connection)

    @cached_property
    def definitions(self) -> SqlDefinitions:
        """Event types, meters, plans, customers and subscriptions."""
        return SqlDefinitions(self.connection)

    @cached_property
    def live(self) -> SqlLiveCounts:
        """The live projection of the log."""
        return SqlLiveCounts(self.connection)

    @cached_property
    def invoices(self) -> SqlInvoices:
        """Invoices with their lines and holds."""
        return SqlInvoices(self.connection, self.feeds)

    @cached_property
    def terms(self) -> SqlBillingTerms:
        """Coupons, redemptions and tax rates."""
        return SqlBillingTerms(self.connection)

    @cached_property
    def credit_notes(self) -> SqlCreditNotes:
        """Credit notes, and who voided what."""
        return SqlCreditNotes(self.connection, self.feeds)

    @cached_property
    def books(self) -> SqlBooks:
        """The ledger."""
        return SqlBooks(self.connection, self.accounting_periods, self.feeds)

    @cached_property
    def feeds(self) -> SqlFeeds:
        """What was committed, numbered for exports."""
        return SqlFeeds(self.connection)

    @cached_property
    def accounting_periods(self) -> SqlAccountingPeriods:
        """Which months of the books are closed."""
        return SqlAccountingPeriods(self.connection)

    @cached_property
    def revenue(self) -> SqlRevenue:
        """What is earned when, and how far the books are with it."""
        return SqlRevenue(self.connection)

    @cached_property
    def rerating(self) -> SqlRerating:
        """Jobs that rate billed periods again, and what they found."""
        return SqlRerating(self.connection)

    @cached_property
    def switches(self) -> SqlSwitches:
        """Switches of customers to other connections."""
        return SqlSwitches(self.connection)

    @cached_property
    def switch_plans(self) -> SqlSwitchPlans:
        """Plans of switches."""
        return SqlSwitchPlans(self.connection)

    @cached_property
    def shadow(self) -> SqlShadow:
        """The shadow run."""
        return SqlShadow(self.connection)

    @cached_property
    def credits(self) -> SqlCredits:
        """Wallets with their grants, and what moved."""
        return SqlCredits(self.connection)

    @cached_property
    def reports(self) -> SqlReports:
        """Sums over the ledger."""
        return SqlReports(self.connection)

    @cached_property
    def journals(self) -> SqlJournals:
        """Journals that accounting systems are sent."""
        return SqlJournals(self.connection)

    @cached_property
    def legal_entities(self) -> SqlLegalEntities:
        """Who issues invoices and keeps books."""
        return SqlLegalEntities(self.connection)

    @cached_property
    def deliveries(self) -> SqlDeliveries:
        """The outbox, its journal, and what providers call our documents."""
        return SqlDeliveries(self.connection)

    @cached_property
    def connections(self) -> SqlConnections:
        """The sealed state of connections."""
        return SqlConnections(self.connection)

    @cached_property
    def differences(self) -> SqlProviderDifferences:
        """What providers hold, and where that differs from ours."""
        return SqlProviderDifferences(self.connection)

    @cached_property
    def received(self) -> SqlReceivedWebhooks:
        """Webhooks that providers send."""
        return SqlReceivedWebhooks(self.connection)

    @cached_property
    def webhooks(self) -> SqlWebhooks:
        """Webhooks that the gateway sends."""
        return SqlWebhooks(self.connection)

    @cached_property
    def reviews(self) -> SqlReviews:
        """What waits for a person."""
        return SqlReviews(self.connection)

    @cached_property
    def audit(self) -> SqlAuditLog:
        """Who did what to what."""
        return SqlAuditLog(self.connection)

    @cached_property
    def access(self) -> SqlAccess:
        """API keys, secrets and remembered requests."""
        return SqlAccess(self.connection)
