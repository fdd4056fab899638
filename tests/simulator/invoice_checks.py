"""Promises 3, 5, 6 and 7 of invoices: one per boundary, over what the model counts, booked once, and never changed."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from sqlite3 import Connection

from gateway.core.invoicing.invoice import Invoice, InvoiceStatus, PaymentStatus
from gateway.core.metering.meter import UncountableReason, UncountableRule
from gateway.core.money import MINOR_UNIT_PLACES
from gateway.core.plans.plan import Commitment, FlatFee, Matrix, PerUnit, PlanVersion, Price, Timing
from gateway.core.ports.storage import UnitOfWork
from gateway.core.subscriptions.subscription import Boundary, boundaries
from gateway.services.replay_invoice import replay_invoice
from tests.simulator.count_model import CountModel, Defined, PeriodCount, count_period
from tests.simulator.promises import PromiseBroken, require, require_same

Line = tuple[str, str, Decimal, int]
"""Price, the dimension value it tells apart, quantity, amount in minor units."""


@dataclass(slots=True)
class InvoiceModel:
    """Every invoice that was seen, as it was when it was seen first and when it was final."""

    seen: dict[str, str] = field(default_factory=dict)
    finalized: dict[str, Invoice] = field(default_factory=dict)

    def changed(self, raw: Connection) -> list[str]:
        """The invoices that were made or have moved since they were seen last."""
        statuses = raw.execute("SELECT id, status FROM invoice ORDER BY id")
        return [invoice_id for invoice_id, status in statuses if self.seen.get(invoice_id) != status]


def check_changed_invoices(
    unit: UnitOfWork, changed: Sequence[str], model: InvoiceModel, counts: CountModel, history: Sequence[Defined]
) -> None:
    """Check what was made or finalized; `history` holds the definitions it may be made by."""
    found = unit.invoices.by_ids(changed)
    for invoice in [found[invoice_id] for invoice_id in changed]:
        if invoice.id not in model.seen:
            _check_made(unit, invoice, counts, history)
        if invoice.status is InvoiceStatus.FINALIZED:
            model.finalized[invoice.id] = invoice
            check_booked(unit, invoice)
        model.seen[invoice.id] = invoice.status


def check_one_for_each(raw: Connection) -> None:
    """One live invoice per subscription, boundary, kind and sequence; numbers without gaps."""
    doubled = raw.execute(
        "SELECT subscription_id, boundary_at, kind, sequence, count(*) FROM invoice WHERE status <> 'void'"
        " GROUP BY 1, 2, 3, 4 HAVING count(*) > 1"
    ).fetchall()
    require_same(3, doubled, [], "boundaries with several live invoices")
    numbers = [number for (number,) in raw.execute("SELECT number FROM invoice WHERE number IS NOT NULL ORDER BY 1")]
    require_same(3, numbers, [f"INV-{n:06}" for n in range(1, len(numbers) + 1)], "invoice numbers")


def check_unchanged(unit: UnitOfWork, model: InvoiceModel) -> None:
    """Finalized invoices are what they were, but for what the provider says of the money."""
    found = unit.invoices.by_ids(list(model.finalized))
    for invoice_id, invoice in model.finalized.items():
        require_same(6, _but_for_payment(found[invoice_id]), _but_for_payment(invoice), f"invoice {invoice_id}")


def check_books(unit: UnitOfWork, model: InvoiceModel) -> None:
    """The ledger holds what the finalized invoices come to, and nothing else."""
    balances = unit.books.balances()
    totals: Counter[str] = Counter()
    for (_, currency), balance in balances.items():
        totals[currency] += balance
    require(5, not any(totals.values()), f"debits less credits are {totals}")
    statuses = {each.id: each.payment_status for each in unit.invoices.by_ids(list(model.finalized)).values()}
    expected: Counter[tuple[str, str]] = Counter()
    for invoice in model.finalized.values():
        if statuses[invoice.id] is PaymentStatus.UNCOLLECTIBLE:
            # What was not earned of it never will be: how much that is depends on the day, so its own books say.
            expected.update(_given_up(unit, invoice))
            continue
        owed = "money" if statuses[invoice.id] is PaymentStatus.PAID else f"receivables:{invoice.customer}"
        expected[owed, invoice.currency] += invoice.total.amount_minor
        for line in invoice.lines:
            expected[f"earned or deferred:{line.price}", invoice.currency] -= line.amount.amount_minor
    found = _by_account((account, currency, balance) for (account, currency), balance in balances.items())
    require_same(5, _but_nothing(found), _but_nothing(expected), "balances")


def _given_up(unit: UnitOfWork, invoice: Invoice) -> Counter[tuple[str, str]]:
    transfers = unit.books.transfers(f"{invoice.id}/")
    moved = [(each.debit_account, invoice.currency, each.amount.amount_minor) for each in transfers]
    moved += [(each.credit_account, invoice.currency, -each.amount.amount_minor) for each in transfers]
    booked = _by_account(moved)
    require(5, not booked[f"receivables:{invoice.customer}", invoice.currency], f"{invoice.id} is given up and owed")
    return booked


def _by_account(balances: Iterable[tuple[str, str, int]]) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for account, currency, balance in balances:
        found[_without_time(account), currency] += balance
    return found


def _without_time(account: str) -> str:
    """What an account is of, whenever it is earned, and wherever it was paid."""
    kind, _, detail = account.partition(":")
    if kind in ("revenue", "deferred_revenue"):
        return f"earned or deferred:{detail}"
    return "money" if kind in ("cash", "settled_outside", "bad_debt") else account


def _but_nothing(balances: Mapping[tuple[str, str], int]) -> dict[tuple[str, str], int]:
    return {account: balance for account, balance in balances.items() if balance}


def check_booked(unit: UnitOfWork, invoice: Invoice) -> None:
    """Each line of a finalized invoice is booked once: owed, and earned unless it is a fee for what comes."""
    found: Counter[tuple[str, str]] = Counter()
    for transfer in unit.books.transfers(f"{invoice.id}/"):
        for account, signed in ((transfer.debit_account, 1), (transfer.credit_account, -1)):
            found[transfer.source, account.partition(":")[0]] += signed * transfer.amount.amount_minor
    for place, line in enumerate(invoice.lines):
        booked = {
            kind: amount for (source, kind), amount in found.items() if source == f"{invoice.id}/{place}" and amount
        }
        amount = line.amount.amount_minor
        earned = booked.pop("revenue", 0) + (booked.pop("deferred_revenue", 0) if line.is_fee_in_advance else 0)
        expected = {"receivables": amount} if amount else {}
        require_same(5, (booked, earned), (expected, -amount), f"what is booked for line {place} of {invoice.id}")


def check_replay(unit: UnitOfWork, invoice: Invoice) -> None:
    """A finalized invoice is rated from the raw log to what it says."""
    replay = replay_invoice(unit, invoice).invoice
    found, expected = (replay.lines, replay.inputs_hash), (invoice.lines, invoice.inputs_hash)
    require_same(6, found, expected, f"the replay of {invoice.id}")


def _check_made(unit: UnitOfWork, invoice: Invoice, counts: CountModel, history: Sequence[Defined]) -> None:
    """A new invoice says what the model counts, by definitions that were in force while it was made."""
    faults = []
    for defined in reversed(history):
        fault = _fault_of(unit, invoice, counts, defined)
        if fault is None:
            return
        faults.append(fault)
    raise PromiseBroken(7, f"invoice {invoice.id} of {invoice.key}: {'; or '.join(faults)}")


def _fault_of(unit: UnitOfWork, invoice: Invoice, counts: CountModel, defined: Defined) -> str | None:
    key = invoice.key
    subscription = next(each for each in defined.subscriptions if each.id == key.subscription_id)
    boundary = next((each for each in boundaries(subscription, key.boundary_at) if each.at == key.boundary_at), None)
    if boundary is None:
        return f"{key.boundary_at} is no boundary of it"
    plan = defined.plan_of(subscription)
    period_count = PeriodCount({}, ())
    if boundary.ended is not None and key.kind == "period":
        period_count = count_period(counts, defined, subscription, boundary.ended, invoice.cut_off)
    holds = any(_holds(defined, meter, version, reason) for _, meter, version, _, reason in period_count.uncounted)
    is_held = bool(unit.invoices.discrepancies([invoice.id]).get(invoice.id))
    if is_held is not (holds and key.kind == "period"):
        return f"it is {'' if is_held else 'not '}held, and should {'' if holds else 'not '}be"
    started = _early_lines(plan, boundary) if key.kind == "advance" or not _has_advance(unit, invoice) else []
    ended = _late_lines(defined, plan, boundary, period_count) if key.kind == "period" else []
    found = sorted(_lines(invoice))
    return None if found == sorted(started + ended) else f"its lines are {found} instead of {sorted(started + ended)}"


def _has_advance(unit: UnitOfWork, invoice: Invoice) -> bool:
    return unit.invoices.by_key(replace(invoice.key, kind="advance")) is not None


def _holds(defined: Defined, meter: str, version: int, reason: UncountableReason) -> bool:
    counted_by = defined.meters[meter].versions[version - 1]
    is_missing = reason is UncountableReason.MISSING
    return (counted_by.when_missing if is_missing else counted_by.when_invalid) is UncountableRule.HOLD


def _early_lines(plan: PlanVersion, boundary: Boundary) -> list[Line]:
    if boundary.started is None or boundary.started_whole is None:
        return []
    share = boundary.started.share_of(boundary.started_whole)
    return [_fee(plan, price, share) for price in plan.prices if price.timing is Timing.IN_ADVANCE]


def _late_lines(defined: Defined, plan: PlanVersion, boundary: Boundary, counted: PeriodCount) -> list[Line]:
    if boundary.ended is None or boundary.ended_whole is None:
        return []
    share = boundary.ended.share_of(boundary.ended_whole)
    lines: list[Line] = []
    for price in plan.prices:
        if price.meter is not None:
            lines += _usage(defined, plan, price, counted)
        elif price.timing is Timing.IN_ARREARS:
            lines.append(_fee(plan, price, share))
    return lines + [line for each in plan.commitments for line in _true_up(plan, each, share, lines)]


def _fee(plan: PlanVersion, price: Price, share: Fraction) -> Line:
    assert isinstance(price.model, FlatFee)
    return price.key, "", Decimal(1), _minor(plan, Fraction(price.model.amount) * share)


def _true_up(plan: PlanVersion, commitment: Commitment, share: Fraction, lines: Sequence[Line]) -> Iterator[Line]:
    counted = sum(amount for price, _, _, amount in lines if price in commitment.counts)
    missing = _minor(plan, Fraction(commitment.amount) * share) - counted
    if missing > 0:
        yield commitment.key, "", Decimal(1), missing


def _usage(defined: Defined, plan: PlanVersion, price: Price, counted: PeriodCount) -> Iterator[Line]:
    model = price.model
    quantities: dict[str, Decimal] = {} if isinstance(model, Matrix) else {"": Decimal(0)}
    for (_, meter, version, dimensions), tally in counted.tallies.items():
        if meter == price.meter:
            value = dict(dimensions).get(model.dimension, "") if isinstance(model, Matrix) else ""
            quantity = tally.quantity(defined.meters[meter].versions[version - 1].aggregation)
            quantities[value] = quantities.get(value, Decimal(0)) + quantity
    for value, quantity in quantities.items():
        if isinstance(model, Matrix):
            unit_amount = model.unit_amounts.get(value, model.default_unit_amount or Decimal(0))
        else:
            assert isinstance(model, PerUnit)
            unit_amount = model.unit_amount
        yield price.key, value, quantity, _minor(plan, Fraction(quantity) * Fraction(unit_amount))


def _minor(plan: PlanVersion, amount: Fraction) -> int:
    """Rounded once, half away from zero."""
    scaled = amount * 10 ** MINOR_UNIT_PLACES[plan.currency]
    halves = int(abs(scaled) + Fraction(1, 2))
    return halves if scaled >= 0 else -halves


def _lines(invoice: Invoice) -> list[Line]:
    return [
        (line.price, line.dimensions[0][1] if line.dimensions else "", line.quantity, line.amount.amount_minor)
        for line in invoice.lines
    ]


def _but_for_payment(invoice: Invoice) -> Invoice:
    return replace(invoice, payment_status=PaymentStatus.UNPAID, paid_by=None)
