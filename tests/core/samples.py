"""Values that the tests of the core begin with: an airport's meters, a plan and a subscription in New York."""

from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from gateway.core.events import LoggedEvent, PropertyValue, UsageEvent
from gateway.core.metering.meter import Aggregation, Meter, MeterVersion
from gateway.core.periods.period import BillingPeriod, Interval, IntervalUnit
from gateway.core.plans.plan import Commitment, FlatFee, Matrix, PerUnit, PlanVersion, Price, Timing
from gateway.core.subscriptions.subscription import Subscription
from gateway.core.time import from_microseconds, microseconds, read_instant

NEW_YORK = ZoneInfo("America/New_York")
MONTHLY = Interval(IntervalUnit.MONTH)


def at(text: str) -> datetime:
    """`2026-01-31 09:30`, with or without the time of day, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def instants(first: str, last: str) -> SearchStrategy[datetime]:
    """Any instant between two days, to the microsecond."""
    return st.integers(microseconds(at(first)), microseconds(at(last))).map(from_microseconds)


def local(text: str, zone: str = "America/New_York") -> datetime:
    """The UTC instant at which clocks in `zone` show `text`."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def month(number: int, year: int = 2026) -> BillingPeriod:
    """A calendar month in UTC."""
    return BillingPeriod(datetime(year, number, 1, tzinfo=UTC), datetime(year, number + 1, 1, tzinfo=UTC))


def usage(
    event_id: str = "e1",
    occurred_at: str = "2026-01-15T12:00:00Z",
    *,
    customer: str = "UA",
    event_type: str = "flight.departed",
    subscription: str | None = None,
    **properties: PropertyValue,
) -> UsageEvent:
    """An event of the airport."""
    return UsageEvent(
        "nyc-airports", event_id, event_type, customer, read_instant(occurred_at), subscription, properties
    )


def logged(event: UsageEvent, position: int = 1) -> LoggedEvent:
    """The event at a position of the log."""
    return LoggedEvent(position, event.occurred_at, event)


def meter(aggregation: Aggregation = Aggregation.COUNT, key: str = "departures", **fields: object) -> Meter:
    """A meter with one version."""
    return Meter(key, key.title(), (meter_version(aggregation, key, **fields),))


def meter_version(
    aggregation: Aggregation = Aggregation.COUNT, key: str = "departures", version: int = 1, **fields: object
) -> MeterVersion:
    """A version of a meter that reads departures, their `value` for all but a count."""
    value = None if aggregation is Aggregation.COUNT else "value"
    defaults: dict[str, object] = {"event_type": "flight.departed", "unit": "unit", "value_property": value}
    return MeterVersion(key=key, version=version, aggregation=aggregation, **(defaults | fields))  # type: ignore[arg-type]


def subscription(**fields: object) -> Subscription:
    """United on the airport's plan from January 2026, billed by calendar months in UTC."""
    defaults: dict[str, object] = {
        "id": "sub_1",
        "key": "UA/airport",
        "customer": "UA",
        "plan": "airport",
        "plan_version": 1,
        "interval": MONTHLY,
        "starts_at": at("2026-01-01"),
        "ends_at": None,
        "anchor": at("2026-01-01"),
        "time_zone": "UTC",
    }
    return Subscription(**(defaults | fields))  # type: ignore[arg-type]


BASE = Price("base", "Base fee", FlatFee(Decimal("1000.00")), timing=Timing.IN_ADVANCE)
DEPARTURES = Price("departures", "Departures", PerUnit(Decimal("12.50")), meter="departures")
BY_ORIGIN = Matrix("origin", {"JFK": Decimal("3.10"), "EWR": Decimal("2.90")})
RUNWAY = Price("runway", "Runway fee", BY_ORIGIN, meter="runway")
MINIMUM = Commitment("true-up", "Minimum", Decimal("2500.00"), ("departures",))


def plan(*prices: Price, commitments: tuple[Commitment, ...] = (), currency: str = "USD") -> PlanVersion:
    """Version 1 of the airport's plan, monthly."""
    return PlanVersion("airport", 1, "Airport", currency, MONTHLY, prices, commitments)
