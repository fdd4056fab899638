"""Legal entities: what they must say, which day their books have, and whose a series of numbers is."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from gateway.core.errors import InvalidDefinition
from gateway.core.legal_entity import UNNAMED_ENTITY, LegalEntity, NumberSeries, issued_number, taken_series
from tests.core.samples import at

BERLIN = LegalEntity(
    "berlin",
    "Beispiel GmbH",
    ("Hauptstraße 1", "10115 Berlin"),
    "DE",
    ("USt-IdNr. DE123456789",),
    "Europe/Berlin",
    "EUR",
    "DE",
    footer="Geschäftsführerin: Ada Beispiel",
)
TOKYO = LegalEntity("tokyo", "Rei KK", time_zone="Asia/Tokyo", currency="JPY", invoice_series="JP")


def faults(**changes: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidDefinition) as refused:
        replace(BERLIN, **changes)
    return refused.value.faults


def test_the_default_one_needs_no_description_and_numbers_as_the_installation_says() -> None:
    assert (UNNAMED_ENTITY.key, UNNAMED_ENTITY.name, UNNAMED_ENTITY.version) == ("default", None, 1)
    assert UNNAMED_ENTITY.series("INV") == NumberSeries("INV", "INV-CN")
    assert issued_number("INV", 7) == "INV-000007"


def test_every_other_says_name_currency_and_series() -> None:
    with pytest.raises(InvalidDefinition) as refused:
        LegalEntity("second")
    assert refused.value.faults == [
        ("name", "is missing"),
        ("currency", "is missing"),
        ("invoice_series", "is missing"),
    ]


@pytest.mark.parametrize(
    ("changes", "path", "fault"),
    [
        ({"key": "Berlin"}, "key", "is not a key"),
        ({"name": " "}, "name", "is empty"),
        ({"address": ("",)}, "address[0]", "is empty"),
        ({"address": ("x",) * 9}, "address", "has 9 items; use at most 8"),
        ({"tax_ids": tuple("abcdefghijk")}, "tax_ids", "has 11 items; use at most 10"),
        ({"tax_ids": ("a", "a")}, "tax_ids[1]", "'a' is named twice"),
        ({"country": "Germany"}, "country", "is not a country of ISO 3166-1"),
        ({"time_zone": "Berlin"}, "time_zone", "'Berlin' is not an IANA time zone"),
        ({"currency": "XXX"}, "currency", "is not an ISO 4217 code"),
        ({"invoice_series": "-DE"}, "invoice_series", "'-DE' is not a series"),
        ({"credit_note_series": "DE/1"}, "credit_note_series", "'DE/1' is not a series"),
        ({"footer": "x" * 1001}, "footer", "has 1001 characters; use at most 1000"),
    ],
)
def test_what_it_says_is_checked_and_each_fault_has_its_path(changes: Any, path: str, fault: str) -> None:
    [(found, why)] = faults(**changes)
    assert found == path
    assert fault in why


def test_its_zone_decides_its_accounting_days() -> None:
    instant = at("2025-12-31T15:00")
    assert TOKYO.accounting_day(instant) == date(2026, 1, 1)
    assert UNNAMED_ENTITY.accounting_day(instant) == date(2025, 12, 31)


def both(series: str) -> list[tuple[str, str, str]]:
    """Both series of Berlin."""
    return [("invoice_series", series, "berlin"), ("credit_note_series", f"{series}-CN", "berlin")]


@pytest.mark.parametrize(
    ("wanted", "owners"),
    [
        (TOKYO, []),
        (replace(TOKYO, invoice_series="DE"), both("DE")),
        (replace(TOKYO, invoice_series="de"), both("de")),
        (replace(TOKYO, invoice_series="INV-CN"), [("invoice_series", "INV-CN", "default")]),
        (replace(TOKYO, credit_note_series="INV"), [("credit_note_series", "INV", "default")]),
        (replace(TOKYO, invoice_series="OLD"), [("invoice_series", "OLD", "berlin")]),
        (replace(BERLIN, invoice_series="OLD"), []),
    ],
    ids=["own", "another's", "in small letters", "of credit notes", "of invoices", "used before", "own before"],
)
def test_a_series_belongs_to_one_entity_for_ever(wanted: LegalEntity, owners: list[tuple[str, str, str]]) -> None:
    others = [each for each in (UNNAMED_ENTITY, BERLIN) if each.key != wanted.key]
    assert list(taken_series(wanted, others, [("OLD", "berlin")], "INV")) == [
        (path, f"{name!r} is the series of legal entity {owner!r}; choose another") for path, name, owner in owners
    ]


def test_invoices_and_credit_notes_have_a_series_each() -> None:
    [(path, fault)] = taken_series(replace(BERLIN, credit_note_series="de"), (), (), "INV")
    assert (path, fault) == ("credit_note_series", "'de' is the series of its invoices; choose another")
