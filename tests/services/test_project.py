"""Live counts equal the recount of the log, by whatever road the projector came to them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.core.events import LoggedEvent
from gateway.core.metering.live import Bucket, UnattributedReason
from gateway.core.metering.meter import Aggregation, Meter, MeterVersion, UncountableReason
from gateway.core.metering.recount import CountingScope, CountKey, recount
from gateway.core.subscriptions.subscription import Customer, Subscription
from gateway.core.time import EPOCH, LATEST
from gateway.services.group_commit import kept_events
from gateway.services.installation import Installation
from gateway.services.project import Projector
from gateway.services.record_events import Recorder
from gateway.wire.payload import to_usage_event
from tests.services.recording import CALLS, METERS, START, batch, define, event, plan, subscription


def logged(installation: Installation) -> list[LoggedEvent]:
    def read(unit):
        return [
            LoggedEvent(position, block.recorded_at, to_usage_event(one))
            for block in unit.log.blocks(0, unit.log.head())
            for position, one in enumerate(kept_events(block), block.first_position)
        ]

    return installation.storage.read(read)


def recounted(
    installation: Installation, subscriptions: Sequence[Subscription], meters: Sequence[Meter] = METERS
) -> dict[CountKey, tuple[Decimal, int]]:
    """What the recount finds, over every period of 2025 to 2027."""
    scopes = []
    for one in subscriptions:
        at = one.starts_at
        while at < datetime(2027, 1, 1, tzinfo=UTC) and (period := one.period_at(at)):
            scopes.append(CountingScope(one, period, tuple(meters)))
            at = period.end
    counts = recount(logged(installation), scopes).counts
    return {key: (count.quantity, count.events) for key, count in counts.items()}


def live(installation: Installation, subscriptions: Sequence[Subscription], bucket: Bucket = Bucket.PERIOD):
    """The live counts in the recount's terms."""
    aggregations = {meter.key: meter.latest.aggregation for meter in METERS}

    def quantity(key, state) -> Decimal:
        match aggregations[key.series.meter]:
            case Aggregation.COUNT:
                return Decimal(state.events)
            case Aggregation.SUM:
                return state.total
            case Aggregation.UNIQUE_COUNT:
                return Decimal(state.distinct)

    ids = [one.id for one in subscriptions]
    states = installation.storage.read(lambda unit: unit.live.states(ids, bucket, EPOCH, LATEST))
    return {
        CountKey(
            key.series.subscription_id, key.starts_at, key.series.meter, key.series.version, key.series.dimensions
        ): (quantity(key, state), state.events)
        for key, state in states.items()
    }


ACME, GLOBEX = subscription("acme"), subscription("globex")


def test_what_was_acknowledged_is_counted_by_the_next_read(installation):
    define(installation)
    recorder = Recorder(installation)
    projector = Projector(installation, recorder.recent)
    recorder.record(
        batch(
            event(1),
            event(2, properties={"bytes": "0.5", "zone": "us", "user": "u2", "status": 500}),
            event(3, properties={"bytes": 7, "zone": "eu", "user": "u1", "status": "503"}),
            event(4, occurred_at="2026-02-01T00:00:00Z"),
        )
    )

    as_of = projector.bring_up()

    january, february = START, datetime(2026, 2, 1, tzinfo=UTC)
    assert as_of.is_current
    assert as_of.position == 4
    assert live(installation, [ACME]) == {
        CountKey("sub_acme", january, "calls", 1): (Decimal(3), 3),
        CountKey("sub_acme", january, "bytes", 1, (("zone", "eu"),)): (Decimal(107), 2),
        CountKey("sub_acme", january, "bytes", 1, (("zone", "us"),)): (Decimal("0.5"), 1),
        CountKey("sub_acme", january, "users", 1): (Decimal(2), 3),
        CountKey("sub_acme", january, "errors", 1): (Decimal(2), 2),
        CountKey("sub_acme", february, "calls", 1): (Decimal(1), 1),
        CountKey("sub_acme", february, "bytes", 1, (("zone", "eu"),)): (Decimal(100), 1),
        CountKey("sub_acme", february, "users", 1): (Decimal(1), 1),
    }


def test_hours_hold_what_periods_hold(installation):
    define(installation)
    recorder = Recorder(installation)
    times = ["2026-01-10T12:59:59.999999Z", "2026-01-10T13:00:00Z", "2026-01-10T14:30:00+01:00"]
    recorder.record(batch(*(event(number, occurred_at=time) for number, time in enumerate(times))))

    Projector(installation).bring_up()

    hours = live(installation, [ACME], Bucket.HOUR)
    assert {key.period_start.hour: count for key, (_, count) in hours.items() if key.meter == "calls"} == {12: 1, 13: 2}


def test_a_zone_with_half_hours_is_counted_by_the_quarter(installation):
    define(installation, ["acme"], subscriptions=[subscription("acme", zone="Asia/Kolkata")])
    recorder = Recorder(installation)
    recorder.record(batch(event(1, occurred_at="2026-01-10T18:29:59Z"), event(2, occurred_at="2026-01-10T18:30:00Z")))

    Projector(installation).bring_up()

    starts = {key.period_start for key in live(installation, [ACME], Bucket.HOUR)}
    assert starts == {datetime(2026, 1, 10, 18, 15, tzinfo=UTC), datetime(2026, 1, 10, 18, 30, tzinfo=UTC)}


def test_an_offset_with_minutes_leaves_an_event_in_its_own_quarter(sqlite_installation):
    changed_at = datetime(2026, 1, 10, 12, 35, tzinfo=UTC)
    meter = Meter("calls", "Calls", (CALLS.latest, replace(CALLS.latest, version=2, effective_from=changed_at)))
    define(sqlite_installation, ["acme"], [meter], [subscription("acme", zone="Asia/Kathmandu")])
    Recorder(sqlite_installation).record(batch(event(1, occurred_at="2026-01-10T18:25:00+05:45")))

    Projector(sqlite_installation).bring_up()

    starts = {key.period_start for key in live(sqlite_installation, [ACME], Bucket.HOUR)}
    assert starts == {datetime(2026, 1, 10, 12, 30, tzinfo=UTC)}


values = st.sampled_from([0, 1, -3, "2.5", 0.125, "x", None, [1], True, 10**26, "1e3", 1e-13, "0.0"])
zones = st.sampled_from(["eu", "us", 1, 1.0, True, None, {"a": 1}, "é"])
moments = st.sampled_from(
    [
        "2025-12-31T23:59:59Z",
        "2026-01-01T00:00:00Z",
        "2026-01-31T23:30:00Z",
        "2026-02-01T00:00:00Z",
        "2026-02-10T05:00:00Z",
    ]
)
sent_events = st.fixed_dictionaries(
    {
        "customer": st.sampled_from(["acme", "globex"]),
        "occurred_at": moments,
        "properties": st.fixed_dictionaries(
            {}, optional={"bytes": values, "zone": zones, "user": zones, "status": st.sampled_from([500, "503", 200])}
        ),
    },
    optional={"subscription": st.sampled_from(["acme/api", "elsewhere"])},
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    requests=st.lists(st.lists(sent_events, min_size=1, max_size=5), min_size=1, max_size=5),
    from_memory=st.booleans(),
    zone=st.sampled_from(["UTC", "America/New_York", "Asia/Kathmandu"]),
)
def test_live_counts_equal_the_recount_by_either_road(sqlite_installation, requests, from_memory, zone):
    run = sqlite_installation.ids.new("run")[-4:]
    customers = [f"acme{run}", f"globex{run}"]
    subscriptions = [
        subscription(customers[0], zone=zone),
        subscription(customers[1], datetime(2026, 2, 1, 5, tzinfo=UTC)),
    ]
    is_first = not sqlite_installation.storage.read(lambda unit: unit.definitions.event_types())
    define(sqlite_installation, customers, METERS if is_first else (), subscriptions) if is_first else add(
        sqlite_installation, customers, subscriptions
    )
    recorder = Recorder(sqlite_installation)
    projector = Projector(sqlite_installation, recorder.recent if from_memory else None)

    number = 0
    for request in requests:
        renamed = [
            {**one, "customer": one["customer"] + run}
            | ({"subscription": f"acme{run}/api"} if one.get("subscription") == "acme/api" else {})
            for one in request
        ]
        recorder.record(batch(*(event(f"{run}-{number + n}", **one) for n, one in enumerate(renamed))))
        number += len(request)
        projector.bring_up()

    assert live(sqlite_installation, subscriptions) == recounted(sqlite_installation, subscriptions)


def add(installation: Installation, customers: Sequence[str], subscriptions: Sequence[Subscription]) -> None:
    def work(unit):
        for customer in customers:
            unit.definitions.add_customer(Customer(f"cus_{customer}", customer, customer), START)
        for one in subscriptions:
            unit.definitions.add_subscription(one)
        unit.definitions.bump_version()

    installation.storage.transact(work)


def test_a_subscription_made_later_counts_what_came_before(installation):
    define(installation, subscriptions=[GLOBEX])
    recorder = Recorder(installation)
    projector = Projector(installation, recorder.recent)
    recorder.record(batch(event(1), event(2, customer="globex"), event(3)))
    projector.bring_up()
    unattributed = installation.storage.read(lambda unit: unit.live.unattributed(0, 10))
    add(installation, ["silent"], [ACME, subscription("silent")])

    projector.bring_up()

    assert [(one.position, one.reason) for one in unattributed] == [
        (1, UnattributedReason.NO_SUBSCRIPTION),
        (3, UnattributedReason.NO_SUBSCRIPTION),
    ]
    assert installation.storage.read(lambda unit: unit.live.unattributed_count()) == 0
    assert live(installation, [ACME, GLOBEX]) == recounted(installation, [ACME, GLOBEX])


def test_a_meter_made_later_counts_what_came_before(installation):
    define(installation, ["acme"], [CALLS])
    recorder = Recorder(installation)
    projector = Projector(installation, recorder.recent)
    recorder.record(batch(event(1), event(2)))
    projector.bring_up()
    moved = replace(ACME, id="sub_next", key="acme/next", plan_version=2, starts_at=datetime(2026, 1, 5, tzinfo=UTC))

    def work(unit):
        unit.definitions.add_meter(METERS[1])
        unit.definitions.add_plan_version(plan(METERS[1:2], version=2))
        unit.definitions.add_subscription(moved)
        unit.definitions.bump_version()

    installation.storage.transact(work)
    projector.bring_up()

    assert live(installation, [moved]) == recounted(installation, [moved], METERS[1:2]) != {}


def test_many_affected_events_are_counted_from_the_start_of_the_log(installation, monkeypatch):
    monkeypatch.setattr("gateway.services.project.rebuild_events_max", 1)
    define(installation, subscriptions=[GLOBEX])
    recorder = Recorder(installation)
    projector = Projector(installation)
    recorder.record(batch(*(event(number) for number in range(20)), event(21, customer="globex")))
    projector.bring_up()
    add(installation, [], [ACME])

    projector.catch_up()

    assert live(installation, [ACME, GLOBEX]) == recounted(installation, [ACME, GLOBEX])


def test_what_a_meter_cannot_count_is_listed_with_the_reason(installation):
    define(installation, ["acme"])
    Recorder(installation).record(
        batch(
            event(1, properties={"zone": "eu", "user": "u1"}),
            event(2, properties={"bytes": "many", "zone": "eu", "user": ["u1"]}),
            event(3, properties={"bytes": 10**26, "zone": "eu", "user": "u2"}),
        )
    )

    Projector(installation).bring_up()

    listed = installation.storage.read(lambda unit: unit.live.uncountable(["sub_acme"], None, 0, 10))
    assert [(one.position, one.meter, one.reason) for one in listed] == [
        (1, "bytes", UncountableReason.MISSING),
        (2, "bytes", UncountableReason.NOT_A_NUMBER),
        (2, "users", UncountableReason.NOT_A_SCALAR),
        (3, "bytes", UncountableReason.TOO_LARGE),
    ]


@pytest.mark.parametrize("number", [10**26, -(10**26), 10**400])
def test_an_integer_of_too_many_digits_among_others_is_left_out(installation, number):
    define(installation, ["acme"])
    sent = [event(1), event(2, properties={"bytes": number, "zone": "eu"}), event(3, properties={"bytes": 10**26 - 1})]
    Recorder(installation).record(batch(*sent))

    Projector(installation).bring_up()

    listed = installation.storage.read(lambda unit: unit.live.uncountable(["sub_acme"], "bytes", 0, 10))
    assert [(one.position, one.reason) for one in listed] == [(2, UncountableReason.TOO_LARGE)]
    assert live(installation, [ACME]) == recounted(installation, [ACME])


def test_an_event_for_a_subscription_that_does_not_exist_is_unattributed(installation):
    define(installation, ["acme"])
    Recorder(installation).record(batch(event(1, subscription="acme/old"), event(2, subscription="acme/api")))

    Projector(installation).bring_up()

    [one] = installation.storage.read(lambda unit: unit.live.unattributed(0, 10))
    assert (one.position, one.reason) == (1, UnattributedReason.UNKNOWN_SUBSCRIPTION)


def test_two_projectors_count_each_event_once(installation):
    define(installation, ["acme"])
    recorder = Recorder(installation)
    first, second = Projector(installation, recorder.recent), Projector(installation)
    for number in range(6):
        recorder.record(batch(event(number)))
        (first if number % 2 else second).bring_up()

    assert live(installation, [ACME]) == recounted(installation, [ACME])


def test_a_version_of_a_meter_counts_from_the_instant_it_is_effective(installation):
    changed_at = datetime(2026, 1, 10, 12, 30, tzinfo=UTC)
    versions = (
        CALLS.latest,
        MeterVersion("calls", 2, "call", Aggregation.SUM, "byte", "bytes", effective_from=changed_at),
    )
    meters = [Meter("calls", "Calls", versions)]
    define(installation, ["acme"], meters)
    recorder = Recorder(installation)
    times = [changed_at - timedelta(microseconds=1), changed_at, changed_at + timedelta(minutes=1)]
    recorder.record(batch(*(event(number, occurred_at=time.isoformat()) for number, time in enumerate(times))))

    Projector(installation).bring_up()

    states = installation.storage.read(lambda unit: unit.live.states(["sub_acme"], Bucket.PERIOD, EPOCH, LATEST))
    assert {key.series.version: (state.events, state.total) for key, state in states.items()} == {
        1: (1, Decimal(0)),
        2: (2, Decimal(200)),
    }


@pytest.mark.parametrize("events", [1, 7])
def test_a_customers_events_are_found_by_their_positions(installation, events):
    define(installation)
    recorder = Recorder(installation)
    sent = [event(n, customer="acme" if n % 3 else "globex") for n in range(events * 3)]
    for start in range(0, len(sent), 4):
        recorder.record(batch(*sent[start : start + 4]))
        Projector(installation).bring_up()

    found = installation.storage.read(lambda unit: list(unit.live.customer_positions("globex", 0, 10**6, None, None)))
    expected = [one.position for one in logged(installation) if one.event.customer == "globex"]
    assert found == expected
    assert installation.storage.read(lambda unit: unit.live.customer_event_count(["globex"])) == events
