"""What is on offer: event types, meters, plans, customers and subscriptions, and how they change."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from gateway.core.definitions.writing import meter_version_document
from gateway.core.metering.meter import Meter
from gateway.core.time import instant_text
from gateway.services.customers import SubscriptionRequest

Document = dict[str, Any]

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
TYPES = ("call", "store", "ping")
LATER_TYPE = "beta"
CUSTOMERS = ("acme", "globex", "initech", "umbrella")
LATER_CUSTOMERS = ("hooli", "soylent")
SKIPPED = {"on_missing": "skip", "on_invalid": "skip"}


def _meter(key: str, event_type: str, aggregation: str, **more: object) -> Document:
    return {"key": key, "name": key.title(), "event_type": event_type, "aggregation": aggregation, "unit": key, **more}


METERS = (
    _meter("calls", "call", "count"),
    _meter("bytes", "call", "sum", value="bytes", dimensions=["zone"], **SKIPPED),
    _meter("users", "call", "unique_count", value="user", **SKIPPED),
    _meter("errors", "call", "count", filters=[{"property": "status", "values": ["500", "503"]}]),
    # What cannot be counted here holds the invoice.
    _meter("storage", "store", "sum", value="gb"),
)
LATER_METER = _meter("betas", LATER_TYPE, "count")


def _usage(meter: str, unit_amount: str) -> Document:
    return {"key": meter, "name": meter.title(), "meter": meter, "model": "per_unit", "unit_amount": unit_amount}


def api_plan(call_amount: str = "0.015", more_prices: Sequence[Document] = ()) -> Document:
    """A monthly plan with a fee in advance, usage and a commitment."""
    zones = {"model": "matrix", "dimension": "zone", "unit_amounts": {"eu": "0.001"}, "default_unit_amount": "0.0005"}
    return {
        "key": "api",
        "name": "API",
        "currency": "USD",
        "interval": "month",
        "grace_period_seconds": 3600,
        "prices": [
            {"key": "base", "name": "Base", "model": "flat", "amount": "49.00", "timing": "in_advance"},
            _usage("calls", call_amount),
            {"key": "bytes", "name": "Bytes", "meter": "bytes", **zones},
            _usage("users", "1.25"),
            _usage("errors", "0"),
            *more_prices,
        ],
        "commitments": [{"key": "minimum", "name": "Minimum", "amount": "5.00", "counts": ["calls", "users"]}],
    }


DEPOT_PLAN: Document = {
    "key": "depot",
    "name": "Depot",
    "currency": "JPY",
    "interval": "week",
    "interval_count": 2,
    "prices": [
        _usage("storage", "3.5"),
        {"key": "handling", "name": "Handling", "model": "flat", "amount": "1000", "timing": "in_arrears"},
    ],
}
FIRST_DOCUMENT: Document = {"event_types": list(TYPES), "meters": list(METERS), "plans": [api_plan(), DEPOT_PLAN]}
FIRST_SUBSCRIPTIONS = (
    SubscriptionRequest("acme", "api", NEW_YEAR),
    SubscriptionRequest("acme", "depot", NEW_YEAR + timedelta(days=4), time_zone="Asia/Kathmandu"),
    SubscriptionRequest("globex", "api", NEW_YEAR + timedelta(days=14, hours=7), time_zone="America/New_York"),
    SubscriptionRequest("initech", "depot", NEW_YEAR, ends_at=NEW_YEAR + timedelta(days=40, minutes=20)),
)


def later_subscriptions(now: datetime) -> tuple[SubscriptionRequest, ...]:
    """What may be subscribed to in the course of a seed; some start in the past."""
    return (
        SubscriptionRequest("initech", "depot", NEW_YEAR + timedelta(days=40, minutes=20), key="initech/again"),
        SubscriptionRequest("umbrella", "api", now.replace(microsecond=0), time_zone="Australia/Lord_Howe"),
        SubscriptionRequest("initech", "api", now - timedelta(days=3)),
        SubscriptionRequest("globex", "depot", now - timedelta(hours=1), ends_at=now + timedelta(days=11)),
    )


def changed_document(random: Random, meters: Mapping[str, Meter], now: datetime) -> Document:
    """The next thing that somebody changes: a meter from some time on, a price, or what is new."""
    changes: list[Document] = [
        {"event_types": [LATER_TYPE]},
        {"meters": [LATER_METER], "plans": [api_plan(more_prices=[_usage("betas", "0.5")])]},
        {"plans": [api_plan(call_amount=random.choice(("0.015", "0.02")))]},
    ]
    for key, change in (
        ("calls", {"filters": [{"property": "status", "values": random.sample(["200", "404", "500"], 2)}]}),
        ("bytes", {"value": random.choice(("bytes", "octets"))}),
        ("users", {"value": random.choice(("user", "account"))}),
        ("errors", {"filters": [{"property": "status", "values": ["500", "503", "504"]}]}),
        ("storage", random.choice((SKIPPED, {"on_missing": "hold", "on_invalid": "hold"}))),
    ):
        changes.append({"meters": [_changed_meter(random, meters[key], change, now)]})
    return random.choice(changes)


def _changed_meter(random: Random, meter: Meter, change: Document, now: datetime) -> Document:
    """The meter's next version, from a time on that may be past; from exactly an hour on, or within one."""
    latest = meter.latest
    wanted = now.replace(microsecond=0) + timedelta(hours=random.randint(-900, 200))
    from_at = max(wanted.replace(minute=0, second=0) if random.random() < 0.5 else wanted, latest.effective_from)
    document = {**meter_version_document(latest), "name": meter.name, **change, "effective_from": instant_text(from_at)}
    return {key: value for key, value in document.items() if key != "version"}
