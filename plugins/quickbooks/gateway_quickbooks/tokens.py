"""The connection's tokens: an access token for an hour, and a refresh token that is good once."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any, Self

import httpx

from gateway.plugin_api import ConnectionHost, CredentialsRefused, ProviderError, Retryable
from gateway_quickbooks.faults import AUTHORIZE_AGAIN, content_of, throttled_seconds
from gateway_quickbooks.settings import QuickBooksSettings

renewed_before_seconds = 120
"""How long before its end an access token is renewed, so that none ends under way."""
claim_retry_seconds = 2
"""When to look again while another process renews."""
tries_max = 5

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


@dataclass(frozen=True, slots=True)
class _Kept:
    """What was read: `version` is that of the state, `tokens` what to go on from."""

    version: int
    stored: Tokens | None
    tokens: Tokens


class TokenKeeper:
    """Hands out access tokens, and renews them so that no process loses the token that another was given.

    Who renews claims that first, in the sealed state, which only one can; the claim of one that died ends by itself.
    """

    def __init__(
        self, settings: QuickBooksSettings, host: ConnectionHost, send: Send, clock: Callable[[], float] = time.time
    ) -> None:
        self._settings = settings
        self._host = host
        self._send = send
        self._clock = clock
        self._claim_seconds = 3 * settings.timeout_seconds

    def access_token(self) -> str:
        """One that is good, as far as our clock tells.

        Raises `CredentialsRefused` when consent has ended, `Retryable` when nobody can tell now.
        """
        kept = self._read()
        if kept.tokens.is_good(self._now(), renewed_before_seconds):
            return kept.tokens.access
        return self._renewed(kept)

    def token_after(self, refused: str) -> str:
        """Another one than QuickBooks has `refused`, whatever our clock says of that. Raises as `access_token`."""
        kept = self._read()
        if kept.tokens.access != refused and kept.tokens.is_good(self._now(), 0):
            return kept.tokens.access
        return self._renewed(replace(kept, tokens=replace(kept.tokens, access="", ends_at=0)))

    def _read(self) -> _Kept:
        state = self._host.state.read()
        first = Tokens.first(self._settings.refresh_token.get_secret_value())
        stored = Tokens.from_state(state.values) if state.values else None
        is_of_this_consent = stored is not None and stored.origin == first.origin
        return _Kept(state.version, stored, stored if stored is not None and is_of_this_consent else first)

    def _renewed(self, kept: _Kept) -> str:
        if self._is_claimed(kept):
            if kept.tokens.is_good(self._now(), 0):
                return kept.tokens.access
            raise Retryable("Another process is renewing the access token of QuickBooks", claim_retry_seconds)
        # What is stored stays in the claim: a process with an outdated configuration may not overwrite what is newer.
        claim = replace(kept.stored or kept.tokens, claimed_at=self._now())
        if not self._host.state.replace(kept.version, claim.to_state()):
            raise Retryable("Another process has just renewed the access token of QuickBooks", claim_retry_seconds)
        try:
            made = self._ask(kept.tokens)
        except CredentialsRefused as error:
            self._release(kept.version + 1, claim)
            return self._stored_instead(kept.tokens, error)
        except ProviderError:
            self._release(kept.version + 1, claim)
            raise
        return self._store(kept.version + 1, kept.tokens, made)

    def _is_claimed(self, kept: _Kept) -> bool:
        # In both directions: the clock of the machine that claimed may be ahead of ours.
        claimed_at = kept.stored.claimed_at if kept.stored is not None else 0
        return abs(self._now() - claimed_at) < self._claim_seconds

    def _release(self, version: int, claim: Tokens) -> None:
        self._host.state.replace(version, replace(claim, claimed_at=0).to_state())

    def _stored_instead(self, sent: Tokens, refused: CredentialsRefused) -> str:
        """The access token that another process has stored since `sent` was read. Raises `refused` if there is none."""
        tokens = self._read().tokens
        if tokens.refresh != sent.refresh and tokens.is_good(self._now(), 0):
            return tokens.access
        raise refused

    def _store(self, version: int, sent: Tokens, made: Tokens) -> str:
        """Store what was made, also after others: the token that was sent is spent, so that only this one goes on."""
        for _ in range(tries_max):
            if self._host.state.replace(version, made.to_state()):
                return made.access
            kept = self._read()
            if kept.tokens.refresh != sent.refresh:
                return kept.tokens.access
            version = kept.version
        raise Retryable("The new tokens of QuickBooks could not be stored beside other processes", claim_retry_seconds)

    def _ask(self, tokens: Tokens) -> Tokens:
        """Exchange the refresh token for new ones."""
        asked_at = self._now()
        secret = self._settings.client_secret.get_secret_value()
        request = httpx.Request(
            "POST",
            self._settings.token_url,
            data={"grant_type": "refresh_token", "refresh_token": tokens.refresh},
            headers={"Accept": "application/json"},
        )
        authorized = next(httpx.BasicAuth(self._settings.client_id, secret).auth_flow(request))
        try:
            answer = self._send(authorized)
        except httpx.HTTPError as error:
            raise Retryable(f"QuickBooks gave no tokens: {type(error).__name__}") from None
        return _made(tokens, answer, asked_at)

    def _now(self) -> int:
        return int(self._clock())


def _made(tokens: Tokens, answer: httpx.Response, asked_at: int) -> Tokens:
    """The tokens of an answer. Raises what it means if there are none; quotes nothing of it but its own words."""
    tid = answer.headers.get("intuit_tid", "")
    try:
        content: Any = content_of(answer)
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
