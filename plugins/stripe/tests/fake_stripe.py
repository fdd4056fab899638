"""A Stripe for tests: its objects, rules and idempotency keys, as far as the plugin uses them."""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.vendors import loopback
from tests.vendors.contract import Contract, contract_of
from tests.vendors.loopback import Stored

_STEPS = {"bhd": 10, "jod": 10, "kwd": 10, "omr": 10, "tnd": 10, "isk": 100, "ugx": 100}
_AFTER = {"paid": "paid", "void": "voided", "uncollectible": "marked_uncollectible", "open": "finalized"}
items_max = 250
key_seconds = 24 * 3600


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
        match method, path.removeprefix("/v1/").split("/"):
            case "POST", ["customers"]:
                return self.create_customer(params)
            case "POST", ["invoices"]:
                return self.create_invoice(params)
            case "POST", ["invoiceitems"]:
                return self.create_item(params)
            case "POST", ["invoices", invoice, "finalize"]:
                return self.finalize(self.one(self.invoices, invoice))
            case "GET", [kind]:
                return self.listed(path, self.of_kind(kind), params)
            case "GET", [kind, ref]:
                return self.one(self.of_kind(kind), ref)
        raise Refused(404, f"Unrecognized request URL ({method}: {path})")

    def of_kind(self, kind: str) -> dict[str, dict[str, Any]]:
        return {
            "customers": self.customers,
            "invoices": self.invoices,
            "invoiceitems": self.items,
            "events": self.events,
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
        item |= {"discountable": params["discountable"], "metadata": params["metadata"]}
        self.items[item["id"]] = item
        self._recompute(invoice)
        return item

    def finalize(self, invoice: dict[str, Any]) -> dict[str, Any]:
        if invoice["status"] != "draft":
            raise Refused(400, "This invoice is already finalized")
        invoice["number"] = f"FAKE-{next(self.counter):04}"
        invoice["hosted_invoice_url"] = f"https://invoice.example/{invoice['id']}"
        return self.become(invoice, "open" if invoice["total"] else "paid")

    def become(self, invoice: dict[str, Any], status: str) -> dict[str, Any]:
        """Move an invoice, as a payment or a person at the dashboard does."""
        invoice["status"] = status
        if status == "paid":
            invoice |= {"amount_paid": invoice["total"], "amount_remaining": 0}
        event = self._made("evt", "event") | {"pending_webhooks": 0, "type": f"invoice.{_AFTER[status]}"}
        self.events[event["id"]] = event | {"data": {"object": dict(invoice)}}
        return invoice

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
        total = sum(item["amount"] for item in self.items_of(invoice["id"]))
        invoice |= {"subtotal": total, "total": total, "amount_due": max(0, total), "amount_remaining": max(0, total)}


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
