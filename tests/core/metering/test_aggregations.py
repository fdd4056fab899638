"""What each aggregation makes of events: tables, and what is true of all of them."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.events import LoggedEvent, UsageEvent
from gateway.core.metering.expressions import read_expression
from gateway.core.metering.folds import Distinct, EventCount, Fold, Greatest, Least, Sum
from gateway.core.metering.folds_in_time import Active, Last
from gateway.core.metering.meter import Aggregation, Filter, Meter, MeterVersion, TimeUnit, UncountableReason
from gateway.core.metering.quantities import (
    ConversionOperation,
    RoundingMode,
    UnitConversion,
    UnitRounding,
)
from gateway.core.metering.recount import CountingScope, Recount, Uncountable, recount
from gateway.core.metering.values import value_text
from gateway.core.periods.period import BillingPeriod
from gateway.core.periods.windows import Window
from gateway.core.rating.rated import Transaction
from gateway.core.subscriptions.subscription import Subscription
from tests.core.samples import at, local, meter, meter_version, month, subscription, usage

JANUARY, FEBRUARY = month(1), month(2)
A, GIB = Aggregation, UnitConversion(ConversionOperation.DIVIDE, Decimal(2**30))

Row = tuple[str, object]
"""When an event occurred in 2026 and its value."""


def sent(*rows: Row, **more: object) -> list[UsageEvent]:
    return [usage(str(n), f"2026-{when}Z", value=value, **more) for n, (when, value) in enumerate(rows)]  # type: ignore[arg-type]


def counted(
    events: list[UsageEvent],
    *versions: MeterVersion,
    period: BillingPeriod = JANUARY,
    of: Subscription | None = None,
) -> Recount:
    owner = of or subscription()
    logged = [LoggedEvent(position, event.occurred_at, event) for position, event in enumerate(events, 1)]
    return recount(logged, [CountingScope(owner, period, (Meter("departures", "Departures", versions),))])


def quantity(events: list[UsageEvent], version: MeterVersion, period: BillingPeriod = JANUARY) -> str:
    counts = counted(events, version, period=period).counts.values()
    return ", ".join(f"{count.quantity.normalize():f}" for count in counts)


THREE = sent(("01-10T12:00:00", 5), ("01-20T12:00:00", -2), ("01-20T12:00:00", "9"))
TWO_HUNDRED = sent(*(("01-10T12:00:00", value) for value in range(1, 201)))
ACROSS = sent(("01-11T00:00:00", 10), ("02-08T00:00:00", 4), ("02-15T00:00:00", -4))

QUANTITIES = [
    # aggregation, options, events, period, quantity
    (A.COUNT, {}, THREE, JANUARY, "3"),
    (A.SUM, {}, THREE, JANUARY, "12"),
    (A.MAX, {}, THREE, JANUARY, "9"),
    (A.MIN, {}, THREE, JANUARY, "-2"),
    (A.AVERAGE, {}, THREE, JANUARY, "4"),
    (A.UNIQUE_COUNT, {}, THREE, JANUARY, "3"),
    (A.LATEST, {}, THREE, JANUARY, "9"),
    (A.LATEST, {}, THREE[:2], JANUARY, "0"),
    (A.LATEST, {}, [THREE[1], THREE[0]], JANUARY, "0"),
    (A.LAST_EVER, {}, THREE, FEBRUARY, "9"),
    (A.LAST_EVER, {}, ACROSS[:2], FEBRUARY, "4"),
    (A.PERCENTILE, {"percentile": Decimal(50)}, THREE, JANUARY, "5"),
    (A.PERCENTILE, {"percentile": Decimal(34)}, THREE, JANUARY, "5"),
    (A.PERCENTILE, {"percentile": Decimal(33)}, THREE, JANUARY, "-2"),
    (A.PERCENTILE, {"percentile": Decimal("0.01")}, THREE, JANUARY, "-2"),
    (A.PERCENTILE, {"percentile": Decimal(100)}, THREE, JANUARY, "9"),
    (A.PERCENTILE, {"percentile": Decimal(99)}, TWO_HUNDRED, JANUARY, "198"),
    (A.MAX_OF_WINDOW_SUMS, {"window": Window.DAY}, THREE, JANUARY, "7"),
    (A.MAX_OF_WINDOW_SUMS, {"window": Window.MONTH}, THREE, JANUARY, "12"),
    (A.MAX, {"window": Window.DAY}, THREE, JANUARY, "14"),
    (A.MAX, {"window": Window.DAY}, THREE[::-1], JANUARY, "14"),
    # 10 of 28 days with 10, of which 7 with 4 more, are 10 * 28 + 4 * 21 - 4 * 14 = 308 of 28.
    (A.WEIGHTED_SUM, {"recurring": True}, ACROSS, FEBRUARY, "11"),
    (A.WEIGHTED_SUM, {}, ACROSS, FEBRUARY, "1"),
    (A.WEIGHTED_SUM, {"time_unit": TimeUnit.DAY}, ACROSS, FEBRUARY, "28"),
    (A.WEIGHTED_SUM, {"time_unit": TimeUnit.HOUR}, ACROSS, FEBRUARY, "672"),
    (A.SUM, {"recurring": True}, ACROSS, FEBRUARY, "10"),
    (A.SUM, {"recurring": True, "prorated_by_day": True}, ACROSS, FEBRUARY, "11"),
    (A.SUM, {"prorated_by_day": True}, ACROSS[:1], JANUARY, "6.774193548387"),
    (A.UNIQUE_COUNT, {"recurring": True}, ACROSS, FEBRUARY, "3"),
    (A.UNIQUE_COUNT, {"recurring": True, "prorated_by_day": True}, ACROSS[:2], FEBRUARY, "1.75"),
    (A.SUM, {"conversion": GIB}, sent(("01-10T12:00:00", 3 * 2**29)), JANUARY, "1.5"),
    (A.SUM, {"rounding": UnitRounding(RoundingMode.UP, -1)}, THREE, JANUARY, "20"),
    (A.MAX, {"conversion": GIB}, sent(("01-10T12:00:00", 3 * 2**29)), JANUARY, "1.5"),
    (A.MAX, {"rounding": UnitRounding(RoundingMode.UP, -1)}, THREE, JANUARY, "10"),
]


@pytest.mark.parametrize(("aggregation", "options", "events", "period", "expected"), QUANTITIES)
def test_an_aggregation_has_the_quantity_of_its_formula(
    aggregation: Aggregation, options: dict[str, object], events: list[UsageEvent], period: BillingPeriod, expected: str
) -> None:
    assert quantity(events, meter_version(aggregation, **options), period) == expected


def test_a_part_of_a_period_has_its_share_of_a_level() -> None:
    joined = subscription(starts_at=at("2026-02-15"))
    half = BillingPeriod(at("2026-02-15"), FEBRUARY.end)

    found = counted(sent(("02-15T00:00:00", 10)), meter_version(A.WEIGHTED_SUM), period=half, of=joined)

    assert [count.amount for count in found.counts.values()] == [5]


OPERATIONS = [
    # operations in January 2026, active at the end, days of 31 on which the value was there
    (["01-10T00:00:00 add"], 1, 22),
    (["01-10T12:00:00", "01-10T13:00:00 remove"], 0, 1),
    (["01-10T12:00:00 add", "01-10T13:00:00 remove", "01-10T14:00:00 add", "01-11T00:00:00 remove"], 0, 2),
    (["01-10T12:00:00 remove"], 0, 0),
    (["01-10T12:00:00 add", "01-10T12:00:00 remove"], 0, 1),
    (["01-10T12:00:00 add", "01-20T12:00:00 add", "01-12T12:00:00 remove"], 1, 15),
    (["01-01T00:00:00 add", "01-31T23:59:59 remove"], 0, 31),
]


def operated(rows: list[str]) -> list[UsageEvent]:
    split = [row.partition(" ") for row in rows]
    return [usage(row, f"2026-{when}Z", value="a", does=does) for row, (when, _, does) in zip(rows, split, strict=True)]


@pytest.mark.parametrize(("operations", "active", "days"), OPERATIONS)
def test_values_are_added_and_removed(operations: list[str], active: int, days: int) -> None:
    version = meter_version(A.UNIQUE_COUNT, operation_property="does")
    events = operated(operations)

    by_day = counted(events, replace(version, prorated_by_day=True)).counts.values()

    assert quantity(events, version) == str(active)
    assert [count.amount for count in by_day] == [Fraction(days, 31)]


def test_what_is_left_out_is_named_with_its_place() -> None:
    first, second = meter_version(A.SUM), meter_version(A.SUM, version=2, effective_from=at("2026-01-20"))

    found = counted(sent(("01-10T00:00:00", 1), ("01-25T00:00:00", "two")), first, second)

    assert found.uncountable == (
        Uncountable("sub_1", at("2026-01-01"), "departures", 2, 2, UncountableReason.NOT_A_NUMBER),
    )


def test_single_transactions_keep_their_time_and_place() -> None:
    events = [LoggedEvent(n, each.occurred_at, each) for n, each in enumerate(THREE, 1)]
    scope = CountingScope(subscription(), JANUARY, (meter(A.SUM),), by_transaction=frozenset({"departures"}))

    [count] = recount(events[::-1], [scope]).counts.values()

    assert count.transactions == (
        Transaction(at("2026-01-10T12:00"), 1, Decimal(5)),
        Transaction(at("2026-01-20T12:00"), 2, Decimal(-2)),
        Transaction(at("2026-01-20T12:00"), 3, Decimal(9)),
    )


def test_an_operation_that_is_neither_is_left_out() -> None:
    version = meter_version(A.UNIQUE_COUNT, operation_property="does")

    found = counted(operated(["01-10T00:00:00 toggle", "01-11T00:00:00 add"]), version)

    assert [(item.position, item.reason) for item in found.uncountable] == [(1, "unknown_operation")]
    assert [count.events for count in found.counts.values()] == [1]


def test_a_removal_before_the_period_leaves_no_day_of_it() -> None:
    version = meter_version(A.UNIQUE_COUNT, operation_property="does", recurring=True, prorated_by_day=True)

    assert quantity(operated(["01-10T00:00:00 add", "01-20T00:00:00 remove"]), version, FEBRUARY) == "0"


EXPRESSIONS = [
    # expression, properties, what the event contributes
    ("tokens * price", {"tokens": 3, "price": "0.5"}, "1.5"),
    ("tokens / 3", {"tokens": 1}, "0.333333333333"),
    ("tokens / 8", {"tokens": Decimal("0.000000000004")}, "0"),
    ("tokens / price", {"tokens": 1, "price": 0}, "divided_by_zero"),
    ("tokens * price", {"tokens": 3}, "missing"),
    ("tokens * price", {"tokens": 3, "price": "free"}, "not_a_number"),
    ("tokens * tokens", {"tokens": 10**20}, "too_large"),
    ("llm.tokens + 1", {"llm": {"tokens": 4}}, "5"),
]


@pytest.mark.parametrize(("text", "properties", "expected"), EXPRESSIONS)
def test_an_expression_is_the_value_of_an_event(text: str, properties: dict[str, object], expected: str) -> None:
    version = meter_version(A.SUM, value_property=None, expression=read_expression(text))

    found = counted([usage(**properties)], version)  # type: ignore[arg-type]

    told = [value_text(count.quantity) for count in found.counts.values()] + [item.reason for item in found.uncountable]
    assert told == [expected]


PATHS = [
    # property, properties, quantity
    ("llm.tokens", {"llm": {"tokens": 4}}, "4"),
    ("llm.tokens", {"llm.tokens": 5, "llm": {"tokens": 4}}, "5"),
    ("llm.tokens.all", {"llm": {"tokens": 4}}, ""),
    ("llm.tokens", {}, ""),
]


@pytest.mark.parametrize(("name", "properties", "expected"), PATHS)
def test_a_dotted_name_is_a_path_unless_a_property_has_that_name(
    name: str, properties: dict[str, object], expected: str
) -> None:
    assert quantity([usage(**properties)], meter_version(A.SUM, value_property=name)) == expected  # type: ignore[arg-type]


FILTERED = [
    # filters, exclusions, regions that count
    ((Filter("region", ("eu",)),), (), "eu"),
    ((Filter("region", ("eu",), or_missing=True),), (), "eu none"),
    ((Filter("region", (), or_missing=True),), (), "none"),
    ((), ((Filter("region", ("eu", "us")),),), "ap none"),
    ((), ((Filter("region", ("eu",)), Filter("tier", ("free",))), (Filter("region", ("us",)),)), "eu ap none"),
]


@pytest.mark.parametrize(("filters", "excludes", "expected"), FILTERED)
def test_filters_and_exclusions_decide_what_counts(
    filters: tuple[Filter, ...], excludes: tuple[tuple[Filter, ...], ...], expected: str
) -> None:
    version = meter_version(dimensions=("region",), filters=filters, excludes=excludes)

    found = counted([usage(region=region, tier="paid") for region in ("eu", "us", "ap", None)], version)

    assert " ".join(key.dimensions[0][1] or "none" for key in found.counts) == expected


def test_a_version_reads_events_of_its_own_type() -> None:
    old = meter_version(event_type="flight.cancelled")
    new = meter_version(version=2, effective_from=at("2026-01-20"))
    events = [usage("a", "2026-01-10T00:00:00Z"), usage("b", "2026-01-20T00:00:00Z")]

    assert [key.version for key in counted(events, old, new).counts] == [2]


def test_what_is_carried_is_read_by_the_version_in_force_at_the_start() -> None:
    old = meter_version(A.LAST_EVER)
    new = meter_version(A.LAST_EVER, version=2, value_property="other", effective_from=at("2026-02-01"))
    events = [usage("a", "2026-01-10T00:00:00Z", value=1, other=7)]

    found = counted(events, old, new, period=FEBRUARY)

    assert [(key.version, count.quantity) for key, count in found.counts.items()] == [(2, 7)]


def test_nothing_is_carried_from_before_the_subscription_or_the_first_version() -> None:
    joined = subscription(starts_at=at("2026-01-15"))
    version = meter_version(A.SUM, recurring=True)
    events = sent(("01-14T23:59:59", 1), ("01-15T00:00:00", 2))

    assert [count.quantity for count in counted(events, version, period=FEBRUARY, of=joined).counts.values()] == [2]
    assert not counted(events, replace(version, effective_from=FEBRUARY.end), period=FEBRUARY).counts


def test_a_later_phase_of_a_subscription_carries_on_what_the_former_ones_counted() -> None:
    upgraded = subscription(starts_at=at("2026-02-15"), begun_at=at("2026-01-01"))
    period = BillingPeriod(at("2026-02-15"), FEBRUARY.end)
    events = sent(("01-10T00:00:00", 1), ("02-10T00:00:00", 2), ("02-20T00:00:00", 4))

    [count] = counted(events, meter_version(A.SUM, recurring=True), period=period, of=upgraded).counts.values()

    assert count.quantity == 7


def test_what_is_carried_but_uncountable_held_the_period_it_occurred_in() -> None:
    version = meter_version(A.SUM, recurring=True)

    found = counted(sent(("01-10T00:00:00", "one"), ("02-10T00:00:00", "two")), version, period=FEBRUARY)

    assert [item.position for item in found.uncountable] == [2]


def test_days_are_those_of_the_zone() -> None:
    owner = subscription(time_zone="Pacific/Auckland", anchor=local("2026-01-01", "Pacific/Auckland"))
    period = owner.schedule.period(0)
    version = meter_version(A.SUM, prorated_by_day=True)

    found = counted([usage("a", "2026-01-30T11:30:00Z", value=31)], version, period=period, of=owner)

    assert owner.zone == ZoneInfo("Pacific/Auckland")
    assert [count.quantity for count in found.counts.values()] == [1]


IN_ZONE = [
    # aggregation, options, values of 22:00 on 10 January and 02:00 on 11 January in New York, quantity
    (A.MAX_OF_WINDOW_SUMS, {"window": Window.DAY}, (5, 7), "7"),
    (A.MAX, {"window": Window.DAY}, (5, 7), "12"),
    (A.UNIQUE_COUNT, {"prorated_by_day": True}, ("a", "b"), "1.387096774194"),  # 22 and 21 of 31 days
]


@pytest.mark.parametrize(("aggregation", "options", "values", "expected"), IN_ZONE)
def test_windows_and_days_are_those_of_the_zone(
    aggregation: Aggregation, options: dict[str, object], values: tuple[object, object], expected: str
) -> None:
    owner = subscription(time_zone="America/New_York", anchor=local("2026-01-01"), starts_at=local("2026-01-01"))
    events = sent(("01-11T03:00:00", values[0]), ("01-11T07:00:00", values[1]))

    found = counted(events, meter_version(aggregation, **options), period=owner.schedule.period(0), of=owner)

    assert [f"{count.quantity.normalize():f}" for count in found.counts.values()] == [expected]


@pytest.mark.parametrize(
    ("operations", "days"),
    [
        (["01-11T03:00:00 add", "01-11T07:00:00 remove"], 2),  # 22:00 and 02:00 in New York
        (["01-11T07:00:00 add", "01-12T03:00:00 remove"], 1),  # 02:00 and 22:00
    ],
)
def test_a_value_is_there_on_the_days_of_the_zone(operations: list[str], days: int) -> None:
    owner = subscription(time_zone="America/New_York", anchor=local("2026-01-01"), starts_at=local("2026-01-01"))
    version = meter_version(A.UNIQUE_COUNT, operation_property="does", prorated_by_day=True)

    found = counted(operated(operations), version, period=owner.schedule.period(0), of=owner)

    assert [count.amount for count in found.counts.values()] == [Fraction(days, 31)]


values = st.decimals(-1000, 1000, places=3)
rows = st.lists(st.tuples(st.integers(0, 58 * 24 - 1), values), min_size=1, max_size=12)
VERSIONS = [
    meter_version(A.COUNT),
    *(meter_version(each) for each in (A.SUM, A.MAX, A.MIN, A.AVERAGE, A.UNIQUE_COUNT, A.WEIGHTED_SUM)),
    meter_version(A.PERCENTILE, percentile=Decimal(95)),
    meter_version(A.MAX_OF_WINDOW_SUMS, window=Window.HOUR),
    meter_version(A.MAX, window=Window.DAY),
    *(meter_version(each, recurring=True) for each in (A.SUM, A.UNIQUE_COUNT, A.WEIGHTED_SUM)),
    *(meter_version(each, recurring=True, prorated_by_day=True) for each in (A.SUM, A.UNIQUE_COUNT)),
]


@pytest.mark.parametrize("version", [*VERSIONS, meter_version(A.LATEST), meter_version(A.LAST_EVER)])
def test_an_aggregation_says_how_many_events_it_counted(version: MeterVersion) -> None:
    assert [count.events for count in counted(THREE, version).counts.values()] == [3]


def test_operations_are_events_too() -> None:
    version = meter_version(A.UNIQUE_COUNT, operation_property="does")
    events = operated(["01-10T12:00:00 add", "01-11T12:00:00 remove", "01-12T12:00:00 add"])

    assert [count.events for count in counted(events, version).counts.values()] == [3]


@pytest.mark.parametrize("fold", [EventCount, Sum, Greatest, Least, Distinct, Last, Active])
def test_what_has_folded_no_event_comes_to_nothing(fold: type[Fold]) -> None:
    assert fold(meter_version(), CountingScope(subscription(), JANUARY, (meter(),))).amount == 0


@given(rows, st.sampled_from(VERSIONS), st.randoms(use_true_random=False))
def test_the_order_of_events_does_not_matter(
    rows: list[tuple[int, Decimal]], version: MeterVersion, random: object
) -> None:
    events = [
        usage(str(n), f"2026-{hour // 24 // 31 + 1:02}-{hour // 24 % 31 + 1:02}T{hour % 24:02}:00:00Z", value=value)
        for n, (hour, value) in enumerate(rows)
    ]
    shuffled = [*events]
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert counted(shuffled, version, period=FEBRUARY).counts == counted(events, version, period=FEBRUARY).counts


IN_TIME = [
    meter_version(A.LATEST),
    meter_version(A.LAST_EVER),
    meter_version(A.UNIQUE_COUNT, operation_property="does"),
    meter_version(A.UNIQUE_COUNT, operation_property="does", recurring=True, prorated_by_day=True),
]


@given(
    st.lists(
        st.tuples(st.integers(0, 58 * 24 - 1), st.integers(0, 3), st.sampled_from(["add", "remove"])),
        min_size=1,
        max_size=12,
        unique_by=lambda row: row[0],
    ),
    st.sampled_from(IN_TIME),
    st.randoms(use_true_random=False),
)
def test_the_order_of_arrival_does_not_matter_where_that_of_time_does(
    rows: list[tuple[int, int, str]], version: MeterVersion, random: object
) -> None:
    events = [
        usage(
            str(n),
            f"2026-{hour // 24 // 31 + 1:02}-{hour // 24 % 31 + 1:02}T{hour % 24:02}:00:00Z",
            value=value,
            does=does,
        )
        for n, (hour, value, does) in enumerate(rows)
    ]
    shuffled = [*events]
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert counted(shuffled, version, period=FEBRUARY).counts == counted(events, version, period=FEBRUARY).counts


ADDED_UP = [
    meter_version(A.COUNT),
    meter_version(A.SUM),
    meter_version(A.WEIGHTED_SUM, recurring=True, time_unit=TimeUnit.HOUR),
]


@given(rows, st.integers(1, 27), st.sampled_from(ADDED_UP))
def test_parts_of_a_period_add_up_to_it(rows: list[tuple[int, Decimal]], day: int, version: MeterVersion) -> None:
    events = [
        usage(str(n), f"2026-01-{hour // 24 % 31 + 1:02}T{hour % 24:02}:00:00Z", value=value)
        for n, (hour, value) in enumerate(rows)
    ]
    cut = at(f"2026-01-{day + 1:02}")

    parts = [
        count.amount
        for period in (BillingPeriod(JANUARY.start, cut), BillingPeriod(cut, JANUARY.end))
        for count in counted(events, version, period=period).counts.values()
    ]

    assert sum(map(Fraction, parts)) == sum(Fraction(each.amount) for each in counted(events, version).counts.values())


def test_a_scope_that_carries_nothing_reads_its_period_alone() -> None:
    plain = CountingScope(subscription(), FEBRUARY, (meter(A.SUM),))
    carrying = CountingScope(subscription(), FEBRUARY, (meter(A.SUM), meter(A.LAST_EVER)))

    assert (plain.counts_from, carrying.counts_from) == (FEBRUARY.start, JANUARY.start)
