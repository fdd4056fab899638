"""The oracle's own figures, for an accountant to check by hand."""

from collections import Counter
from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest

from tests.flights.oracle import (
    PRICES,
    ZONE,
    Invoice,
    doubled,
    expected_invoices,
    graduated,
    load_airlines,
    load_flights,
    packages,
    unattributed,
    volume,
)

UNITED_FOR_JANUARY = [
    # price, origin, quantity, amount
    ("base", None, "1", "1000.00"),
    ("departures", None, "4605", "50849.38"),  # 1,000 x 12.50 + 2,000 x 11.25 + 1,605 x 9.875 = 50,849.375
    ("distance", None, "6746943", "9108.45"),  # 6,747 started thousands x 1.35
    ("air-time", None, "980893", "36783.49"),  # x 0.0375 = 36,783.4875
    ("aircraft", None, "548", "16440.00"),  # all at 30.00
    ("runway", "EWR", "3636", "10544.40"),  # x 2.90
    ("runway", "JFK", "379", "1174.90"),  # x 3.10
    ("runway", "LGA", "590", "2507.50"),  # x 4.25
    ("cancellations", None, "32", "0.00"),
]

HAWAIIAN_FOR_JANUARY = [
    ("base", None, "1", "1000.00"),
    ("departures", None, "31", "387.50"),  # x 12.50
    ("distance", None, "154473", "209.25"),  # 155 started thousands x 1.35
    ("air-time", None, "19680", "738.00"),  # x 0.0375
    ("aircraft", None, "9", "360.00"),  # x 40.00
    ("runway", "JFK", "31", "96.10"),  # x 3.10
    ("cancellations", None, "0", "0.00"),
    ("true-up", None, "1", "709.15"),  # 2,500.00 - 387.50 - 209.25 - 738.00 - 360.00 - 96.10
]


@pytest.fixture(scope="module")
def flights() -> pd.DataFrame:
    return load_flights()


@pytest.fixture(scope="module")
def invoices(flights: pd.DataFrame) -> list[Invoice]:
    return expected_invoices(flights)


def invoice(invoices: list[Invoice], customer: str, issued_on: str) -> Invoice:
    [found] = [item for item in invoices if (item["customer"], item["issued_on"]) == (customer, issued_on)]
    return found


def written_out(invoice: Invoice) -> list[tuple[Any, ...]]:
    return [
        (line["price"], line["dimensions"].get("origin"), line["quantity"], line["amount"]) for line in invoice["lines"]
    ]


def amounts(invoices: list[Invoice], price: str) -> list[str]:
    return [line["amount"] for item in invoices for line in item["lines"] if line["price"] == price]


def total(invoices: list[Invoice]) -> Decimal:
    return sum((Decimal(item["total"]) for item in invoices), Decimal(0))


# The data


def test_the_year_has_336_776_flights_of_16_airlines(flights: pd.DataFrame) -> None:
    assert (len(flights), flights["id"].nunique()) == (336_776, 336_776)
    assert sorted(flights["carrier"].unique()) == sorted(load_airlines())


def test_our_reading_of_the_zone_agrees_with_the_utc_hours_in_the_file(flights: pd.DataFrame) -> None:
    scheduled = flights["occurred_at"] - pd.to_timedelta(flights["dep_delay"].fillna(0).astype(int), unit="min")

    assert (scheduled.dt.tz_convert("UTC").dt.floor("h") == pd.to_datetime(flights["time_hour"])).all()


def test_every_delay_leads_to_the_departure_time_in_the_file(flights: pd.DataFrame) -> None:
    departed = flights[flights["dep_time"].notna()]
    clock = departed["occurred_at"].dt.hour * 100 + departed["occurred_at"].dt.minute

    assert (clock == departed["dep_time"] % 2400).all()


def test_1_175_departed_flights_have_no_air_time(flights: pd.DataFrame) -> None:
    assert (flights["dep_time"].notna() & flights["air_time"].isna()).sum() == 1_175


def test_26_flights_left_in_the_month_after_the_scheduled_one(flights: pd.DataFrame) -> None:
    late = flights[flights["occurred_at"].dt.month != flights["month"]]

    assert dict(late["occurred_at"].dt.strftime("%Y-%m").value_counts().sort_index()) == {
        "2013-02": 8,
        "2013-04": 1,
        "2013-06": 1,
        "2013-07": 9,
        "2013-08": 3,
        "2013-12": 1,
        "2014-01": 3,
    }


def test_three_flights_left_after_every_subscription(flights: pd.DataFrame) -> None:
    assert sorted(unattributed(flights)["id"]) == [
        "2013-12-31-B6108-JFK-2245",
        "2013-12-31-B6839-JFK-2359",
        "2013-12-31-DL412-JFK-2359",
    ]


# The year


def test_each_airline_has_13_invoices_one_at_each_boundary(invoices: list[Invoice]) -> None:
    assert len(invoices) == 208
    assert Counter(item["customer"] for item in invoices) == dict.fromkeys(load_airlines(), 13)
    assert [item["issued_on"] for item in invoices if item["customer"] == "UA"] == [
        *(f"2013-{month:02}-01" for month in range(1, 13)),
        "2014-01-01",
    ]


def test_the_first_invoices_have_only_the_base_fee(invoices: list[Invoice]) -> None:
    first = [item for item in invoices if item["issued_on"] == "2013-01-01"]

    assert [written_out(item) for item in first] == [[("base", None, "1", "1000.00")]] * 16


def test_the_last_invoices_have_only_the_usage_of_december(invoices: list[Invoice]) -> None:
    last = [item for item in invoices if item["issued_on"] == "2014-01-01"]

    assert amounts(last, "base") == []
    assert {line["period_start"] for item in last for line in item["lines"]} == {"2013-12-01"}


def test_an_invoice_bills_the_month_before_and_the_fee_of_the_month_that_begins(invoices: list[Invoice]) -> None:
    april = invoice(invoices, "UA", "2013-04-01")

    assert [line["period_start"] for line in april["lines"]] == ["2013-04-01"] + ["2013-03-01"] * 8


def test_uniteds_january_is_rated_as_on_paper(invoices: list[Invoice]) -> None:
    united = invoice(invoices, "UA", "2013-02-01")

    assert written_out(united) == UNITED_FOR_JANUARY
    assert (united["currency"], united["total"]) == ("USD", "128408.12")


def test_hawaiians_january_is_filled_up_to_the_commitment(invoices: list[Invoice]) -> None:
    hawaiian = invoice(invoices, "HA", "2013-02-01")

    assert written_out(hawaiian) == HAWAIIAN_FOR_JANUARY
    assert hawaiian["total"] == "3500.00"


def test_a_line_has_the_fields_of_the_demos_output(invoices: list[Invoice]) -> None:
    hawaiian = invoice(invoices, "HA", "2013-02-01")

    assert hawaiian["lines"][5] == {
        "price": "runway",
        "dimensions": {"origin": "JFK"},
        "period_start": "2013-01-01",
        "quantity": "31",
        "amount": "96.10",
    }


def test_skywest_pays_the_whole_commitment_in_seven_months_without_a_departure(invoices: list[Invoice]) -> None:
    idle = [item for item in invoices if ("departures", None, "0", "0.00") in written_out(item)]

    assert [(item["customer"], item["lines"][-1]["period_start"]) for item in idle] == [
        ("OO", f"2013-{month:02}-01") for month in (2, 3, 4, 5, 7, 10, 12)
    ]
    assert amounts(idle, "true-up") == ["2500.00"] * 7
    assert written_out(idle[-1]) == [
        ("departures", None, "0", "0.00"),
        ("distance", None, "0", "0.00"),
        ("air-time", None, "0", "0.00"),
        ("aircraft", None, "0", "0.00"),
        ("cancellations", None, "0", "0.00"),
        ("true-up", None, "1", "2500.00"),
    ]


@pytest.mark.parametrize(
    ("price", "lines", "amount"),
    [
        ("base", 192, "192000.00"),
        ("departures", 192, "3751321.12"),
        ("distance", 192, "465154.65"),
        ("air-time", 192, "1849731.99"),
        ("aircraft", 192, "1187120.00"),
        ("runway", 399, "1111621.95"),
        ("cancellations", 192, "0.00"),
        ("true-up", 48, "47885.75"),
    ],
)
def test_the_year_by_price(invoices: list[Invoice], price: str, lines: int, amount: str) -> None:
    billed = amounts(invoices, price)

    assert (len(billed), sum(map(Decimal, billed))) == (lines, Decimal(amount))


def test_the_year_comes_to_8_604_835_46(invoices: list[Invoice]) -> None:
    assert total(invoices) == Decimal("8604835.46")


# Rates at their edges


@pytest.mark.parametrize(
    ("departures", "amount"),
    [
        (0, "0"),
        (1, "12.50"),
        (1000, "12500"),
        (1001, "12511.25"),
        (3000, "35000"),
        (3001, "35009.875"),
    ],
)
def test_each_departure_is_rated_in_its_own_tier(departures: int, amount: str) -> None:
    assert graduated(PRICES["departures"], departures) == Decimal(amount)


@pytest.mark.parametrize(
    ("aircraft", "amount"),
    [(0, "0"), (50, "2000"), (51, "1785"), (200, "7000"), (201, "6030")],
)
def test_all_aircraft_are_rated_in_the_tier_of_the_last(aircraft: int, amount: str) -> None:
    assert volume(PRICES["aircraft"], aircraft) == Decimal(amount)


@pytest.mark.parametrize(
    ("miles", "amount"),
    [(0, "0"), (1, "1.35"), (1000, "1.35"), (1001, "2.70")],
)
def test_a_started_thousand_miles_is_charged_in_full(miles: int, amount: str) -> None:
    assert packages(PRICES["distance"], miles) == Decimal(amount)


# Changed input


@pytest.mark.parametrize(
    ("left_at", "billed_on"),
    [
        ("2013-01-31 23:59:59", "2013-02-01"),
        ("2013-02-01 00:00:00", "2013-03-01"),
    ],
)
def test_a_flight_on_a_boundary_belongs_to_the_later_month(flights: pd.DataFrame, left_at: str, billed_on: str) -> None:
    flight = flights.head(1).assign(occurred_at=pd.Timestamp(left_at, tz=ZONE))

    billed = expected_invoices(flight, customers=["UA"])

    assert [item["issued_on"] for item in billed if ("departures", None, "1", "12.50") in written_out(item)] == [
        billed_on
    ]


def test_the_order_of_the_rows_does_not_matter(flights: pd.DataFrame, invoices: list[Invoice]) -> None:
    assert expected_invoices(flights.sample(frac=1, random_state=2013)) == invoices


def test_rows_sent_twice_count_once(flights: pd.DataFrame, invoices: list[Invoice]) -> None:
    sent_again = flights.sample(frac=0.05, random_state=2013)

    assert expected_invoices(pd.concat([flights, sent_again])) == invoices


def test_a_month_left_out_changes_the_invoices_that_bill_it(flights: pd.DataFrame, invoices: list[Invoice]) -> None:
    without_june = expected_invoices(flights[flights["occurred_at"].dt.month != 6])

    changed = [new for new, old in zip(without_june, invoices, strict=True) if new != old]

    assert [item["issued_on"] for item in changed] == ["2013-07-01"] * 16
    assert {item["total"] for item in changed} == {"3500.00"}


def test_a_doubled_price_changes_its_own_lines_and_the_true_up(flights: pd.DataFrame) -> None:
    hawaiian = invoice(expected_invoices(flights, prices=doubled("air-time")), "HA", "2013-02-01")

    doubled_lines = {"air-time": "1476.00"}  # 2 x 738.00; with 1,052.85 of other usage it passes 2,500.00
    expected = [
        (price, origin, quantity, doubled_lines.get(price, amount))
        for price, origin, quantity, amount in HAWAIIAN_FOR_JANUARY
        if price != "true-up"
    ]
    assert written_out(hawaiian) == expected
    assert hawaiian["total"] == "3528.85"


def test_fewer_airlines_and_an_earlier_day_leave_the_other_invoices_as_they_are(
    flights: pd.DataFrame, invoices: list[Invoice]
) -> None:
    few = expected_invoices(flights, customers=["HA", "OO", "UA"], issued_through=date(2013, 3, 1))

    assert len(few) == 9
    assert all(item in invoices for item in few)


def test_a_subscription_that_ends_with_a_month_has_no_fee_for_the_next(
    flights: pd.DataFrame, invoices: list[Invoice]
) -> None:
    ended = expected_invoices(flights, customers=["HA"], ends_on=date(2013, 2, 1))

    assert ended[0] == invoice(invoices, "HA", "2013-01-01")
    assert written_out(ended[1]) == HAWAIIAN_FOR_JANUARY[1:]
    assert len(ended) == 2


@pytest.mark.parametrize(
    ("ends_on", "fee", "commitment"),
    [
        (date(2013, 1, 16), "483.87", "1209.68"),  # 15 of 31 days
        (date(2013, 3, 16), "483.18", "1207.94"),  # 359 of 743 hours: summer time began on the 10th
        (date(2013, 11, 16), "500.69", "1251.73"),  # 361 of 721 hours: it ended on the 3rd
    ],
)
def test_a_month_cut_short_is_charged_by_the_time_that_passed(
    flights: pd.DataFrame, ends_on: date, fee: str, commitment: str
) -> None:
    idle = expected_invoices(flights.head(0), customers=["OO"], ends_on=ends_on)

    assert amounts(idle, "base")[-1] == fee
    assert (idle[-1]["issued_on"], idle[-1]["total"]) == (ends_on.isoformat(), commitment)
