"""Tokens: an access token for an hour, and a refresh token that is good once and brings the next of both."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Self

import httpx

from gateway.plugin_api import CredentialsRefused, Retryable
from gateway_quickbooks.faults import AUTHORIZE_AGAIN, content_of, throttled_seconds
from gateway_quickbooks.settings import QuickBooksSettings

Send = Callable[[httpx.Request], httpx.Response]


@dataclass(frozen=True, slots=True)
class Tokens:
    """What is stored. `origin` tells which configured token they come from: a new consent makes the old ones void."""

    origin: str
    refresh: str = field(repr=False)
    access: str = field(default="", repr=False)
    ends_at: int = 0
    claimed_at: int = 0
    """When a process began to renew them; 0 if none does."""

    @classmethod
    def first(cls, configured: str) -> Self:
        """Those of a consent that nothing was done with yet."""
        return cls(sha256(configured.encode()).hexdigest()[:16], configured)

    @classmethod
    def from_state(cls, values: Mapping[str, str]) -> Self:
        """What `to_state` has told."""
        numbers = (int(values.get(name, "0")) for name in ("ends_at", "claimed_at"))
        return cls(values["origin"], values["refresh"], values["access"], *numbers)

    def to_state(self) -> dict[str, str]:
        """As the connection's state keeps it."""
        return {
            "origin": self.origin, "refresh": self.refresh, "access": self.access,
            "ends_at": str(self.ends_at), "claimed_at": str(self.claimed_at),
        }  # fmt: skip

    def is_good(self, now: int, spare_seconds: int) -> bool:
        """Whether the access token is good for as long, by our clock."""
        return bool(self.access) and now + spare_seconds < self.ends_at


def renewed(tokens: Tokens, settings: QuickBooksSettings, send: Send, now: int) -> Tokens:
    """The next tokens, for the refresh token that is spent by that.

    Raises `CredentialsRefused` if it is good no more, `Retryable` if none came: then it may be spent all the same.
    """
    request = httpx.Request(
        "POST",
        settings.token_url,
        data={"grant_type": "refresh_token", "refresh_token": tokens.refresh},
        headers={"Accept": "application/json"},
    )
    app = httpx.BasicAuth(settings.client_id, settings.client_secret.get_secret_value())
    try:
        answer = send(next(app.auth_flow(request)))
    except httpx.HTTPError as error:
        raise Retryable(f"QuickBooks gave no tokens: {type(error).__name__}") from None
    return _made(tokens, answer, now)


def _made(tokens: Tokens, answer: httpx.Response, asked_at: int) -> Tokens:
    """The tokens of an answer. Raises what it means if there are none; quotes nothing of it but its own words."""
    tid = answer.headers.get("intuit_tid", "")
    try:
        content = content_of(answer)
        if answer.status_code == 200:
            seconds = int(content["expires_in"])
            access, refresh = str(content["access_token"]), str(content["refresh_token"])
            return replace(tokens, access=access, refresh=refresh, ends_at=asked_at + seconds, claimed_at=0)
        word = str(content.get("error", ""))
    except (ValueError, KeyError, TypeError, AttributeError):
        word = ""
    told = f"QuickBooks gave no tokens (status {answer.status_code}, intuit_tid {tid})"
    if word == "invalid_grant":
        raise CredentialsRefused(f"{told}: it takes the connection's refresh token no more", AUTHORIZE_AGAIN)
    if answer.status_code == 401 or word == "invalid_client":
        raise CredentialsRefused(told, "set the connection's client_id and client_secret to the app's, and restart")
    raise Retryable(told, throttled_seconds if answer.status_code == 429 else None)
