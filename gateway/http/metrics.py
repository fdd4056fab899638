"""What the gateway says of itself to Prometheus; cheap enough to be asked ten times a second."""

import time
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from gateway.core.delivery import DeliveryStatus
from gateway.core.events import Outcome
from gateway.core.gate.review import ReviewKind
from gateway.core.ports.storage import UnitOfWork
from gateway.services.installation import Installation

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
backlog_seen_for_seconds = 2.0


class CountsCommits(Protocol):
    """A storage that counts its durable commits."""

    commits: int


@dataclass(slots=True)
class RequestCounts:
    """How many requests each route answered with which status."""

    by_route: Counter[tuple[str, str, int]] = field(default_factory=Counter)

    def add(self, route: str, method: str, status: int) -> None:
        """Count one answer."""
        self.by_route[route, method, status] += 1


@dataclass(frozen=True, slots=True)
class Progress:
    """Where the log's head is, how far live counts are, and since when the first event that they lack is recorded."""

    head: int
    projected: int
    lags_since: datetime | None


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits: deliveries by status, since when the first is due, quarantined events, held connections, reviews."""

    deliveries: Mapping[DeliveryStatus, int]
    oldest_due_at: datetime | None
    quarantined: int
    held: Collection[str]
    reviews: Mapping[ReviewKind, int]


class Metrics:
    """Collects the metrics of one process; safe to use from any thread."""

    def __init__(
        self,
        installation: Installation,
        commits: CountsCommits,
        outcomes: Mapping[Outcome, int],
        requests: RequestCounts,
        connections: Sequence[str],
    ) -> None:
        self._installation = installation
        self._commits = commits
        self._outcomes = outcomes
        self._requests = requests
        self._connections = connections
        self._backlog: tuple[float, Backlog] | None = None
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)

    def text(self) -> bytes:
        """Every metric in the text format of Prometheus."""
        return generate_latest(self._registry)

    def collect(self) -> Iterable[Metric]:
        """Every metric, as `prometheus_client` asks for them."""
        yield from self._progress_metrics(self._installation.storage.read(_progress))
        yield from self._backlog_metrics(self._current_backlog())
        yield from self._process_metrics()

    def _progress_metrics(self, progress: Progress) -> Iterator[Metric]:
        lag = 0.0
        if progress.lags_since is not None:
            lag = max((self._installation.business_clock.now() - progress.lags_since).total_seconds(), 0.0)
        yield _gauge("gateway_log_head_position", "Position of the last event in the log", progress.head)
        yield _gauge("gateway_projection_position", "Position up to which live counts hold the log", progress.projected)
        yield _gauge("gateway_projection_lag_seconds", "Age of the oldest event in the log that live counts lack", lag)

    def _backlog_metrics(self, backlog: Backlog) -> Iterator[Metric]:
        deliveries = GaugeMetricFamily("gateway_deliveries", "Deliveries to billing systems", labels=["status"])
        for status in DeliveryStatus:
            deliveries.add_metric([status], backlog.deliveries.get(status, 0))
        overdue = 0.0
        if backlog.oldest_due_at is not None:
            overdue = max((self._installation.system_clock.now() - backlog.oldest_due_at).total_seconds(), 0.0)
        yield deliveries
        yield _gauge(
            "gateway_oldest_pending_delivery_seconds", "How long the longest waiting delivery has been due", overdue
        )
        yield _gauge("gateway_quarantined_events", "Events that cannot be taken yet", backlog.quarantined)
        held = GaugeMetricFamily(
            "gateway_connection_held", "Whether a provider refuses the credentials", labels=["connection"]
        )
        faulty = GaugeMetricFamily(
            "gateway_connection_faulty", "Whether the plugin does not work", labels=["connection"]
        )
        faults = self._installation.faults.known()
        for connection in self._connections:
            held.add_metric([connection], connection in backlog.held)
            faulty.add_metric([connection], connection in faults)
        reviews = GaugeMetricFamily("gateway_reviews", "What waits for a person to decide", labels=["kind"])
        for kind in ReviewKind:
            reviews.add_metric([kind], backlog.reviews.get(kind, 0))
        yield from (held, faulty, reviews)

    def _process_metrics(self) -> Iterator[Metric]:
        fsyncs = CounterMetricFamily("gateway_fsyncs", "Durable commits of this process")
        fsyncs.add_metric([], self._commits.commits)
        events = CounterMetricFamily("gateway_events", "Events received by this process", labels=["outcome"])
        for outcome in Outcome:
            events.add_metric([outcome], self._outcomes.get(outcome, 0))
        requests = CounterMetricFamily(
            "gateway_http_requests", "Requests answered by this process", labels=["route", "method", "status"]
        )
        for (route, method, status), count in sorted(self._requests.by_route.copy().items()):
            requests.add_metric([route, method, str(status)], count)
        yield from (fsyncs, events, requests)

    def _current_backlog(self) -> Backlog:
        """The backlog, looked at again only when the last look is `backlog_seen_for_seconds` old."""
        now, seen = time.monotonic(), self._backlog
        if seen is None or now - seen[0] >= backlog_seen_for_seconds:
            seen = self._backlog = (now, self._installation.storage.read(self._read_backlog))
        return seen[1]

    def _read_backlog(self, unit: UnitOfWork) -> Backlog:
        due = [unit.deliveries.next_due_at(connection) for connection in self._connections]
        return Backlog(
            deliveries=unit.deliveries.counts(),
            oldest_due_at=min([at for at in due if at is not None], default=None),
            quarantined=unit.log.quarantined_count(),
            held=unit.connections.holds(),
            reviews=unit.reviews.counts(),
        )


def metrics_endpoint(metrics: Metrics) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint that Prometheus asks."""

    async def answer(_request: Request) -> Response:
        return Response(await run_in_threadpool(metrics.text), media_type=MEDIA_TYPE)

    return answer


def _progress(unit: UnitOfWork) -> Progress:
    projected, head = unit.live.position(), unit.log.head()
    missing = unit.log.next_blocks(projected, 1) if projected < head else []
    return Progress(head, projected, missing[0].recorded_at if missing else None)


def _gauge(name: str, documentation: str, value: float) -> Metric:
    return GaugeMetricFamily(name, documentation, value=value)
