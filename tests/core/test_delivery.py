"""Delivery: keys that never collide, and delays that grow to a limit."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.delivery import (
    Delivered,
    Step,
    delivered_invoice,
    delivered_kind,
    delivered_payment,
    is_invoice,
    payment_document,
    precedence,
    quoted_document,
    retry_delay,
    step_key,
    step_key_length,
    voided_document,
)

names = st.text(max_size=8)
documents = st.tuples(names, names, names, st.integers(0, 9), st.sampled_from(Step))


@given(documents, documents)
def test_two_steps_share_a_key_only_if_they_are_the_same(
    first: tuple[str, str, str, int, Step], second: tuple[str, str, str, int, Step]
) -> None:
    assert (step_key(*first) == step_key(*second)) == (first == second)
    assert len(step_key(*first)) == step_key_length == 32


def test_a_name_that_contains_a_separator_does_not_shift_the_parts() -> None:
    assert step_key("a\x1fb", "c", "d", 0, Step.PUT) != step_key("a", "b\x1fc", "d", 0, Step.PUT)


@pytest.mark.parametrize(
    ("document", "kind", "invoice"),
    [
        ("inv_1", Delivered.INVOICE, "inv_1"),
        (voided_document("inv_1"), Delivered.VOIDING, "inv_1"),
        ("cn_1", Delivered.CREDIT_NOTE, None),
        ("mov_1", Delivered.MOVE, None),
        ("lnk_1", Delivered.LINK, None),
    ],
)
def test_a_document_is_told_by_its_id(document: str, kind: Delivered, invoice: str | None) -> None:
    assert (delivered_kind(document), delivered_invoice(document)) == (kind, invoice)
    assert is_invoice(document) == (kind is Delivered.INVOICE)
    assert precedence(document) == (kind is Delivered.MOVE)


def test_what_is_about_an_invoice_is_told_by_its_id_too() -> None:
    quoted, payment = quoted_document("inv_1"), payment_document("inv_1", "pay_1")

    assert (delivered_kind(quoted), delivered_invoice(quoted)) == (Delivered.TAX_QUOTE, "inv_1")
    assert (delivered_kind(payment), delivered_invoice(payment)) == (Delivered.PAYMENT, "inv_1")
    assert delivered_payment(payment) == "pay_1"


def test_a_key_stays_the_same_for_ever() -> None:
    assert step_key("main", "invoice", "inv_1", 0, Step.PUT) == "bfe1728bd5309c781083f900685ed121"


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(0, 1), (1, 1), (2, 2), (3, 4), (12, 2048), (13, 3600), (50, 3600), (10**9, 3600)]
)
def test_delays_double_from_a_second_to_an_hour(attempts: int, seconds: int) -> None:
    assert retry_delay(attempts, jitter=0) == timedelta(seconds=seconds)


@given(st.integers(0, 100), st.integers(0, 1023))
def test_jitter_adds_less_than_half(attempts: int, jitter: int) -> None:
    base = retry_delay(attempts, 0)

    assert base <= retry_delay(attempts, jitter) < base * 3 / 2


@pytest.mark.parametrize(
    ("document", "expected"), [("inv_1", True), (voided_document("inv_1"), False), ("cn_1", False)]
)
def test_credit_notes_and_voidings_travel_beside_invoices(document: str, expected: bool) -> None:
    assert is_invoice(document) is expected


def test_a_voiding_is_a_document_of_its_invoice() -> None:
    assert voided_document("inv_1") == "inv_1/void"
