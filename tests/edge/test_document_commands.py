"""Coupons, taxes, credit notes, voids, previews and pages by command line."""

from pathlib import Path
from typing import Any

import pytest

from tests.edge.acme import customer_with_calls
from tests.edge.running import Installation


@pytest.fixture
def acme(tmp_path: Path, sqlite_template: Path) -> Installation:
    """A customer with 40 calls at 0.50 in January, a tenth off and 20 % of tax; nothing is billed yet."""
    return customer_with_calls(tmp_path, sqlite_template)


def billed(acme: Installation) -> dict[str, Any]:
    """Acme's invoice of January."""
    acme.json("bill")
    [invoice] = acme.json("invoices")
    return dict(invoice)


def test_an_invoice_says_what_discounts_and_taxes_made_of_it(acme: Installation) -> None:
    invoice = billed(acme)

    amounts = {name: invoice[name] for name in ("subtotal", "discount", "net", "tax", "total", "taxes")}
    assert amounts == {
        "subtotal": "20.00", "discount": "2.00", "net": "18.00", "tax": "3.60", "total": "21.60",
        "taxes": {"vat": "3.60"},
    }  # fmt: skip


def test_a_part_and_then_the_rest_is_credited(acme: Installation) -> None:
    number = billed(acme)["number"]

    part = acme.json(
        "documents", "credit", number, "--reason", "Outage", "--line", "0=5", "--how", "refund", "--key", "c1"
    )
    rest = acme.run("documents", "credit", number, "--reason", "Outage", "--key", "c2")

    assert (part["number"], part["total"], part["dispositions"]) == ("INV-CN-000001", "5.40", {"refund": "5.40"})
    assert "Credit note INV-CN-000002 gives back 16.20 USD" in rest.err


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("0=20.01", "has 20.00 USD left to credit, not 20.01"),
        ("first=1", "'first=1' is not LINE=AMOUNT"),
        ("0=0.001", "0.001 has more places than USD"),
        ("7=1", "has no line 7"),
    ],
)
def test_what_cannot_be_credited_is_told(acme: Installation, line: str, error: str) -> None:
    done = acme.run("documents", "credit", billed(acme)["number"], "--reason", "x", "--line", line, "--key", "c1")

    assert (done.code, error in done.err) == (1, True), done.err


def test_an_invoice_is_voided_and_billed_again(acme: Installation) -> None:
    number = billed(acme)["number"]

    assert acme.run("documents", "void", number, "--reason", "Wrong", "--key", "v1").code == 0

    acme.json("bill")
    assert sorted((each["number"], each["status"]) for each in acme.json("invoices")) == [
        ("INV-000001", "void"),
        ("INV-000002", "finalized"),
    ]


def test_an_invoice_is_printed_as_a_page(acme: Installation) -> None:
    page = acme.run("documents", "page", billed(acme)["number"]).out

    assert page.startswith("<!doctype html>")
    assert "vat 20 % on 18.00" in page


def test_a_running_period_is_previewed(acme: Installation) -> None:
    [subscription] = acme.json("subscriptions", "list")

    shown = acme.json("documents", "preview", subscription["id"])
    read = acme.run("documents", "preview", "acme/basic")

    assert (shown["number"], shown["status"], shown["total"]) == (None, "draft", "0.00")
    assert "Total 0.00 USD" in read.err
    unknown = acme.run("documents", "preview", "sub_9")
    assert (unknown.code, "'sub_9' does not exist" in unknown.err) == (1, True)


def test_coupons_and_taxes_are_listed(acme: Installation) -> None:
    fixed = ["terms", "coupon", "five", "--amount", "5", "--currency", "USD", "--price", "calls", "--key", "9"]
    assert acme.run(*fixed, "--redeem-by", "2027-01-01T00:00:00Z").code == 0
    assert acme.run("terms", "tax", "price", "basic/calls", "--rate", "vat=reverse-charge", "--key", "8").code == 0

    listed = acme.json("terms", "list")

    assert [each["discount"]["key"] for each in listed["coupons"]] == ["five", "tenth"]
    assert [(each["scope"], each["name"]) for each in listed["taxes"]] == [
        ("customer", "acme"),
        ("price", "basic/calls"),
    ]
    assert "tenth" in acme.run("terms", "list").out


def test_a_coupon_takes_off_one_thing(acme: Installation) -> None:
    done = acme.run("terms", "coupon", "both", "--percent", "5", "--amount", "5", "--currency", "USD", "--key", "9")

    assert "give one" in done.err


def test_a_legal_entity_is_created_changed_and_issues_the_next_invoices(acme: Installation) -> None:
    given = ["--name", "Beispiel GmbH", "--currency", "EUR", "--invoice-series", "DE", "--address", "Hauptstr. 1"]
    made = acme.run("entities", "create", "de", *given)
    changed = acme.run("entities", "update", "de", *given, "--address", "10115 Berlin")
    acme.run("customers", "assign", "acme", "de")
    invoice = billed(acme)

    assert "DE and DE-CN are the series of version 1 of legal entity de" in made.err
    assert "version 2 of legal entity de" in changed.err
    assert invoice["number"] == "DE-000001"
    assert acme.json("invoices", "--legal-entity", "default") == []
    [entity, default] = acme.json("entities", "list")
    assert (entity["address"], default["invoice_series"]) == (["Hauptstr. 1", "10115 Berlin"], "INV")
    assert "Beispiel GmbH" in acme.run("entities", "list").out
    assert acme.json("customers", "list")[0]["legal_entity"] == "de"


def test_a_legal_entity_with_faults_is_refused(acme: Installation) -> None:
    done = acme.run("entities", "create", "de", "--name", "Beispiel GmbH", "--time-zone", "Mars")

    assert done.code == 1
    assert "legal_entities[0].time_zone: 'Mars' is not an IANA time zone" in done.err
    assert "legal_entities[0].currency: is missing" in done.err


def test_an_invoice_and_a_credit_note_are_written_as_pdf(acme: Installation) -> None:
    number = billed(acme)["number"]
    acme.run("documents", "credit", number, "--reason", "Outage", "--key", "c1")

    named = acme.run("documents", "pdf", number, "--out", "bill.pdf")
    unnamed = acme.run("documents", "pdf", "INV-CN-000001")

    assert f"Invoice {number} is in bill.pdf" in named.err
    assert "Credit note INV-CN-000001 is in INV-CN-000001.pdf" in unnamed.err
    for name in ("bill.pdf", "INV-CN-000001.pdf"):
        assert (acme.folder / name).read_bytes().startswith(b"%PDF-")
    assert "Total credited USD" in acme.run("documents", "page", "INV-CN-000001").out


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["pdf", "INV-000009"], "There is no document 'INV-000009'; `gateway invoices` lists what there is"),
        (["page", "INV-000009"], "There is no document 'INV-000009'"),
    ],
)
def test_a_document_that_is_not_there_is_told(acme: Installation, arguments: list[str], error: str) -> None:
    done = acme.run("documents", *arguments)

    assert (done.code, error in done.err) == (1, True), done.err


def test_a_file_that_cannot_be_written_is_told(acme: Installation) -> None:
    done = acme.run("documents", "pdf", billed(acme)["number"], "--out", "no/such/folder.pdf")

    assert (done.code, "no/such/folder.pdf cannot be written" in done.err) == (1, True), done.err
