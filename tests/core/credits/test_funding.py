"""Funding: what pays for a use, and what comes back first."""

from decimal import Decimal

from gateway.core.credits.burn_down import CreditUse
from gateway.core.credits.funding import funding, last_of
from gateway.core.credits.grant import CreditGrant
from gateway.core.credits.movements import CreditBalances, CreditMovement, MovementKind
from gateway.core.credits.wallet import Wallet, WalletAccount
from tests.core.samples import at

K = MovementKind
OPENED, NOW = at("2026-01-01"), at("2026-01-10")


def moved(kind: MovementKind, amount: int, grant: str | None = None) -> CreditMovement:
    """A movement for one use."""
    return CreditMovement(NOW, kind, Decimal(amount), grant, "use")


def test_a_use_is_paid_by_its_grants_in_the_order_in_which_they_were_taken() -> None:
    taken = [moved(K.USED, 30, "b"), moved(K.USED, 10, "a"), moved(K.OVERDRAWN, 25)]

    assert list(funding(taken).items()) == [("b", 30), ("a", 10), (None, 25)]
    assert list(funding([*taken, moved(K.RECOVERED, 20, "c"), moved(K.RETURNED, 4, "b")]).items()) == [
        ("b", 26),
        ("a", 10),
        (None, 5),
        ("c", 20),
    ]


def test_what_was_taken_last_comes_back_first() -> None:
    taken = {"b": Decimal(30), "a": Decimal(10)}

    assert last_of(taken, Decimal(15)) == {"a": 10, "b": 5}


def test_a_part_of_a_use_comes_back_to_the_grant_that_was_taken_from_last() -> None:
    grants = (CreditGrant("b", Decimal(30), OPENED, priority=1), CreditGrant("a", Decimal(30), OPENED))
    account = WalletAccount(Wallet("w", "UA", "w", "USD", OPENED), grants, CreditBalances(OPENED)).brought_to(NOW)[0]
    used, run = account.used(CreditUse("use", NOW, Decimal(40)))

    after, back = used.given_back("use", run.movements, Decimal(15))

    assert [f"{one.kind} {one.amount} {one.grant}" for one in back.movements] == ["returned 10 a", "returned 5 b"]
    assert after.balance.amount_minor == 35
