"""Runs of the demo for tests, on any database and with any change to its input."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.progress import Progress

from gateway.app import Gateway, build
from gateway.cli import demo_run
from gateway.cli.demo_run import DemoResult, run_demo
from gateway.cli.examples import Example
from gateway.settings import ClockSettings, DeploymentSettings, Mode, ReviewSettings, Settings, StorageSettings
from gateway.storage.migrate import migrate

Document = dict[str, Any]


@contextmanager
def demo_gateway(url: str, example: Example, review: ReviewSettings | None = None) -> Iterator[Gateway]:
    """A gateway as the demo sets it up, on the database at `url`; `review` says what else holds usage."""
    gateway = build(
        Settings(
            storage=StorageSettings(url=url),
            deployment=DeploymentSettings(mode=Mode.DEMO),
            clock=ClockSettings(starts_at=example.clock_starts_at),
            review=review or ReviewSettings(),
        )
    )
    try:
        migrate(gateway.database)
        yield gateway
    finally:
        gateway.close()


def run(url: str, example: Example, review: ReviewSettings | None = None) -> Document:
    """What the demo prints about `example`."""
    with demo_gateway(url, example, review) as gateway:
        return demo_document(gateway, run_demo(gateway, example, Progress(disable=True)))


def demo_document(gateway: Gateway, result: DemoResult) -> Document:
    """What the demo prints about what it did."""
    return demo_run.demo_document(gateway, result)


def billed(document: Document) -> list[Document]:
    """The invoices of a demo in the shape of the oracle: without number and status."""
    kept = ("customer", "issued_on", "currency", "total", "lines")
    return [{name: invoice[name] for name in kept} for invoice in document["invoices"]]
