"""What the books have to say of an invoice by a day, and on which days something of it moves."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from gateway.core.invoicing.invoice import Invoice
from gateway.core.ledger import prepayments, receivables
from gateway.core.legal_entity import LegalEntity
from gateway.core.revenue.account_names import AccountDetails
from gateway.core.revenue.document import RevenueDocument
from gateway.core.revenue.flows import Flow
from gateway.core.revenue.invoice_document import InvoiceHistory, revenue_document, service_days, taxes_of
from gateway.core.revenue.months import month_ends
from gateway.core.revenue.postings import Amounts, Route

_MONEY, _CARRIED_OVER = "money", "carried-over"


@dataclass(frozen=True)
class InvoiceInBooks:
    """A final invoice with all that is known of it; money for it comes in through `connection`.

    Without slots, for what is computed once.
    """

    invoice: Invoice
    issuer: LegalEntity
    history: InvoiceHistory
    connection: str | None = None

    @cached_property
    def document(self) -> RevenueDocument:
        """What is earned of it, and when."""
        return revenue_document(self.invoice, self.issuer, self.history)

    @property
    def last_day(self) -> date:
        """The day after which nothing moves by itself."""
        days = (service_days(line, self.issuer)[1] for line in self.invoice.lines)
        return max(days, default=self.billed_on)

    @property
    def billed_on(self) -> date:
        """The day from which it is owed."""
        assert self.document.billed_on is not None, "an invoice is billed"
        return self.document.billed_on

    @property
    def sources(self) -> list[str]:
        """What its transfers stem from."""
        places = (str(place) for place in range(len(self.invoice.lines)))
        return [f"{self.invoice.id}/{part}" for part in (*places, _MONEY, _CARRIED_OVER)]

    def days(self, through: date) -> list[date]:
        """The days until `through` by whose end something moves: of the invoice, of what happened to it, and the ends
        of the months of its service.
        """
        facts = [fact.on for fact in self.document.facts]
        starts = [service_days(line, self.issuer)[0] for line in self.invoice.lines]
        ends = month_ends(min([*starts, self.billed_on]), min(through, max(self.last_day, self.billed_on)))
        return sorted(day for day in {self.billed_on, through, *facts, *ends} if day <= through)

    def target(self, through: date) -> Amounts:
        """What has moved by the end of a day, as the books write it."""
        amounts: Counter[Route] = Counter()
        for flow, amount in self.document.flows(through).amounts().items():
            amounts[self._route(flow)] += amount
        is_settled = self.billed_on <= through and not self._is_void(through)
        if self.invoice.carried_over.amount_minor and is_settled:
            amounts[self._carried_over] = self.invoice.carried_over.amount_minor
        return amounts

    @cached_property
    def _items(self) -> list[tuple[int, str | None]]:
        """The place of the line of each item of the document, and the tax rate if it is a tax."""
        lines = ((place, None) for place in range(len(self.invoice.lines)))
        return [*lines, *((place, share.rate.key) for place, share in taxes_of(self.invoice))]

    def _route(self, flow: Flow) -> Route:
        place, rate = (None, None) if flow.item is None else self._items[flow.item]
        details = AccountDetails(
            self.invoice.customer, None if place is None else self.invoice.lines[place].price, rate, self.connection
        )
        source = f"{self.invoice.id}/{_MONEY if place is None else place}"
        return Route(source, details.name(flow.debit), details.name(flow.credit))

    @property
    def _carried_over(self) -> Route:
        # A total below zero is settled: what is owed to the customer moves on to credit, which the grant takes up.
        customer = self.invoice.customer
        return Route(f"{self.invoice.id}/{_CARRIED_OVER}", receivables(customer), prepayments(customer))

    def _is_void(self, through: date) -> bool:
        return self.history.voided_on is not None and self.history.voided_on <= through
