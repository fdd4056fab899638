"""Cost basis: what each use of a grant is worth as revenue, and how the books say it."""

from collections import Counter
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.credits.burn_down import BurnDown, CreditUse, CreditVoid
from gateway.core.credits.cost_basis import CostBasis
from gateway.core.credits.entries import credit_entries
from gateway.core.credits.grant import CreditCategory, CreditGrant
from gateway.core.credits.movements import CreditBalances, CreditMovement
from gateway.core.credits.purchases import grants_of_purchase
from gateway.core.credits.wallet import Wallet, WalletAccount
from gateway.core.errors import InvalidValue
from gateway.core.ledger import Transfer, credit_balances
from tests.core.samples import at

PROMOTIONAL = CreditCategory.PROMOTIONAL
OPENED, EXPIRY, LATER = at("2026-01-01"), at("2026-02-01"), at("2026-03-01")
CREDIT, OWED, MONEY = "customer_credit:UA", "receivables:UA", "prepayments:UA"


def bought(amount: int = 1_000, paid: int | None = 850, **more: object) -> CreditGrant:
    """A grant for which less was paid than it gives."""
    fields: dict[str, object] = {"paid": None if paid is None else Decimal(paid), "expires_at": EXPIRY} | more
    return CreditGrant("g", Decimal(amount), OPENED, **fields)  # type: ignore[arg-type]


def use(amount: int, ordinal: int = 1) -> CreditUse:
    """A use in January."""
    return CreditUse(f"inv_{ordinal}", at("2026-01-10"), Decimal(amount))


class Booked:
    """A wallet with a grant, whose movements are booked as they happen."""

    def __init__(self, grant: CreditGrant) -> None:
        self.account = WalletAccount(Wallet("w", "UA", "w", "USD", OPENED), (grant,), CreditBalances(OPENED))
        self.transfers: list[Transfer] = []
        self.moved: list[CreditMovement] = []
        self.bring(OPENED)

    def bring(self, instant: datetime) -> None:
        """Let what is due happen."""
        self._after(*self.account.brought_to(instant))

    def take(self, event: CreditUse | CreditVoid) -> None:
        """Use or void credit."""
        self._after(*(self.account.voided(event) if isinstance(event, CreditVoid) else self.account.used(event)))

    def return_all(self) -> None:
        """The invoices that were paid are void."""
        for cause in {one.cause for one in self.moved if one.cause}:
            self._after(*self.account.given_back(cause, [one for one in self.moved if one.cause == cause]))

    def revoke(self, used: int) -> None:
        """Take the grant back whole."""
        self._after(*self.account.revoked("g", Decimal(used)))

    @property
    def stands(self) -> dict[str, int]:
        """What every account is credited with, less its debits; without those at zero."""
        return {account: left for account, left in credit_balances(self.transfers).items() if left}

    def _after(self, account: WalletAccount, run: BurnDown) -> None:
        self.account, first = account, len(self.moved) + 1
        self.moved += run.movements
        entries = credit_entries(account.wallet, account.grants, run.opening, run.movements, first, OPENED)
        self.transfers += [transfer for entry in entries for transfer in entry.transfers]


@pytest.mark.parametrize(
    ("basis", "per_credit"),
    [
        (CostBasis(Decimal(8_500), Decimal(10_000)), Fraction(17, 20)),
        (CostBasis.at_price(Decimal(100), Decimal(50)), Fraction(50)),
        (CostBasis.of_grant(bought(paid=None)), Fraction(1)),
        (CostBasis.of_grant(bought(paid=None, category=PROMOTIONAL)), Fraction(0)),
        (CostBasis(Decimal(100), Decimal(3)), Fraction(100, 3)),
    ],
)
def test_a_credit_costs_its_part_of_what_was_paid(basis: CostBasis, per_credit: Fraction) -> None:
    assert basis.per_credit == per_credit


def test_credit_that_is_bought_at_a_price_is_invoiced_in_whole_minor_units() -> None:
    assert CostBasis.at_price(Decimal(3), Decimal("33.5")).paid == 101


def test_a_use_earns_what_was_paid_for_it_and_the_rest_is_a_discount() -> None:
    books = Booked(bought())

    books.take(use(400))

    assert books.stands == {CREDIT: 510, MONEY: -850, OWED: 400, "credit_given_away": -60}
    assert str(books.account.unearned(bought())) == "5.10"


def test_what_expires_is_breakage_at_its_cost() -> None:
    books = Booked(bought())
    books.take(use(400))

    books.bring(EXPIRY)

    assert books.stands == {"breakage": 510, MONEY: -850, OWED: 400, "credit_given_away": -60}


def test_what_is_voided_goes_back_at_its_cost() -> None:
    books = Booked(bought())

    books.take(CreditVoid("v", at("2026-01-10"), Decimal(400)))

    assert books.stands == {CREDIT: 510, MONEY: -510}


def test_what_a_void_invoice_was_paid_with_comes_back_at_its_cost() -> None:
    books = Booked(bought())
    books.take(use(400))

    books.return_all()

    assert books.stands == {CREDIT: 850, MONEY: -850}


def test_who_is_paid_back_for_a_grant_owes_the_price_of_what_was_used_of_it() -> None:
    books = Booked(bought(amount=2, paid=1))
    books.take(use(1))

    books.revoke(1)

    assert books.stands == {"credit_overage:UA": -1, OWED: 1}


def test_an_overage_is_paid_at_the_cost_of_what_pays_it() -> None:
    books = Booked(bought(amount=100, paid=None))
    books.take(use(300))

    books.account = books.account.granted(CreditGrant("later", Decimal(400), EXPIRY, paid=Decimal(200)))
    books.bring(EXPIRY)

    assert books.stands == {CREDIT: 100, MONEY: -300, OWED: 300, "credit_given_away": -100}


def test_what_costs_nothing_moves_nothing() -> None:
    books = Booked(bought(amount=1_000, paid=1))
    before = len(books.transfers)

    books.take(CreditVoid("v", at("2026-01-10"), Decimal(1)))

    assert (len(books.moved), len(books.transfers)) == (2, before)


@given(paid=st.integers(0, 1_000), uses=st.lists(st.integers(0, 300), max_size=8))
def test_all_that_is_taken_of_a_grant_costs_what_was_paid_for_it(paid: int, uses: list[int]) -> None:
    books = Booked(bought(paid=paid))
    for ordinal, amount in enumerate(uses):
        if amount <= books.account.balance.amount_minor:
            books.take(use(amount, ordinal))
    books.bring(EXPIRY)

    stands = Counter(books.stands)
    assert stands[CREDIT] == 0
    assert stands[OWED] + stands["credit_given_away"] + stands["breakage"] == paid == -stands[MONEY]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"paid": 1_001}, "1001 is paid for 1000; pay at least 0 and at most what it gives"),
        ({"paid": -1}, "-1 is paid for 1000"),
        ({"paid": 1, "category": PROMOTIONAL}, "promotional: nobody pays for it"),
    ],
)
def test_what_cannot_have_been_paid_is_refused(more: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidValue, match=message):
        bought(**more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("owed", "more", "made"),
    [
        (0, {}, ["g 1000 for 850 from 2026-03-01"]),
        (400, {"effective_at": OPENED}, ["g 1000 for 850 from 2026-01-01"]),
        (400, {"category": PROMOTIONAL, "paid": None}, ["g 1000 for 0 from 2026-03-01"]),
        (400, {}, ["g-advance 400 for 340 from 2026-01-01", "g 600 for 510 from 2026-03-01"]),
        (400, {"paid": None}, ["g-advance 400 for 400 from 2026-01-01", "g 600 for 600 from 2026-03-01"]),
        (400, {"paid": Decimal(1)}, ["g-advance 400 for 0 from 2026-01-01", "g 600 for 1 from 2026-03-01"]),
        (5_000, {}, ["g 1000 for 850 from 2026-01-01"]),
    ],
)
def test_a_purchase_that_begins_later_pays_at_once_what_is_owed(
    owed: int, more: dict[str, object], made: list[str]
) -> None:
    fields: dict[str, object] = {"effective_at": LATER, "paid": Decimal(850)} | more
    grant = CreditGrant("g", Decimal(1_000), **fields)  # type: ignore[arg-type]

    found = grants_of_purchase(grant, Decimal(owed), OPENED)

    assert [f"{one.id} {one.amount} for {one.cost} from {one.effective_at:%Y-%m-%d}" for one in found] == made
