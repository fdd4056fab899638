"""The demo at each provider: one line of gateway.toml, and the month's invoices are there."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from rich.progress import Progress

from gateway.app import build
from gateway.cli.demo_run import demo_document, run_demo
from gateway.cli.examples import Example, load_example
from gateway.settings import load_settings
from gateway.storage.migrate import migrate
from plugins.chargebee.tests.connecting import serving_site
from plugins.chargebee.tests.fake_chargebee import FakeChargebee
from plugins.recurly.tests import fake_recurly
from plugins.stripe.tests import loopback as stripe
from plugins.stripe.tests.fake_stripe import FakeStripe
from tests.vendors.loopback import Loopback

GATEWAY_TOML = """
[billing]
connection = "{connection}"

[connections.stripe]
provider = "stripe"
api_key = "sk_test_fake"
api_base = "{url}"

[connections.chargebee]
provider = "chargebee"
site = "acme-test"
api_key = "test_fake_key"
api_base = "{url}"

[connections.recurly]
provider = "recurly"
subdomain = "acme"
api_key = "{recurly_key}"
api_base = "{url}"

[storage]
url = "sqlite:///{folder}/gateway.db"

[deployment]
mode = "demo"

[clock]
starts_at = {starts_at}
"""
VENDORS: dict[str, Callable[[], AbstractContextManager[Loopback[Any]]]] = {
    "stripe": lambda: stripe.serving(FakeStripe(now=int(time.time()))),
    "chargebee": lambda: serving_site(FakeChargebee(now=int(time.time()))),
    "recurly": lambda: fake_recurly.serving(fake_recurly.FakeRecurly(now=int(time.time()))),
}


@pytest.fixture(scope="module")
def example() -> Example:
    """One airline and one month."""
    chosen = load_example("flights").only(["HA"], date(2013, 2, 2))
    # The whole year is read to find them, so once for all.
    events = list(chosen.events())
    return replace(chosen, events=lambda: events)


@pytest.mark.parametrize("connection", VENDORS)
def test_a_month_of_flights_is_delivered_by_changing_one_line(
    connection: str, example: Example, tmp_path: Path
) -> None:
    file = tmp_path / "gateway.toml"

    with VENDORS[connection]() as vendor:
        given = {"url": vendor.url, "folder": tmp_path, "starts_at": example.clock_starts_at.isoformat()}
        file.write_text(
            GATEWAY_TOML.format(connection=connection, recurly_key=fake_recurly.FakeRecurly().api_key, **given)
        )
        gateway = build(load_settings(file, {}))
        try:
            migrate(gateway.database)
            result = run_demo(gateway, example, Progress(disable=True))
            invoices = demo_document(gateway, result)["invoices"]
        finally:
            gateway.close()

    assert result.delivered == len(invoices) >= 1
    assert sorted(totals_at(vendor, connection)) == sorted(Decimal(each["total"]) for each in invoices)


def totals_at(vendor: Loopback[Any], connection: str) -> list[Decimal]:
    """The totals of the invoices that the vendor holds, in dollars."""
    totals = [Decimal(str(invoice["total"])) for invoice in vendor.fake.invoices.values()]
    return totals if connection == "recurly" else [total / 100 for total in totals]
