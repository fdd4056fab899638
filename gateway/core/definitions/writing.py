"""Definitions as documents of plain values, for storage: the shape that people write, with nothing left out."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from gateway.core.definitions.reading_meters import read_meter_version
from gateway.core.definitions.reading_plans import read_plan
from gateway.core.definitions.tables import Faults, Table
from gateway.core.definitions.writing_meters import filter_document, meter_options_document
from gateway.core.definitions.writing_prices import model_document, terms_document, text
from gateway.core.errors import InvalidDefinition
from gateway.core.metering.meter import MeterVersion
from gateway.core.periods.proration import Proration
from gateway.core.plans.invoice_thresholds import InvoiceThresholds
from gateway.core.plans.plan import Commitment, PlanVersion, Price
from gateway.core.time import EPOCH, instant_text

T = TypeVar("T")
Document = dict[str, object]


def meter_version_document(version: MeterVersion) -> Document:
    """A meter version as JSON-able values, from which `meter_version_from` makes an equal one."""
    return {
        "key": version.key,
        "version": version.version,
        "event_type": version.event_type,
        "aggregation": version.aggregation.value,
        "unit": version.unit,
        "value": version.value_property,
        "dimensions": list(version.dimensions),
        "filters": [filter_document(rule) for rule in version.filters],
        "on_missing": version.when_missing.value,
        "on_invalid": version.when_invalid.value,
        "effective_from": instant_text(version.effective_from),
        **meter_options_document(version),
    }


def meter_version_from(document: Mapping[str, object]) -> MeterVersion:
    """The meter version that a document describes. Raises `InvalidDefinition` with every fault."""
    faults = Faults()
    table = Table(document, "", faults)
    number = table.whole("version", 1)
    version = table.build_whole(lambda: replace(read_meter_version(table, table.key("key")), version=number))
    return _sound(version, faults)


def plan_document(plan: PlanVersion) -> Document:
    """A plan version as JSON-able values, from which `plan_from` makes an equal one."""
    document: Document = {
        "key": plan.plan,
        "version": plan.version,
        "name": plan.name,
        "currency": plan.currency,
        "interval": plan.interval.unit.value,
        "interval_count": plan.interval.count,
        "grace_period_seconds": int(plan.grace.total_seconds()),
        "published_at": None if plan.published_at is None else instant_text(plan.published_at),
        "prices": [_price_document(price) for price in plan.prices],
        "commitments": [_commitment_document(commitment) for commitment in plan.commitments],
    }
    if plan.proration is not Proration.SECOND:
        document["proration"] = plan.proration.value
    if plan.invoice_thresholds is not None:
        document["invoice_thresholds"] = _thresholds_document(plan.invoice_thresholds)
    return document


def plan_from(document: Mapping[str, object]) -> PlanVersion:
    """The plan version that a document describes. Raises `InvalidDefinition` with every fault."""
    faults = Faults()
    table = Table(document, "", faults)
    number = table.whole("version", 1)
    published_at = table.instant("published_at", EPOCH) if table.has("published_at") else None
    _, plan = read_plan(table, known=None, plans={})
    return replace(_sound(plan, faults), version=number, published_at=published_at)


def _sound(made: T | None, faults: Faults) -> T:
    if made is None:
        raise InvalidDefinition(faults.found)
    return made


def _price_document(price: Price) -> Document:
    shared: Document = {"key": price.key, "name": price.name, "meter": price.meter, "timing": price.timing.value}
    return {**shared, **model_document(price.model), **terms_document(price.terms)}


def _thresholds_document(thresholds: InvoiceThresholds) -> Document:
    given: Document = {
        "period": [text(amount) for amount in thresholds.period],
        "lifetime": [text(amount) for amount in thresholds.lifetime],
        "lifetime_step": None if thresholds.lifetime_step is None else text(thresholds.lifetime_step),
    }
    return {name: value for name, value in given.items() if value}


def _commitment_document(commitment: Commitment) -> Document:
    return {
        "key": commitment.key,
        "name": commitment.name,
        "amount": text(commitment.amount),
        "counts": list(commitment.counts),
    }
