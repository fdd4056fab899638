"""Access: a key allows what its scopes name, and a token sees one customer."""

import pytest

from gateway.core.access import ApiKey, Caller, Scope
from gateway.core.errors import Forbidden
from tests.core.samples import at

KEY = ApiKey("key_1", "CI", "abc", "hash", frozenset({Scope.READ}), at("2026-01-01"), expires_at=at("2026-02-01"))


@pytest.mark.parametrize(
    ("held", "asked", "may"),
    [("read", "read", True), ("read", "billing", False), ("admin", "billing", True), ("ingest", "admin", False)],
)
def test_admin_allows_everything_and_others_only_what_they_name(held: str, asked: str, may: bool) -> None:
    assert Caller("key_1", frozenset({Scope(held)})).may(Scope(asked)) == may


def test_a_refusal_names_what_is_needed_and_what_is_held() -> None:
    with pytest.raises(Forbidden, match="needs a key with the scope 'finance'; yours has billing, read"):
        Caller("key_1", frozenset({Scope.READ, Scope.BILLING})).require(Scope.FINANCE)
    with pytest.raises(Forbidden, match="yours has none"):
        Caller("key_1", frozenset()).require(Scope.FINANCE)


@pytest.mark.parametrize("held", [Scope.FINANCE, Scope.ADMIN])
def test_who_holds_what_is_needed_is_let_through(held: Scope) -> None:
    Caller("key_1", frozenset({held})).require(Scope.FINANCE)


def test_a_token_sees_its_own_customer_only_and_a_key_sees_all() -> None:
    token, key = Caller("tok", frozenset({Scope.READ}), customer="UA"), Caller("key_1", frozenset({Scope.READ}))

    assert (token.sees("UA"), token.sees("DL"), key.sees("DL")) == (True, False, True)


@pytest.mark.parametrize(("instant", "is_usable"), [("2026-01-31", True), ("2026-02-01", False)])
def test_a_key_ends_at_its_expiry(instant: str, is_usable: bool) -> None:
    assert KEY.is_usable_at(at(instant)) == is_usable
