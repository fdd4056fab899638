"""What is always true of bills and usage, whatever was sent in whatever order."""

import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.core.invoicing.invoice import InvoiceStatus
from gateway.core.periods.period import BillingPeriod
from gateway.core.periods.windows import Window
from gateway.services.cost import running_costs
from gateway.services.installation import Installation
from gateway.services.replay_invoice import replay_invoice
from gateway.services.usage import UsageQuery, usage
from gateway.storage.database import open_database
from tests.services.billing import JANUARY, MARCH, Company, document
from tests.support import CountingIds, FixedClock

QUICK = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
_copies = count(1)


@contextmanager
def new_company(template: Path, folder: Path) -> Iterator[Company]:
    """A company with an empty database of its own."""
    path = folder / f"company-{next(_copies)}.db"
    shutil.copyfile(template, path)
    database = open_database(f"sqlite:///{path}", synchronous="OFF")
    clock = FixedClock(MARCH)
    company = Company(Installation(database, clock, clock, CountingIds(), "main"), clock)
    company.define()
    try:
        yield company
    finally:
        database.close()
        for left in folder.glob(f"{path.name}*"):
            left.unlink()


# Mostly around the two months that are billed, often exactly on an hour, a midnight or a boundary.
seconds = st.one_of(
    st.integers(-86_400, 59 * 86_400 - 1),
    st.integers(-24, 59 * 24 - 1).map(lambda hour: hour * 3600),
    st.sampled_from([-1, 0, 31 * 86_400 - 1, 31 * 86_400, 31 * 86_400 + 1]),
)
calls = st.builds(
    lambda at, user: ("call", at, {} if user is None else {"user": user}),
    seconds,
    st.sampled_from(["ann", "bob", "eve", 1, "1", None]),
)
uploads = st.builds(
    lambda at, zone, size: ("upload", at, {"zone": zone, "gigabytes": size}),
    seconds,
    st.sampled_from(["eu", "us"]),
    st.one_of(st.integers(0, 10**9), st.decimals(0, 1000, places=9).map(str)),
)
usages = st.lists(st.one_of(calls, uploads), max_size=40)


def events(used: list[tuple[str, int, dict[str, Any]]], customer: str = "acme") -> list[dict[str, Any]]:
    return [
        {
            "source": "test",
            "id": f"{customer}-{number}",
            "type": kind,
            "customer": customer,
            "occurred_at": (JANUARY + timedelta(seconds=at)).isoformat(),
            "properties": properties,
        }
        for number, (kind, at, properties) in enumerate(used)
    ]


def in_batches(sent: list[dict[str, Any]], size: int) -> Iterator[list[dict[str, Any]]]:
    for first in range(0, len(sent), size):
        yield sent[first : first + size]


def bills(company: Company) -> list[tuple[Any, ...]]:
    return [(each.status, each.inputs_hash, each.lines) for each in company.invoices()]


@QUICK
@given(usages, st.randoms(use_true_random=False), st.integers(1, 7))
def test_the_order_of_arrival_changes_no_bill_and_holds_none(
    sqlite_template: Path, tmp_path: Path, used: list[Any], random: Any, size: int
) -> None:
    sent = events(used)
    with new_company(sqlite_template, tmp_path) as one, new_company(sqlite_template, tmp_path) as other:
        for company in (one, other):
            company.sign()
        for batch in in_batches(sent, 100):
            one.record(batch)
        for batch in in_batches(random.sample(sent, len(sent)), size):
            other.record(batch)
            if random.random() < 0.3:
                other.projector.catch_up()
        one.bill()
        other.bill()

        assert bills(one) == bills(other)
        assert {each.status for each in one.invoices()} == {InvoiceStatus.FINALIZED}


@QUICK
@given(usages)
def test_every_bill_replays_to_itself(sqlite_template: Path, tmp_path: Path, used: list[Any]) -> None:
    with new_company(sqlite_template, tmp_path) as company:
        company.sign(time_zone="America/New_York", starts_at=JANUARY + timedelta(hours=5))
        for batch in in_batches(events(used), 3):
            company.record(batch)
        company.bill()

        for invoice in company.invoices():
            again = company.read(lambda unit, invoice=invoice: replay_invoice(unit, invoice).invoice)
            assert (again.inputs_hash, again.lines) == (invoice.inputs_hash, invoice.lines)


@QUICK
@given(usages, st.lists(st.integers(1, 30), min_size=1, max_size=4, unique=True), st.integers(1, 9), st.booleans())
def test_progressive_invoices_and_what_is_left_sum_to_the_bill_without_thresholds(
    sqlite_template: Path, tmp_path: Path, used: list[Any], thresholds: list[int], size: int, is_at_once: bool
) -> None:
    sent = sorted(events(used), key=lambda each: datetime.fromisoformat(each["occurred_at"]))
    definitions = document()
    definitions["plans"][0]["invoice_thresholds"] = {"period": [str(each) for each in thresholds]}
    definitions["plans"][0]["prices"][1]["timing"] = "in_advance" if is_at_once else "in_arrears"
    with new_company(sqlite_template, tmp_path) as one, new_company(sqlite_template, tmp_path) as other:
        other.define(definitions)
        for company in (one, other):
            company.sign()
        for batch in in_batches(sent, size):
            other.clock.set(max(JANUARY, datetime.fromisoformat(batch[-1]["occurred_at"])))
            other.record(batch)
            other.bill()
        for batch in in_batches(sent, 100):
            one.record(batch)
        one.bill(MARCH)
        other.bill(MARCH)

        assert subtotals(one) == subtotals(other)
        for invoice in other.invoices():
            again = other.read(lambda unit, invoice=invoice: replay_invoice(unit, invoice).invoice)
            assert (again.inputs_hash, again.lines) == (invoice.inputs_hash, invoice.lines)


def subtotals(company: Company) -> Counter[str]:
    """What was billed of each price."""
    found: Counter[str] = Counter()
    for invoice in company.invoices():
        for line in invoice.lines:
            found[line.price] += line.amount.amount_minor
    return +found


def in_window(used: list[Any], kind: str, window: BillingPeriod) -> list[dict[str, Any]]:
    """What was used within the window, and within the subscription."""
    found = [(JANUARY + timedelta(seconds=at), properties) for each, at, properties in used if each == kind]
    return [properties for at, properties in found if at in window and at >= JANUARY]


@QUICK
@given(
    usages,
    st.integers(-3600, 59 * 86_400),
    st.integers(1, 40 * 86_400),
    st.sampled_from([None, Window.DAY, Window.MONTH]),
    st.sampled_from(["UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]),
    st.sampled_from(["UTC", "Asia/Kolkata"]),
)
def test_every_window_has_what_occurred_in_it(
    sqlite_template: Path,
    tmp_path: Path,
    used: list[Any],
    start: int,
    length: int,
    window: Window | None,
    zone: str,
    home: str,
) -> None:
    with new_company(sqlite_template, tmp_path) as company:
        company.sign(time_zone=home)
        for batch in in_batches(events(used), 5):
            company.record(batch)
        starts_at = JANUARY + timedelta(seconds=start)
        query = UsageQuery("acme", starts_at, starts_at + timedelta(seconds=length), None, window, (), zone)

        points = usage(company.installation, company.projector, query).points

    for point in points:
        span = BillingPeriod(point.starts_at, point.ends_at)
        match point.meter:
            case "calls":
                expected = Decimal(len(in_window(used, "call", span)))
            case "users":
                expected = Decimal(len({str(p["user"]) for p in in_window(used, "call", span) if "user" in p}))
            case "traffic":
                expected = sum((Decimal(p["gigabytes"]) for p in in_window(used, "upload", span)), Decimal(0))
        assert point.quantity == expected, point


@QUICK
@given(usages, st.integers(0, 59 * 86_400))
def test_running_costs_count_what_occurred_before_their_instant(
    sqlite_template: Path, tmp_path: Path, used: list[Any], at: int
) -> None:
    with new_company(sqlite_template, tmp_path) as company:
        subscription = company.sign()
        for batch in in_batches(events(used), 5):
            company.record(batch)
        instant = JANUARY + timedelta(seconds=at)

        found = running_costs(company.installation, company.projector, [subscription.id], instant)[subscription.id]

    lines = {line.price: line.quantity for line in found.so_far if line.price != "traffic"}
    assert found.at == instant.replace(minute=0, second=0)
    span = found.period.clip(found.period.start, found.at)
    expected = len(in_window(used, "call", span)) if span else 0
    assert lines["calls"] == expected


@pytest.mark.slow
@pytest.mark.timeout(600)
@settings(QUICK, max_examples=150)
@given(usages, st.randoms(use_true_random=False), st.integers(1, 7))
def test_the_order_of_arrival_changes_no_bill_in_many_more_cases(
    sqlite_template: Path, tmp_path: Path, used: list[Any], random: Any, size: int
) -> None:
    test_the_order_of_arrival_changes_no_bill_and_holds_none.hypothesis.inner_test(
        sqlite_template, tmp_path, used, random, size
    )
