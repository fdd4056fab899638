"""Addressees: what documents say of whom they are for."""

from typing import Any

import pytest

from gateway.core.addressee import Addressee
from gateway.core.errors import InvalidDefinition
from gateway.core.subscriptions.subscription import Customer

ACME = Addressee("Acme", "billing@acme.example", ("Main Street 1", "Springfield"), "US", ("EIN 1",))


def test_an_addressee_survives_its_document() -> None:
    assert Addressee.from_document(ACME.document) == ACME


def test_a_customer_is_the_addressee_of_its_documents() -> None:
    customer = Customer(
        "cus_1", "acme", "Acme", ACME.email, "default", None, ACME.address, ACME.country, ACME.tax_ids, 14
    )

    assert customer.addressee == ACME


@pytest.mark.parametrize(
    ("changes", "path", "fault"),
    [
        ({"name": ""}, "name", "is empty"),
        ({"email": " "}, "email", "is empty"),
        ({"address": ("x", "")}, "address[1]", "is empty"),
        ({"address": ("x",) * 9}, "address", "has 9 items; use at most 8"),
        ({"country": "us"}, "country", "is not a country of ISO 3166-1"),
        ({"tax_ids": ("a", "a")}, "tax_ids[1]", "'a' is named twice"),
    ],
)
def test_what_it_says_is_checked_and_each_fault_has_its_path(changes: dict[str, Any], path: str, fault: str) -> None:
    with pytest.raises(InvalidDefinition) as refused:
        Addressee.from_document({**ACME.document, **changes})

    [(found, why)] = refused.value.faults
    assert found == path
    assert fault in why


@pytest.mark.parametrize(
    ("fields", "paths"),
    [
        ({"payment_days": -1}, ["payment_days"]),
        ({"payment_days": 367}, ["payment_days"]),
        ({"country": "U", "payment_days": -1}, ["country", "payment_days"]),
    ],
)
def test_a_customer_with_unusable_details_is_refused_with_the_path(fields: dict[str, Any], paths: list[str]) -> None:
    with pytest.raises(InvalidDefinition) as refused:
        Customer("cus_1", "acme", "Acme", **fields)

    assert [found for found, _ in refused.value.faults] == paths
