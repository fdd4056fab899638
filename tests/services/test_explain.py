"""Explaining: a line is replayed from the raw log, and its events are listed."""

import os
import sys
from datetime import UTC, datetime
from decimal import Decimal
from subprocess import PIPE, Popen

import pytest

from gateway.core.errors import NotFound
from gateway.core.invoicing.invoice import Invoice, InvoiceStatus
from gateway.core.metering.meter import UncountableReason
from gateway.services.explain import LineExplanation, explain_line, line_events
from gateway.services.replay_invoice import replay_invoice
from tests.services.billing import FEBRUARY, MARCH, Company, document
from tests.storage.statements import execute


def billed(company: Company) -> Invoice:
    """January of a customer with calls, a call without a user, uploads in two zones, and an upload of another's."""
    company.sign()
    company.sign("globex")
    company.call("2026-01-05T12:00:00Z", "ann", times=3)
    company.call("2026-01-06T12:00:00Z", "bob", times=2)
    company.call("2026-01-07T12:00:00Z", None)
    company.upload("2026-01-08T12:00:00Z", "3.5")
    company.upload("2026-01-09T12:00:00Z", "4", zone="us")
    company.upload("2026-01-10T12:00:00Z", "100", customer="globex")
    company.upload("2026-02-01T00:00:00Z", "7")
    company.bill(FEBRUARY)
    return company.invoices("acme")[1]


def explained(company: Company, invoice: Invoice) -> dict[str, LineExplanation]:
    """All lines, by price and dimension values."""
    found = [explain_line(company.installation, invoice.id, ordinal) for ordinal in range(len(invoice.lines))]
    return {"/".join([each.line.price, *(value for _, value in each.line.dimensions)]): each for each in found}


def test_every_line_replays_to_itself(company: Company) -> None:
    invoice = billed(company)

    found = explained(company, invoice)

    assert all(each.agrees for each in found.values())
    assert {name: (each.events, each.replayed_quantity) for name, each in found.items()} == {
        "base": (0, Decimal(1)),
        "calls": (6, Decimal(6)),
        "users": (5, Decimal(2)),
        "traffic/eu": (1, Decimal("3.5")),
        "traffic/us": (1, Decimal(4)),
    }
    assert found["users"].left_out == ((UncountableReason.MISSING, 1),)


def test_a_sentence_says_how_the_amount_came_about(sqlite_company: Company) -> None:
    invoice = billed(sqlite_company)

    sentences = {name: each.sentence for name, each in explained(sqlite_company, invoice).items()}

    assert sentences == {
        "base": "Base fee for 1 to 28 February 2026: a flat fee of 49.00 USD.",
        "calls": "6 calls from 1 to 31 January 2026: the first 3 at 1.50, the last 3 at 0.99 make 7.47 USD.",
        "users": "2 users from 1 to 31 January 2026: all of them at 4.00 make 8.00 USD. "
        "1 event is left out: it has no value.",
        "traffic/eu": "3.5 gigabytes with zone eu from 1 to 31 January 2026: all of them at 0.125 make 0.44 USD, "
        "rounded from 0.4375.",
        "traffic/us": "4 gigabytes with zone us from 1 to 31 January 2026: all of them at 0.20 make 0.80 USD.",
    }


def test_the_events_of_a_line_come_page_by_page(company: Company) -> None:
    invoice = billed(company)

    first = line_events(company.installation, invoice.id, 2, 0, 3)
    second = line_events(company.installation, invoice.id, 2, first[-1].logged.position, 3)

    assert [(each.logged.position, each.value) for each in first + second] == [
        (1, "ann"),
        (2, "ann"),
        (3, "ann"),
        (4, "bob"),
        (5, "bob"),
    ]


def test_the_events_left_out_come_with_their_reason(company: Company) -> None:
    invoice = billed(company)

    [left_out] = line_events(company.installation, invoice.id, 2, 0, 10, is_counted=False)

    assert (left_out.logged.position, left_out.value, left_out.reason) == (6, None, UncountableReason.MISSING)


def test_a_line_by_dimension_lists_only_its_own_events(sqlite_company: Company) -> None:
    invoice = billed(sqlite_company)

    found = line_events(sqlite_company.installation, invoice.id, 4, 0, 10)

    assert [(each.logged.event.properties["zone"], each.value) for each in found] == [("us", Decimal(4))]


def test_a_fee_has_no_events_and_no_meter(sqlite_company: Company) -> None:
    invoice = billed(sqlite_company)

    assert line_events(sqlite_company.installation, invoice.id, 0, 0, 10) == []
    assert explained(sqlite_company, invoice)["base"].meter_version is None


def test_a_line_that_does_not_follow_from_the_log_is_said_not_to_agree(sqlite_company: Company) -> None:
    invoice = billed(sqlite_company)
    execute(sqlite_company.installation.storage, "DROP TRIGGER invoice_line_update")
    execute(sqlite_company.installation.storage, "UPDATE invoice_line SET quantity = '7' WHERE price = 'calls'")

    found = explained(sqlite_company, invoice)

    assert (found["calls"].agrees, found["calls"].replayed_quantity) == (False, Decimal(6))
    assert found["users"].agrees


def test_an_unknown_line_or_invoice_is_not_found(sqlite_company: Company) -> None:
    invoice = billed(sqlite_company)

    with pytest.raises(NotFound, match=f"Invoice {invoice.id} has no line 5; its lines are 0 to 4"):
        explain_line(sqlite_company.installation, invoice.id, 5)
    with pytest.raises(NotFound, match="'inv_x' does not exist"):
        line_events(sqlite_company.installation, "inv_x", 0, 0, 1)


def replayed(company: Company, invoice: Invoice) -> Invoice:
    return company.read(lambda unit: replay_invoice(unit, invoice).invoice)


def test_an_invoice_replays_to_the_same_inputs_and_lines(company: Company) -> None:
    billed(company)

    for invoice in company.invoices():
        again = replayed(company, invoice)
        assert (again.inputs_hash, again.lines, again.key) == (invoice.inputs_hash, invoice.lines, invoice.key)


MACHINES = [
    {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C"},
    {"PYTHONHASHSEED": "4294967295", "TZ": "Pacific/Kiritimati", "LC_ALL": "tr_TR.UTF-8"},
]


@pytest.mark.slow
def test_a_finalized_invoice_replays_to_the_same_bytes_on_every_machine(
    sqlite_company: Company, sqlite_url: str
) -> None:
    billed(sqlite_company)
    command = [sys.executable, "-m", "tests.services.replay_process", sqlite_url]

    running = [Popen(command, env=os.environ | machine, stdout=PIPE) for machine in MACHINES]
    stored, again = zip(*(process.communicate(timeout=60)[0].split(b"\n\n") for process in running), strict=True)

    assert b"Decimal('6')" in stored[0]
    assert len({*stored, *(each.rstrip(b"\n") for each in again)}) == 1


def test_a_replay_knows_nothing_of_what_came_later(company: Company) -> None:
    invoice = billed(company)
    company.call("2026-01-20T12:00:00Z", "late", times=5)
    definitions = document()
    definitions["meters"][0] |= {"event_type": "upload", "effective_from": "2026-01-01T00:00:00Z"}
    definitions["plans"][0]["prices"][1]["tiers"] = [{"unit_amount": "9.00"}]
    company.define(definitions)
    company.bill(MARCH)

    again = replayed(company, invoice)

    assert (again.inputs_hash, again.lines) == (invoice.inputs_hash, invoice.lines)


def test_a_replay_counts_by_the_versions_there_were_whatever_they_counted(sqlite_company: Company) -> None:
    sqlite_company.sign()
    sqlite_company.call("2026-01-03T12:00:00Z")
    sqlite_company.call("2026-01-05T12:00:00Z")
    definitions = document()
    nothing = {"filters": [{"property": "user", "values": ["nobody"]}], "effective_from": "2026-01-04T00:00:00Z"}
    definitions["meters"][0] |= nothing
    sqlite_company.define(definitions)
    sqlite_company.bill(FEBRUARY)
    # Nothing was uploaded, so that no line tells of this meter.
    definitions["meters"][2] |= {"event_type": "call", "aggregation": "count", "effective_from": "2026-01-01T00:00:00Z"}
    del definitions["meters"][2]["value"]
    sqlite_company.define(definitions)
    invoice = sqlite_company.invoices()[1]

    again = replayed(sqlite_company, invoice)

    assert [line.quantity for line in invoice.lines if line.meter == "calls"] == [1]
    assert (again.inputs_hash, again.lines) == (invoice.inputs_hash, invoice.lines)


def test_both_parts_of_a_divided_boundary_replay_to_themselves(company: Company) -> None:
    company.sign()
    company.upload("2026-01-05T12:00:00Z", "lots")
    company.upload("2026-01-05T12:00:00Z", "2", zone="mars")
    company.bill(FEBRUARY)

    parts = company.invoices()[1:]

    assert [each.key.kind for each in parts] == ["advance", "period"]
    for invoice in parts:
        again = replayed(company, invoice)
        assert (again.inputs_hash, again.lines, again.key) == (invoice.inputs_hash, invoice.lines, invoice.key)


def test_a_held_invoice_of_a_plan_without_fees_in_advance_replays_to_itself(sqlite_company: Company) -> None:
    definitions = document()
    del definitions["plans"][0]["prices"][0]
    sqlite_company.define(definitions)
    sqlite_company.sign()
    sqlite_company.upload("2026-01-05T12:00:00Z", "lots")
    sqlite_company.bill(FEBRUARY)

    [invoice] = sqlite_company.invoices()

    assert invoice.status is InvoiceStatus.HELD
    again = replayed(sqlite_company, invoice)
    assert (again.inputs_hash, again.lines) == (invoice.inputs_hash, invoice.lines)


def test_a_line_is_explained_while_the_projection_is_rebuilt(company: Company) -> None:
    invoice = billed(company)
    company.installation.storage.transact(lambda unit: unit.live.reset())

    assert explained(company, invoice)["calls"].agrees


def test_days_are_those_of_the_subscription(sqlite_company: Company) -> None:
    sqlite_company.sign(starts_at=datetime(2026, 1, 1, 5, tzinfo=UTC), time_zone="America/New_York")
    sqlite_company.bill(MARCH)

    sentence = explain_line(sqlite_company.installation, sqlite_company.invoices()[1].id, 1).sentence

    assert sentence == "No calls from 1 to 31 January 2026: 0.00 USD."
