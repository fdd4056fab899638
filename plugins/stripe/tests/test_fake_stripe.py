"""The fake refuses what Stripe refuses, so that what passes here is no accident: asked by the vendor's own SDK."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from stripe import IdempotencyError, InvalidRequestError, StripeClient, StripeError

from plugins.stripe.tests.fake_stripe import items_max, key_seconds
from plugins.stripe.tests.loopback import Fault, Loopback

PERIOD = {"start": 1_746_057_600, "end": 1_748_736_000}


class Sdk:
    """Stripe's SDK, with short words for what the tests ask of it."""

    def __init__(self, loopback: Loopback) -> None:
        addresses: Any = {"api": loopback.url}
        self.v1 = StripeClient(loopback.stripe.api_key, base_addresses=addresses, max_network_retries=0).v1
        self.customer = self.v1.customers.create({"name": "Acme"}).id

    def draft(self, key: str = "", **others: Any) -> Any:
        params: Any = {"customer": self.customer, "currency": "usd", "auto_advance": False, **others}
        params.setdefault("collection_method", "send_invoice")
        return self.v1.invoices.create(params, {"idempotency_key": key} if key else {})

    def item(self, invoice: str, amount: Any = 500, **others: Any) -> Any:
        params: Any = {"customer": self.customer, "invoice": invoice, "amount": amount, "currency": "usd"}
        params |= {"description": "Calls", "discountable": False, "period": PERIOD, "metadata": {}, **others}
        return self.v1.invoice_items.create(params)

    def issued(self, amount: int = 500) -> Any:
        draft = self.draft()
        self.item(draft.id, amount)
        return self.v1.invoices.finalize_invoice(draft.id)

    def credit(self, invoice: str, amount: int, **ways: int) -> Any:
        params: Any = {"invoice": invoice, "amount": amount, **ways}
        return self.v1.credit_notes.create(params)


@pytest.fixture
def sdk(loopback: Loopback) -> Sdk:
    return Sdk(loopback)


def breaks_the_contract(loopback: Loopback, words: str, call: Callable[[], object]) -> bool:
    """Whether what `call` sends is no request that Stripe knows."""
    with pytest.raises(InvalidRequestError):
        call()
    violations, loopback.violations = loopback.violations, []
    return any(words in violation for violation in violations)


def test_an_invoice_has_two_hundred_and_fifty_items_at_most(sdk: Sdk) -> None:
    draft = sdk.draft()
    for _ in range(items_max):
        sdk.item(draft.id)
    with pytest.raises(InvalidRequestError, match="at most 250 items"):
        sdk.item(draft.id)


def test_a_number_with_an_exponent_breaks_the_contract(sdk: Sdk, loopback: Loopback) -> None:
    draft = sdk.draft()
    small = {"amount": None, "unit_amount_decimal": Decimal("0.000000012345")}
    assert breaks_the_contract(loopback, "amount", lambda: sdk.item(draft.id, **small))


def test_an_amount_that_is_not_whole_breaks_the_contract(sdk: Sdk, loopback: Loopback) -> None:
    draft = sdk.draft()
    assert breaks_the_contract(loopback, "amount", lambda: sdk.item(draft.id, 12.5))


@pytest.mark.parametrize("name", ["pending_invoice_item_behavior", "id", "lines"])
def test_a_parameter_that_stripe_does_not_know_breaks_the_contract(sdk: Sdk, loopback: Loopback, name: str) -> None:
    assert breaks_the_contract(loopback, name, lambda: sdk.draft(**{name: "exclude"}))


def test_a_key_brings_the_same_answer_for_a_day_and_then_makes_another_document(sdk: Sdk, loopback: Loopback) -> None:
    first = sdk.draft("once").id
    assert sdk.draft("once").id == first
    loopback.stripe.now += key_seconds + 1
    assert sdk.draft("once").id != first
    assert len(loopback.stripe.invoices) == 2


def test_a_key_with_other_parameters_is_refused(sdk: Sdk) -> None:
    sdk.draft("once")
    with pytest.raises(IdempotencyError):
        sdk.draft("once", currency="eur")


@pytest.mark.parametrize("fault", [Fault.FAILED_BEFORE_APPLYING, Fault.FAILED_AFTER_APPLYING])
def test_a_failure_is_kept_under_its_key(sdk: Sdk, loopback: Loopback, fault: Fault) -> None:
    loopback.fail_next(fault)
    for _ in range(2):
        with pytest.raises(StripeError) as failed:
            sdk.draft("once")
        assert failed.value.http_status == 500
    assert {name.lower() for name in failed.value.headers or {}} >= {"idempotent-replayed"}


def test_what_is_too_small_to_collect_is_paid_without_cash(sdk: Sdk, loopback: Loopback) -> None:
    small = sdk.issued(loopback.stripe.minimum_charge - 1)
    assert (small.status, small.amount_paid) == ("paid", 0)
    assert sdk.issued(loopback.stripe.minimum_charge).status == "open"


def test_a_total_below_zero_is_not_finalized(sdk: Sdk) -> None:
    with pytest.raises(InvalidRequestError, match="below zero"):
        sdk.issued(-1)


@pytest.mark.parametrize(
    ("others", "words"),
    [
        ({"currency": "eur"}, "currency"),
        ({"period": {"start": 2, "end": 1}}, "ends before it starts"),
        ({"invoice": "in_nobodys"}, "No such object"),
    ],
)
def test_an_item_fits_its_invoice(sdk: Sdk, others: dict[str, Any], words: str) -> None:
    draft = sdk.draft()
    with pytest.raises(InvalidRequestError, match=words):
        sdk.item(**{"invoice": draft.id, **others})


def test_three_places_end_in_zero(sdk: Sdk) -> None:
    draft = sdk.draft(currency="kwd")
    with pytest.raises(InvalidRequestError, match="multiple of 10"):
        sdk.item(draft.id, 1_001, currency="kwd")


def test_what_is_finalized_is_neither_changed_finalized_nor_deleted(sdk: Sdk) -> None:
    issued = sdk.issued().id
    for call in (lambda: sdk.item(issued), lambda: sdk.v1.invoices.finalize_invoice(issued),
                 lambda: sdk.v1.invoices.delete(issued)):  # fmt: skip
        with pytest.raises(InvalidRequestError):
            call()


def test_a_draft_is_deleted_and_not_voided(sdk: Sdk) -> None:
    draft = sdk.draft().id
    with pytest.raises(InvalidRequestError, match="only pass in open invoices"):
        sdk.v1.invoices.void_invoice(draft)
    sdk.v1.invoices.delete(draft)
    with pytest.raises(InvalidRequestError, match="No such object"):
        sdk.v1.invoices.retrieve(draft)


def test_what_is_paid_is_neither_voided_nor_paid(sdk: Sdk) -> None:
    issued = sdk.issued().id
    sdk.v1.invoices.pay(issued, {"paid_out_of_band": True})
    with pytest.raises(InvalidRequestError):
        sdk.v1.invoices.void_invoice(issued)
    with pytest.raises(InvalidRequestError):
        sdk.v1.invoices.pay(issued, {"paid_out_of_band": True})


@pytest.mark.parametrize("amount", [501, 10_000])
def test_no_more_than_the_invoice_is_credited(sdk: Sdk, amount: int) -> None:
    with pytest.raises(InvalidRequestError, match="more than what is left"):
        sdk.credit(sdk.issued().id, amount)


def test_what_was_paid_says_where_it_goes(sdk: Sdk, loopback: Loopback) -> None:
    issued = sdk.issued().id
    loopback.stripe.become(loopback.stripe.invoices[issued], "paid")
    with pytest.raises(InvalidRequestError, match="must equal"):
        sdk.credit(issued, 100)
    assert sdk.credit(issued, 100, refund_amount=100).status == "issued"


def test_only_what_was_paid_is_refunded(sdk: Sdk) -> None:
    issued = sdk.issued(40).id  # too small to collect
    with pytest.raises(InvalidRequestError, match="no payment to refund"):
        sdk.credit(issued, 40, refund_amount=40)


def test_another_key_is_refused(sdk: Sdk, loopback: Loopback) -> None:
    loopback.stripe.api_key = "changed"
    with pytest.raises(StripeError) as refused:
        sdk.draft()
    assert refused.value.http_status == 401


def test_lists_come_newest_first_and_in_pages(sdk: Sdk) -> None:
    made = [sdk.draft().id for _ in range(5)]
    page = sdk.v1.invoices.list({"limit": 2})
    assert [invoice.id for invoice in page.data] == made[:2:-1]
    assert [invoice.id for invoice in page.auto_paging_iter()] == made[::-1]
