"""Meters: what is refused with its path, what is read of events, and what live counts add up to."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

import pytest

from gateway.core.definitions.reading import read_definitions
from gateway.core.errors import InvalidDefinition
from gateway.core.events import PropertyValue
from gateway.core.metering.expressions import read_expression
from gateway.core.metering.live import LiveTally, UnattributedReason
from gateway.core.metering.meter import Aggregation, Filter, Meter, MeterVersion
from gateway.core.metering.recount import CountingScope
from gateway.core.metering.values import Operation, scalar_text, value_text
from tests.core.samples import at, meter, meter_version, month, subscription, usage

FAULTS = [
    # options beside key, name, event type and unit; path, fault
    ({"aggregation": "count", "expression": "a + 1"}, "expression", "a count reads no value"),
    ({"aggregation": "sum", "value": "a", "expression": "a + 1"}, "value", "is given beside an expression"),
    ({"aggregation": "sum", "expression": "a +"}, "expression", "the end at character 4"),
    ({"aggregation": "sum", "expression": 7}, "expression", "write it as a string"),
    ({"aggregation": "unique_count", "expression": "a + 1"}, "expression", "reads a value of any kind"),
    ({"aggregation": "max", "value": "a", "recurring": True}, "recurring", "does not go with max"),
    ({"aggregation": "sum", "value": "a", "recurring": "yes"}, "recurring", "'yes' is not true or false"),
    (
        {"aggregation": "average", "value": "a", "prorated_by_day": True},
        "prorated_by_day",
        "it is for sum, unique_count",
    ),
    ({"aggregation": "sum", "value": "a", "operation": "does"}, "operation", "it is for unique_count"),
    ({"aggregation": "unique_count", "value": "a", "operation": " "}, "operation", "is empty"),
    ({"aggregation": "sum", "value": "a", "window": "day"}, "window", "it is for max, max_of_window_sums"),
    ({"aggregation": "max_of_window_sums", "value": "a"}, "window", "is missing; a max_of_window_sums needs one"),
    ({"aggregation": "max", "value": "a", "window": "week"}, "window", "'week' is not one of minute"),
    ({"aggregation": "percentile", "value": "a"}, "percentile", "is missing; a percentile needs one"),
    ({"aggregation": "percentile", "value": "a", "percentile": 0}, "percentile", "0 is not above 0"),
    (
        {"aggregation": "percentile", "value": "a", "percentile": 101},
        "percentile",
        "101 is not above 0 and at most 100",
    ),
    ({"aggregation": "sum", "value": "a", "time_unit": "day"}, "time_unit", "it is for weighted_sum"),
    ({"dimension_values_max": 0}, "dimension_values_max", "0 is not 1 to 100000"),
    ({"filters": [{"property": "p", "values": []}]}, "filters[0].values", "is empty"),
    ({"filters": [{"property": "p", "values": ["v"]}] * 33}, "filters", "there are 33"),
    ({"exclude": [{"filters": []}]}, "exclude[0].filters", "is empty"),
    (
        {"exclude": [{"filters": [{"property": "p", "values": ["v"], "or": 1}]}]},
        "exclude[0].filters[0].or",
        "not a key",
    ),
    ({"conversion": {"divide_by": 0}}, "conversion.factor", "is not above 0"),
    ({"conversion": {}}, "conversion.divide_by", "is missing"),
    ({"rounding": {"places": 1}}, "rounding.mode", "is missing"),
    ({"rounding": {"mode": "up", "places": 13}}, "rounding.places", "13 is not -12 to 12"),
    ({"rounding": {"mode": "up", "places": "2"}}, "rounding.places", "is not a whole number"),
]


@pytest.mark.parametrize(("options", "path", "fault"), FAULTS)
def test_an_option_that_makes_no_sense_is_named_with_its_path(
    options: dict[str, object], path: str, fault: str
) -> None:
    written = {"key": "m", "name": "M", "event_type": "e", "unit": "u", "aggregation": "count", **options}

    with pytest.raises(InvalidDefinition) as refusal:
        read_definitions({"meters": [written]})

    [(found, told)] = refusal.value.faults
    assert (found, fault in told) == (f"meters[0].{path}", True), told


EU, FREE = Filter("region", ("eu",)), Filter("tier", ("free",))
PRODUCT = read_expression("a * b")
VERSION_FAULTS = [
    # aggregation, fields, path, fault
    ("count", {"key": "M"}, "key", "'M' is not a key; use up to 64 of a-z, 0-9, dash, dot and underscore"),
    ("count", {"version": 0}, "version", "0 is not 1 or more"),
    ("count", {"event_type": " "}, "event_type", "is empty; give it a text"),
    ("count", {"unit": ""}, "unit", "is empty; give it a text"),
    ("count", {"effective_from": datetime(2026, 1, 1)}, "effective_from", "has no offset; write it with Z"),  # noqa: DTZ001
    ("count", {"value_property": "a"}, "value", "a count reads no value; leave it out or use sum"),
    ("count", {"expression": PRODUCT}, "expression", "a count reads no value; leave it out or use sum"),
    ("sum", {"expression": PRODUCT}, "value", "is given beside an expression; leave one of them out"),
    ("sum", {"value_property": None}, "value", "is missing; name the property that sum reads"),
    ("sum", {"value_property": " "}, "value", "is empty; give it a text"),
    (
        "unique_count",
        {"value_property": None, "expression": PRODUCT},
        "expression",
        "a unique_count reads a value of any kind; name its property",
    ),
    ("count", {"dimensions": tuple("abcdefghi")}, "dimensions", "names 9; use at most 8"),
    ("count", {"dimensions": ("a", "")}, "dimensions[1]", "is empty; give it a text"),
    ("count", {"dimensions": ("a", "b", "a")}, "dimensions[2]", "'a' is named twice"),
    ("count", {"dimension_values_max": 0}, "dimension_values_max", "0 is not 1 to 100000"),
    ("count", {"dimension_values_max": 100_001}, "dimension_values_max", "100001 is not 1 to 100000"),
    (
        "count",
        {"filters": (EU,) * 20, "excludes": ((FREE,) * 6, (EU,) * 7)},
        "filters",
        "there are 33, those of exclude among them; use at most 32",
    ),
    (
        "count",
        {"excludes": ((FREE,), ())},
        "exclude[1].filters",
        "is empty, so that no event would count; name a filter",
    ),
    ("max", {"recurring": True}, "recurring", "does not go with max; it is for sum, unique_count, weighted_sum"),
    ("sum", {"operation_property": "does"}, "operation", "does not go with sum; it is for unique_count"),
    ("unique_count", {"operation_property": ""}, "operation", "is empty; give it a text"),
    ("max_of_window_sums", {}, "window", "is missing; a max_of_window_sums needs one"),
    ("percentile", {}, "percentile", "is missing; a percentile needs one"),
    ("percentile", {"percentile": Decimal(0)}, "percentile", "0 is not above 0 and at most 100"),
    ("percentile", {"percentile": Decimal("100.1")}, "percentile", "100.1 is not above 0 and at most 100"),
]


@pytest.mark.parametrize(("aggregation", "fields", "path", "fault"), VERSION_FAULTS)
def test_a_version_that_makes_no_sense_is_refused(
    aggregation: str, fields: dict[str, object], path: str, fault: str
) -> None:
    with pytest.raises(InvalidDefinition) as refusal:
        meter_version(Aggregation(aggregation), **fields)

    assert refusal.value.faults == [(path, fault)]


LARGEST: list[tuple[Aggregation, dict[str, object]]] = [
    (Aggregation.COUNT, {"dimensions": tuple("abcdefgh"), "dimension_values_max": 100_000}),
    (Aggregation.COUNT, {"filters": (EU,) * 20, "excludes": ((FREE,) * 12,), "dimension_values_max": 1}),
    (Aggregation.PERCENTILE, {"percentile": Decimal(100)}),
]


@pytest.mark.parametrize(("aggregation", "fields"), LARGEST)
def test_a_version_may_be_as_large_as_the_limits_say(aggregation: Aggregation, fields: dict[str, object]) -> None:
    assert meter_version(aggregation, **fields).aggregation is aggregation


V1, V2 = (meter_version(version=number, effective_from=at("2026-02-01")) for number in (1, 2))
UNSOUND = [
    # key, name, versions; path, fault
    ("Departures", "Departures", (V1,), "key", "'Departures' is not a key; use up to 64 of a-z, 0-9, dash, dot and"),
    ("departures", " ", (V1,), "name", "is empty; give it a text"),
    ("departures", "Departures", (), "versions", "is empty; a meter has at least one"),
    ("departures", "Departures", (V2,), "versions[0].version", "2 should be 1"),
    ("departures", "Departures", (V1, V1), "versions[1].version", "1 should be 2"),
    ("departures", "Departures", (meter_version(key="other"),), "versions[0].key", "'other' is of another meter than"),
    (
        "departures",
        "Departures",
        (V1, meter_version(version=2, effective_from=at("2026-01-31"))),
        "versions[1].effective_from",
        "is before the version that it follows",
    ),
]


@pytest.mark.parametrize(("key", "name", "versions", "path", "fault"), UNSOUND)
def test_a_meter_that_makes_no_sense_is_refused(
    key: str, name: str, versions: tuple[MeterVersion, ...], path: str, fault: str
) -> None:
    with pytest.raises(InvalidDefinition) as refusal:
        Meter(key, name, versions)

    [(found, told)] = refusal.value.faults
    assert (found, told[: len(fault)]) == (path, fault)


@pytest.mark.parametrize(("instant", "version"), [("2026-01-31T23:59", None), ("2026-02-01", 2), ("2027-01-01", 2)])
def test_of_versions_in_force_from_one_instant_on_the_newest_counts(instant: str, version: int | None) -> None:
    found = Meter("departures", "Departures", (V1, V2)).version_at(at(instant))

    assert (found and found.version) == version


def test_the_properties_that_decide_are_named_once() -> None:
    region, tier = Filter("region", ("eu",)), Filter("tier", ("free",))
    version = meter_version(dimensions=("zone", "region"), filters=(region,), excludes=((tier, region),))

    assert version.deciding_properties == ("zone", "region", "tier")


ADMITTED = [
    # region, tier, is admitted
    ("eu", "paid", True),
    ("eu", "free", False),
    ("eu", None, True),
    ("us", "paid", False),
]


@pytest.mark.parametrize(("region", "tier", "is_admitted"), ADMITTED)
def test_filters_admit_and_exclusions_do_not(region: str, tier: str | None, is_admitted: bool) -> None:
    version = meter_version(filters=(Filter("region", ("eu",)),), excludes=((Filter("tier", ("free",)),),))

    assert version.admits({"region": region, "tier": tier}) == is_admitted


@pytest.mark.parametrize(
    ("make", "fault"),
    [
        (lambda: Filter(" ", ("eu",)), ("property", "is empty; give it a text")),
        (lambda: Filter("region", ()), ("values", "is empty, so that no event would count; name a value")),
    ],
)
def test_a_filter_that_makes_no_sense_is_refused(make: Callable[[], Filter], fault: tuple[str, str]) -> None:
    with pytest.raises(InvalidDefinition) as refusal:
        make()

    assert refusal.value.faults == [fault]


TEXTS = [
    # a property as sent, as filters and dimensions read it
    (True, "true"),
    (False, "false"),
    (Decimal("1.50"), "1.5"),
    (7, "7"),
    ("ann", "ann"),
    (None, None),
    ([1], None),
    ({"a": 1}, None),
]


@pytest.mark.parametrize(("value", "text"), TEXTS)
def test_a_property_is_read_as_text_where_it_is_a_scalar(value: PropertyValue, text: str | None) -> None:
    assert scalar_text(value) == text


VALUES = [
    (None, None),
    (Decimal("1.50"), "1.5"),
    ("ann", "ann"),
    (Operation("ann", False), "add ann"),
    (Operation("ann", True), "remove ann"),
]


@pytest.mark.parametrize(("value", "text"), VALUES)
def test_a_value_can_be_shown(value: Decimal | str | Operation | None, text: str | None) -> None:
    assert value_text(value) == text


READ = [
    # when, the subscription named, is read by a carrying meter, by another one
    ("2026-02-10T00:00:00Z", None, True, True),
    ("2026-01-10T00:00:00Z", None, True, False),
    ("2025-12-31T00:00:00Z", None, False, False),
    ("2026-03-01T00:00:00Z", None, False, False),
    ("2026-02-10T00:00:00Z", "elsewhere", False, False),
]


@pytest.mark.parametrize(("when", "named", "is_carried", "is_read"), READ)
def test_a_scope_says_which_version_reads_an_event(
    when: str, named: str | None, is_carried: bool, is_read: bool
) -> None:
    carrying, plain = meter(Aggregation.LAST_EVER), meter(Aggregation.LATEST)
    scope = CountingScope(subscription(), month(2), (carrying, plain))
    event = usage("a", when, subscription=named, value=1)

    assert bool(scope.version_for(carrying, event)) == is_carried
    assert bool(scope.version_for(plain, event)) == is_read


def test_no_version_reads_what_came_before_the_first() -> None:
    late = meter(effective_from=at("2026-02-20"))
    scope = CountingScope(subscription(), month(2), (late,))

    assert scope.version_for(late, usage("a", "2026-02-10T00:00:00Z")) is None


def test_parts_of_a_chunk_add_up() -> None:
    tally = LiveTally(1, Decimal("0.5"), {"a": 1})

    tally.add(LiveTally(2, 10**30, {"a": 1, "b": 1}))

    assert tally == LiveTally(3, Decimal("1000000000000000000000000000000.5"), {"a": 2, "b": 1})


@pytest.mark.parametrize(
    ("one", "other", "both"), [({"a": 1}, None, {"a": 1}), (None, {"a": 1}, None), (None, None, None)]
)
def test_values_are_added_where_both_parts_have_them(
    one: dict[str, int] | None, other: dict[str, int] | None, both: dict[str, int] | None
) -> None:
    tally = LiveTally(1, 1, one)

    tally.add(LiveTally(1, 1, other))

    assert tally == LiveTally(2, 2, both)


def test_an_event_says_why_it_belongs_to_nobody() -> None:
    assert UnattributedReason.of(None) is UnattributedReason.NO_SUBSCRIPTION
    assert UnattributedReason.of("acme/api") is UnattributedReason.UNKNOWN_SUBSCRIPTION
