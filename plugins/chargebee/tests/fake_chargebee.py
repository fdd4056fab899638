"""A Chargebee for tests: its objects, rules and idempotency keys, as far as the plugin uses them."""

import ast
import itertools
import json
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.vendors import loopback
from tests.vendors.contract import Contract, contract_of
from tests.vendors.loopback import Stored

key_seconds = 30 * 60
key_length_max = 100
ENABLED = ("USD", "EUR", "GBP", "JPY", "KRW", "KWD", "BHD")
_UNPAID = {"posted", "payment_due", "not_paid"}
_FILTERS = ("id", "customer_id", "reference_invoice_id", "reference_number")
Fields = dict[str, Any]


class Refused(loopback.Refused):
    """An error that Chargebee answers with."""

    def __init__(self, status: int, code: str, message: str, param: str | None = None, kind: str | None = None) -> None:
        body = {"message": message, "api_error_code": code, "error_code": code, "error_msg": message}
        body |= {"http_status_code": status} | ({"param": param} if param else {})
        super().__init__(status, body | {"type": kind or ("invalid_request" if status < 500 else "operation_failed")})


@dataclass
class FakeChargebee:
    """One site. Time moves a second with every object made or changed, so that lists have an order."""

    api_key: str = "test_fake_key"
    now: int = 1_750_000_000
    tax_percent: int = 0
    """What the site takes of taxable charges."""
    customers: dict[str, Fields] = field(default_factory=dict)
    cards: set[str] = field(default_factory=set)
    """The customers with a card, from whom what is issued is collected at once unless that is off."""
    collected: set[str] = field(default_factory=set)
    """The invoices to be collected when they are issued."""
    invoices: dict[str, Fields] = field(default_factory=dict)
    credit_notes: dict[str, Fields] = field(default_factory=dict)
    transactions: dict[str, Fields] = field(default_factory=dict)
    events: list[Fields] = field(default_factory=list)
    keys: dict[str, Stored] = field(default_factory=dict)
    counter: Any = field(default_factory=lambda: itertools.count(1))
    contract: Contract = field(default_factory=lambda: contract_of("chargebee"))
    base_path: str = "/api/v2"
    key_header: str = "chargebee-idempotency-key"
    replayed_header: str = "chargebee-idempotency-replayed"
    throttled_headers: Mapping[str, str] = field(default_factory=lambda: {"Retry-After": "7"})

    def is_authorized(self, headers: Mapping[str, str]) -> bool:
        return headers.get("Authorization") == "Basic " + b64encode(f"{self.api_key}:".encode()).decode()

    def error(self, status: int, message: str) -> Fields:
        codes = {401: "api_authentication_failed", 429: "api_request_limit_exceeded", 500: "internal_error"}
        return Refused(status, codes.get(status, "invalid_request"), message).body

    def answer(self, method: str, path: str, params: Fields) -> Fields:
        """What Chargebee answers a request that reached it. Raises `Refused`."""
        match method, path.removeprefix("/").split("/"):
            case "GET", [kind]:
                return self.listed(kind, params)
            case "GET", ["currencies", "list"]:
                return {"list": [{"currency": {"currency_code": code, "enabled": True}} for code in ENABLED]}
            case "GET", [kind, ref]:
                return {kind[:-1]: self.one(kind, ref)}
            case "POST", ["customers"]:
                return {"customer": self.create_customer(params)}
            case "POST", ["customers", ref]:
                return {"customer": self.update_customer(self.one("customers", ref), params)}
            case "POST", ["invoices", "create_for_charge_items_and_charges"]:
                return {"invoice": self.create_invoice(params)}
            case "POST", ["estimates", "create_invoice_for_items"]:
                return {"estimate": {"created_at": self.now, "invoice_estimate": self.estimate(params)}}
            case "POST", ["credit_notes"]:
                return self.create_credit_note(params)
            case "POST", [kind, ref, verb]:
                return self.act(kind, verb, self.one(kind, ref), params)
        raise Refused(404, "resource_not_found", f"{method} {path} is not there")

    def act(self, kind: str, verb: str, thing: Fields, params: Fields) -> Fields:
        match kind, verb:
            case "invoices", "close":
                return {"invoice": self.close(thing)}
            case "invoices", "delete":
                return {"invoice": self.delete(thing)}
            case "invoices", "void":
                return {"invoice": self.void(thing)}
            case "invoices", "record_payment":
                return self.record_payment(thing, params["transaction"])
            case "credit_notes", "refund":
                return self.refund(thing, params["refund_amount"], is_recorded=False)
            case "credit_notes", "record_refund":
                return self.refund(thing, params["transaction"]["amount"], is_recorded=True)
        raise Refused(404, "resource_not_found", f"{kind} have no {verb}")

    def create_customer(self, params: Fields) -> Fields:
        if params["id"] in self.customers:
            raise Refused(400, "duplicate_entry", f"The value {params['id']} is already present", "id")
        customer: Fields = {"id": params["id"], "created_at": self.now + 1, "deleted": False}
        self.customers[params["id"]] = customer
        return self.update_customer(customer, params)

    def update_customer(self, customer: Fields, params: Fields) -> Fields:
        known = ("company", "email", "auto_collection", "auto_close_invoices")
        customer |= {name: params[name] for name in known if name in params}
        customer |= {"meta_data": json.loads(params["meta_data"])} if "meta_data" in params else {}
        return self.touch(customer)

    def estimate(self, params: Fields) -> Fields:
        """Lines, discount, taxes and total."""
        if params["currency_code"] not in ENABLED:
            message = f"{params['currency_code']} is not enabled for this site"
            raise Refused(400, "param_wrong_value", message, "currency_code")
        self.one("customers", (params.get("invoice") or params)["customer_id"])
        lines = [self.line(number, params["charges"]) for number in range(len(params["charges"]["amount"]))]
        discount = sum(params.get("discounts", {}).get("amount", []))
        sub_total = sum(line["amount"] for line in lines)
        if discount > sub_total:
            raise Refused(400, "param_wrong_value", "The discount is more than the charges", "discounts[amount][0]")
        taxes = [self.line_tax(line) for line in lines if line["is_taxed"]]
        tax = sum(each["tax_amount"] for each in taxes)
        return {
            "price_type": "tax_exclusive", "currency_code": params["currency_code"], "line_items": lines,
            "line_item_taxes": taxes, "sub_total": sub_total, "total": sub_total - discount + tax,
        }  # fmt: skip

    def line(self, number: int, charges: Fields) -> Fields:
        amount = charges["amount"][number]
        is_taxed = bool(self.tax_percent) and charges["taxable"][number]
        texts = {name: charges[name][number] for name in ("description", "date_from", "date_to")}
        return texts | {
            "id": f"li_{next(self.counter):06}", "amount": amount, "unit_amount": amount, "quantity": 1,
            "entity_type": "adhoc", "is_taxed": is_taxed,
        }  # fmt: skip

    def line_tax(self, line: Fields) -> Fields:
        amount = (line["amount"] * self.tax_percent + 50) // 100
        return {
            "line_item_id": line["id"], "tax_name": "VAT", "tax_rate": float(self.tax_percent),
            "taxable_amount": line["amount"], "tax_amount": amount,
        }  # fmt: skip

    def create_invoice(self, params: Fields) -> Fields:
        found = self.estimate(params)
        invoice: Fields = {
            "id": f"draft_inv_{next(self.counter):06}", "customer_id": params["customer_id"], "status": "pending",
            "net_term_days": params.get("net_term_days", 0), "date": self.now, "deleted": False,
            "tax": sum(each["tax_amount"] for each in found["line_item_taxes"]), "amount_due": found["total"],
            **dict.fromkeys(("amount_paid", "amount_adjusted", "credits_applied", "write_off_amount"), 0),
            **{name: [] for name in ("linked_payments", "issued_credit_notes", "adjustment_credit_notes")},
            **{name: found[name] for name in ("currency_code", "price_type", "sub_total", "total", "line_items")},
            **{name: params[name] for name in ("po_number",) if name in params},
        }  # fmt: skip
        self.invoices[invoice["id"]] = invoice
        customer = self.one("customers", params["customer_id"])
        is_collected = params.get("auto_collection", customer.get("auto_collection", "on")) == "on"
        if customer["id"] in self.cards and is_collected:
            self.collected.add(invoice["id"])
        if not params.get("create_pending_invoice"):
            return self.close(invoice)
        return self.tell("pending_invoice_created", self.touch(invoice))

    def close(self, invoice: Fields) -> Fields:
        """Issue it, under a number of its own."""
        if invoice["status"] != "pending":
            raise Refused(400, "invalid_state_for_request", f"The invoice is {invoice['status']}, not pending")
        del self.invoices[invoice["id"]]
        is_collected = invoice["id"] in self.collected
        invoice["id"] = f"CB-{next(self.counter):05}"
        self.invoices[invoice["id"]] = invoice
        invoice["status"] = "posted" if invoice["net_term_days"] else "payment_due"
        self.tell("invoice_generated", self.settle(invoice))
        if is_collected and invoice["amount_due"]:
            self.pay(invoice)
        return invoice

    def delete(self, invoice: Fields) -> Fields:
        invoice["deleted"] = True
        return self.tell("invoice_deleted", self.touch(invoice))

    def void(self, invoice: Fields) -> Fields:
        if invoice["status"] not in _UNPAID or invoice["linked_payments"]:
            raise Refused(400, "invalid_state_for_request", f"An invoice that is {invoice['status']} cannot be voided")
        invoice |= {"status": "voided", "voided_at": self.now}
        return self.tell("invoice_updated", self.touch(invoice))

    def record_payment(self, invoice: Fields, transaction: Fields) -> Fields:
        if transaction["amount"] > invoice["amount_due"] or invoice["status"] not in _UNPAID:
            message = "The amount is more than what is due"
            raise Refused(400, "param_wrong_value", message, "transaction[amount]")
        made = self.pay(invoice, transaction["amount"], is_recorded=True, reference=transaction.get("reference_number"))
        return {"invoice": invoice, "transaction": made}

    def pay(
        self, invoice: Fields, amount: int | None = None, is_recorded: bool = False, reference: str | None = None
    ) -> Fields:
        """Let a payment come in: by the customer at the portal, or recorded by hand."""
        paid = invoice["amount_due"] if amount is None else amount
        transaction = self.transaction(invoice, paid, "payment", is_recorded, reference)
        linked = {"txn_id": transaction["id"], "txn_status": "success", "applied_amount": paid, "txn_amount": paid}
        invoice["linked_payments"].append(linked)
        invoice["amount_paid"] += paid
        self.tell("payment_succeeded", self.settle(invoice), transaction=transaction)
        return transaction

    def transaction(
        self, owner: Fields, amount: int, kind: str, is_recorded: bool, reference: str | None = None
    ) -> Fields:
        made: Fields = {
            "id": f"txn_{next(self.counter):06}", "customer_id": owner["customer_id"], "type": kind, "amount": amount,
            "gateway": "not_applicable" if is_recorded else "stripe", "currency_code": owner["currency_code"],
            "payment_method": "bank_transfer" if is_recorded else "card", "status": "success",
            **({"reference_number": reference} if reference else {}),
        }  # fmt: skip
        self.transactions[made["id"]] = self.touch(made)
        return made

    def settle(self, invoice: Fields) -> Fields:
        """What is due, and whether that makes it paid."""
        taken = invoice["amount_paid"] + invoice["amount_adjusted"] + invoice["credits_applied"]
        invoice["amount_due"] = invoice["total"] - taken - invoice["write_off_amount"]
        if not invoice["amount_due"]:
            invoice["status"] = "paid"
        return self.touch(invoice)

    def create_credit_note(self, params: Fields) -> Fields:
        invoice = self.one("invoices", params["reference_invoice_id"])
        kind, amount = params["type"], sum(params["line_items"]["amount"])
        is_adjustment = kind == "adjustment"
        if is_adjustment and (invoice["status"] not in _UNPAID or amount > invoice["amount_due"]):
            raise Refused(400, "invalid_request", "An adjustment is of what is due at most", "total")
        if not is_adjustment and amount > self.refundable(invoice):
            raise Refused(400, "invalid_request", "More than what was paid cannot be refunded", "total")
        texts = params["line_items"]["description"]
        note: Fields = {
            "id": f"CN-{next(self.counter):05}", "type": kind, "reference_invoice_id": invoice["id"],
            "status": "adjusted" if is_adjustment else "refund_due", "total": amount, "amount_refunded": 0,
            "amount_allocated": amount if is_adjustment else 0, "amount_available": 0 if is_adjustment else amount,
            "line_items": [{"description": text, "amount": amount} for text in texts], "deleted": False,
            **{name: invoice[name] for name in ("customer_id", "currency_code", "price_type")},
        }  # fmt: skip
        self.credit_notes[note["id"]] = self.touch(note)
        linked = {"cn_id": note["id"], "cn_status": note["status"], "cn_total": amount, "cn_date": self.now}
        invoice["adjustment_credit_notes" if is_adjustment else "issued_credit_notes"].append(linked)
        invoice["amount_adjusted"] += note["amount_allocated"]
        self.tell("invoice_updated", self.settle(invoice) if is_adjustment else self.touch(invoice))
        return {"credit_note": note, "invoice": invoice}

    def refundable(self, invoice: Fields) -> int:
        credited = sum(each["cn_total"] for each in invoice["issued_credit_notes"] if each["cn_status"] != "voided")
        return int(invoice["amount_paid"] + invoice["credits_applied"] - credited)

    def refund(self, note: Fields, amount: int, is_recorded: bool) -> Fields:
        invoice = self.one("invoices", note["reference_invoice_id"])
        if amount > note["amount_available"]:
            raise Refused(400, "invalid_request", "More than what is available cannot be refunded", "refund_amount")
        payments = [self.transactions[each["txn_id"]] for each in invoice["linked_payments"]]
        if not is_recorded and all(each["gateway"] == "not_applicable" for each in payments):
            raise Refused(400, "invalid_request", "There is no online payment to refund")
        note |= {"amount_available": note["amount_available"] - amount, "amount_refunded": amount}
        note["status"] = "refund_due" if note["amount_available"] else "refunded"
        self.touch(note)
        refund = self.transaction(note, amount, "refund", is_recorded)
        self.tell("payment_refunded", self.touch(invoice), credit_note=note, transaction=refund)
        return {"credit_note": note, "transaction": refund}

    def carrying(self, ref: str) -> Fields:
        """The invoice that the plugin means by `ref`; one that nobody has if there is none."""
        number = f"gateway:{ref.partition('/')[2]}"
        found = [invoice for invoice in self.invoices.values() if invoice.get("po_number") == number]
        return found[-1] if found else {"id": ref, "customer_id": "nobody"}

    def listed(self, kind: str, params: Fields) -> Fields:
        """A page of what matches; newest first unless the oldest are asked for."""
        found = [item for item in self.of_kind(kind).values() if _matches(item, params)]
        sort = params.get("sort_by", {"desc": "updated_at"})
        found.sort(key=lambda item: item["updated_at"], reverse="desc" in sort)
        start, limit = int(params.get("offset", 0)), params.get("limit", 10)
        page = {"list": [{kind[:-1]: item} for item in found[start:][:limit]]}
        return page | ({"next_offset": str(start + limit)} if len(found) > start + limit else {})

    def of_kind(self, kind: str) -> dict[str, Fields]:
        kinds = {"customers": self.customers, "invoices": self.invoices, "credit_notes": self.credit_notes}
        return kinds.get(kind, self.transactions)

    def one(self, kind: str, ref: str) -> Fields:
        found = self.of_kind(kind).get(ref)
        if found is None or found.get("deleted"):
            raise Refused(404, "resource_not_found", f"{ref} is not found")
        return found

    def once(self, key: str, request: tuple[str, str, str], work: Callable[[], Stored]) -> tuple[Stored, bool]:
        """The answer under an idempotency key, and whether it is one given before."""
        if len(key) > key_length_max:
            refused = Refused(400, "param_wrong_value", f"A key has at most {key_length_max} characters")
            return Stored(request, 400, refused.body, self.now), False
        stored = self.keys.get(key)
        if stored is None or self.now - stored.at > key_seconds:
            self.keys[key] = work()
            return self.keys[key], False
        if stored.request != request:
            refused = Refused(400, "invalid_request", "This idempotency key was used for another request")
            return Stored(request, 400, refused.body, self.now), False
        return stored, True

    def touch(self, thing: Fields) -> Fields:
        self.now += 1
        return _changed(thing, updated_at=self.now, resource_version=self.now * 1000)

    def tell(self, kind: str, invoice: Fields, **others: Fields) -> Fields:
        """Note an event as its webhook brings it; the invoice."""
        content = {"invoice": {**invoice, "object": "invoice"}, **others}
        event = {"id": f"ev_{next(self.counter):06}", "occurred_at": self.now, "event_type": kind, "content": content}
        self.events.append(json.loads(json.dumps(event)))
        return invoice


def _changed(thing: Fields, **values: Any) -> Fields:
    thing |= values
    return thing


def _matches(item: Fields, params: Fields) -> bool:
    if item.get("deleted") and not params.get("include_deleted"):
        return False
    if item["updated_at"] <= int(params.get("updated_at", {}).get("after", 0)):
        return False
    return all(_passes(item.get(name), params[name]) for name in _FILTERS if name in params)


def _passes(value: Any, asked: Fields) -> bool:
    within: Iterable[str] = ast.literal_eval(asked["in"]) if "in" in asked else [asked["is"]]
    return value in within
