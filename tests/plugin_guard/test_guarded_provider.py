"""The wall: what is not declared never reaches a plugin, and nothing that a plugin does gets past it by surprise."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, cast

import pytest

from gateway.plugin_api import (
    Ambiguous,
    BillingProvider,
    Capabilities,
    CreditDisposition,
    CustomerStanding,
    DocumentIssuer,
    DocumentKind,
    ExternalAccount,
    ExternalDocument,
    ExternalStatus,
    Money,
    NeedsAttention,
    PaymentDocument,
    PaymentMethod,
    Permanent,
    QuotedLine,
    RatePolicy,
    Retryable,
    TaxLine,
    TaxMode,
    TaxQuote,
    Unsupported,
    WebhookAuth,
    WebhookEvent,
    WebhookRefused,
    WebhookRequest,
)
from gateway.plugin_guard import GuardedProvider, guarded
from gateway.testing import credit_note_document, customer_document, invoice_document, payment_document

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY = "k" * 32
NOTHING = Capabilities(
    drafts=True,
    lines_max=2,
    negative_lines=False,
    zero_lines=False,
    external_id_field="our_id",
    external_id_length_max=32,
    idempotency_window_seconds=0,
    rate=RatePolicy(requests=1, seconds=1, burst=1),
    currencies=frozenset({"USD"}),
)
EVERYTHING = replace(
    NOTHING,
    lines_max=100,
    negative_lines=True,
    zero_lines=True,
    external_id_length_max=500,
    currencies=None,
    voids=True,
    credit_dispositions=frozenset(CreditDisposition),
    records_payments=True,
    partial_payments=True,
    tax_modes=frozenset(TaxMode),
    webhook_auth=WebhookAuth.HMAC,
    tells_account=True,
    tells_standing=True,
)
INVOICE = ExternalDocument(DocumentKind.INVOICE, "in_1", "inv_conformance", ExternalStatus.OPEN, Money(1649, "USD"))
CUSTOMER = ExternalDocument(DocumentKind.CUSTOMER, "cu_1", "cus_conformance")
NOTE = ExternalDocument(DocumentKind.CREDIT_NOTE, "cn_1", "cn_conformance", ExternalStatus.OPEN, Money(500, "USD"))
QUOTE = TaxQuote("inv_conformance", Money(500, "USD"), (QuotedLine("inv_conformance:0", Money(500, "USD")),))
REQUEST = WebhookRequest({"signature": "canary"}, b'{"secret": "canary"}', NOON)
EVENT = WebhookEvent("evt_1", "invoice.paid", DocumentKind.INVOICE, "in_1")


class Stub:
    """A plugin that answers whatever it is told to, and remembers what it was asked."""

    NAME = "stub"

    def __init__(self, capabilities: Capabilities = EVERYTHING, **answers: object) -> None:
        self.capabilities = capabilities
        self.calls: list[str] = []
        self._answers = answers

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def method(*_: object) -> Any:
            self.calls.append(name)
            answer = self._answers.get(name)
            if isinstance(answer, BaseException):
                raise answer
            return answer

        return method


def wall(stub: Stub) -> GuardedProvider:
    return guarded(cast(BillingProvider, stub))


def theirs() -> Any:
    return replace(invoice_document("cu_1"), numbered_by=DocumentIssuer.PROVIDER)


def taxed() -> Any:
    tax = TaxLine("vat", "VAT", Decimal(20), Money(500, "USD"), Money(100, "USD"))
    return replace(invoice_document("cu_1", [500]), total=Money(600, "USD"), taxes=(tax,))


CALLS: dict[str, Callable[[GuardedProvider], object]] = {
    "put_customer": lambda provider: provider.put_customer(customer_document(), KEY),
    "put_invoice": lambda provider: provider.put_invoice(invoice_document("cu_1"), KEY),
    "issue_invoice": lambda provider: provider.issue_invoice("in_1", Money(1649, "USD"), KEY),
    "void_invoice": lambda provider: provider.void_invoice("in_1", "wrong", KEY),
    "record_payment": lambda provider: provider.record_payment("in_1", payment_document(INVOICE), KEY),
    "put_credit_note": lambda provider: provider.put_credit_note(credit_note_document(INVOICE, "cu_1", 500), KEY),
    "quote_tax": lambda provider: provider.quote_tax(invoice_document("cu_1", [500])),
    "account": lambda provider: provider.account(),
    "customer_standing": lambda provider: provider.customer_standing("cu_1"),
    "find": lambda provider: provider.find(DocumentKind.INVOICE, "inv_conformance", NOON),
    "fetch": lambda provider: provider.fetch(DocumentKind.INVOICE, "in_1"),
    "changes": lambda provider: list(provider.changes(NOON)),
    "check": lambda provider: provider.check(),
    "verify_webhook": lambda provider: provider.verify_webhook(REQUEST),
    "parse_webhook": lambda provider: provider.parse_webhook(REQUEST),
}
RIGHT: dict[str, object] = {
    "put_customer": CUSTOMER,
    "put_invoice": INVOICE,
    "issue_invoice": INVOICE,
    "void_invoice": INVOICE,
    "record_payment": INVOICE,
    "put_credit_note": NOTE,
    "quote_tax": QUOTE,
    "account": ExternalAccount("acct_1"),
    "customer_standing": CustomerStanding(PaymentMethod("card")),
    "find": INVOICE,
    "fetch": INVOICE,
    "changes": [INVOICE],
    "check": None,
    "verify_webhook": None,
    "parse_webhook": EVENT,
}
WRITES = ["put_customer", "put_invoice", "issue_invoice", "void_invoice", "record_payment", "put_credit_note"]
READS = ["quote_tax", "account", "customer_standing", "find", "fetch", "changes"]


@pytest.mark.parametrize("method", CALLS)
def test_a_right_answer_comes_through(method: str) -> None:
    stub = Stub(**{method: RIGHT[method]})
    assert CALLS[method](wall(stub)) == RIGHT[method]
    assert stub.calls == [method]


def test_a_wall_is_built_once() -> None:
    provider = wall(Stub())
    assert guarded(cast(BillingProvider, provider)) is provider


@pytest.mark.parametrize(
    ("call", "capability"),
    [
        (CALLS["void_invoice"], "voiding invoices"),
        (CALLS["record_payment"], "recording payments"),
        (CALLS["put_credit_note"], "credit notes given back by balance"),
        (CALLS["quote_tax"], "quotes"),
        (CALLS["account"], "telling which account it is"),
        (CALLS["customer_standing"], "telling how a customer stands"),
        (CALLS["verify_webhook"], "webhooks"),
        (CALLS["parse_webhook"], "webhooks"),
        (lambda provider: provider.find(DocumentKind.CREDIT_NOTE, "cn_1", NOON), "credit notes"),
        (lambda provider: provider.fetch(DocumentKind.CREDIT_NOTE, "cn_1"), "credit notes"),
        (lambda provider: provider.put_invoice(invoice_document("cu_1", [5], "EUR"), KEY), "the currency EUR"),
        (lambda provider: provider.put_invoice(invoice_document("cu_1", [5, -1]), KEY), "lines below zero"),
        (lambda provider: provider.put_invoice(invoice_document("cu_1", [-5]), KEY), "total below zero"),
        (lambda provider: provider.put_invoice(invoice_document("cu_1", [5, 0]), KEY), "lines of zero"),
        (lambda provider: provider.put_invoice(invoice_document("cu_1", [5], id="i" * 33), KEY), "ids of more than 32"),
    ],
)
def test_what_is_not_declared_is_refused_before_the_plugin_is_asked(
    call: Callable[[GuardedProvider], object], capability: str
) -> None:
    stub = Stub(NOTHING)
    with pytest.raises(Unsupported, match=capability):
        call(wall(stub))
    assert stub.calls == []


@pytest.mark.parametrize(
    ("changes", "call", "capability"),
    [
        ({"partial_payments": False}, CALLS["record_payment"], None),
        (
            {"partial_payments": False},
            lambda provider: provider.record_payment("in_1", payment_document(INVOICE, 1), KEY),
            "a part of what is due",
        ),
        ({"tax_modes": frozenset({TaxMode.QUOTED})}, CALLS["put_invoice"], None),
        ({"tax_modes": frozenset({TaxMode.QUOTED})}, lambda p: p.put_invoice(taxed(), KEY), "taxes that are ours"),
        ({}, lambda p: p.put_invoice(theirs(), KEY), "numbering invoices"),
        ({"document_issuers": frozenset({DocumentIssuer.PROVIDER})}, lambda p: p.put_invoice(theirs(), KEY), None),
        ({"document_issuers": frozenset({DocumentIssuer.PROVIDER})}, CALLS["put_invoice"], None),
        ({"currencies": frozenset({"EUR"})}, CALLS["put_credit_note"], "the currency USD"),
        ({"external_id_length_max": 32}, CALLS["put_credit_note"], None),
        ({"tax_modes": frozenset({TaxMode.OURS}), "shadow_by_preview": True}, CALLS["quote_tax"], None),
    ],
)
def test_each_capability_is_asked_by_itself(
    changes: dict[str, Any], call: Callable[[GuardedProvider], object], capability: str | None
) -> None:
    stub = Stub(replace(EVERYTHING, **changes), **RIGHT)
    if capability is None:
        call(wall(stub))
        return
    with pytest.raises(Unsupported, match=capability):
        call(wall(stub))
    assert stub.calls == []


def test_an_invoice_with_too_many_lines_needs_attention() -> None:
    with pytest.raises(NeedsAttention, match="has 3 lines and the provider takes 2"):
        wall(Stub(NOTHING)).put_invoice(invoice_document("cu_1", [1, 2, 3]), KEY)


@pytest.mark.parametrize("garbage", [None, {}, "in_1", 7, object(), b"", [INVOICE]])
@pytest.mark.parametrize("method", WRITES)
def test_garbage_after_a_write_is_an_unknown_outcome(method: str, garbage: object) -> None:
    with pytest.raises(Ambiguous, match=f"Plugin 'stub', asked to {method}, answered with {type(garbage).__name__}"):
        CALLS[method](wall(Stub(**{method: garbage})))


@pytest.mark.parametrize("garbage", [{}, "in_1", 7, object(), b""])
@pytest.mark.parametrize("method", [name for name in READS if name != "changes"])
def test_garbage_after_a_read_is_read_again(method: str, garbage: object) -> None:
    with pytest.raises(Retryable, match=f"Plugin 'stub', asked to {method}, "):
        CALLS[method](wall(Stub(**{method: garbage})))


@pytest.mark.parametrize("garbage", [[INVOICE, "in_2"], "in_1", 7, object(), None])
def test_garbage_instead_of_changes_is_read_again(garbage: object) -> None:
    with pytest.raises(Retryable, match="Plugin 'stub', asked to changes, "):
        list(wall(Stub(changes=garbage)).changes(NOON))


@pytest.mark.parametrize("garbage", [None, {}, "evt_1", INVOICE])
def test_a_webhook_of_garbage_cannot_be_understood(garbage: object) -> None:
    with pytest.raises(Permanent, match="answered with"):
        wall(Stub(parse_webhook=garbage)).parse_webhook(REQUEST)


@pytest.mark.parametrize("method", [name for name in WRITES if name != "put_customer"])
def test_another_kind_of_document_is_not_believed(method: str) -> None:
    with pytest.raises(Ambiguous, match="answered with a customer instead of"):
        CALLS[method](wall(Stub(**{method: CUSTOMER})))


def test_another_document_than_was_asked_for_is_not_believed() -> None:
    with pytest.raises(Retryable, match="another document"):
        wall(Stub(fetch=replace(INVOICE, ref="in_2"))).fetch(DocumentKind.INVOICE, "in_1")


@pytest.mark.parametrize(
    "quote",
    [
        replace(QUOTE, our_id="inv_2"),
        TaxQuote("inv_conformance", Money(500, "EUR"), (QuotedLine("1", Money(500, "EUR")),)),
    ],
)
def test_the_quote_of_something_else_is_not_believed(quote: TaxQuote) -> None:
    with pytest.raises(Retryable, match="another invoice, or in another currency"):
        CALLS["quote_tax"](wall(Stub(quote_tax=quote)))


def test_what_does_not_exist_is_not_found() -> None:
    assert wall(Stub(find=None)).find(DocumentKind.INVOICE, "inv_1", NOON) is None


class Panic(BaseException):
    """What extensions raise that are written in other languages, so that nothing should catch it."""


@pytest.mark.parametrize(
    "error",
    [
        KeyError("canary"),
        RuntimeError("canary"),
        RecursionError(),
        UnicodeError("canary"),
        SystemExit("canary"),
        Panic("canary"),
    ],
)
@pytest.mark.parametrize(
    ("methods", "kind"),
    [
        (WRITES, Ambiguous),
        ([*READS, "check"], Retryable),
        (["parse_webhook"], Permanent),
        (["verify_webhook"], WebhookRefused),
    ],
)
def test_what_no_plugin_should_raise_is_told_by_place_and_not_by_its_words(
    methods: list[str], kind: type[Exception], error: BaseException
) -> None:
    for method in methods:
        with pytest.raises(kind, match=f"asked to {method}, raised {type(error).__name__}") as told:
            CALLS[method](wall(Stub(**{method: error})))
        assert "canary" not in str(told.value)


@pytest.mark.parametrize(
    "error",
    [
        Retryable("later", 3),
        Ambiguous("who knows", key_is_spent=True),
        Permanent("no"),
        NeedsAttention("a", "b"),
        Unsupported("c"),
    ],
)
@pytest.mark.parametrize("method", [*WRITES, *READS, "check", "parse_webhook"])
def test_the_errors_of_the_plugin_api_come_through_as_they_are(method: str, error: Exception) -> None:
    with pytest.raises(type(error)) as raised:
        CALLS[method](wall(Stub(**{method: error})))
    assert raised.value is error


def test_a_refused_webhook_comes_through_as_it_is() -> None:
    refusal = WebhookRefused("the signature is wrong")
    with pytest.raises(WebhookRefused) as raised:
        CALLS["verify_webhook"](wall(Stub(verify_webhook=refusal)))
    assert raised.value is refusal


@pytest.mark.parametrize("method", CALLS)
def test_who_interrupts_a_call_ends_it(method: str) -> None:
    with pytest.raises(KeyboardInterrupt):
        CALLS[method](wall(Stub(**{method: KeyboardInterrupt()})))


def test_a_value_of_ours_that_cannot_be_is_told_in_our_words() -> None:
    def broken() -> ExternalDocument:
        return replace(INVOICE, amount_paid=Money(-1, "USD"))

    stub = Stub()
    stub.put_invoice = lambda *_: broken()  # type: ignore[method-assign]
    with pytest.raises(Ambiguous, match=r"amount_paid: is -0\.01, below zero"):
        wall(stub).put_invoice(invoice_document("cu_1"), KEY)


def test_a_payment_of_more_than_is_due_cannot_be() -> None:
    with pytest.raises(Exception, match=r"is 5\.00 USD of 4\.99 USD that are due"):
        PaymentDocument("pay_1", Money(500, "USD"), Money(499, "USD"), date(2026, 3, 1))
