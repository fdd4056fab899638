"""Explain an invoice line down to its events: what was counted, what was left out and why, and the arithmetic."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice

from gateway.core.errors import NotFound
from gateway.core.events import LoggedEvent
from gateway.core.invoicing.invoice import Invoice, InvoiceLine
from gateway.core.metering.meter import Meter, MeterVersion, UncountableReason
from gateway.core.metering.recount import CountingScope
from gateway.core.metering.values import Value, dimension_values, event_value, property_texts
from gateway.core.ports.storage import UnitOfWork
from gateway.core.rerating.differences import place_of
from gateway.core.rerating.revision import as_revised
from gateway.services.count_periods import counting_scope
from gateway.services.installation import Installation
from gateway.services.line_sentence import LeftOut, line_sentence
from gateway.services.read_log import logged_events_of
from gateway.services.replay_invoice import Replay, billed_boundary, meters_of, replay_invoice, span_of


@dataclass(frozen=True, slots=True)
class ExplainedEvent:
    """An event that a line's meter read, and the value it counted; or the reason why it was left out."""

    logged: LoggedEvent
    value: Value
    reason: UncountableReason | None


@dataclass(frozen=True, slots=True)
class LineExplanation:
    """How a line came about, found by counting again from the raw log at the invoice's cut-off.

    `agrees` says whether that gave the same line. `meter_version`, `events` and `left_out` are empty for fees.
    """

    invoice: Invoice
    ordinal: int
    line: InvoiceLine
    meter_version: MeterVersion | None
    events: int
    left_out: LeftOut
    replayed_quantity: Decimal
    agrees: bool
    sentence: str


def explain_line(installation: Installation, invoice_id: str, ordinal: int) -> LineExplanation:
    """Replay one line of an invoice. Raises `NotFound` if there is no such invoice or line."""
    return installation.storage.read(lambda unit: _explain(unit, *_line(unit, invoice_id, ordinal), ordinal))


def line_events(
    installation: Installation, invoice_id: str, ordinal: int, after: int, limit: int, is_counted: bool = True
) -> list[ExplainedEvent]:
    """Up to `limit` events behind a line, after position `after`: those counted, or else those left out.

    Raises `NotFound` if there is no such invoice or line.
    """

    def read(unit: UnitOfWork) -> list[ExplainedEvent]:
        invoice, line = _line(unit, invoice_id, ordinal)
        rated = _rated(unit, invoice, ordinal)
        reading = _reading(unit, rated, line)
        return [] if reading is None else list(islice(_events(unit, rated, reading, after, is_counted), limit))

    return installation.storage.read(read)


@dataclass(frozen=True, slots=True)
class _Reading:
    """How the meter of a line reads events."""

    scope: CountingScope
    meter: Meter
    line: InvoiceLine

    def read(self, logged: LoggedEvent) -> ExplainedEvent | None:
        """What an event contributes to the line; None if the line has nothing to do with it."""
        event = logged.event
        version = self.scope.version_for(self.meter, event)
        if version is None:
            return None
        dimensions = dict(dimension_values(version, property_texts(event.properties, version.dimensions)))
        if any(dimensions.get(name, "") != value for name, value in self.line.dimensions):
            return None
        value = event_value(version, event.properties)
        if isinstance(value, UncountableReason):
            return ExplainedEvent(logged, None, value)
        return ExplainedEvent(logged, value, None)


@dataclass(slots=True)
class _Tally:
    """How many events a line counted, and how many it left out for which reason."""

    reading: _Reading | None
    events: int = 0
    left_out: Counter[UncountableReason] = field(default_factory=Counter)

    def watch(self, logged: LoggedEvent) -> None:
        found = self.reading.read(logged) if self.reading else None
        if found is None:
            return
        if found.reason is None:
            self.events += 1
        else:
            self.left_out[found.reason] += 1


def _line(unit: UnitOfWork, invoice_id: str, ordinal: int) -> tuple[Invoice, InvoiceLine]:
    invoice = unit.invoices.get(invoice_id)
    if not 0 <= ordinal < len(invoice.lines):
        raise NotFound(f"Invoice {invoice_id} has no line {ordinal}; its lines are 0 to {len(invoice.lines) - 1}")
    return invoice, invoice.lines[ordinal]


def _rated(unit: UnitOfWork, invoice: Invoice, ordinal: int) -> Invoice:
    """The invoice whose period a line is about: itself, or for an adjustment the one that was rated again."""
    if not invoice.lines[ordinal].is_adjustment:
        return invoice
    adjustment = unit.rerating.billed_on(invoice.id)[ordinal - len(invoice.lines)]
    revision = unit.rerating.by_ids([adjustment.revision_id])[adjustment.revision_id]
    return as_revised(unit.invoices.get(revision.invoice_id), revision)


def _explain(unit: UnitOfWork, invoice: Invoice, line: InvoiceLine, ordinal: int) -> LineExplanation:
    rated = _rated(unit, invoice, ordinal)
    tally = _Tally(_reading(unit, rated, line))
    replay = replay_invoice(unit, rated, tally.watch)
    replayed = _same_line(replay, line)
    left_out = tuple(sorted(tally.left_out.items()))
    version = _meter_version(tally.reading)
    sentence = line_sentence(
        line, replay.billed.plan, version.unit if version else None, replay.billed.subscription.zone, left_out
    )
    return LineExplanation(
        invoice=invoice,
        ordinal=ordinal,
        line=line,
        meter_version=version,
        events=tally.events,
        left_out=left_out,
        replayed_quantity=replayed.quantity if replayed else Decimal(0),
        agrees=_comes_to_the_same(replay, line) if line.is_adjustment else replayed == line,
        sentence=sentence,
    )


def _reading(unit: UnitOfWork, invoice: Invoice, line: InvoiceLine) -> _Reading | None:
    """How the line's meter reads events; None for a fee, and for what earlier invoices billed."""
    if line.meter is None or line.is_billed_before:
        return None
    meters = meters_of(unit, invoice)
    scope = counting_scope(billed_boundary(unit, invoice), meters)
    return None if scope is None else _Reading(scope, meters[line.meter], line)


def _meter_version(reading: _Reading | None) -> MeterVersion | None:
    """The version named on the line: the newest one that it counted by."""
    if reading is None:
        return None
    return next(each for each in reading.meter.versions if each.version == reading.line.meter_version)


def _same_line(replay: Replay, line: InvoiceLine) -> InvoiceLine | None:
    return next((each for each in replay.invoice.lines if _place(each) == _place(line)), None)


def _comes_to_the_same(replay: Replay, line: InvoiceLine) -> bool:
    """Whether the period of an adjustment comes to what its first step says."""
    amounts = (each.amount.amount for each in replay.invoice.lines if place_of(each) == place_of(line))
    return sum(amounts, Decimal(0)) == line.steps[0].amount


def _place(line: InvoiceLine) -> tuple[object, ...]:
    """What tells a line apart from all others of its invoice."""
    return line.price, line.dimensions, line.period, line.is_billed_before


def _events(
    unit: UnitOfWork, invoice: Invoice, reading: _Reading, after: int, is_counted: bool
) -> Iterator[ExplainedEvent]:
    for logged in logged_events_of(unit, invoice.customer, span_of(reading.scope, invoice, after)):
        found = reading.read(logged)
        if found is not None and (found.reason is None) == is_counted:
            yield found
