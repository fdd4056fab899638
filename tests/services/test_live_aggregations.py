"""Live counts of every aggregation equal the recount, after any order of events and restarts."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.core.errors import NotFound
from gateway.core.metering.meter import Meter
from gateway.core.metering.recount import CountingScope
from gateway.core.periods.period import BillingPeriod
from gateway.core.subscriptions.subscription import Subscription
from gateway.services.correct_event import CorrectionRequest, amend_event, void_event
from gateway.services.count_spans import SpanQuery, count_spans
from gateway.services.installation import Installation
from gateway.services.period_counts import PeriodQuery, count_live_periods
from gateway.services.project import Projector
from gateway.services.read_log import LogSpan
from gateway.services.record_events import Recorder
from gateway.services.recount_log import recount_log
from gateway.services.span_counts import SpanCount, SpanKey
from tests.services.aggregating import ALL_METERS
from tests.services.recording import START, batch, define, event, subscription
from tests.services.test_project import add

Found = dict[tuple[object, ...], tuple[Decimal, int]]
UNTIL = datetime(2026, 4, 1, tzinfo=UTC)
METERS = {meter.key: meter for meter in ALL_METERS}


def periods(owner: Subscription) -> Iterator[BillingPeriod]:
    at = owner.starts_at
    while at < UNTIL and (period := owner.period_at(at)):
        yield period
        at = period.end


def recounted(installation: Installation, owner: Subscription, spans: Sequence[BillingPeriod], **more: object) -> Found:
    found: Found = {}
    for span in spans:
        scopes = [CountingScope(owner, span, ALL_METERS, **more)]  # type: ignore[arg-type]
        with installation.storage.snapshot() as unit:
            counted = recount_log(unit, LogSpan(0, unit.log.head()), scopes)
        for key, count in counted.counts.items():
            found[key.meter, key.version, key.dimensions, span.start] = count.quantity, count.events
    return found


def shown(counts: dict[SpanKey, SpanCount]) -> Found:
    return {
        (key.series.meter, key.series.version, key.series.dimensions, key.starts_at): (count.quantity, count.events)
        for key, count in counts.items()
    }


def live(installation: Installation, owner: Subscription, meters: dict[str, Meter] = METERS) -> Found:
    found: Found = {}
    for period in periods(owner):
        query = PeriodQuery(owner, meters, period)
        found |= shown(installation.storage.read(lambda unit, query=query: count_live_periods(unit, [query])))
    return found


def correct(installation: Installation, prefix: str, corrections: Mapping[int, object]) -> None:
    """Void or amend the events with these numbers, where there are such."""
    for number, amended in corrections.items():
        request = CorrectionRequest("api", f"e-{prefix}-{number}", "wrong", "test", f"{prefix}-{number}")
        with suppress(NotFound):
            if amended == "void":
                void_event(installation, request)
            else:
                amend_event(installation, request, {"bytes": amended, "user": number, "does": "remove"})


numbers = st.sampled_from([0, 1, -3, "2.5", 0.125, "x", None, True, 10**26, 7, 40])
moments = st.integers(-5, 90 * 24 * 4).map(lambda quarter: START + timedelta(minutes=15 * quarter, microseconds=1))
edges = st.sampled_from([START, datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 2, 1, 5, tzinfo=UTC)])
sent_events = st.fixed_dictionaries(
    {
        "occurred_at": (moments | edges).map(lambda moment: moment.isoformat()),
        "properties": st.fixed_dictionaries(
            {},
            optional={
                "bytes": numbers,
                "llm": st.fixed_dictionaries({"tokens": numbers}),
                "user": st.sampled_from([1, 2, "3", None]),
                "zone": st.sampled_from(["eu", "us"]),
                "does": st.sampled_from(["add", "remove", "", "toggle"]),
            },
        ),
    }
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    requests=st.lists(st.lists(sent_events, min_size=1, max_size=8), min_size=1, max_size=4),
    restarts=st.lists(st.booleans(), min_size=4, max_size=4),
    zone=st.sampled_from(["UTC", "America/New_York", "Asia/Kathmandu"]),
    window=st.sampled_from([timedelta(hours=7), timedelta(days=9)]),
    is_later_phase=st.booleans(),
    corrections=st.dictionaries(st.integers(0, 7), numbers | st.just("void"), max_size=3),
)
def test_every_aggregation_is_live_what_the_recount_finds(
    sqlite_installation, requests, restarts, zone, window, is_later_phase, corrections
):
    run = sqlite_installation.ids.new("run")[-4:]
    owner = subscription(f"acme{run}", zone=zone)
    if is_later_phase:
        owner = replace(owner, starts_at=START + timedelta(days=10), begun_at=START)
    if sqlite_installation.storage.read(lambda unit: unit.definitions.event_types()):
        add(sqlite_installation, [owner.customer], [owner])
    else:
        define(sqlite_installation, [owner.customer], ALL_METERS, [owner])
    recorder = Recorder(sqlite_installation)
    projector = Projector(sqlite_installation, recorder.recent)

    for number, (request, is_restarted) in enumerate(zip(requests, restarts, strict=False)):
        sent = [event(f"{run}-{number}-{n}", customer=owner.customer, **one) for n, one in enumerate(request)]
        recorder.record(batch(*sent))
        correct(sqlite_installation, f"{run}-{number}", corrections)
        projector = Projector(sqlite_installation) if is_restarted else projector
        projector.bring_up()

    assert live(sqlite_installation, owner) == recounted(sqlite_installation, owner, list(periods(owner)))

    spans = tuple(
        BillingPeriod(start, start + window)
        for n in range(6)
        if (start := START + timedelta(days=20, minutes=40) + n * window)
    )
    query = SpanQuery(owner, METERS, spans)
    in_spans = sqlite_installation.storage.read(lambda unit: count_spans(unit, [query]))
    again = {}
    for span in spans:
        again |= recounted(sqlite_installation, owner, [span], whole=span)
    assert shown(in_spans) == again
