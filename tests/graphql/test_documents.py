"""Previews, discounts, taxes, credit notes and voiding over the API."""

from typing import Any

from gateway.core.access import Caller, Scope
from tests.graphql.asking import Api, token_of
from tests.graphql.company import add_customer, bill, define, use

_TERMS = """mutation {
  createCoupon(input: {key: "tenth", percent: "10", duration: FOREVER}, idempotencyKey: "1") { key userErrors { code } }
  redeemCoupon(coupon: "tenth", customer: "acme", idempotencyKey: "2") { key userErrors { code } }
  setTaxRates(
    scope: CUSTOMER, name: "acme", rates: [{key: "vat", percent: "20"}], idempotencyKey: "3"
  ) { key userErrors { code } }
}"""
_INVOICES = """{ invoices(filter: {customer: "acme"}) { nodes {
  id number status subtotal { amount } discount { amount } net { amount } tax { amount } total { amount }
  taxes { rate { key percent exemption } base { amount } amount { amount } }
  lines { price net { amount } gross { amount } discounts { discount amount { amount } } taxes { amount { amount } } }
  creditNotes { number } voiding { reason actor }
} } }"""
_CREDIT = """mutation ($input: CreditInvoiceInput!, $key: String!) {
  creditInvoice(input: $input, idempotencyKey: $key) {
    userErrors { code message }
    creditNote {
      number reason total { amount } tax { amount } lines { ordinal discount { amount } gross { amount } }
      dispositions { kind amount { amount } } invoice { number }
    }
  }
}"""
_VOID = """mutation ($id: ID!) {
  voidInvoice(id: $id, reason: "Wrong plan", idempotencyKey: "v") { userErrors { code message } invoice { status } }
}"""
_PREVIEW = """query ($id: ID!) { previewInvoice(subscription: $id) {
  boundaryAt subtotal { amount } discount { amount } tax { amount } total { amount } currency
  lines { price quantity net { amount } } leftOut { detail } taxes { rate { key } } asOf { isCurrent }
} }"""


def taxed(api: Api) -> str:
    """Acme with a tenth off and 20 % of tax; the subscription's id."""
    define(api)
    subscription = add_customer(api, "acme")
    done = api.ask(_TERMS)
    assert [payload["userErrors"] for payload in done.values()] == [[], [], []]
    use(api, "acme")
    return subscription


def invoices(api: Api) -> list[dict[str, Any]]:
    """Acme's invoices."""
    found: list[dict[str, Any]] = api.ask(_INVOICES)["invoices"]["nodes"]
    return found


def test_an_invoice_shows_discounts_and_taxes(api: Api) -> None:
    taxed(api)
    bill(api, "run")

    first = invoices(api)[0]

    amounts = [first[name]["amount"] for name in ("subtotal", "discount", "net", "tax", "total")]
    assert amounts == ["10.00", "1.00", "9.00", "1.80", "10.80"]
    assert first["taxes"] == [
        {
            "rate": {"key": "vat", "percent": "20", "exemption": None},
            "base": {"amount": "9.00"},
            "amount": {"amount": "1.80"},
        }
    ]
    assert first["lines"][0]["discounts"] == [{"discount": "tenth", "amount": {"amount": "1.00"}}]


def test_a_credit_note_gives_a_part_back_and_more_than_is_left_is_refused_as_data(api: Api) -> None:
    taxed(api)
    bill(api, "run")
    first = invoices(api)[0]
    part = {
        "invoice": first["id"],
        "reason": "Outage",
        "disposition": "REFUND",
        "items": [{"ordinal": 0, "amount": "5"}],
    }

    done = api.ask(_CREDIT, input=part, key="c1")["creditInvoice"]
    refused = api.ask(_CREDIT, input={**part, "items": [{"ordinal": 0, "amount": "5.01"}]}, key="c2")["creditInvoice"]
    crumbs = api.ask(_CREDIT, input={**part, "items": [{"ordinal": 0, "amount": "0.001"}]}, key="c3")["creditInvoice"]

    assert done["creditNote"] == {
        "number": "INV-CN-000001",
        "reason": "Outage",
        "total": {"amount": "5.40"},
        "tax": {"amount": "0.90"},
        "lines": [{"ordinal": 0, "discount": {"amount": "0.50"}, "gross": {"amount": "5.40"}}],
        "dispositions": [{"kind": "REFUND", "amount": {"amount": "5.40"}}],
        "invoice": {"number": first["number"]},
    }
    assert [error["code"] for error in refused["userErrors"]] == ["CREDIT_EXCEEDED"]
    assert "has 5.00 USD left to credit, not 5.01" in refused["userErrors"][0]["message"]
    assert [error["code"] for error in crumbs["userErrors"]] == ["INVALID"]
    assert invoices(api)[0]["creditNotes"] == [{"number": "INV-CN-000001"}]


def test_an_invoice_is_a_page_too(api: Api) -> None:
    taxed(api)
    bill(api, "run")

    page = api.ask('{ invoices(filter: {customer: "acme"}, first: 1) { nodes { html } } }')["invoices"]["nodes"][0][
        "html"
    ]

    assert page.startswith("<!doctype html>")
    assert "Acme Inc." in page


def test_an_invoice_is_voided_with_a_reason_that_is_kept(api: Api) -> None:
    taxed(api)
    bill(api, "run")
    first = invoices(api)[0]

    done = api.ask(_VOID, id=first["id"])["voidInvoice"]

    assert done == {"userErrors": [], "invoice": {"status": "VOID"}}
    voided = next(each for each in invoices(api) if each["id"] == first["id"])
    assert (voided["voiding"]["reason"], voided["number"]) == ("Wrong plan", first["number"])


def test_a_delivery_shows_the_document_that_it_is_of(api: Api) -> None:
    taxed(api)
    bill(api, "run")
    first, second = invoices(api)[:2]
    api.ask(_CREDIT, input={"invoice": first["id"], "reason": "Outage"}, key="c1")
    api.ask(_VOID, id=second["id"])

    found = api.ask("{ deliveries { nodes { kind invoice { number } creditNote { number invoice { number } } } } }")

    of_kind = {each["kind"]: each for each in found["deliveries"]["nodes"]}
    numbered = {"number": "INV-CN-000001", "invoice": {"number": first["number"]}}
    assert of_kind["CREDIT_NOTE"] == {"kind": "CREDIT_NOTE", "invoice": None, "creditNote": numbered}
    assert of_kind["VOIDING"] == {"kind": "VOIDING", "invoice": {"number": second["number"]}, "creditNote": None}
    assert of_kind["INVOICE"]["creditNote"] is None
    assert of_kind["INVOICE"]["invoice"]["number"]


def test_a_customer_sees_its_credit_notes_and_no_others(api: Api) -> None:
    taxed(api)
    add_customer(api, "globex")
    bill(api, "run")
    api.ask(_CREDIT, input={"invoice": invoices(api)[0]["id"], "reason": "Outage"}, key="c1")
    document = "{ creditNotes { nodes { id number invoice { number } } } }"

    own = api.answer(document, token_of("acme")).data["creditNotes"]["nodes"]
    foreign = api.answer(document, token_of("globex")).data["creditNotes"]["nodes"]

    assert ([each["number"] for each in own], foreign) == (["INV-CN-000001"], [])
    node = "query ($id: ID!) { node(id: $id) { id } }"
    assert api.answer(node, token_of("acme"), id=own[0]["id"]).data == {"node": {"id": own[0]["id"]}}
    assert api.answer(node, token_of("globex"), id=own[0]["id"]).data == {"node": None}


def test_the_running_period_has_a_preview_with_discounts_and_taxes(api: Api) -> None:
    subscription = taxed(api)

    shown = api.ask(_PREVIEW, id=subscription)["previewInvoice"]

    assert shown["boundaryAt"] == "2026-04-01T00:00:00Z"
    assert [(line["price"], line["quantity"]) for line in shown["lines"]][:2] == [("base", "1"), ("calls", "1")]
    assert (shown["subtotal"]["amount"], shown["discount"]["amount"], shown["total"]["amount"]) == (
        "15.00", "1.50", "16.20",
    )  # fmt: skip
    assert shown["asOf"]["isCurrent"]
    assert api.ask(_PREVIEW, id="sub_9")["previewInvoice"] is None


def test_coupons_and_tax_rules_are_listed(api: Api) -> None:
    taxed(api)
    api.ask(
        """mutation { createCoupon(
          input: {key: "five", amount: "5", currency: "USD", appliesTo: ["calls"], duration: REPEATING, repeats: 3},
          idempotencyKey: "4"
        ) { userErrors { code } } }"""
    )

    found = api.ask(
        """{ coupons { key percent amount { amount currency } appliesTo duration repeats }
             taxRules { scope name rates { key percent } } }"""
    )

    assert found["coupons"][0] == {
        "key": "five",
        "percent": None,
        "amount": {"amount": "5", "currency": "USD"},
        "appliesTo": ["calls"],
        "duration": "REPEATING",
        "repeats": 3,
    }
    assert found["coupons"][1]["percent"] == "10"
    assert found["taxRules"] == [{"scope": "CUSTOMER", "name": "acme", "rates": [{"key": "vat", "percent": "20"}]}]


def test_a_coupon_takes_off_one_thing_and_is_redeemed_once(api: Api) -> None:
    taxed(api)
    both = """mutation { createCoupon(
      input: {key: "both", percent: "5", amount: "5", currency: "USD"}, idempotencyKey: "5"
    ) { userErrors { code message } } }"""
    again = """mutation { redeemCoupon(coupon: "tenth", customer: "acme", idempotencyKey: "6") {
      key userErrors { code }
    } }"""

    assert [each["code"] for each in api.ask(both)["createCoupon"]["userErrors"]] == ["INVALID"]
    assert api.ask(again)["redeemCoupon"] == {"key": None, "userErrors": [{"code": "COUPON_REFUSED"}]}


def test_who_may_bill_may_not_give_back(api: Api) -> None:
    caller = Caller("key_1", frozenset({Scope.BILLING, Scope.READ}))

    assert api.answer(_VOID, caller, id="inv_1").codes == ["FORBIDDEN"]
