"""QuickBooks' answers that refuse, in the words of the plugin API."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Self

import httpx

from gateway.plugin_api import (
    Ambiguous,
    CredentialsRefused,
    NeedsAttention,
    Permanent,
    ProviderError,
    Retryable,
    retry_after_seconds,
    unknown_outcome,
)

throttled_seconds = 60
"""Intuit counts requests by the minute: after a refusal a minute's pause is enough."""
throttled_seconds_max = 300
message_length_max = 500

AUTHORIZE_AGAIN = (
    "authorize the app anew as an administrator of the company, set the connection's refresh_token to the new one,"
    " and restart"
)

_THROTTLED = {"3001", "003001"}
_CLOSED = {"6210"}
_NO_LONGER_ALLOWED = {"120", "3100", "003100", "3200", "003200"}
_REMEDIES = {
    "610": "make active at QuickBooks what the journal names, or change the mapping; then resume the delivery",
    "2500": "correct the mapping to what QuickBooks has, then resume the delivery",
    "6000": "correct it at QuickBooks or in the mapping, then resume the delivery",
    "6190": "renew the company's subscription at QuickBooks, then resume the delivery",
    "6210": "open the period at QuickBooks under Account and settings, Advanced, Close the books; then resume the"
    " delivery",
}


class Absent(Permanent):
    """What was asked for is not there."""


class DuplicateNumber(Permanent):
    """Another document of the company has the number already."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What QuickBooks says is wrong: the first of its errors, and the id by which its support finds the request."""

    code: str = ""
    message: str = ""
    detail: str = ""
    intuit_tid: str = ""

    @classmethod
    def of(cls, answer: httpx.Response, content: Any) -> Self:
        """What an answer says; empty where it says nothing that is understood."""
        tid = answer.headers.get("intuit_tid", "")
        body = content if isinstance(content, dict) else {}
        fault = body.get("Fault") or body.get("fault")
        errors = (fault.get("Error") or fault.get("error")) if isinstance(fault, dict) else None
        first = errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else {}
        named = {str(name).lower(): str(value or "") for name, value in first.items()}
        return cls(named.get("code", ""), named.get("message", ""), named.get("detail", ""), tid)

    @property
    def is_closed_period(self) -> bool:
        """Whether the books are closed; older companies say so under a code that means other things too."""
        return self.code in _CLOSED or "period closed" in self.message.lower()

    def told(self, status: int, is_detailed: bool = True) -> str:
        """In one sentence. Without details where they quote a token, as those of refused credentials do."""
        words = [self.message, *([self.detail] if is_detailed and self.detail != self.message else [])]
        said = ": ".join(word for word in words if word)[:message_length_max] or "no reason given"
        facts = [f"status {status}", *([f"code {self.code}"] if self.code else [])]
        facts += [f"intuit_tid {self.intuit_tid}"] if self.intuit_tid else []
        return f"QuickBooks: {said} ({', '.join(facts)})"


def content_of(answer: httpx.Response) -> Any:
    """What an answer holds, with exact numbers. Raises `ValueError` if it is no JSON."""
    return json.loads(answer.content, parse_float=Decimal)


def has_fault(content: Any) -> bool:
    """Whether an answer refuses, whatever its status."""
    return isinstance(content, Mapping) and not {"Fault", "fault"}.isdisjoint(content)


def refusal(answer: httpx.Response, is_write: bool) -> ProviderError:
    """What an answer that is no success means: by its status first, as refusals of the gateway in front of QuickBooks
    (throttling, taken-back consent) look like faults of what was sent.
    """
    status = answer.status_code
    try:
        fault = Fault.of(answer, content_of(answer))
    except ValueError:
        fault = Fault(intuit_tid=answer.headers.get("intuit_tid", ""))
    if status == 429 or fault.code in _THROTTLED:
        told = retry_after_seconds(answer.headers.get("Retry-After")) or throttled_seconds
        return Retryable(fault.told(status), min(max(told, throttled_seconds), throttled_seconds_max))
    if status in {401, 403} or fault.code in _NO_LONGER_ALLOWED:
        return CredentialsRefused(fault.told(status, is_detailed=False), AUTHORIZE_AGAIN)
    if status in {200, 400, 404, 422}:
        # Only a request that makes something names things besides the one it is about.
        is_absent = fault.code == "610" and not is_write
        return Absent(fault.told(status)) if is_absent else _refused_as_it_is(fault, status)
    return unknown_outcome(fault.told(status), is_write)


def _refused_as_it_is(fault: Fault, status: int) -> ProviderError:
    told = fault.told(status)
    if fault.code == "600":
        # Something was sent under this key before, which may have been made: the key cannot serve again.
        return Ambiguous(told, key_is_spent=True)
    if fault.code == "6140":
        return DuplicateNumber(told)
    if fault.is_closed_period:
        return NeedsAttention(told, _REMEDIES["6210"])
    if fault.code in _REMEDIES:
        return NeedsAttention(told, _REMEDIES[fault.code])
    return Permanent(told)
