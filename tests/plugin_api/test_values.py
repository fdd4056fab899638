"""The values of the plugin API: what exists is consistent."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, cast

import pytest

from gateway.core.errors import InvalidDefinition
from gateway.plugin_api import (
    Capabilities,
    CustomerStanding,
    DocumentKind,
    ExternalAccount,
    ExternalDocument,
    ExternalStatus,
    Money,
    QuotedLine,
    RatePolicy,
    StoredState,
    TaxLine,
    TaxMode,
    TaxQuote,
    WebhookEvent,
    WebhookRequest,
)
from gateway.testing import credit_note_document, invoice_document, payment_document

USD = Money(1649, "USD")
CAPABILITIES = Capabilities(
    drafts=True,
    lines_max=1,
    negative_lines=True,
    zero_lines=True,
    external_id_field="our_id",
    external_id_length_max=32,
    idempotency_window_seconds=0,
    rate=RatePolicy(10, 1, 10),
)
INVOICE = ExternalDocument(DocumentKind.INVOICE, "in_1", "inv_1", ExternalStatus.OPEN, USD)
QUOTE = TaxQuote("inv_1", USD, (QuotedLine("inv_1:0", USD),))
EVENT = WebhookEvent("evt_1", "invoice.paid", DocumentKind.INVOICE, "in_1")
TAX = TaxLine("vat", "VAT", Decimal("20.00"), Money(1649, "USD"), Money(330, "USD"))


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"lines_max": 0}, "lines_max: is 0"),
        ({"external_id_field": ""}, "external_id_field: is empty"),
        ({"external_id_length_max": 31}, "external_id_length_max: is less than 32"),
        ({"idempotency_window_seconds": -1}, "idempotency_window_seconds: is below zero"),
        ({"tax_modes": frozenset()}, "tax_modes: is empty"),
        ({"partial_payments": True}, "partial_payments: is declared without `records_payments`"),
    ],
)
def test_a_declaration_that_cannot_be_is_refused(changes: dict[str, Any], fault: str) -> None:
    with pytest.raises(InvalidDefinition, match=fault):
        replace(CAPABILITIES, **changes)


@pytest.mark.parametrize(
    ("policy", "fault"),
    [
        ((0, 1, 0), "requests: is 0"),
        ((1, 0, 1), "seconds: is 0"),
        ((1, 1, 0), "burst: is 0"),
        ((1, 1, 2), "burst: is more"),
    ],
)
def test_a_rate_that_cannot_be_kept_is_refused(policy: tuple[int, int, int], fault: str) -> None:
    with pytest.raises(InvalidDefinition, match=fault):
        RatePolicy(*policy)


def test_who_computes_taxes_or_previews_can_quote() -> None:
    assert not CAPABILITIES.quotes
    assert replace(CAPABILITIES, shadow_by_preview=True).quotes
    assert replace(CAPABILITIES, tax_modes=frozenset({TaxMode.QUOTED})).quotes


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"ref": ""}, "ref: has 0 characters"),
        ({"ref": "i" * 256}, "ref: has 256 characters"),
        ({"ref": None}, "ref: is of type NoneType"),
        ({"our_id": None}, "our_id: is of type NoneType"),
        ({"version": 7}, "version: is of type int"),
        ({"kind": "invoice"}, "kind: is of type str"),
        ({"status": "open"}, "status: is of type str"),
        ({"status": None}, "status: is for invoices and credit notes"),
        ({"kind": DocumentKind.CUSTOMER}, "status: is for invoices and credit notes"),
        ({"paid_by": "cash"}, "paid_by: is of type str"),
        ({"total": 1649}, "total: is of type int"),
        ({"total": Money(-1, "USD")}, r"total: is -0\.01, below zero"),
        ({"amount_paid": Money(-1, "USD")}, r"amount_paid: is -0\.01, below zero"),
        ({"amount_paid": Money(1, "EUR")}, "total: is in another currency than the rest: USD, EUR"),
        ({"tax": Money(1, "EUR")}, "total: is in another currency than the rest: USD, EUR"),
        ({"pay_url": "javascript:alert(1)"}, "pay_url: is no https address"),
        ({"pay_url": "http://pay.example/1"}, "pay_url: is no https address"),
        ({"pay_url": "https:///1"}, "pay_url: is no https address"),
        ({"pay_url": "https://pay.example/" + "i" * 2048}, "pay_url: is no https address of at most 2048"),
        ({"pay_url": 7}, "pay_url: is of type int"),
    ],
)
def test_an_answer_that_cannot_be_is_refused(changes: dict[str, Any], fault: str) -> None:
    with pytest.raises(InvalidDefinition, match=fault):
        replace(INVOICE, **changes)


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (lambda: ExternalAccount(cast(str, 7)), "id: is no text of at most 255"),
        (lambda: ExternalAccount("a" * 256), "id: is no text of at most 255"),
        (lambda: ExternalAccount("a", cast(Any, ["USD"])), "currencies: is of type list"),
        (lambda: CustomerStanding(cast(Any, "card")), "payment_method: is of type str"),
        (lambda: CustomerStanding(None, (Money(0, "USD"),)), r"balances: has 0\.00; it has to be an amount above zero"),
        (lambda: CustomerStanding(None, cast(Any, (5,))), "balances: has 5"),
    ],
)
def test_a_standing_that_cannot_be_is_refused(answer: Callable[[], object], fault: str) -> None:
    with pytest.raises(InvalidDefinition, match=fault):
        answer()


def test_an_answer_may_have_negative_tax_and_a_page_to_pay() -> None:
    held = replace(INVOICE, tax=Money(-5, "USD"), pay_url="https://pay.example/in_1")
    assert (held.tax, held.pay_url) == (Money(-5, "USD"), "https://pay.example/in_1")


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"total": Money(1650, "USD")}, r"total: is 16\.50, but lines and taxes sum to 16\.49"),
        ({"taxes": (TAX,)}, r"total: is 16\.49, but lines and taxes sum to 19\.79"),
        ({"lines": (QuotedLine("inv_1:0", Money(1649, "EUR")),)}, "lines: are not all in USD"),
        ({"our_id": None}, "our_id: is of type NoneType"),
    ],
)
def test_a_quote_that_does_not_sum_up_is_refused(changes: dict[str, Any], fault: str) -> None:
    with pytest.raises(InvalidDefinition, match=fault):
        replace(QUOTE, **changes)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"id": ""}, "id: is empty"),
        ({"id": 7}, "id: is no text"),
        ({"type": "t" * 256}, "type: is no text of at most 255"),
        ({"kind": "invoice"}, "kind: is of type str"),
        ({"ref": ""}, "ref: goes with `kind`"),
        ({"kind": None}, "ref: goes with `kind`"),
    ],
)
def test_an_event_that_cannot_be_is_refused(changes: dict[str, Any], fault: str) -> None:
    with pytest.raises(InvalidDefinition, match=fault):
        replace(EVENT, **changes)


def test_an_event_may_be_about_nothing_that_is_followed() -> None:
    assert WebhookEvent("evt_1", "customer.tax_id.created").kind is None


@pytest.mark.parametrize("amounts", [(1250, 399), (), (0,), (5, -5)])
def test_an_invoice_is_its_lines(amounts: tuple[int, ...]) -> None:
    document = invoice_document("cu_1", amounts)
    assert document.flat_lines == document.lines


def test_taxes_and_credit_are_lines_where_a_provider_knows_only_lines() -> None:
    nothing = replace(TAX, key="none", amount=Money(0, "USD"))
    document = replace(
        invoice_document("cu_1"),
        taxes=(nothing, TAX),
        paid_from_credit=Money(1000, "USD"),
        total=Money(979, "USD"),
    )
    extra = [(line.id, line.description, line.amount.amount_minor) for line in document.flat_lines[2:]]
    assert extra == [
        ("inv_conformance:tax-0", "VAT 20 %", 330),
        ("inv_conformance:credit", "Paid from credit", -1000),
    ]
    assert {(line.period_start, line.period_end) for line in document.flat_lines} == {
        (datetime(2025, 5, 1, tzinfo=UTC), datetime(2025, 6, 1, tzinfo=UTC))
    }


@pytest.mark.parametrize(
    "change",
    [
        lambda: replace(invoice_document("cu_1"), total=Money(1650, "USD")),
        lambda: replace(invoice_document("cu_1"), taxes=(TAX,)),
        lambda: replace(credit_note_document(INVOICE, "cu_1", 100), total=Money(99, "USD")),
        lambda: credit_note_document(INVOICE, "cu_1", 0),
        lambda: credit_note_document(INVOICE, "cu_1", -5),
    ],
)
def test_a_document_that_does_not_sum_up_is_refused(change: Callable[[], object]) -> None:
    with pytest.raises(InvalidDefinition, match="total"):
        change()


def test_an_invoice_says_when_it_is_due_before_the_settings_do() -> None:
    invoice = invoice_document("cu_1")
    assert invoice.days_until_due(30) == 30
    assert [replace(invoice, payment_days=days).days_until_due(30) for days in (0, 14)] == [0, 14]


@pytest.mark.parametrize("amount", [0, -1, 1650])
def test_a_payment_is_of_what_is_due_and_no_more(amount: int) -> None:
    with pytest.raises(InvalidDefinition, match="that are due"):
        payment_document(INVOICE, amount)


def test_a_payment_of_less_than_is_due_is_partial() -> None:
    assert payment_document(INVOICE, 1648).is_partial
    assert not payment_document(INVOICE).is_partial
    assert payment_document(INVOICE).received_on == date(2025, 6, 20)


def test_what_may_be_secret_never_prints() -> None:
    request = WebhookRequest({"authorization": "canary"}, b"canary", datetime(2026, 3, 1, tzinfo=UTC))
    assert "canary" not in f"{request!r} {StoredState(1, {'token': 'canary'})!r}"
