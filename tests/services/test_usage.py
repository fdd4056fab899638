"""Usage: every window has exactly what occurred in it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from gateway.core.errors import InvalidValue, NotFound
from gateway.core.periods.windows import Window
from gateway.services.usage import UsagePoint, UsageQuery, UsageReport, usage
from tests.services.billing import FEBRUARY, JANUARY, MARCH, Company, Counting, document

DAY = timedelta(days=1)


def ask(company: Company, starts_at: datetime = JANUARY, ends_at: datetime = FEBRUARY, **terms: Any) -> UsageReport:
    query = UsageQuery(terms.pop("customer", "acme"), starts_at, ends_at, **terms)
    return usage(company.installation, company.projector, query)


def quantities(report: UsageReport) -> list[tuple[str, str, Decimal, int]]:
    return [(each.meter, each.starts_at.isoformat()[5:16], each.quantity, each.events) for each in report.points]


def test_without_windows_there_is_one_quantity_per_meter(company: Company) -> None:
    company.sign()
    company.call("2026-01-05T12:00:00Z", "ann", times=3)
    company.call("2026-01-05T13:00:00Z", "bob")
    company.upload("2026-01-06T12:00:00Z", "1.5")
    company.upload("2026-01-06T12:00:00Z", "0.25", zone="us")

    report = ask(company)

    assert quantities(report) == [
        ("calls", "01-01T00:00", Decimal(4), 4),
        ("traffic", "01-01T00:00", Decimal("1.75"), 2),
        ("users", "01-01T00:00", Decimal(2), 4),
    ]
    assert (report.as_of.position, report.as_of.head, report.as_of.is_current) == (6, 6, True)


def test_a_value_that_several_hours_share_counts_once_in_their_window(company: Company) -> None:
    company.sign()
    company.call("2026-01-05T01:00:00Z", "ann")
    company.call("2026-01-05T09:00:00Z", "ann")
    company.call("2026-01-05T23:59:59Z", "bob")
    company.call("2026-01-06T00:00:00Z", "ann")

    by_day = ask(company, JANUARY + 4 * DAY, JANUARY + 6 * DAY, meters=("users",), window=Window.DAY)
    together = ask(company, JANUARY + 4 * DAY, JANUARY + 6 * DAY, meters=("users",))

    assert [each.quantity for each in by_day.points] == [Decimal(2), Decimal(1)]
    assert [each.quantity for each in together.points] == [Decimal(2)]


def test_usage_has_every_digit_that_a_meter_reads(sqlite_company: Company) -> None:
    sqlite_company.sign()
    sqlite_company.upload("2026-01-02T12:00:00Z", "12345678901234567890123456.000000000001")
    sqlite_company.upload("2026-01-02T13:00:00Z", "0.000000000002")

    [point] = ask(sqlite_company, meters=("traffic",)).points

    assert point.quantity == Decimal("12345678901234567890123456.000000000003")


def test_windows_without_usage_are_zero(sqlite_company: Company) -> None:
    sqlite_company.sign()
    sqlite_company.call("2026-01-02T12:00:00Z")

    report = ask(sqlite_company, JANUARY, JANUARY + 3 * DAY, meters=("calls",), window=Window.DAY)

    assert report.points == tuple(
        UsagePoint("calls", JANUARY + n * DAY, JANUARY + (n + 1) * DAY, (), Decimal(quantity), quantity)
        for n, quantity in enumerate([0, 1, 0])
    )


def test_grouped_usage_names_the_values_that_occurred(sqlite_company: Company) -> None:
    sqlite_company.sign()
    sqlite_company.upload("2026-01-02T12:00:00Z", "2")
    sqlite_company.upload("2026-01-02T13:00:00Z", "3", zone="us")
    sqlite_company.upload("2026-01-03T13:00:00Z", "4", zone="us")

    report = ask(sqlite_company, meters=("traffic",), window=Window.DAY, group_by=("zone",))

    assert [(each.starts_at.day, each.dimensions, each.quantity) for each in report.points] == [
        (2, (("zone", "eu"),), Decimal(2)),
        (2, (("zone", "us"),), Decimal(3)),
        (3, (("zone", "us"),), Decimal(4)),
    ]


def test_days_are_those_of_the_zone_asked_for(company: Company) -> None:
    company.sign(starts_at=datetime(2025, 10, 1, tzinfo=UTC))
    for at in ("2025-10-25T21:59:59Z", "2025-10-25T22:00:00Z", "2025-10-26T22:59:59Z", "2025-10-26T23:00:00Z"):
        company.call(at)

    report = ask(
        company,
        datetime(2025, 10, 25, 22, tzinfo=UTC),
        datetime(2025, 10, 27, 23, tzinfo=UTC),
        meters=("calls",),
        window=Window.DAY,
        time_zone="Europe/Berlin",
    )

    assert quantities(report) == [("calls", "10-25T22:00", Decimal(2), 2), ("calls", "10-26T23:00", Decimal(1), 1)]


def test_a_window_that_cuts_an_hour_is_counted_from_the_log(company: Company) -> None:
    company.sign()
    for at, user in (("10:29:59.999999", "ann"), ("10:30:00", "bob"), ("10:59:00", "bob"), ("11:30:00", "eve")):
        company.call(f"2026-01-05T{at}Z", user)
    company.call("2026-01-05T10:45:00Z", "other")
    start = datetime(2026, 1, 5, 10, 30, tzinfo=UTC)

    report = ask(company, start, start + timedelta(hours=1), meters=("calls", "users"))

    assert quantities(report) == [("calls", "01-05T10:30", Decimal(3), 3), ("users", "01-05T10:30", Decimal(2), 3)]


def test_windows_of_a_zone_with_a_half_hour_add_up_for_a_subscription_without(company: Company) -> None:
    company.sign()
    for hour in range(24):
        company.call(f"2026-01-05T{hour:02}:15:00Z", f"user-{hour % 3}")
        company.call(f"2026-01-05T{hour:02}:45:00Z", f"user-{hour % 3}")

    terms = {"meters": ("calls", "users"), "window": Window.DAY, "time_zone": "Asia/Kolkata"}
    report = ask(company, JANUARY + 4 * DAY, JANUARY + 5 * DAY, **terms)

    # Midnight in Kolkata is 18:30 UTC.
    assert quantities(report) == [
        ("calls", "01-05T00:00", Decimal(37), 37),
        ("calls", "01-05T18:30", Decimal(11), 11),
        ("users", "01-05T00:00", Decimal(3), 37),
        ("users", "01-05T18:30", Decimal(3), 11),
    ]


def test_a_subscription_in_a_zone_with_a_half_hour_is_kept_in_quarters(sqlite_company: Company) -> None:
    sqlite_company.sign(starts_at=datetime(2025, 12, 31, 18, 30, tzinfo=UTC), time_zone="Asia/Kolkata")
    sqlite_company.call("2026-01-05T18:29:59Z")
    sqlite_company.call("2026-01-05T18:30:00Z")
    terms = {"meters": ("calls",), "window": Window.DAY, "time_zone": "Asia/Kolkata"}
    counting = Counting(sqlite_company.installation.storage)

    report = ask(sqlite_company, JANUARY + 4.0 * DAY, JANUARY + 5.5 * DAY, **terms)
    before = counting.statements
    usage(
        sqlite_company.on(counting).installation,
        sqlite_company.projector,
        UsageQuery("acme", JANUARY + 4 * DAY, JANUARY + 5.5 * DAY, **terms),
    )

    assert [each.quantity for each in report.points] == [Decimal(1), Decimal(1)]
    assert counting.statements - before <= 10


def test_versions_of_a_meter_count_what_occurred_in_their_time(sqlite_company: Company) -> None:
    definitions = document()
    definitions["meters"][0] |= {
        "filters": [{"property": "user", "values": ["ann"]}],
        "effective_from": "2026-01-15T00:00:00Z",
    }
    sqlite_company.sign()
    sqlite_company.define(definitions)
    for day in (14, 15):
        sqlite_company.call(f"2026-01-{day}T12:00:00Z", "ann")
        sqlite_company.call(f"2026-01-{day}T12:00:00Z", "bob")

    report = ask(sqlite_company, meters=("calls",))

    assert quantities(report) == [("calls", "01-01T00:00", Decimal(3), 3)]


def test_usage_of_successive_subscriptions_is_shown_as_one(sqlite_company: Company) -> None:
    middle = JANUARY + 14 * DAY
    sqlite_company.sign(ends_at=middle)
    sqlite_company.sign(starts_at=middle, key="acme/second")
    sqlite_company.call("2026-01-14T12:00:00Z", "ann")
    sqlite_company.call("2026-01-16T12:00:00Z", "ann")

    report = ask(sqlite_company, meters=("calls", "users"))

    assert [each.quantity for each in report.points] == [Decimal(2), Decimal(1)]


def test_nothing_of_another_customer_is_shown(sqlite_company: Company) -> None:
    sqlite_company.sign("acme")
    sqlite_company.sign("globex")
    sqlite_company.call("2026-01-05T12:00:00Z", customer="globex", times=3)

    assert [each.quantity for each in ask(sqlite_company, meters=("calls",)).points] == [Decimal(0)]


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"ends_at": JANUARY}, "must end after it starts; 2026-01-01T00:00:00Z is not after"),
        ({"time_zone": "Mars/Olympus"}, "'Mars/Olympus' is not an IANA time zone"),
        ({"meters": ("carls",)}, "No subscription of customer 'acme' prices a meter 'carls'"),
        ({"group_by": ("planet",)}, "None of the meters has a dimension 'planet'; they have zone"),
        ({"ends_at": JANUARY + 20_000 * timedelta(hours=1), "window": Window.HOUR}, "More than 10000 windows"),
        ({"starts_at": JANUARY.replace(tzinfo=None)}, "has no offset"),
    ],
)
def test_what_makes_no_sense_is_refused(sqlite_company: Company, terms: dict[str, Any], message: str) -> None:
    sqlite_company.sign()
    query = replace(UsageQuery("acme", JANUARY, FEBRUARY), **terms)

    with pytest.raises(InvalidValue, match=message):
        usage(sqlite_company.installation, sqlite_company.projector, query)


def test_an_unknown_customer_is_not_found(sqlite_company: Company) -> None:
    with pytest.raises(NotFound, match="no customer 'nobody'"):
        ask(sqlite_company, customer="nobody")


def test_a_customer_without_a_subscription_has_no_points(sqlite_company: Company) -> None:
    sqlite_company.sign("globex")
    sqlite_company.sign("acme", starts_at=MARCH)

    assert ask(sqlite_company, window=Window.MONTH, meters=("calls",)).points[0].quantity == 0
