"""A Stripe for tests: its objects, rules and idempotency keys, as far as the plugin uses them."""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from stripe import WebhookSignature

from tests.vendors import loopback
from tests.vendors.contract import Contract, contract_of
from tests.vendors.loopback import Stored

_STEPS = {"bhd": 10, "jod": 10, "kwd": 10, "omr": 10, "tnd": 10, "isk": 100, "ugx": 100}
_AFTER = {"paid": "paid", "void": "voided", "uncollectible": "marked_uncollectible", "open": "finalized"}
TAX_RATE = {
    "id": "txr_fake", "object": "tax_rate", "active": True, "created": 1_700_000_000, "display_name": "VAT",
    "inclusive": False, "livemode": False,
}  # fmt: skip
items_max = 250
key_seconds = 24 * 3600


def signature_header(body: bytes, secret: str, at: datetime) -> str:
    """What Stripe signs a webhook with, by the vendor's own code."""
    return WebhookSignature.generate_signature_header(body.decode(), secret, int(at.timestamp()))


class Refused(loopback.Refused):
    """An error that Stripe answers with."""

    def __init__(self, status: int, message: str, kind: str = "invalid_request_error") -> None:
        super().__init__(status, {"error": {"type": kind, "message": message}})


@dataclass
class FakeStripe:
    """One account. Time moves a second with every object made, so that lists have an order."""

    api_key: str = "sk_test_fake"
    now: int = 1_750_000_000
    customers: dict[str, dict[str, Any]] = field(default_factory=dict)
    invoices: dict[str, dict[str, Any]] = field(default_factory=dict)
    items: dict[str, dict[str, Any]] = field(default_factory=dict)
    events: dict[str, dict[str, Any]] = field(default_factory=dict)
    keys: dict[str, Stored] = field(default_factory=dict)
    credit_notes: dict[str, dict[str, Any]] = field(default_factory=dict)
    previews: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    payment_methods: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    """By customer and id."""
    may_read_account: bool = True
    tax_percent: int = 20
    minimum_charge: int = 50
    """Less than this is not collected: the invoice is called paid, and its amount goes to the customer's balance."""
    counter: Any = field(default_factory=lambda: itertools.count(1))
    contract: Contract = field(default_factory=lambda: contract_of("stripe"))
    base_path: str = ""
    key_header: str = "Idempotency-Key"
    replayed_header: str = "Idempotent-Replayed"
    throttled_headers: Mapping[str, str] = field(default_factory=lambda: {"Retry-After": "7"})

    def is_authorized(self, headers: Mapping[str, str]) -> bool:
        return headers.get("Authorization") == f"Bearer {self.api_key}"

    def error(self, status: int, message: str) -> dict[str, Any]:
        kind = {409: "idempotency_error", 500: "api_error"}.get(status, "invalid_request_error")
        return Refused(status, message, kind).body

    def answer(self, method: str, path: str, params: dict[str, Any]) -> dict[str, Any]:
        """What Stripe answers a request that reached it. Raises `Refused`."""
        parts = path.removeprefix("/v1/").split("/")
        if method == "GET":
            return self.shown(path, parts, params)
        match method, parts:
            case "POST", ["customers"]:
                return self.create_customer(params)
            case "POST", ["invoices"]:
                return self.create_invoice(params)
            case "POST", ["invoiceitems"]:
                return self.create_item(params)
            case "POST", ["invoices", "create_preview"]:
                return self.preview(params)
            case "POST", ["credit_notes"]:
                return self.credit(self.one(self.invoices, params["invoice"]), params)
            case "POST", [kind, ref]:
                return self.update(self.one(self.of_kind(kind), ref), params)
            case "POST", ["invoices", ref, action]:
                return self.act(self.one(self.invoices, ref), action, params)
            case "DELETE", ["invoices", ref]:
                return self.delete(self.one(self.invoices, ref))
        raise Refused(404, f"Unrecognized request URL ({method}: {path})")

    def shown(self, path: str, parts: list[str], params: dict[str, Any]) -> dict[str, Any]:
        """One object, or a list."""
        match parts:
            case ["account"]:
                return self.own_account()
            case ["customers", ref, "payment_methods"]:
                return self.listed(path, self.payment_methods.get(self.one(self.customers, ref)["id"], {}), params)
            case ["invoices", ref, "lines"]:
                return self.listed(path, self.previews[ref], params)
            case [kind, ref]:
                return self.one(self.of_kind(kind), ref)
        return self.listed(path, self.of_kind(parts[0]), params)

    def own_account(self) -> dict[str, Any]:
        if not self.may_read_account:
            raise Refused(403, "The provided key does not have the required permissions for this endpoint")
        return {"id": "acct_fake", "object": "account"}

    def of_kind(self, kind: str) -> dict[str, dict[str, Any]]:
        return {
            "customers": self.customers,
            "invoices": self.invoices,
            "invoiceitems": self.items,
            "events": self.events,
            "credit_notes": self.credit_notes,
            "tax_rates": {TAX_RATE["id"]: TAX_RATE | {"percentage": self.tax_percent}},
        }[kind]

    def create_customer(self, params: dict[str, Any]) -> dict[str, Any]:
        customer = self._made("cus", "customer") | {
            "name": params.get("name"),
            "email": params.get("email"),
            "metadata": params.get("metadata", {}),
        }
        self.customers[customer["id"]] = customer
        return customer

    def create_invoice(self, params: dict[str, Any]) -> dict[str, Any]:
        self.one(self.customers, params["customer"])
        made = self._made("in", "invoice")
        invoice = _blank_invoice(made["id"], made["created"]) | made
        invoice |= {name: params[name] for name in ("customer", "currency", "collection_method", "auto_advance")}
        invoice |= {"metadata": params.get("metadata", {}), "description": params.get("description")}
        invoice["number"] = params.get("number")
        invoice["automatic_tax"] = params.get("automatic_tax", invoice["automatic_tax"])
        self.invoices[invoice["id"]] = invoice
        return invoice

    def create_item(self, params: dict[str, Any]) -> dict[str, Any]:
        invoice = self.one(self.invoices, params["invoice"])
        step = _STEPS.get(params["currency"], 1)
        if invoice["status"] != "draft":
            raise Refused(400, "This invoice is no longer editable")
        if invoice["currency"] != params["currency"]:
            raise Refused(400, "The currency of the item is not that of the invoice")
        if params["amount"] % step:
            raise Refused(400, f"The amount must be a multiple of {step}")
        if len(self.items_of(invoice["id"])) >= items_max:
            raise Refused(400, f"An invoice has at most {items_max} items")
        if params["period"]["end"] < params["period"]["start"]:
            raise Refused(400, "The period ends before it starts")
        made = self._made("ii", "invoiceitem")
        date = made.pop("created")
        item = made | {"date": date, "proration": False, "quantity": 1, "quantity_decimal": "1"}
        item |= {name: params[name] for name in ("amount", "currency", "customer", "invoice", "description", "period")}
        item |= {"discountable": params["discountable"], "metadata": params.get("metadata", {})}
        self.items[item["id"]] = item
        self._recompute(invoice)
        return item

    def act(self, invoice: dict[str, Any], action: str, params: dict[str, Any]) -> dict[str, Any]:
        """Finalize, void or pay an invoice."""
        match action:
            case "finalize":
                return self.finalize(invoice)
            case "void":
                return self.void(invoice)
            case "pay":
                return self.pay_out_of_band(invoice, params)
        raise Refused(404, f"Unrecognized action {action}")

    def finalize(self, invoice: dict[str, Any]) -> dict[str, Any]:
        if invoice["status"] != "draft":
            raise Refused(400, "This invoice is already finalized")
        if invoice["total"] < 0:
            raise Refused(400, "The total is below zero")
        invoice["number"] = invoice["number"] or f"FAKE-{next(self.counter):04}"
        invoice["hosted_invoice_url"] = f"https://invoice.example/{invoice['id']}"
        is_collected = invoice["total"] >= self.minimum_charge
        return self.become(invoice, "open") if is_collected else self._settle(invoice, paid=0)

    def void(self, invoice: dict[str, Any]) -> dict[str, Any]:
        if invoice["status"] not in {"open", "uncollectible"}:
            raise Refused(400, f"You can only pass in open invoices; this one is {invoice['status']}")
        return self.become(invoice, "void")

    def delete(self, invoice: dict[str, Any]) -> dict[str, Any]:
        if invoice["status"] != "draft":
            raise Refused(400, "You can only delete draft invoices")
        return self.invoices.pop(invoice["id"])

    def update(self, held: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
        """Change what may be changed of any customer, and the metadata of any invoice."""
        held["metadata"] = held["metadata"] | params.get("metadata", {})
        held |= {name: params[name] for name in ("name", "email") if name in params}
        return held

    def pay_out_of_band(self, invoice: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
        if invoice["status"] != "open" or not params.get("paid_out_of_band"):
            raise Refused(400, f"Invoice is {invoice['status']}, and has no payment method")
        return self.become(invoice, "paid")

    def credit(self, invoice: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
        """A credit note: first it lowers what is due, and for the rest the ways have to sum up."""
        amount, due = params["amount"], invoice["amount_remaining"]
        ways = {name: params.get(f"{name}_amount", 0) for name in ("credit", "refund", "out_of_band")}
        before = invoice["pre_payment_credit_notes_amount"] + invoice["post_payment_credit_notes_amount"]
        if invoice["status"] not in {"open", "paid", "uncollectible"}:
            raise Refused(400, "Credit notes are for finalized invoices")
        if amount > invoice["total"] - before:
            raise Refused(400, "The amount is more than what is left of the invoice")
        pre = min(amount, due)
        if sum(ways.values()) != amount - pre:
            raise Refused(400, "The sum of refund, credit and out of band amounts must equal the post-payment amount")
        if ways["refund"] > invoice["amount_paid"]:
            raise Refused(400, "There is no payment to refund")
        note = self._credit_note(invoice, params, pre, ways)
        invoice["post_payment_credit_notes_amount"] += amount - pre
        self._lower(invoice, pre)
        self._event("credit_note.created", note)
        return note

    def _credit_note(
        self, invoice: dict[str, Any], params: dict[str, Any], pre: int, ways: dict[str, int]
    ) -> dict[str, Any]:
        made, amount = self._made("cn", "credit_note"), params["amount"]
        refund = [{"amount_refunded": ways["refund"], "refund": f"re_{made['id']}"}] if ways["refund"] else []
        note = made | {
            "amount": amount, "subtotal": amount, "total": amount, "amount_shipping": 0, "discount_amount": 0,
            "pre_payment_amount": pre, "post_payment_amount": amount - pre, "out_of_band_amount": ways["out_of_band"],
            "currency": invoice["currency"], "customer": invoice["customer"], "invoice": invoice["id"],
            "discount_amounts": [], "pretax_credit_amounts": [], "refunds": refund, "status": "issued",
            "type": "mixed" if 0 < pre < amount else "pre_payment" if pre else "post_payment",
            "lines": {"object": "list", "data": [], "has_more": False, "url": f"/v1/credit_notes/{made['id']}/lines"},
            "number": f"FAKE-CN-{next(self.counter):04}", "pdf": f"https://invoice.example/{made['id']}.pdf",
            "memo": params.get("memo"), "metadata": params.get("metadata", {}),
        }  # fmt: skip
        self.credit_notes[note["id"]] = note
        return note

    def _lower(self, invoice: dict[str, Any], amount: int) -> None:
        invoice["pre_payment_credit_notes_amount"] += amount
        invoice |= {name: invoice[name] - amount for name in ("amount_due", "amount_remaining")}
        if amount and not invoice["amount_remaining"]:
            self._settle(invoice, paid=invoice["amount_paid"])

    def preview(self, params: dict[str, Any]) -> dict[str, Any]:
        """An invoice that is not kept; its lines can be listed for a while."""
        self.one(self.customers, params["customer"])
        ref = f"upcoming_in_{next(self.counter):06}"
        taxed = self.tax_percent if params["automatic_tax"]["enabled"] else 0
        lines = {}
        for ordinal, item in enumerate(params["invoice_items"]):
            tax = [_tax(item["amount"], taxed)] if taxed else []
            line = {name: item[name] for name in ("amount", "currency", "description", "period", "metadata")}
            line |= {"id": f"il_{ref}_{ordinal}", "object": "line_item", "livemode": False, "discounts": []}
            lines[line["id"]] = line | {"discountable": False, "subtotal": item["amount"], "taxes": tax}
        # Lists come newest first, but for lines, which keep their order.
        self.previews[ref] = dict(reversed(lines.items()))
        shown = self.listed(f"/v1/invoices/{ref}/lines", self.previews[ref], {"limit": 10})
        invoice = _blank_invoice(ref, self.now) | {"id": ref, "object": "invoice", "created": self.now}
        invoice |= {"livemode": False, "currency": params["currency"], "collection_method": "charge_automatically"}
        invoice |= {"lines": shown, "automatic_tax": params["automatic_tax"]}
        return self._total(invoice, [line["amount"] for line in lines.values()])

    def become(self, invoice: dict[str, Any], status: str) -> dict[str, Any]:
        """Move an invoice, as a payment or a person at the dashboard does."""
        if status == "paid":
            return self._settle(invoice, paid=invoice["amount_paid"] + invoice["amount_remaining"])
        invoice["status"] = status
        self._event(f"invoice.{_AFTER[status]}", invoice)
        return invoice

    def _settle(self, invoice: dict[str, Any], paid: int) -> dict[str, Any]:
        """Call an invoice paid, of which `paid` came as money."""
        invoice |= {"status": "paid", "amount_paid": paid, "amount_remaining": 0}
        self._event("invoice.paid", invoice)
        return invoice

    def _event(self, kind: str, subject: dict[str, Any]) -> None:
        event = self._made("evt", "event") | {"pending_webhooks": 0, "type": kind}
        self.events[event["id"]] = event | {"data": {"object": dict(subject)}}

    def items_of(self, invoice: str) -> list[dict[str, Any]]:
        return [item for item in self.items.values() if item["invoice"] == invoice]

    def add_by_hand(self, invoice: dict[str, Any], amount: int) -> None:
        """Add a line as a person at the dashboard does."""
        made = {"id": f"ii_hand{next(self.counter)}", "invoice": invoice["id"], "amount": amount}
        self.items[made["id"]] = dict(next(iter(self.items.values()))) | made | {"metadata": {}}
        self._recompute(invoice)

    def listed(self, path: str, objects: dict[str, dict[str, Any]], params: dict[str, Any]) -> dict[str, Any]:
        """Newest first, a page at a time."""
        found = [item for item in reversed(objects.values()) if _matches(item, params)]
        if "starting_after" in params:
            found = list(itertools.dropwhile(lambda item: item["id"] != params["starting_after"], found))[1:]
        limit = params.get("limit", 10)
        return {"object": "list", "data": found[:limit], "has_more": len(found) > limit, "url": path}

    def one(self, objects: dict[str, dict[str, Any]], ref: str) -> dict[str, Any]:
        if ref not in objects:
            raise Refused(404, f"No such object: '{ref}'")
        return objects[ref]

    def once(self, key: str, request: tuple[str, str, str], work: Callable[[], Stored]) -> tuple[Stored, bool]:
        """The answer under an idempotency key, and whether it is one given before."""
        stored = self.keys.get(key)
        if stored is None or self.now - stored.at > key_seconds:
            self.keys[key] = work()
            return self.keys[key], False
        if stored.request != request:
            message = "Keys for idempotent requests can only be used with the same parameters"
            return Stored(request, 400, Refused(400, message, "idempotency_error").body, self.now), False
        return stored, True

    def _made(self, prefix: str, kind: str) -> dict[str, Any]:
        self.now += 1
        return {
            "id": f"{prefix}_{next(self.counter):06}", "object": kind, "created": self.now, "livemode": False,
        }  # fmt: skip

    def _recompute(self, invoice: dict[str, Any]) -> None:
        self._total(invoice, [item["amount"] for item in self.items_of(invoice["id"])])

    def _total(self, invoice: dict[str, Any], amounts: list[int]) -> dict[str, Any]:
        percent = self.tax_percent if invoice["automatic_tax"]["enabled"] else 0
        taxes = [_tax(amount, percent)["amount"] for amount in amounts] if percent else []
        total = sum(amounts) + sum(taxes)
        if percent:
            invoice["total_taxes"] = [_tax(sum(amounts), percent) | {"amount": sum(taxes)}]
        invoice |= {"subtotal": sum(amounts), "total": total}
        invoice |= {"amount_due": max(0, total), "amount_remaining": max(0, total)}
        return invoice


def _tax(amount: int, percent: int) -> dict[str, Any]:
    """A tax as Stripe shows it on a line or an invoice, rounded half-up."""
    return {
        "amount": (amount * percent + 50) // 100,
        "tax_behavior": "exclusive",
        "taxability_reason": "standard_rated",
        "tax_rate_details": {"tax_rate": TAX_RATE["id"]},
        "taxable_amount": amount,
        "type": "tax_rate_details",
    }


def _matches(item: dict[str, Any], params: dict[str, Any]) -> bool:
    since = params.get("created", {}).get("gte", 0)
    types = params.get("types")
    return (
        item.get("created", item.get("date", 0)) >= since
        and all(item[name] == params[name] for name in ("customer", "invoice") if name in params)
        and (types is None or item["type"] in types)
    )


def _blank_invoice(ref: str, created: int) -> dict[str, Any]:
    amounts = (
        "amount_due amount_overpaid amount_paid amount_remaining amount_shipping attempt_count starting_balance"
        " post_payment_credit_notes_amount pre_payment_credit_notes_amount subtotal total"
    )
    lines = {"object": "list", "data": [], "has_more": False, "url": f"/v1/invoices/{ref}/lines"}
    return dict.fromkeys(amounts.split(), 0) | {
        "attempted": False,
        "automatic_tax": {"enabled": False},
        "default_tax_rates": [],
        "discounts": [],
        "issuer": {"type": "self"},
        "lines": lines,
        "payment_settings": {},
        "period_start": created,
        "period_end": created,
        "status": "draft",
        "status_transitions": {},
    }
