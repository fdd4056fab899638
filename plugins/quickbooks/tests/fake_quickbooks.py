"""A QuickBooks Online for tests: one company's journal entries, its rules, and tokens that are good once."""

import itertools
import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tests.vendors import loopback
from tests.vendors.contract import Contract, contract_of
from tests.vendors.loopback import Fault, Stored

TOKEN_PATH = "/oauth2/v1/tokens/bearer"
REALM = "9130354"
_COMPANY = f"/v3/company/{REALM}/"
_OF_SOMEBODY = {"Accounts Receivable": "Customer", "Accounts Payable": "Vendor"}
_CLASSIFICATIONS = {"Income": "Revenue", "Other Income": "Revenue", "Equity": "Equity"}
_QUERY = re.compile(
    r"select \* from (?P<kind>\w+) where (?P<where>.+)"
    r" orderby Id startposition (?P<start>\d+) maxresults (?P<limit>\d+)"
)
_VALUE = r"'(?:[^'\\]|\\.)*'|true|false"
_CLAUSE = re.compile(rf"(\w+) (=|>=|<|in) (\((?:{_VALUE})(?:, (?:{_VALUE}))*\)|{_VALUE})(?: and |$)")


class Refused(loopback.Refused):
    """A fault that QuickBooks answers with."""

    def __init__(self, status: int, code: str, message: str, detail: str = "", kind: str = "ValidationFault") -> None:
        error = {"Message": message, "Detail": detail or message, "code": code, "element": ""}
        super().__init__(status, {"Fault": {"Error": [error], "type": kind}, "time": _text(0)})


class TokenRefused(loopback.Refused):
    """What the token endpoint answers with instead of tokens."""

    def __init__(self, status: int, error: str) -> None:
        super().__init__(status, {"error": error, "error_description": "Incorrect Token type or clientID"})


@dataclass
class FakeQuickBooks:
    """One company. Time moves a second with every journal entry."""

    client_id: str = "fake-client-id"
    client_secret: str = "fake-client-secret"
    refresh_token: str = "fake-refresh-0"
    """The one that is good; each is good once."""
    access_seconds: int = 3600
    home_currency: str = "USD"
    is_multicurrency: bool = True
    tracks_classes: bool = True
    """Without, classes are dropped without a word."""
    refuses_duplicate_numbers: bool = True
    """The company's own preference: without, two journal entries may have the same number."""
    rates: dict[str, float] = field(default_factory=lambda: {"EUR": 1.0836, "JPY": 0.00694, "KWD": 3.2581})
    """What one unit of each currency is worth in the home currency, on every day."""
    closed_until: str = ""
    """The day through which the books are closed."""
    now: int = 1_750_000_000
    accounts: dict[str, dict[str, Any]] = field(default_factory=dict)
    classes: dict[str, dict[str, Any]] = field(default_factory=dict)
    customers: dict[str, dict[str, Any]] = field(default_factory=dict)
    entries: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By id."""
    requests_done: dict[str, tuple[dict[str, Any], dict[str, Any]]] = field(default_factory=dict)
    """What was asked and answered under a `requestid`."""
    access_tokens: dict[str, int] = field(default_factory=dict)
    """Until when each is good."""
    counter: Any = field(default_factory=lambda: itertools.count(1))
    contract: Contract = field(default_factory=lambda: contract_of("quickbooks"))
    is_asked_for_tokens: bool = False
    """Whether the request that came last went to the token endpoint, whose errors look otherwise."""
    base_path: str = ""
    key_header: str = "X-None"
    replayed_header: str = "X-None-Replayed"
    throttled_headers: Mapping[str, str] = field(default_factory=dict)

    def is_authorized(self, headers: Mapping[str, str]) -> bool:
        kind, _, credentials = (headers.get("Authorization") or "").partition(" ")
        if kind == "Bearer":
            return self.access_tokens.get(credentials, 0) > self.now
        return credentials == b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()

    def error(self, status: int, message: str) -> dict[str, Any]:
        """As the gateway in front of QuickBooks answers: a throttled request looks like an invalid one."""
        if self.is_asked_for_tokens:
            return TokenRefused(status, "invalid_client" if status == 401 else "invalid_request").body
        if status == 401:
            # The real one quotes the token too.
            quoted = f"Token expired: {next(reversed(self.access_tokens), '')}"
            error = {"message": "message=AuthenticationFailed; errorCode=003200; statusCode=401", "code": "3200"}
            return {"fault": {"error": [error | {"detail": quoted}], "type": "AUTHENTICATION"}, "time": self.now}
        if status == 429:
            throttled = "message=ThrottleExceeded; errorCode=003001; statusCode=429"
            return Refused(status, "3001", throttled, "You have exceeded the limit").body
        return Refused(status, {400: "2010", 403: "3100"}.get(status, "10000"), message).body

    def answer(self, method: str, path: str, params: dict[str, Any]) -> Any:
        """What QuickBooks answers a request that reached it. Raises `Refused`."""
        if path == TOKEN_PATH:
            return self.refreshed(params["refresh_token"])
        if not path.startswith(_COMPANY):
            raise Refused(403, "3100", "message=ApplicationAuthorizationFailed; errorCode=003100; statusCode=403")
        name, *rest = path.removeprefix(_COMPANY).split("/")
        match method, name, rest:
            case "GET", "exchangerate", []:
                rate = self._exchange_rate(params["sourcecurrencycode"], params["asofdate"])
                return self._wrapped("ExchangeRate", rate)
            case "GET", "preferences", []:
                return self._wrapped("Preferences", self._preferences())
            case "GET", "query", []:
                return self._wrapped("QueryResponse", self._queried(params["query"]))
            case "GET", "journalentry", [ref]:
                return self._wrapped("JournalEntry", self.entry(ref))
            case "POST", "journalentry", []:
                return self._once(params)
        raise Refused(400, "500", "Unsupported Operation", f"{method} {path}")

    def refreshed(self, refresh_token: str) -> dict[str, Any]:
        """New tokens for one that has not been used. Raises `Refused`."""
        if refresh_token != self.refresh_token:
            raise TokenRefused(400, "invalid_grant")
        number = next(self.counter)
        self.refresh_token = f"fake-refresh-{number}"
        self.access_tokens[f"fake-access-{number}"] = self.now + self.access_seconds
        return {
            "access_token": f"fake-access-{number}", "refresh_token": self.refresh_token, "token_type": "bearer",
            "expires_in": self.access_seconds, "x_refresh_token_expires_in": 8_726_400,
        }  # fmt: skip

    def disconnect(self) -> None:
        """Let an administrator of the company take back what the app was allowed."""
        self.access_tokens.clear()
        self.refresh_token = "none"

    def add_account(self, name: str, kind: str, ref: str | None = None, **others: Any) -> str:
        """An account of the company, and its id. A name with colons is that of a sub-account."""
        ref = ref or str(next(self.counter))
        self.accounts[ref] = {
            "Id": ref, "SyncToken": "0", "Name": name.rpartition(":")[2], "FullyQualifiedName": name, "Active": True,
            "AccountType": kind, "Classification": _classification(kind),
            "CurrencyRef": {"value": self.home_currency}, **others,
        }  # fmt: skip
        return ref

    def add_class(self, name: str) -> str:
        """A class of the company, and its id."""
        ref = str(next(self.counter))
        self.classes[ref] = {"Id": ref, "SyncToken": "0", "Name": name, "FullyQualifiedName": name, "Active": True}
        return ref

    def add_customer(self, name: str) -> str:
        """A customer of the company, and its id."""
        ref = str(next(self.counter))
        self.customers[ref] = {"Id": ref, "SyncToken": "0", "DisplayName": name, "Active": True}
        return ref

    def entry(self, ref: str) -> dict[str, Any]:
        """A journal entry. Raises `Refused` if there is none."""
        if ref not in self.entries:
            raise Refused(400, "610", "Object Not Found", "Object Not Found : Something you're trying to use is gone")
        return self.entries[ref]

    def numbered(self, number: str) -> list[dict[str, Any]]:
        """The journal entries with a number."""
        return [each for each in self.entries.values() if each.get("DocNumber") == number]

    def create(self, params: dict[str, Any]) -> dict[str, Any]:
        """Post a journal entry. Raises `Refused` if a rule of the company's is broken."""
        self._require_number(params.get("DocNumber"))
        if params.get("TxnDate", _day(self.now)) <= self.closed_until:
            told = "The account period has closed and the account books cannot be updated through the API"
            raise Refused(400, "6210", "Account Period Closed", told)
        currency = params.get("CurrencyRef", {}).get("value", self.home_currency)
        if currency != self.home_currency and not self.is_multicurrency:
            raise _broken("Multi Currency should be enabled to perform this operation")
        lines = [self._line(ordinal, line, currency) for ordinal, line in enumerate(params["Line"])]
        self._require_one_of_somebody(lines)
        if _sum(lines, "Debit") != _sum(lines, "Credit"):
            raise _broken("The total debit and credit amounts of a journal entry have to be equal")
        return self._kept(params, lines, currency)

    def _kept(self, params: dict[str, Any], lines: list[dict[str, Any]], currency: str) -> dict[str, Any]:
        self.now += 1
        ref = str(next(self.counter))
        given = {name: params[name] for name in ("DocNumber", "PrivateNote") if name in params}
        if self.is_multicurrency:
            given["ExchangeRate"] = params.get("ExchangeRate", 1)
        self.entries[ref] = given | {
            "Id": ref, "SyncToken": "0", "domain": "QBO", "sparse": False, "Adjustment": False, "Line": lines,
            "TxnDate": params.get("TxnDate", _day(self.now)), "CurrencyRef": {"value": currency},
            "TotalAmt": float(_sum(lines, "Debit")), "TxnTaxDetail": {},
            "MetaData": {"CreateTime": _text(self.now), "LastUpdatedTime": _text(self.now)},
        }  # fmt: skip
        return self.entries[ref]

    def _once(self, params: dict[str, Any]) -> dict[str, Any]:
        """Post, or answer as before where the same was asked under the same `requestid`; a fault is not remembered."""
        key = params.pop("requestid", None)
        if key not in self.requests_done:
            answer = self._wrapped("JournalEntry", self.create(params))
            if key is None:
                return answer
            self.requests_done[key] = params, answer
        asked, answer = self.requests_done[key]
        if asked != params:
            raise Refused(400, "600", "Duplicate Request ID", "RequestId already exists in the system")
        return answer

    def _line(self, ordinal: int, line: dict[str, Any], currency: str) -> dict[str, Any]:
        detail = line["JournalEntryLineDetail"]
        account = self.accounts.get(detail["AccountRef"]["value"])
        if account is None:
            raise _unknown("Accounts", detail["AccountRef"]["value"])
        if not account["Active"]:
            raise Refused(400, "610", "Object Not Found", "Something you're trying to use has been made inactive")
        if "ClassRef" in detail and detail["ClassRef"]["value"] not in self.classes:
            raise _unknown("Classes", detail["ClassRef"]["value"])
        if account["CurrencyRef"]["value"] not in {currency, self.home_currency}:
            raise _broken("The currency of the transaction is invalid for an account with another currency")
        self._require_somebody(account, detail.get("Entity"))
        # QuickBooks keeps two places whatever the currency, and says nothing.
        amount = Decimal(str(line["Amount"])).quantize(Decimal("0.01"), ROUND_HALF_UP)
        return line | {"Id": str(ordinal), "Amount": float(amount), "JournalEntryLineDetail": self._named(detail)}

    def _named(self, detail: dict[str, Any]) -> dict[str, Any]:
        """A line's detail as it is answered: every reference with the name of what it refers to."""
        named = {**detail, "AccountRef": _reference(self.accounts, detail["AccountRef"], "FullyQualifiedName")}
        if not self.tracks_classes:
            named.pop("ClassRef", None)
        elif "ClassRef" in detail:
            named["ClassRef"] = _reference(self.classes, detail["ClassRef"], "FullyQualifiedName")
        if "Entity" in detail:
            somebody = _reference(self.customers, detail["Entity"]["EntityRef"], "DisplayName")
            named["Entity"] = {**detail["Entity"], "EntityRef": somebody}
        return named

    def _require_somebody(self, account: dict[str, Any], entity: dict[str, Any] | None) -> None:
        kind = _OF_SOMEBODY.get(account["AccountType"])
        if kind is not None and (entity is None or entity["Type"] != kind):
            raise _broken(f"When you use {account['AccountType']}, you must choose a {kind.lower()} in the Name field")
        if entity is not None and entity["EntityRef"]["value"] not in self.customers:
            raise _unknown("Names", entity["EntityRef"]["value"])

    def _require_one_of_somebody(self, lines: list[dict[str, Any]]) -> None:
        accounts = [self.accounts[line["JournalEntryLineDetail"]["AccountRef"]["value"]] for line in lines]
        if sum(account["AccountType"] in _OF_SOMEBODY for account in accounts) > 1:
            raise _broken("You can have only one Accounts Receivable or Accounts Payable line in a journal entry")

    def _require_number(self, number: str | None) -> None:
        if self.refuses_duplicate_numbers and number and (there := self.numbered(number)):
            used = f"DocNumber={number} is assigned to TxnType=Journal Entry with TxnId={there[0]['Id']}"
            told = f"You must specify a different number. This number has already been used. {used}"
            raise Refused(400, "6140", "Duplicate Document Number Error", told)

    def _queried(self, query: str) -> dict[str, Any]:
        asked = _QUERY.fullmatch(query)
        if asked is None or _CLAUSE.sub("", asked["where"]):
            raise Refused(400, "4000", "Error parsing query", query)
        kind, clauses = asked["kind"], _CLAUSE.findall(asked["where"])
        things = {
            "Account": self.accounts, "Class": self.classes, "Customer": self.customers, "JournalEntry": self.entries
        }[kind]  # fmt: skip
        # What is inactive is listed only to who asks for it.
        asks_for_all = any(name == "Active" for name, _, _ in clauses)
        found = [
            each
            for each in things.values()
            if (asks_for_all or each.get("Active", True))
            and all(_is_true(each.get(name), operator, values) for name, operator, values in clauses)
        ]
        start, limit = int(asked["start"]), int(asked["limit"])
        page = found[start - 1 : start - 1 + limit]
        return {kind: page, "startPosition": start, "maxResults": len(page)} if page else {}

    def _exchange_rate(self, currency: str, day: str) -> dict[str, Any]:
        if not self.is_multicurrency:
            raise _broken("Multi Currency should be enabled to perform this operation")
        if currency not in self.rates:
            raise Refused(400, "610", "Object Not Found", f"Object Not Found : no exchange rate of {currency}")
        codes = {"SourceCurrencyCode": currency, "TargetCurrencyCode": self.home_currency}
        return codes | {"Rate": self.rates[currency], "AsOfDate": day}

    def _preferences(self) -> dict[str, Any]:
        currencies = {"MultiCurrencyEnabled": self.is_multicurrency, "HomeCurrency": {"value": self.home_currency}}
        accounting = {"ClassTrackingPerTxnLine": self.tracks_classes}
        accounting |= {"BookCloseDate": self.closed_until} if self.closed_until else {}
        return {"Id": "1", "SyncToken": "0", "CurrencyPrefs": currencies, "AccountingInfoPrefs": accounting}

    def _wrapped(self, name: str, value: Any) -> dict[str, Any]:
        return {name: value, "time": _text(self.now)}

    def once(self, key: str, request: tuple[str, str, str], work: Callable[[], Stored]) -> tuple[Stored, bool]:
        """QuickBooks reads `requestid` of the query, not a header."""
        raise NotImplementedError


@dataclass
class Loopback(loopback.Loopback[FakeQuickBooks]):
    """A running server. Requests for tokens are listed apart: a plugin makes them when it needs to, unasked."""

    token_requests: list[dict[str, Any]] = field(default_factory=list)
    token_fault: Fault | None = None
    """What is to go wrong with the next request for tokens."""

    def fault_of(self, method: str) -> Fault | None:
        """See `Loopback.fault_of`."""
        self.fake.is_asked_for_tokens = self.requests[-1][1] == TOKEN_PATH
        if not self.fake.is_asked_for_tokens:
            return super().fault_of(method)
        self.token_requests.append(self.requests.pop()[2])
        fault, self.token_fault = self.token_fault, None
        return fault


def company(**others: Any) -> FakeQuickBooks:
    """One with a chart of accounts as a company has that bills usage."""
    made = FakeQuickBooks(**others)
    made.add_account("Usage receivables", "Other Current Asset")
    made.add_account("Accounts Receivable (A/R)", "Accounts Receivable")
    made.add_account("Accounts Payable (A/P)", "Accounts Payable")
    made.add_account("Deferred revenue", "Other Current Liability")
    made.add_account("Income", "Income")
    made.add_account("Income:Usage", "Income")
    made.add_account("Old income", "Income", Active=False)
    made.add_customer("Usage customers")
    made.add_customer("O'Neil \\ Sons")
    made.add_class("Products:API")
    return made


@contextmanager
def serving(quickbooks: FakeQuickBooks) -> Iterator[Loopback]:
    """A server that answers as `quickbooks` does."""
    with loopback.serving(Loopback(quickbooks)) as running:
        yield running


def _reference(things: dict[str, dict[str, Any]], reference: dict[str, Any], name: str) -> dict[str, Any]:
    return {"value": reference["value"], "name": things[reference["value"]][name]}


def _classification(kind: str) -> str:
    if kind in _CLASSIFICATIONS:
        return _CLASSIFICATIONS[kind]
    is_owed = "Liability" in kind or kind in {"Accounts Payable", "Credit Card"}
    return "Liability" if is_owed else "Expense" if "Expense" in kind else "Asset"


def _is_true(found: Any, operator: str, values: str) -> bool:
    """Whether a clause of a query holds."""
    read = [_value(text) for text in re.findall(_VALUE, values)]
    if operator == "in":
        return found in read
    return found is not None and {"=": found == read[0], ">=": found >= read[0], "<": found < read[0]}[operator]


def _value(text: str) -> Any:
    return text == "true" if text in {"true", "false"} else re.sub(r"\\(.)", r"\1", text[1:-1])


def _sum(lines: list[dict[str, Any]], side: str) -> Decimal:
    chosen = [line for line in lines if line["JournalEntryLineDetail"]["PostingType"] == side]
    return sum((Decimal(str(line["Amount"])) for line in chosen), Decimal(0))


def _broken(rule: str) -> Refused:
    detail = f"Business Validation Error: {rule}"
    return Refused(400, "6000", "A business validation error has occurred while processing your request", detail)


def _unknown(kind: str, ref: str) -> Refused:
    return Refused(400, "2500", "Invalid Reference Id", f"Invalid Reference Id : {kind} element id {ref} not found")


def _text(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _day(seconds: int) -> str:
    return _text(seconds)[:10]
