"""A gateway behind a web server, with five days of real flights of two airlines, and one customer who means harm."""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Any

import msgspec
import uvicorn
from rich.progress import Progress

from gateway.app import Gateway, build
from gateway.cli.demo_run import run_demo
from gateway.cli.examples import Example, load_example
from gateway.core.access import Scope
from gateway.core.time import read_instant
from gateway.server import create_app
from gateway.services.bill import bill_due
from gateway.services.customers import SubscriptionRequest, create_customer, subscribe
from gateway.services.keys import create_key, mint_customer_token
from gateway.settings import ClockSettings, DeploymentSettings, Mode, Settings, StorageSettings
from gateway.wire.events import WireFormat, parse_events

start_seconds_max = 90
NOW = datetime(2013, 2, 3, 15, tzinfo=UTC)
MALICE = "<img src=x onerror=\"document.title='broken'\">"
MALICIOUS_PROPERTY = "<script>document.title='broken'</script>"


@dataclass(frozen=True, slots=True)
class Airports:
    """Where the gateway is served, and what opens it."""

    address: str
    key: str
    token: str
    ingest_key: str


@contextmanager
def served_airports(storage_url: str) -> Iterator[Airports]:
    """The gateway of the airports on an empty, migrated database, served on a free port."""
    settings = Settings(
        storage=StorageSettings(url=storage_url),
        deployment=DeploymentSettings(mode=Mode.TEST),
        clock=ClockSettings(starts_at=NOW),
    )
    gateway = build(settings)
    try:
        _fill(gateway)
        with _served(gateway) as address:
            yield Airports(address, *_opened_by(gateway))
    finally:
        gateway.close()


def _fill(gateway: Gateway) -> None:
    run_demo(gateway, _five_days(load_example("flights").only(["UA", "HA"], None)), Progress(disable=True))
    _add_malice(gateway)
    _add_departure_before_the_subscription(gateway)
    bill_due(gateway.installation, gateway.projector, NOW)


def _five_days(example: Example) -> Example:
    """The first days of January; the file is sorted by day, so that the rest need not be read."""
    first = list(takewhile(lambda event: event["id"] < "2013-01-06", example.events()))
    return replace(example, events=lambda: first, event_count=len(first), bill_through=NOW)


def _add_malice(gateway: Gateway) -> None:
    installation = gateway.installation
    create_customer(installation, "XX", MALICE)
    starts_at = read_instant("2013-01-01T05:00:00Z")
    subscribe(installation, SubscriptionRequest("XX", "nyc-airports", starts_at, "America/New_York"))
    _record(gateway, _departure("XX", "malicious", "2013-01-02T12:00:00Z", dest=MALICIOUS_PROPERTY))


def _add_departure_before_the_subscription(gateway: Gateway) -> None:
    _record(gateway, _departure("HA", "early", "2012-12-31T12:00:00Z"))


def _departure(customer: str, name: str, occurred_at: str, **properties: object) -> Mapping[str, Any]:
    return {
        "source": "nyc-airports",
        "id": name,
        "type": "flight.departed",
        "customer": customer,
        "occurred_at": occurred_at,
        "properties": {"origin": "JFK", "distance": 100, "tailnum": "N1", "air_time": 60, **properties},
    }


def _record(gateway: Gateway, event: Mapping[str, Any]) -> None:
    gateway.recorder.record(parse_events(msgspec.json.encode(event), WireFormat.JSON))


def _opened_by(gateway: Gateway) -> tuple[str, str, str]:
    _, key = create_key(gateway.installation, "page", [Scope.READ])
    _, ingest_key = create_key(gateway.installation, "sender", [Scope.INGEST])
    token = mint_customer_token(gateway.installation, "HA", timedelta(hours=1))
    return key, token.text, ingest_key


@contextmanager
def _served(gateway: Gateway) -> Iterator[str]:
    config = uvicorn.Config(create_app(gateway), port=0, log_config=None, access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield f"http://127.0.0.1:{_port_of(server)}"
    finally:
        server.should_exit = True
        thread.join()


def _port_of(server: uvicorn.Server) -> int:
    deadline = time.monotonic() + start_seconds_max
    while not server.started:
        assert time.monotonic() < deadline, "the server did not start"
        time.sleep(0.01)
    port: int = server.servers[0].sockets[0].getsockname()[1]
    return port
