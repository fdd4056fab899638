"""An invoice line as a sentence that a customer understands."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from gateway.core.invoicing.invoice import InvoiceLine
from gateway.core.invoicing.line_units import plural, units_of
from gateway.core.metering.meter import UncountableReason
from gateway.core.numbers import grouped, plain
from gateway.core.periods.period import BillingPeriod
from gateway.core.plans.plan import PlanVersion
from gateway.core.plans.price_models import FlatFee
from gateway.services.usage_terms import money, usage_terms

LeftOut = tuple[tuple[UncountableReason, int], ...]

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_DAY = timedelta(days=1)
_REASONS = {
    UncountableReason.MISSING: "no value",
    UncountableReason.NOT_A_NUMBER: "a value that is not a number",
    UncountableReason.TOO_LARGE: "a value that is too large",
    UncountableReason.NOT_A_SCALAR: "a list or an object for a value",
}


def line_sentence(
    line: InvoiceLine, plan: PlanVersion, unit: str | None, zone: ZoneInfo, left_out: LeftOut = ()
) -> str:
    """How the amount of `line` came about, in one sentence, and one more about what was left out."""
    price = next((price for price in plan.prices if price.key == line.price), None)
    if line.is_billed_before:
        sentence = f"{line.description}, {_span_of_usage(line.period, zone)}: {_amount(line)}."
    elif line.is_adjustment:
        sentence = f"{line.description} {_span_of_usage(line.period, zone)}, {_again(line)}."
    elif price is None or isinstance(price.model, FlatFee):
        sentence = f"{line.description} for {_span(line.period, zone)}: {_fee_terms(line)} {_amount(line)}."
    else:
        of = f" with {line.dimensions[0][0]} {line.dimensions[0][1]}" if line.dimensions else ""
        subject = f"{_counted(line.quantity, unit or 'unit')}{of} {_span_of_usage(line.period, zone)}"
        is_free = not line.quantity and not line.amount.amount_minor
        terms = "" if is_free else f"{usage_terms(price, line)} {'makes' if line.quantity == 1 else 'make'} "
        sentence = f"{subject}: {terms}{_amount(line)}."
    return f"{sentence} {_left_out_sentence(left_out)}" if left_out else sentence


def _fee_terms(line: InvoiceLine) -> str:
    """The one step of a fee or a true-up, as its label says."""
    step = line.steps[0]
    label = step.label.removeprefix("flat fee").removeprefix(", ")
    if not label:
        return "a flat fee of"
    if label.endswith("for a part of the period"):
        return f"{money(step.unit_amount, line)} for a whole period, {label}, makes"
    return f"{'the ' if label.startswith('commitment') else ''}{label}, makes"


def _again(line: InvoiceLine) -> str:
    """`rated again: 14.00 instead of 24.00 make -10.00 EUR`."""
    after, before = line.steps[0], line.steps[1]
    return f"{after.label}: {money(after.amount, line)} instead of {money(-before.amount, line)} make {_amount(line)}"


def _amount(line: InvoiceLine) -> str:
    amount = f"{line.amount.amount:,f} {line.amount.currency}"
    is_rounded = line.exact_amount != plain(line.amount.amount)
    return f"{amount}, rounded from {_exact(line.exact_amount)}" if is_rounded else amount


def _exact(text: str) -> str:
    return text if "/" in text else grouped(Decimal(text))


def _counted(quantity: Decimal, unit: str) -> str:
    if not quantity:
        return f"No {plural(unit)}"
    return f"{grouped(quantity)} {units_of(quantity, unit)}"


def _span_of_usage(period: BillingPeriod, zone: ZoneInfo) -> str:
    span = _span(period, zone)
    return f"from {span}" if " to " in span else f"on {span}"


def _span(period: BillingPeriod, zone: ZoneInfo) -> str:
    """`1 to 31 January 2013`: the last day is included; with the time of day where days are cut."""
    start, end = period.start.astimezone(zone), period.end.astimezone(zone)
    if _has_time(start) or _has_time(end):
        return f"{_day(start)}, {start:%H:%M} to {_day(end)}, {end:%H:%M}"
    last = end.replace(tzinfo=None) - _DAY
    if start.date() == last.date():
        return _day(start)
    if (start.year, start.month) == (last.year, last.month):
        return f"{start.day} to {_day(last)}"
    if start.year == last.year:
        return f"{start.day} {_MONTHS[start.month - 1]} to {_day(last)}"
    return f"{_day(start)} to {_day(last)}"


def _day(instant: datetime) -> str:
    return f"{instant.day} {_MONTHS[instant.month - 1]} {instant.year}"


def _has_time(instant: datetime) -> bool:
    return bool(instant.hour or instant.minute or instant.second or instant.microsecond)


def _left_out_sentence(left_out: Sequence[tuple[UncountableReason, int]]) -> str:
    """`2 events are left out: 1 with no value, 1 with a value that is not a number.`"""
    total = sum(count for _, count in left_out)
    claim = f"{total:,} {'event is' if total == 1 else 'events are'} left out"
    if len(left_out) == 1:
        return f"{claim}: {'it has' if total == 1 else 'they have'} {_REASONS[left_out[0][0]]}."
    return f"{claim}: {', '.join(f'{count:,} with {_REASONS[reason]}' for reason, count in left_out)}."
