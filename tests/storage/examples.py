"""Core values for storage tests, each with a default for all that a test does not care about."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from gateway.core.audit import AuditAction, AuditEntry
from gateway.core.delivery import Delivery
from gateway.core.invoicing.credit_notes import CreditNote, CreditNoteLine, Disposition
from gateway.core.invoicing.discounts import Coupon, Discount, Percent
from gateway.core.invoicing.invoice import Invoice, InvoiceKey, InvoiceLine
from gateway.core.invoicing.recorded_payments import RecordedPayment
from gateway.core.invoicing.taxes import TaxRate, TaxShare
from gateway.core.ledger import JournalEntry, Transfer
from gateway.core.metering.meter import Aggregation, Filter, Meter, MeterVersion, UncountableRule
from gateway.core.money import Money
from gateway.core.periods.period import BillingPeriod, Interval, IntervalUnit
from gateway.core.plans.plan import FlatFee, Graduated, PlanVersion, Price, Tier, Timing
from gateway.core.ports.event_log import EventBlock, IdentityRun
from gateway.core.ports.rerating import RerateJob, Selection
from gateway.core.ports.storage import UnitOfWork
from gateway.core.rating.rate import RatingStep
from gateway.core.rerating.revision import Booked, BookedAs, Changes, Revision
from gateway.core.subscriptions.subscription import Customer, Subscription

NOON = datetime(2026, 3, 1, 12, 0, 0, 123_456, tzinfo=UTC)
MONTH = Interval(IntervalUnit.MONTH)


def customer(number: int = 1) -> Customer:
    """Customer `acme-1` and following."""
    return Customer(f"cus_{number}", f"acme-{number}", f"Acme {number}", f"billing{number}@acme.example")


def subscription(number: int = 1, customer: str = "acme-1", **changes: Any) -> Subscription:
    """A monthly subscription to plan `standard` from 1 January 2026 on."""
    made = Subscription(
        id=f"sub_{number}",
        key=f"{customer}/{number}",
        customer=customer,
        plan="standard",
        plan_version=1,
        interval=MONTH,
        starts_at=datetime(2026, 1, 1, tzinfo=UTC),
        ends_at=None,
        anchor=datetime(2026, 1, 1, tzinfo=UTC),
        time_zone="Europe/Berlin",
    )
    return replace(made, **changes)


def meter(versions: int = 1) -> Meter:
    """A meter that sums `bytes` per region."""
    first = MeterVersion(
        key="traffic",
        version=1,
        event_type="request",
        aggregation=Aggregation.SUM,
        unit="byte",
        value_property="bytes",
        dimensions=("region", "tier"),
        filters=(Filter("status", ("ok", "partial")),),
        when_missing=UncountableRule.SKIP,
    )
    later = [replace(first, version=n, effective_from=NOON + timedelta(days=n)) for n in range(2, versions + 1)]
    return Meter("traffic", "Traffic", (first, *later))


def plan(version: int = 1, name: str = "standard") -> PlanVersion:
    """A plan with a fee and graduated usage."""
    tiers = (Tier(Decimal(1000), Decimal("0.000000000000000001")), Tier(None, Decimal("0.5")))
    prices = (
        Price("base", "Base fee", FlatFee(Decimal("49.90")), timing=Timing.IN_ADVANCE),
        Price("traffic", "Traffic", Graduated(tiers), meter="traffic"),
    )
    return PlanVersion(name, version, "Standard", "EUR", MONTH, prices, grace=timedelta(hours=6), published_at=NOON)


def line(amount_minor: int = 1250, **changes: Any) -> InvoiceLine:
    """A line over February 2026."""
    step = RatingStep("tier 1", Decimal("12.500"), Decimal("1.00"), Decimal("0E+2"), Decimal("12.5000"))
    made = InvoiceLine(
        price="traffic",
        description="Traffic (eu, größer)",
        period=BillingPeriod(datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)),
        quantity=Decimal("12.5"),
        amount=Money(amount_minor, "EUR"),
        exact_amount="12.5",
        steps=(step,),
        timing=Timing.IN_ARREARS,
        dimensions=(("region", "eu"), ("tier", "größer")),
        meter="traffic",
        meter_version=1,
    )
    return replace(made, **changes)


def invoice(ordinal: int = 1, lines: tuple[InvoiceLine, ...] = (line(),), **changes: Any) -> Invoice:
    """A draft for subscription 1; each ordinal is of another boundary."""
    made = Invoice(
        id=f"inv_{ordinal}",
        key=InvoiceKey("sub_1", datetime(2026, 3, 1, tzinfo=UTC) + timedelta(days=ordinal)),
        customer="acme-1",
        plan="standard",
        plan_version=1,
        currency="EUR",
        issued_on=date(2026, 3, 1),
        cut_off=ordinal * 1000,
        inputs_hash="ab" * 32,
        engine_version=1,
        lines=lines,
    )
    return replace(made, **changes)


def coupon(key: str = "spring", **changes: Any) -> Coupon:
    """A tenth off one invoice."""
    return replace(Coupon(Discount(key, Percent(Decimal(10)))), **changes)


def credit_note(number: int = 1, invoice_number: int = 1, **changes: Any) -> CreditNote:
    """A credit note over 5.00 and a tax of 0.95 on line 0 of an invoice."""
    tax = TaxShare(TaxRate("vat", Decimal("19.0")), Money(95, "EUR"), Fraction(285, 3))
    made = CreditNote(
        id=f"cn_{number}",
        invoice_id=f"inv_{invoice_number}",
        customer="acme-1",
        currency="EUR",
        issued_on=date(2026, 3, 2),
        reason="Ausfall für größere Kunden",
        lines=(CreditNoteLine(0, Money(525, "EUR"), Money(25, "EUR"), (tax,)),),
        dispositions=((Disposition.REFUND, Money(500, "EUR")), (Disposition.WALLET, Money(95, "EUR"))),
        created_at=NOON,
        number=f"CN-{number:06}",
    )
    return replace(made, **changes)


def entry(number: int = 1, amount_minor: int = 1250, **changes: Any) -> JournalEntry:
    """What finalizing invoice `number` books."""
    transfer = Transfer("receivables:acme-1", "revenue:traffic", Money(amount_minor, "EUR"), f"inv_{number}/0")
    made = JournalEntry(f"invoice-finalized:inv_{number}", date(2026, 3, 1), NOON, (transfer,))
    return replace(made, **changes)


def delivery(number: int = 1, **changes: Any) -> Delivery:
    """Invoice `number` on its way, due at noon."""
    return replace(Delivery(f"dlv_{number}", "main", f"inv_{number}", due_at=NOON), **changes)


def block(first_position: int, count: int = 2, occurred_at: datetime = NOON) -> EventBlock:
    """Events that all occurred at one time."""
    body = b"\x00body from %d" % first_position
    return EventBlock(first_position, count, NOON, "json", body, (), occurred_at, occurred_at)


def append(unit: UnitOfWork, source: str, ids: list[str], occurred_at: datetime = NOON) -> int:
    """Append events as one block; the first one's position."""
    head = unit.log.lock_head()
    blocks = [block(head + 1, len(ids), occurred_at)]
    unit.log.append(blocks, [IdentityRun(source, head + 1, ids)], head + len(ids))
    return head + 1


def store_subscription(unit: UnitOfWork, customers: int = 1) -> None:
    """Customers with one subscription each, numbered from 1."""
    for number in range(1, customers + 1):
        unit.definitions.add_customer(customer(number), NOON)
        unit.definitions.add_subscription(subscription(number, f"acme-{number}"))


def recorded_payment(**changes: Any) -> RecordedPayment:
    """Ten of the sixteen that are due of the first invoice, by bank transfer."""
    amount, due = Money(1000, "EUR"), Money(1600, "EUR")
    made = RecordedPayment("pay_1", "inv_1", amount, due, date(2026, 3, 1), "bank transfer", "RF18", "ada", NOON)
    return replace(made, **changes)


def audit_entry(number: int = 1, **changes: Any) -> AuditEntry:
    """Somebody voided an invoice."""
    entry = AuditEntry(f"aud_{number}", NOON, "ada", AuditAction.INVOICE_VOIDED, "inv_1", "acme-1", "billed twice")
    return replace(entry, **changes)


def rerate_job(**changes: Any) -> RerateJob:
    """Late events of every invoice are counted."""
    made = RerateJob("job_1", "ada", "late events", Selection(), Changes(cut_off=9), False, None, NOON)
    return replace(made, **changes)


def revision(**changes: Any) -> Revision:
    """The first invoice came to a little more."""
    booked = (Booked(BookedAs.ADJUSTMENT, line()),)
    return replace(Revision("rev_1", "inv_1", 1, "job_1", 9, (), 1, NOON, booked), **changes)
