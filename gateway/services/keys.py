"""API keys and customer tokens: how they are made, and who it is that shows one."""

import hashlib
import hmac
import re
import secrets
import threading
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import jwt

from gateway.core.access import ApiKey, Caller, Scope
from gateway.core.errors import GatewayError, InvalidValue, NotFound
from gateway.core.ports.storage import UnitOfWork
from gateway.core.time import instant_text
from gateway.services.installation import Installation

token_lifetime_max = timedelta(hours=24)
cached_for = timedelta(seconds=5)
cached_callers_max = 10_000
use_noted_every = timedelta(minutes=1)
name_length_max = 255

_KEY = re.compile(r"ugw_([0-9a-f]{16})_([0-9a-f]{64})")
_ALGORITHM = "HS256"
_ISSUER = "usage-gateway"
_AUDIENCE = "usage-gateway/customer"
_SIGNING_KEY = "1"
_CLAIMS = ["iss", "aud", "sub", "iat", "exp"]


class Unauthorized(GatewayError):
    """No valid credentials. The message does not say whether a key is unknown, wrong, revoked or expired."""

    code = "UNAUTHENTICATED"


@dataclass(frozen=True, slots=True)
class CustomerToken:
    """A signed token that shows one customer's data to whoever holds it, until it expires."""

    text: str
    expires_at: datetime


def create_key(
    installation: Installation, name: str, scopes: Collection[Scope], expires_at: datetime | None = None
) -> tuple[ApiKey, str]:
    """A new key, and its text `ugw_PREFIX_SECRET`, which cannot be shown again: only a hash of it is stored.

    Raises `InvalidValue` without a name or a scope, or if it expires in the past.
    """
    now = installation.system_clock.now()
    if not 0 < len(name) <= name_length_max:
        raise InvalidValue(f"A key's name has 1 to {name_length_max} characters; this has {len(name)}")
    if not scopes:
        raise InvalidValue(f"A key needs a scope; choose from {', '.join(Scope)}")
    if expires_at is not None and expires_at <= now:
        raise InvalidValue(f"A key cannot expire in the past, at {instant_text(expires_at)}")
    secret = secrets.token_hex(32)
    key = ApiKey(
        id=installation.ids.new("key"),
        name=name,
        prefix=secrets.token_hex(8),
        secret_hash=_hash(secret),
        scopes=frozenset(scopes),
        created_at=now,
        expires_at=expires_at,
    )
    installation.storage.transact(lambda unit: unit.access.add_key(key))
    return key, f"ugw_{key.prefix}_{secret}"


def revoke_key(installation: Installation, key_id: str) -> ApiKey:
    """End a key, at the latest `cached_for` from now; ending it again changes nothing. Raises `NotFound`."""
    now = installation.system_clock.now()
    return installation.storage.transact(lambda unit: unit.access.revoke_key(key_id, now))


def mint_customer_token(installation: Installation, customer: str, lifetime: timedelta) -> CustomerToken:
    """A token for a page that shows `customer` its own data.

    Raises `NotFound` for an unknown customer, `InvalidValue` for a lifetime under a second or over
    `token_lifetime_max`.
    """
    if not timedelta(seconds=1) <= lifetime <= token_lifetime_max:
        longest, asked = (f"{each.total_seconds():.0f}" for each in (token_lifetime_max, lifetime))
        raise InvalidValue(f"A token lives 1 to {longest} seconds; {asked} is not between them")
    if not installation.storage.read(lambda unit: unit.definitions.customers_by_key([customer])):
        raise NotFound(f"There is no customer {customer!r}")
    issued_at = int(installation.system_clock.now().timestamp())
    expires_at = issued_at + int(lifetime.total_seconds())
    claims = {"iss": _ISSUER, "aud": _AUDIENCE, "sub": customer, "iat": issued_at, "exp": expires_at}
    text = jwt.encode(claims, _signing_secret(installation), _ALGORITHM, headers={"kid": _SIGNING_KEY})
    return CustomerToken(text, datetime.fromtimestamp(expires_at, UTC))


def authenticate(installation: Installation, bearer: str) -> Caller:
    """Who shows this key or token. Raises `Unauthorized` if it proves nothing, or no longer."""
    return _identify(installation, bearer).caller


class Authenticator:
    """Authenticates the bearers of one installation and remembers them for a moment; safe to use from any thread.

    A revoked key may pass until `cached_for` is over; an expired one never does.
    """

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._clock = installation.system_clock
        self._known: dict[str, _Identity] = {}
        self._lock = threading.Lock()

    def remembered(self, bearer: str) -> Caller | None:
        """The caller if this bearer was authenticated a moment ago; never asks the database."""
        identity = self._known.get(bearer)
        return identity.caller if identity is not None and self._clock.now() < identity.valid_until else None

    def caller(self, bearer: str) -> Caller:
        """Who shows this bearer; may ask the database. Raises `Unauthorized`."""
        remembered = self.remembered(bearer)
        if remembered is not None:
            return remembered
        identity = _identify(self._installation, bearer)
        with self._lock:
            self._known.pop(bearer, None)
            if len(self._known) >= cached_callers_max:
                del self._known[next(iter(self._known))]
            self._known[bearer] = identity
        return identity.caller


@dataclass(frozen=True, slots=True)
class _Identity:
    """A caller and until when that may be believed without looking again."""

    caller: Caller
    valid_until: datetime


def _identify(installation: Installation, bearer: str) -> _Identity:
    key = _KEY.fullmatch(bearer)
    if key:
        return _identify_key(installation, key[1], key[2])
    return _identify_token(installation, bearer)


def _identify_key(installation: Installation, prefix: str, secret: str) -> _Identity:
    now = installation.system_clock.now()
    key = installation.storage.read(lambda unit: unit.access.key_by_prefix(prefix))
    is_right = hmac.compare_digest(_hash(secret), key.secret_hash if key else _hash(""))
    if key is None or not is_right or not key.is_usable_at(now):
        raise _no_valid_key()
    if key.last_used_at is None or now - key.last_used_at >= use_noted_every:
        _note_use(installation, key, now)
    until = now + cached_for
    return _Identity(Caller(key.id, key.scopes), min(until, key.expires_at or until))


def _note_use(installation: Installation, key: ApiKey, now: datetime) -> None:
    def note(unit: UnitOfWork) -> None:
        unit.access.note_use(key.id, now)

    installation.storage.submit(note)


def _identify_token(installation: Installation, token: str) -> _Identity:
    now = installation.system_clock.now()
    try:
        if jwt.get_unverified_header(token).get("kid") != _SIGNING_KEY:
            raise _no_valid_key()
        # The times are compared below, by the system clock that minted the token, not by the library's.
        claims = jwt.decode(
            token,
            _signing_secret(installation),
            algorithms=[_ALGORITHM],
            issuer=_ISSUER,
            audience=_AUDIENCE,
            options={"require": _CLAIMS, "verify_exp": False, "verify_iat": False},
        )
        issued_at, expires_at = (datetime.fromtimestamp(int(claims[name]), UTC) for name in ("iat", "exp"))
    except (jwt.InvalidTokenError, ValueError, OverflowError, OSError):
        raise _no_valid_key() from None
    if not issued_at - timedelta(minutes=1) <= now < expires_at or expires_at - issued_at > token_lifetime_max:
        raise _no_valid_key()
    customer = str(claims["sub"])
    return _Identity(
        Caller(f"customer:{customer}", frozenset({Scope.READ}), customer), min(now + cached_for, expires_at)
    )


def _signing_secret(installation: Installation) -> str:
    """The secret that signs tokens, made when it is first needed."""
    name = f"customer-tokens/{_SIGNING_KEY}"
    secret = installation.storage.read(lambda unit: unit.access.secret(name))
    if secret is not None:
        return secret

    def keep_one(unit: UnitOfWork) -> str | None:
        unit.access.add_secret(name, secrets.token_hex(32))
        return unit.access.secret(name)

    kept = installation.storage.transact(keep_one)
    assert kept is not None
    return kept


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _no_valid_key() -> Unauthorized:
    return Unauthorized("No valid API key or customer token; send one as `Authorization: Bearer KEY`")
