"""Keeps the connection's tokens: who renews them, when, and where they are stored."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from gateway.plugin_api import ConnectionHost, CredentialsRefused, ProviderError, Retryable
from gateway_quickbooks.settings import QuickBooksSettings
from gateway_quickbooks.tokens import Send, Tokens, renewed

renewed_before_seconds = 120
"""How long before its end an access token is renewed, so that none ends under way."""
claim_retry_seconds = 2
"""When to look again while another process renews."""
tries_max = 5


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
            made = renewed(kept.tokens, self._settings, self._send, self._now())
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

    def _now(self) -> int:
        return int(self._clock())
