"""Invoices: their lines, and their states."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from gateway.core.addressee import Addressee
from gateway.core.errors import CurrencyMismatch, IllegalTransition
from gateway.core.invoicing.discounts import DiscountShare
from gateway.core.invoicing.document_issuer import DocumentIssuer
from gateway.core.invoicing.taxes import TaxShare
from gateway.core.invoicing.terms import NO_TERMS, Terms
from gateway.core.legal_entity import DEFAULT_ENTITY
from gateway.core.metering.meter import Dimensions
from gateway.core.money import Money, minor_unit_places
from gateway.core.periods.period import BillingPeriod
from gateway.core.plans.plan import Timing
from gateway.core.rating.rated import RatingStep, Transaction


class InvoiceStatus(StrEnum):
    """Where a document is in its life; payment is separate."""

    DRAFT = "draft"
    HELD = "held"
    APPROVED = "approved"
    FINALIZED = "finalized"
    VOID = "void"


class PaymentStatus(StrEnum):
    """What the provider says about the money."""

    UNPAID = "unpaid"
    PAID = "paid"
    UNCOLLECTIBLE = "uncollectible"
    VOID = "void"


class PaidBy(StrEnum):
    """What paid an invoice; of several the first in this order.

    Below minimum: nothing did, because the provider does not collect so little and calls it paid. Nothing was to be
    paid of an invoice over nothing, which is paid by none of these.
    """

    PAYMENT = "payment"
    OUT_OF_BAND = "out_of_band"
    CREDIT = "credit"
    BELOW_MINIMUM = "below_minimum"


_FOLLOWING = {
    InvoiceStatus.DRAFT: {InvoiceStatus.HELD, InvoiceStatus.APPROVED, InvoiceStatus.VOID},
    InvoiceStatus.HELD: {InvoiceStatus.APPROVED, InvoiceStatus.VOID},
    InvoiceStatus.APPROVED: {InvoiceStatus.FINALIZED, InvoiceStatus.VOID},
    InvoiceStatus.FINALIZED: {InvoiceStatus.VOID},
    InvoiceStatus.VOID: set(),
}


PROGRESSIVE = "progressive"
"""The kind of an invoice over usage of a period that runs."""

ADJUSTMENT = "adjustment"
"""The kind of an invoice over what re-rating a billed period found owed, where no next invoice comes."""

BILLED_BEFORE = "billed before"
"""The label of the only step of a line that takes off what was billed of its usage before."""

RATED_AGAIN = "rated again"
"""The label of the first step of an adjustment: what its period comes to by now."""


@dataclass(frozen=True, slots=True)
class InvoiceKey:
    """What an invoice bills; at most one live invoice has each key.

    A progressive invoice has the beginning of its period for a boundary, which stays where the period is cut short.
    """

    subscription_id: str
    boundary_at: datetime
    kind: str = "period"
    sequence: int = 0


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """One price over one service period. `exact_amount` is what was rated, before the one rounding to `amount`.

    `steps` sum to the exact amount; for a fee of a part of a period they are those of the whole, as their label says.
    `discounts` come off the amount, and `taxes` on top of what that leaves.
    """

    price: str
    description: str
    period: BillingPeriod
    quantity: Decimal
    amount: Money
    exact_amount: str
    steps: tuple[RatingStep, ...]
    timing: Timing
    dimensions: Dimensions = ()
    meter: str | None = None
    meter_version: int | None = None
    discounts: tuple[DiscountShare, ...] = ()
    taxes: tuple[TaxShare, ...] = ()

    @property
    def is_fee_in_advance(self) -> bool:
        """Whether it is for the passing of a period that has not passed yet."""
        return self.meter is None and self.timing is Timing.IN_ADVANCE

    @property
    def is_billed_before(self) -> bool:
        """Whether it takes off what earlier invoices billed of the same usage."""
        return any(step.label == BILLED_BEFORE for step in self.steps)

    @property
    def is_adjustment(self) -> bool:
        """Whether it is what re-rating a billed period found; its discounts and taxes are those of that period."""
        return bool(self.steps) and self.steps[0].label == RATED_AGAIN

    @property
    def discount(self) -> Money:
        """What comes off in all."""
        return self._sum(share.amount for share in self.discounts)

    @property
    def net(self) -> Money:
        """The amount after discounts, before tax."""
        return self.amount - self.discount

    @property
    def tax(self) -> Money:
        """The line's shares of all taxes."""
        return self._sum(share.amount for share in self.taxes)

    @property
    def gross(self) -> Money:
        """What is to be paid for the line."""
        return self.net + self.tax

    @property
    def exact_discount_minor(self) -> Fraction:
        """What comes off in all, in minor units, before it was spread in whole ones."""
        return sum((share.exact_minor for share in self.discounts), Fraction(0))

    @property
    def exact_net_minor(self) -> Fraction:
        """The net amount in minor units, before the amount and the shares of discounts were rounded."""
        exact = Fraction(self.exact_amount) * Fraction(10) ** minor_unit_places(self.amount.currency)
        return exact - self.exact_discount_minor

    def _sum(self, amounts: Iterable[Money]) -> Money:
        return sum(amounts, Money.zero(self.amount.currency))


@dataclass(frozen=True, slots=True)
class Invoice:
    """A bill for one boundary of a subscription; its content never changes once finalized.

    `cut_off` is the log position up to which events were counted, and `meter_versions` how many versions each priced
    meter had then: together they replay the counts. `inputs_hash` covers all that rating read. `terms` are those that
    applied when it was drafted, whatever becomes of coupons and tax rates. `legal_entity` issues it, in
    the version that is pinned when it is finalized. `billed_before` are the ids of the invoices that billed a part of
    its usage before, in order; lines of it take that off. Whom it is for, until when what is due is to be paid, and who
    numbers the legal invoice are pinned when it is finalized.
    """

    id: str
    key: InvoiceKey
    customer: str
    plan: str
    plan_version: int
    currency: str
    issued_on: date
    cut_off: int
    inputs_hash: str
    engine_version: int
    lines: tuple[InvoiceLine, ...]
    status: InvoiceStatus = InvoiceStatus.DRAFT
    payment_status: PaymentStatus = PaymentStatus.UNPAID
    paid_by: PaidBy | None = None
    number: str | None = None
    finalized_at: datetime | None = None
    meter_versions: tuple[tuple[str, int], ...] = ()
    terms: Terms = NO_TERMS
    legal_entity: str = DEFAULT_ENTITY
    legal_entity_version: int | None = None
    billed_before: tuple[str, ...] = ()
    addressee: Addressee | None = None
    due_on: date | None = None
    numbered_by: DocumentIssuer = DocumentIssuer.GATEWAY

    def __post_init__(self) -> None:
        for line in self.lines:
            if line.amount.currency != self.currency:
                wrong = f"line {line.price!r} is in {line.amount.currency}"
                raise CurrencyMismatch(f"Invoice {self.id} is in {self.currency}, but its {wrong}")

    @property
    def subtotal(self) -> Money:
        """The sum of the rounded lines, before discounts and taxes."""
        return self._sum(line.amount for line in self.lines)

    @property
    def discount(self) -> Money:
        """What all discounts take off."""
        return self._sum(line.discount for line in self.lines)

    @property
    def net(self) -> Money:
        """The sum of the lines after discounts, before tax."""
        return self.subtotal - self.discount

    @property
    def tax(self) -> Money:
        """The taxes of all rates."""
        return self._sum(line.tax for line in self.lines)

    @property
    def total(self) -> Money:
        """The net amount and the taxes; below zero where more is given back than billed."""
        return self.net + self.tax

    @property
    def payable(self) -> Money:
        """What is to be paid: the total, or nothing where it is below zero."""
        return self.total + self.carried_over

    @property
    def carried_over(self) -> Money:
        """What a total below zero leaves the customer, as credit from the day on which the invoice is final."""
        return Money(max(0, -self.total.amount_minor), self.currency)

    def moved_to(self, status: InvoiceStatus) -> "Invoice":
        """This invoice in `status`. Raises `IllegalTransition` if that cannot follow the present one."""
        if status not in _FOLLOWING[self.status]:
            raise IllegalTransition(f"Invoice {self.id} is {self.status} and cannot become {status}")
        return replace(self, status=status)

    def finalized(
        self,
        number: str,
        at: datetime,
        legal_entity_version: int = 1,
        addressee: Addressee | None = None,
        due_on: date | None = None,
        numbered_by: DocumentIssuer = DocumentIssuer.GATEWAY,
    ) -> "Invoice":
        """This invoice, approved before, with its number, by and for whom it is, and until when to pay it."""
        return replace(
            self.moved_to(InvoiceStatus.FINALIZED),
            number=number,
            finalized_at=at,
            legal_entity_version=legal_entity_version,
            addressee=addressee,
            due_on=due_on,
            numbered_by=numbered_by,
        )

    def _sum(self, amounts: Iterable[Money]) -> Money:
        return sum(amounts, Money.zero(self.currency))


@dataclass(frozen=True, slots=True)
class MeteredQuantity:
    """A counted quantity to rate: a meter's version, dimension values and how much.

    The single `transactions` are there where the meter's price rates each by itself.
    """

    meter: str
    version: int
    dimensions: Dimensions
    quantity: Decimal
    transactions: tuple[Transaction, ...] = ()
