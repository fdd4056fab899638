"""A Recurly for tests: its objects, rules and idempotency keys, as far as the plugin uses them."""

import hashlib
import hmac
import itertools
import json
import time
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any
from urllib.parse import unquote, urlencode

from tests.vendors import loopback
from tests.vendors.contract import Contract, recorded
from tests.vendors.loopback import Fault, Stored

key_seconds = 3600
lines_listed_max = 200
_OPEN = ("open", "pending", "processing", "past_due")
_ZERO = Decimal(0)


class Refused(loopback.Refused):
    """An error that Recurly answers with."""

    def __init__(self, status: int, message: str, kind: str = "validation", *params: str) -> None:
        self.params = params
        details = {"type": kind, "message": message, "params": [{"param": name} for name in params]}
        super().__init__(status, {"error": details})


@cache
def recurly_contract() -> Contract:
    """Recurly's API, as recorded, with what its document leaves out: the cursor in the links to next pages."""
    document = recorded("recurly")
    for path in document["paths"].values():
        if "get" in path:
            path["get"].setdefault("parameters", []).append(
                {"name": "cursor", "in": "query", "schema": {"type": "string"}}
            )
    return Contract("recurly", document)


@dataclass
class FakeRecurly:
    """One site. Time moves a second with every change, so that lists have an order."""

    api_key: str = "fake-private-key"
    subdomain: str = "acme"
    currencies: tuple[str, ...] = ("USD", "EUR", "JPY", "KWD")
    coupon_percent: Decimal = _ZERO
    """What a coupon takes off everything; set by hand."""
    tax_percent: Decimal = _ZERO
    """What the site taxes everything with that is not exempt."""
    now: int = 1_750_000_000
    accounts: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By code."""
    billing_infos: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By code."""
    invoices: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By number; charge and credit invoices share one series."""
    pending: list[dict[str, Any]] = field(default_factory=list)
    """Lines that wait for the next invoice of their account."""
    keys: dict[str, Stored] = field(default_factory=dict)
    counter: Any = field(default_factory=lambda: itertools.count(1))
    contract: Contract = field(default_factory=recurly_contract)
    base_path: str = ""
    key_header: str = "Idempotency-Key"
    replayed_header: str = "Idempotent-Replayed"

    @property
    def throttled_headers(self) -> Mapping[str, str]:
        return {"X-RateLimit-Limit": "2000", "X-RateLimit-Reset": str(int(time.time()) + 7)}

    def is_authorized(self, headers: Mapping[str, str]) -> bool:
        return headers.get("Authorization") == "Basic " + b64encode(f"{self.api_key}:".encode()).decode()

    def error(self, status: int, message: str) -> dict[str, Any]:
        kinds = {401: "unauthorized", 409: "simultaneous_request", 429: "rate_limited", 500: "internal_server_error"}
        return Refused(status, message, kinds.get(status, "bad_request")).body

    def answer(self, method: str, path: str, params: dict[str, Any]) -> Any:
        """What Recurly answers a request that reached it. Raises `Refused`."""
        return _wire(self._answer(method, [unquote(part) for part in path.strip("/").split("/")], params))

    def _answer(self, method: str, parts: list[str], params: dict[str, Any]) -> Any:
        match method, parts:
            case "GET", ["sites"]:
                return _page("/sites", [self.site()], {})
            case "POST", ["purchases"]:
                return self.purchase(params)
            case "POST", ["purchases", "preview"]:
                return self.preview(params)
            case _, ["accounts", *rest]:
                return self._answer_of_accounts(method, rest, params)
            case _, ["invoices", *rest]:
                return self._answer_of_invoices(method, rest, params)
        raise _no_path(method, parts)

    def _answer_of_accounts(self, method: str, parts: list[str], params: dict[str, Any]) -> Any:
        match method, parts:
            case "POST", []:
                return self.create_account(params)
            case "PUT", [ref]:
                return self.changed(self.account(ref), **params)
            case "GET", [ref]:
                return self.account(ref)
            case "GET", [ref, "balance"]:
                return self.balance(self.account(ref))
            case "GET", [ref, "billing_info"]:
                return self.billing_info(self.account(ref))
            case "GET", [ref, "invoices"]:
                code = self.account(ref)["code"]
                mine = [each for each in self.invoices.values() if each["account"]["code"] == code]
                return _page(f"/accounts/{ref}/invoices", mine, params)
            case "POST", [ref, "line_items"]:
                return self.add_pending_line(self.account(ref), params)
            case "POST", [ref, "invoices"]:
                return self.invoice_pending_lines(self.account(ref), params)
        raise _no_path(method, parts)

    def _answer_of_invoices(self, method: str, parts: list[str], params: dict[str, Any]) -> Any:
        if not parts:
            return _page("/invoices", list(self.invoices.values()), params)
        invoice = self.invoice(parts[0])
        match method, parts[1:]:
            case "GET", []:
                return invoice
            case "PUT", []:
                return self.changed(invoice, **params)
            case "POST", ["transactions"]:
                return self.record_payment(invoice, params)
            case "POST", ["refund"]:
                return self.refund(invoice, params)
            case "PUT", ["apply_credit_balance"]:
                return self.apply_credit(invoice)
            case "PUT", ["mark_failed"]:
                return self.mark_failed(invoice)
            case "PUT", ["void"]:
                return self.void(invoice)
        raise _no_path(method, parts)

    def site(self) -> dict[str, Any]:
        settings = {"accepted_currencies": list(self.currencies), "default_currency": self.currencies[0]}
        return {
            "id": "site00000001", "object": "site", "subdomain": self.subdomain, "mode": "sandbox",
            "settings": settings, "created_at": _text(self.now), "updated_at": _text(self.now),
        }  # fmt: skip

    def create_account(self, params: dict[str, Any]) -> dict[str, Any]:
        if params["code"] in self.accounts:
            raise Refused(422, "Code has already been taken", "validation", "code")
        made = self._made("account") | {"state": "active", "hosted_login_token": f"token{next(self.counter):027}"}
        self.accounts[params["code"]] = made | params
        return self.accounts[params["code"]]

    def account(self, ref: str) -> dict[str, Any]:
        for account in self.accounts.values():
            if ref in {account["id"], f"code-{account['code']}"}:
                return account
        raise Refused(404, f"Couldn't find Account with id = {ref}", "not_found")

    def balance(self, account: dict[str, Any]) -> dict[str, Any]:
        """The credit that an account has, by currency."""
        mine = [each for each in self.invoices.values() if each["account"]["code"] == account["code"]]
        amounts = [
            {"currency": currency, "available_credit_amount": -sum((each["balance"] for each in open_credits), _ZERO)}
            for currency in self.currencies
            if (open_credits := [each for each in mine if (each["type"], each["currency"]) == ("credit", currency)])
        ]
        return {"object": "account_balance", "account": _mini(account), "past_due": False, "balances": amounts}

    def billing_info(self, account: dict[str, Any]) -> dict[str, Any]:
        """By what an account pays; a test puts it there."""
        if account["code"] not in self.billing_infos:
            raise Refused(404, "Couldn't find BillingInfo", "not_found")
        return {"id": "bil000000001", "object": "billing_info"} | self.billing_infos[account["code"]]

    def invoice(self, ref: str) -> dict[str, Any]:
        for invoice in self.invoices.values():
            if ref in {invoice["id"], f"number-{invoice['number']}"}:
                return invoice
        raise Refused(404, f"Couldn't find Invoice with id = {ref}", "not_found")

    def preview(self, params: dict[str, Any]) -> dict[str, Any]:
        """What a purchase would make, leaving nothing behind."""
        kept = dict(self.accounts), dict(self.invoices), self.now
        credits_before = {number: dict(each) for number, each in self.invoices.items() if each["type"] == "credit"}
        try:
            return self.purchase(params)
        finally:
            self.accounts, self.invoices, self.now = kept
            self.invoices |= credits_before

    def purchase(self, params: dict[str, Any]) -> dict[str, Any]:
        """One invoice for the charges, another for the credits; an account that is not there is made."""
        self._require_currency(params["currency"])
        code = params["account"]["code"]
        account = self.accounts.get(code) or self.create_account(params["account"])
        lines = [self._line(account, line) for line in params.get("line_items", ())]
        if not lines:
            raise Refused(422, "Nothing is being purchased", "validation", "line_items")
        if len({line["currency"] for line in lines} | {params["currency"]}) > 1:
            raise Refused(422, "Currency does not match", "validation", "currency")
        collection: dict[str, Any] = {"object": "invoice_collection", "credit_invoices": []}
        credits_ = [line for line in lines if line["type"] == "credit"]
        charges = [line for line in lines if line["type"] == "charge"]
        if credits_:
            made = self._invoice(account, "credit", credits_, params | {"notes": params.get("credit_customer_notes")})
            collection["credit_invoices"].append(made)
        if charges:
            made = self._invoice(account, "charge", charges, params | {"notes": params.get("customer_notes")})
            self._apply_credits(made)
            collection["charge_invoice"] = made
        return collection

    def add_pending_line(self, account: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
        """A line without an invoice."""
        self._require_currency(params["currency"])
        line = self._line(account, params) | {"state": "pending"}
        self.pending.append(line)
        return line

    def invoice_pending_lines(self, account: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
        """An invoice of every pending line, whoever has added it: this call takes no lines of its own."""
        swept = [line for line in self.pending if line["account"]["code"] == account["code"]]
        if not swept:
            raise Refused(422, "No charges to invoice")
        self.pending = [line for line in self.pending if line not in swept]
        made = self._invoice(account, "charge", [line | {"state": "invoiced"} for line in swept], params)
        return {"object": "invoice_collection", "charge_invoice": made, "credit_invoices": []}

    def record_payment(self, invoice: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
        """A payment from outside."""
        if invoice["type"] != "charge" or invoice["collection_method"] != "manual" or invoice["state"] not in _OPEN:
            raise Refused(422, "Only an open, manual charge invoice takes an external payment")
        amount = _decimal(params.get("amount", invoice["balance"]))
        self._require_amount(invoice, amount, invoice["balance"])
        transaction = self._transaction(invoice, "purchase", amount) | _given(params, "description", "collected_at")
        return self._paid(invoice, transaction)

    def pay(self, invoice: dict[str, Any], amount: str | None = None) -> dict[str, Any]:
        """Pay by card on the hosted page."""
        through = {"payment_gateway": {"id": "gate00000001", "object": "payment_gateway", "name": "Test"}}
        paid = invoice["balance"] if amount is None else Decimal(amount)
        return self._paid(invoice, self._transaction(invoice, "purchase", paid) | through)

    def refund(self, invoice: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
        """Give back by a credit invoice what was paid."""
        refundable = invoice.get("refundable_amount", _ZERO)
        if not refundable:
            raise Refused(422, "Invoice has nothing to refund")
        amount = _decimal(params.get("amount", refundable))
        self._require_amount(invoice, amount, refundable)
        is_credit = params.get("refund_method") == "all_credit"
        if invoice["collection_method"] == "manual" and not is_credit and "external_refund" not in params:
            raise Refused(422, "External refund is required for a manual invoice", "validation", "external_refund")
        line = {"type": "credit", "currency": invoice["currency"], "unit_amount": amount, "description": "Refund"}
        line |= {"tax_exempt": True}
        details = {"notes": params.get("credit_customer_notes"), "currency": invoice["currency"]}
        account = self.account(invoice["account"]["id"])
        made = self._invoice(account, "credit", [self._line(account, line)], details)
        if not is_credit:
            made |= {"state": "closed", "balance": _ZERO, "origin": "external_refund"}
        self.changed(invoice, refundable_amount=refundable - amount)
        return made

    def apply_credit(self, invoice: dict[str, Any]) -> dict[str, Any]:
        """Pay from the credit of the account."""
        if invoice["type"] != "charge" or invoice["state"] not in {"pending", "past_due"}:
            raise Refused(422, "Credit can only be applied to a pending or past due charge invoice")
        self._apply_credits(invoice)
        return self.changed(invoice)

    def mark_failed(self, invoice: dict[str, Any]) -> dict[str, Any]:
        """Write off what is due."""
        if invoice["type"] != "charge" or invoice["state"] not in _OPEN:
            raise Refused(422, "Only an open charge invoice can be marked failed")
        return self.changed(invoice, state="failed", balance=_ZERO, closed_at=_text(self.now))

    def void(self, invoice: dict[str, Any]) -> dict[str, Any]:
        """Void a credit invoice; charge invoices cannot be voided."""
        if invoice["type"] != "credit" or invoice["state"] != "open":
            raise Refused(422, "Only an open credit invoice can be voided")
        return self.changed(invoice, state="voided", balance=_ZERO)

    def changed(self, thing: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """Change something, as a request or a person does."""
        self.now += 1
        thing |= changes
        thing["updated_at"] = _text(self.now)
        return thing

    def once(self, key: str, request: tuple[str, str, str], work: Callable[[], Stored]) -> tuple[Stored, bool]:
        """The answer under an idempotency key, and whether it is one given before. Failures of its own it forgets."""
        stored = self.keys.get(key)
        if stored is None or self.now - stored.at > key_seconds:
            done = work()
            if done.status < 500:
                self.keys[key] = done
            return done, False
        if stored.request != request:
            refused = Refused(422, "Idempotency key was used for another request")
            return Stored(request, 422, refused.body, self.now), False
        return stored, True

    def webhook(self, number: str, event: str, kind: str = "charge_invoice") -> bytes:
        """The body of a JSON notification: what happened to what, and nothing of its contents."""
        return json.dumps(
            {
                "id": f"notice{next(self.counter):06}", "object_type": kind, "event_type": event,
                "site_id": "site00000001", "event_time": _text(self.now), "invoice_number": number,
            }
        ).encode()  # fmt: skip

    def _made(self, kind: str) -> dict[str, Any]:
        self.now += 1
        ref = f"{kind[:3]}{next(self.counter):09}"
        return {"id": ref, "object": kind, "created_at": _text(self.now), "updated_at": _text(self.now)}

    def _require_currency(self, currency: str) -> None:
        if currency not in self.currencies:
            raise Refused(422, f"Currency {currency} is not accepted by this site", "validation", "currency")

    def _require_amount(self, invoice: dict[str, Any], amount: Decimal, most: Decimal) -> None:
        if not 0 < amount <= most:
            raise Refused(422, f"Amount has to be between 0 and {most} {invoice['currency']}", "validation", "amount")

    def _line(self, account: dict[str, Any], params: dict[str, Any]) -> dict[str, Any]:
        """A line; whatever the sign of the amount, a charge charges and a credit credits."""
        sign = -1 if params["type"] == "credit" else 1
        unit = abs(_decimal(params["unit_amount"])) * sign
        amount = _cents(unit * params.get("quantity", 1))
        discount = _cents(amount * self.coupon_percent / 100) if sign > 0 else _ZERO
        rate = _ZERO if params.get("tax_exempt") else self.tax_percent / 100
        tax = _cents((amount - discount) * rate)
        info = {"tax_info": {"type": "vat", "region": "GB", "rate": rate}} if rate else {}
        kept = _given(params, "type", "currency", "description", "quantity", "product_code")
        # Whatever the precision of what was sent, answers name whole seconds.
        times = _given(params, "start_date", "end_date")
        kept |= {name: _text(int(datetime.fromisoformat(sent).timestamp())) for name, sent in times.items()}
        return self._made("line_item") | kept | {
            "account": _mini(account), "state": "invoiced", "unit_amount": unit, "subtotal": amount,
            "discount": discount, "tax": tax, "amount": amount - discount + tax,
        } | info  # fmt: skip

    def _invoice(
        self, account: dict[str, Any], kind: str, lines: list[dict[str, Any]], params: dict[str, Any]
    ) -> dict[str, Any]:
        total = _sum(lines, "amount")
        made = self._made("invoice")
        number = f"{1000 + next(self.counter)}"
        state = {"credit": "open", "charge": "pending" if total else "paid"}[kind]
        made |= {
            "number": number, "uuid": f"{made['id']:0>32}", "type": kind, "state": state, "origin": "purchase",
            "account": _mini(account), "currency": params["currency"], "collection_method": "manual",
            "line_items": lines[:lines_listed_max], "has_more_line_items": len(lines) > lines_listed_max,
            "subtotal": _sum(lines, "subtotal"), "discount": _sum(lines, "discount"), "tax": _sum(lines, "tax"),
            "total": total, "balance": total, "paid": _ZERO, "transactions": [], "credit_payments": [],
            "customer_notes": params.get("notes"),
        }  # fmt: skip
        if kind == "charge":
            made |= {"refundable_amount": _ZERO} | _given(params, "po_number", "net_terms")
        self.invoices[number] = made
        return made

    def _transaction(self, invoice: dict[str, Any], kind: str, amount: Decimal) -> dict[str, Any]:
        return self._made("transaction") | {
            "type": kind, "amount": amount, "currency": invoice["currency"], "status": "success", "success": True,
            "collection_method": "manual", "invoice": _mini_invoice(invoice),
        }  # fmt: skip

    def _paid(self, invoice: dict[str, Any], transaction: dict[str, Any]) -> dict[str, Any]:
        amount = transaction["amount"]
        invoice["transactions"] = [*invoice["transactions"], transaction]
        paid, refundable = invoice["paid"] + amount, invoice["refundable_amount"] + amount
        self.changed(invoice, paid=paid, refundable_amount=refundable, balance=invoice["balance"] - amount)
        if not invoice["balance"]:
            invoice |= {"state": "paid", "closed_at": _text(self.now)}
        return transaction

    def _apply_credits(self, invoice: dict[str, Any]) -> None:
        """Pay an invoice from the account's open credit invoices, as far as they go."""
        for credit in self._open_credits(invoice):
            amount = min(invoice["balance"], -credit["balance"])
            if amount:
                payment = self._made("credit_payment") | {
                    "action": "payment", "amount": amount, "currency": invoice["currency"],
                    "original_invoice": _mini_invoice(credit), "applied_to_invoice": _mini_invoice(invoice),
                }  # fmt: skip
                invoice["credit_payments"] = [*invoice["credit_payments"], payment]
                invoice["balance"] -= amount
                invoice["refundable_amount"] += amount
                self.changed(credit, balance=credit["balance"] + amount)
                credit["state"] = "open" if credit["balance"] else "closed"
        if not invoice["balance"]:
            invoice["state"] = "paid"

    def _open_credits(self, invoice: dict[str, Any]) -> list[dict[str, Any]]:
        return [
            each
            for each in self.invoices.values()
            if (each["type"], each["state"], each["currency"]) == ("credit", "open", invoice["currency"])
            and each["account"]["code"] == invoice["account"]["code"]
        ]


@dataclass
class Loopback(loopback.Loopback[FakeRecurly]):
    """A running server, whose vendor is called Recurly."""

    def fault_of(self, method: str) -> Fault | None:
        """See `Loopback.fault_of`; a preview makes nothing, although it is posted."""
        is_preview = self.requests[-1][1] == "/purchases/preview"
        return super().fault_of("GET" if is_preview else method)


def serving(recurly: FakeRecurly) -> AbstractContextManager[Loopback]:
    """A server that answers as `recurly` does."""
    return loopback.serving(Loopback(recurly))


def signature_header(body: bytes, secret: str, at: datetime, unit: int = 1000) -> str:
    """What Recurly sends as `recurly-signature`, in milliseconds."""
    timestamp = str(int(at.timestamp() * unit))
    return f"{timestamp},{hmac.new(secret.encode(), f'{timestamp}.'.encode() + body, hashlib.sha256).hexdigest()}"


def _no_path(method: str, parts: list[str]) -> Refused:
    return Refused(404, f"No such path: {method} {'/'.join(parts)}", "not_found")


def _page(path: str, things: Iterable[dict[str, Any]], params: dict[str, Any]) -> dict[str, Any]:
    """What matches, newest first unless asked otherwise, a page at a time."""
    by, is_descending = params.get("sort", "created_at"), params.get("order", "desc") == "desc"
    since = params.get("begin_time")
    matching = [
        thing
        for thing in things
        if params.get("type") in {None, thing.get("type")}
        and params.get("state") in {None, thing.get("state")}
        and (since is None or datetime.fromisoformat(thing[by]) >= datetime.fromisoformat(since))
    ]
    matching.sort(key=lambda thing: str(thing[by]), reverse=is_descending)
    if "cursor" in params:
        matching = list(itertools.dropwhile(lambda thing: thing["id"] != params["cursor"], matching))[1:]
    limit = params.get("limit", 20)
    # The SDK wants a link on the last page too.
    page = {"object": "list", "data": matching[:limit], "has_more": len(matching) > limit, "next": ""}
    if page["has_more"]:
        page["next"] = f"{path}?{urlencode(params | {'cursor': matching[limit - 1]['id']})}"
    return page


def _mini(account: dict[str, Any]) -> dict[str, Any]:
    return {"object": "account"} | _given(account, "id", "code", "company", "email")


def _mini_invoice(invoice: dict[str, Any]) -> dict[str, Any]:
    return {"object": "invoice"} | _given(invoice, "id", "number", "type", "state")


def _given(params: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: params[name] for name in names if name in params}


def _sum(lines: list[dict[str, Any]], name: str) -> Decimal:
    return sum((line[name] for line in lines), _ZERO)


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def _decimal(number: Any) -> Decimal:
    return Decimal(str(number))


def _text(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _wire(value: Any) -> Any:
    """The same as JSON holds it: amounts as floats, and what is not there left out."""
    if isinstance(value, dict):
        return {name: _wire(item) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_wire(item) for item in value]
    return float(value) if isinstance(value, Decimal) else value
