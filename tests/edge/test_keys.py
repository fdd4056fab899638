"""API keys and customer tokens."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import jwt
import pytest

from gateway.core.access import ApiKey, Scope
from gateway.core.errors import InvalidValue, NotFound
from gateway.core.subscriptions.subscription import Customer
from gateway.services import keys
from gateway.services.installation import Installation
from gateway.services.keys import (
    Authenticator,
    Unauthorized,
    authenticate,
    create_key,
    mint_customer_token,
    revoke_key,
)
from tests.support import FixedClock

HOUR = timedelta(hours=1)


def stored_key(installation: Installation, key: ApiKey) -> ApiKey:
    stored = installation.storage.read(lambda unit: unit.access.key_by_prefix(key.prefix))
    assert stored is not None
    return stored


@pytest.fixture
def acme(sqlite_installation: Installation, clock: FixedClock) -> str:
    customer = Customer("cus_1", "acme", "Acme")
    sqlite_installation.storage.transact(lambda unit: unit.definitions.add_customer(customer, clock.now()))
    return customer.key


def signed(installation: Installation, **changes: object) -> str:
    """A token signed with the installation's own secret, but with other claims."""
    now = int(installation.system_clock.now().timestamp())
    claims = {"iss": "usage-gateway", "aud": "usage-gateway/customer", "sub": "acme", "iat": now, "exp": now + 60}
    secret = keys._signing_secret(installation)
    kept = {name: value for name, value in {**claims, **changes}.items() if value is not None}
    return jwt.encode(kept, secret, "HS256", headers={"kid": "1"})


def test_a_key_names_its_caller_and_scopes(installation: Installation) -> None:
    key, text = create_key(installation, "app", [Scope.INGEST, Scope.READ])

    caller = authenticate(installation, text)

    assert caller.id == key.id
    assert caller.scopes == {Scope.INGEST, Scope.READ}
    assert caller.customer is None


def test_a_secret_is_not_stored(sqlite_installation: Installation) -> None:
    key, text = create_key(sqlite_installation, "app", [Scope.READ])
    secret = text.removeprefix(f"ugw_{key.prefix}_")

    assert len(secret) == 64
    assert secret not in repr(stored_key(sqlite_installation, key))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[:-1] + ("0" if text[-1] != "0" else "1"),
        lambda text: text[:-1],
        lambda text: text + "0",
        lambda text: text.upper(),
        lambda text: "ugw_" + "0" * 16 + text[20:],
        lambda text: "",
        lambda text: "a.b.c",
        lambda text: "\x00\xff",
    ],
)
def test_anything_but_the_key_proves_nothing(sqlite_installation: Installation, spoil: Callable[[str], str]) -> None:
    _, text = create_key(sqlite_installation, "app", [Scope.READ])

    with pytest.raises(Unauthorized):
        authenticate(sqlite_installation, spoil(text))


def test_an_expired_key_proves_nothing(sqlite_installation: Installation, clock: FixedClock) -> None:
    _, text = create_key(sqlite_installation, "app", [Scope.READ], clock.now() + HOUR)
    clock.advance(HOUR)

    with pytest.raises(Unauthorized):
        authenticate(sqlite_installation, text)


def test_a_revoked_key_proves_nothing(sqlite_installation: Installation) -> None:
    key, text = create_key(sqlite_installation, "app", [Scope.READ])
    revoke_key(sqlite_installation, key.id)

    with pytest.raises(Unauthorized):
        authenticate(sqlite_installation, text)


def test_a_key_needs_a_name_a_scope_and_a_future(sqlite_installation: Installation, clock: FixedClock) -> None:
    with pytest.raises(InvalidValue, match="1 to 255 characters"):
        create_key(sqlite_installation, "", [Scope.READ])
    with pytest.raises(InvalidValue, match="needs a scope"):
        create_key(sqlite_installation, "app", [])
    with pytest.raises(InvalidValue, match=r"in the past, at .*Z$"):
        create_key(sqlite_installation, "app", [Scope.READ], clock.now())


def test_the_use_of_a_key_is_noted_once_a_minute(sqlite_installation: Installation, clock: FixedClock) -> None:
    key, text = create_key(sqlite_installation, "app", [Scope.READ])
    noted: list[datetime | None] = []

    for _ in range(4):
        authenticate(sqlite_installation, text)
        sqlite_installation.storage.transact(lambda unit: None)  # what was queued before is done
        noted.append(stored_key(sqlite_installation, key).last_used_at)
        clock.advance(timedelta(seconds=30))

    start = clock.now() - timedelta(minutes=2)
    assert noted == [start, start, start + timedelta(minutes=1), start + timedelta(minutes=1)]


def test_an_authenticator_remembers_for_five_seconds(sqlite_installation: Installation, clock: FixedClock) -> None:
    key, text = create_key(sqlite_installation, "app", [Scope.READ])
    authenticator = Authenticator(sqlite_installation)

    caller = authenticator.caller(text)
    revoke_key(sqlite_installation, key.id)
    clock.advance(timedelta(seconds=4))

    assert authenticator.remembered(text) == caller == authenticator.caller(text)
    clock.advance(timedelta(seconds=1))
    assert authenticator.remembered(text) is None
    with pytest.raises(Unauthorized):
        authenticator.caller(text)


def test_an_authenticator_never_outlives_a_keys_expiry(sqlite_installation: Installation, clock: FixedClock) -> None:
    _, text = create_key(sqlite_installation, "app", [Scope.READ], clock.now() + timedelta(seconds=2))
    authenticator = Authenticator(sqlite_installation)
    authenticator.caller(text)
    clock.advance(timedelta(seconds=2))

    with pytest.raises(Unauthorized):
        authenticator.caller(text)


def test_an_authenticator_remembers_so_many_and_no_more(
    sqlite_installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "cached_callers_max", 2)
    texts = [create_key(sqlite_installation, "app", [Scope.READ])[1] for _ in range(3)]
    authenticator = Authenticator(sqlite_installation)

    for text in texts:
        authenticator.caller(text)

    assert [authenticator.remembered(text) is not None for text in texts] == [False, True, True]


def test_a_customer_token_is_confined_to_its_customer(installation: Installation, clock: FixedClock) -> None:
    customer = Customer("cus_1", "acme", "Acme")
    installation.storage.transact(lambda unit: unit.definitions.add_customer(customer, clock.now()))
    token = mint_customer_token(installation, "acme", HOUR)

    caller = authenticate(installation, token.text)

    assert (caller.customer, caller.scopes) == ("acme", {Scope.READ})
    assert token.expires_at == clock.now() + HOUR


def test_a_customer_token_ends(sqlite_installation: Installation, clock: FixedClock, acme: str) -> None:
    token = mint_customer_token(sqlite_installation, acme, HOUR)
    clock.advance(HOUR)

    with pytest.raises(Unauthorized):
        authenticate(sqlite_installation, token.text)


def test_tokens_live_a_day_at_most(sqlite_installation: Installation, acme: str) -> None:
    with pytest.raises(InvalidValue, match="1 to 86400 seconds; 86401 is not"):
        mint_customer_token(sqlite_installation, acme, timedelta(hours=24, seconds=1))
    with pytest.raises(InvalidValue, match="1 to 86400 seconds; 0 is not"):
        mint_customer_token(sqlite_installation, acme, timedelta(0))


def test_there_is_no_token_for_nobody(sqlite_installation: Installation) -> None:
    with pytest.raises(NotFound, match="'nobody'"):
        mint_customer_token(sqlite_installation, "nobody", HOUR)


def test_our_own_claims_are_taken(sqlite_installation: Installation) -> None:
    assert authenticate(sqlite_installation, signed(sqlite_installation)).customer == "acme"


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "somebody-else"},
        {"aud": "another-service"},
        {"sub": None},
        {"exp": None},
        {"iat": None},
        {"exp": 9_999_999_999},
        {"exp": 10**30},
        {"iat": "soon"},
    ],
)
def test_a_token_with_other_claims_proves_nothing(
    sqlite_installation: Installation, changes: dict[str, object]
) -> None:
    token = signed(sqlite_installation, **changes)

    with pytest.raises(Unauthorized):
        authenticate(sqlite_installation, token)


def test_a_token_signed_by_somebody_else_proves_nothing(sqlite_installation: Installation) -> None:
    claims = jwt.decode(signed(sqlite_installation), options={"verify_signature": False})

    forged = jwt.encode(claims, "0" * 64, "HS256", headers={"kid": "1"})

    with pytest.raises(Unauthorized):
        authenticate(sqlite_installation, forged)


@pytest.mark.parametrize("algorithm", ["none", "HS384", "HS512"])
def test_a_token_by_another_algorithm_proves_nothing(sqlite_installation: Installation, algorithm: str) -> None:
    claims = jwt.decode(signed(sqlite_installation), options={"verify_signature": False})
    secret = None if algorithm == "none" else keys._signing_secret(sqlite_installation) * 2

    forged = jwt.encode(claims, secret, algorithm, headers={"kid": "1"})

    with pytest.raises(Unauthorized):
        authenticate(sqlite_installation, forged)


def test_two_processes_sign_with_one_secret(sqlite_installation: Installation, acme: str) -> None:
    first = mint_customer_token(sqlite_installation, acme, HOUR)
    second = mint_customer_token(sqlite_installation, acme, HOUR)

    assert first == second


def test_many_threads_authenticate_at_once(sqlite_installation: Installation) -> None:
    key, text = create_key(sqlite_installation, "app", [Scope.READ])
    authenticator = Authenticator(sqlite_installation)

    with ThreadPoolExecutor(8) as threads:
        callers = list(threads.map(lambda _: authenticator.caller(text), range(200)))

    assert {caller.id for caller in callers} == {key.id}
