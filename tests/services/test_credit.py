"""Credit: granted, used by invoices, voided and expired; every movement is stored and booked, once."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from gateway.core.credits.burn_down import CreditUse
from gateway.core.credits.grant import CreditCategory, CreditGrant, RollOver
from gateway.core.credits.settlement import CreditScope, LineKind
from gateway.core.credits.terms import Term, TermUnit
from gateway.core.credits.wallet import Wallet, WalletAccount
from gateway.core.errors import IllegalTransition, InvalidValue, KeyReused, NotFound
from gateway.core.invoicing.credit_notes import CreditItem, Disposition
from gateway.core.money import Money
from gateway.core.periods.period import BillingPeriod, BillingSchedule, Interval, IntervalUnit
from gateway.core.ports.storage import UnitOfWork
from gateway.services.credit_invoice import CreditRequest, credit_invoice
from gateway.services.customers import KeyTaken, create_customer
from gateway.services.grant_credit import GrantRequest, WalletRequest, grant_credit, open_wallet
from gateway.services.move_credit import BeyondCredit, record, settle_due_credit
from gateway.services.replay_invoice import replay_invoice
from gateway.services.return_credit import return_credit_of
from gateway.services.revoke_grant import revoke_grant
from gateway.services.void_credit import void_credit
from gateway.services.void_invoice import void_invoice
from tests.services.billing import FEBRUARY, JANUARY, MARCH, Company, Counting

PROMOTIONAL = CreditCategory.PROMOTIONAL
MONTHLY = BillingSchedule(JANUARY, Interval(IntervalUnit.MONTH), ZoneInfo("UTC"))
WALLET = WalletRequest("acme", "USD", "main", "Main", 10, CreditScope(frozenset({LineKind.FEE}), frozenset({"calls"})))
WRONG_WALLETS: Sequence[tuple[dict[str, Any], type[Exception], str]] = [
    ({"name": "Another"}, KeyTaken, "Wallet 'main' of 'acme' exists"),
    ({"customer": "nobody"}, NotFound, "Customer 'nobody'"),
]


@pytest.fixture
def customer(company: Company) -> Company:
    """The company with the customer acme, on 1 January."""
    company.clock.set(JANUARY)
    create_customer(company.installation, "acme", "Acme")
    return company


def grant(company: Company, amount: str = "100", key: str = "k", **more: Any) -> str:
    """Grant acme credit in dollars."""
    request = GrantRequest("acme", "USD", Decimal(amount), "welcome")
    return grant_credit(company.installation, "key_1", replace(request, **more), key)


def account(company: Company) -> WalletAccount:
    """The only wallet of acme."""
    (found,) = company.read(lambda unit: unit.credits.wallets_of(["acme"]))["acme"]
    assert isinstance(found, WalletAccount)
    return found


def moved(company: Company) -> list[str]:
    """Every movement of the only wallet, in a line."""
    wallet = account(company).wallet.id
    found = company.read(lambda unit: unit.credits.movements([wallet], 0, 100)).get(wallet, [])
    assert company.read(lambda unit: unit.credits.movement_counts([wallet])) == {wallet: len(found)}
    return [f"{number} {one.kind} {one.amount} {one.at:%m-%d}" for number, one in found]


def every_grant(company: Company) -> list[CreditGrant]:
    """The grants of the only wallet of acme, the spent ones too."""
    wallet = account(company).wallet.id
    found = company.read(lambda unit: unit.credits.grants([wallet], "", 1000)).get(wallet, [])
    assert company.read(lambda unit: unit.credits.grant_counts([wallet])) == {wallet: len(found)}
    return list(found)


def books(company: Company) -> dict[str, int]:
    """What every account of the ledger stands at."""
    return {account: left for (account, _), left in company.read(lambda unit: unit.books.balances()).items() if left}


def test_a_grant_is_made_once_for_each_key(customer: Company) -> None:
    first = grant(customer)

    assert grant(customer) == first
    with pytest.raises(KeyReused):
        grant(customer, "101")
    assert moved(customer) == ["1 granted 10000 01-01"]
    assert books(customer) == {"prepayments:acme": 10_000, "customer_credit:acme": -10_000}
    assert str(account(customer).balance) == "100.00"


def test_a_wallet_opened_again_is_the_same_one(customer: Company) -> None:
    full = replace(WALLET, rate=Decimal("0.5"), resets=MONTHLY, overage_max=Decimal(5))

    opened = open_wallet(customer.installation, full)

    assert open_wallet(customer.installation, full) == opened
    assert account(customer).wallet == opened
    assert (opened.overage_max, opened.scope.meters) == (500, frozenset({"calls"}))


@pytest.mark.parametrize(("change", "error", "message"), WRONG_WALLETS)
def test_a_wallet_that_cannot_be_opened_says_why(
    customer: Company, change: dict[str, Any], error: type[Exception], message: str
) -> None:
    open_wallet(customer.installation, WALLET)

    with pytest.raises(error, match=message):
        open_wallet(customer.installation, replace(WALLET, **change))


def test_credits_come_to_the_rate_of_their_wallet(customer: Company) -> None:
    open_wallet(customer.installation, WalletRequest("acme", "USD", "points", rate=Decimal("0.015")))
    request = GrantRequest("acme", "USD", Decimal(1000), "points", key="points", roll_over=RollOver(Decimal(100)))

    grant_credit(customer.installation, "key_1", request, "k")

    assert str(account(customer).balance) == "15.00"
    assert account(customer).grants[0].roll_over == RollOver(Decimal(150))


@pytest.mark.parametrize(
    ("more", "expires_at"),
    [
        ({}, None),
        ({"expires_at": MARCH}, MARCH),
        ({"expires_after": Term(Decimal(1), TermUnit.MONTH)}, FEBRUARY),
        ({"effective_at": FEBRUARY, "expires_after": Term(Decimal(1), TermUnit.MONTH)}, MARCH),
    ],
)
def test_a_grant_expires_at_an_instant_or_after_a_term(
    customer: Company, more: dict[str, Any], expires_at: datetime | None
) -> None:
    grant(customer, **more)

    assert account(customer).grants[0].expires_at == expires_at


def test_a_part_of_a_period_is_granted_a_part(customer: Company) -> None:
    customer.clock.set(datetime(2026, 1, 16, 12, tzinfo=UTC))

    grant(customer, prorated_over=BillingPeriod(JANUARY, FEBRUARY))

    assert str(account(customer).balance) == "50.00"


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"amount": Decimal("0.001")}, "0.001 has more places than USD; name whole minor units"),
        ({"roll_over": RollOver(Decimal("0.505"))}, "0.505 has more places than USD"),
        ({"amount": Decimal(0)}, "comes to 0.00 USD"),
        ({"amount": Decimal(-1)}, "comes to -1.00 USD"),
        ({"reason": " "}, "The reason of a grant is empty"),
        ({"key": "other"}, "has no wallet 'other'; open it first"),
        ({"expires_at": JANUARY}, "cannot expire at 2026-01-01"),
        ({"expires_at": MARCH, "expires_after": Term(Decimal(1), TermUnit.DAY)}, "give only one of them"),
        ({"refill_every": MONTHLY.interval}, "A paid grant is paid once"),
        ({"roll_over": RollOver(Decimal(2), Decimal(1))}, "A paid grant is paid once"),
        ({"paid": Decimal(0)}, "0 is paid for a grant; grant what nobody pays for as promotional credit"),
        ({"paid": Decimal("0.001")}, "0.001 has more places than USD"),
        ({"paid": Decimal("1.01")}, "101 is paid for 100; pay at least 0 and at most what it gives"),
        ({"paid": Decimal(1), "category": PROMOTIONAL}, "promotional: nobody pays for it"),
    ],
)
def test_what_cannot_be_granted_is_refused(customer: Company, more: dict[str, Any], message: str) -> None:
    request = replace(GrantRequest("acme", "USD", Decimal(1), "welcome"), **more)

    with pytest.raises(InvalidValue, match=message):
        grant_credit(customer.installation, "key_1", request, "k")
    assert customer.read(lambda unit: unit.credits.wallets_of(["acme"])) == {}


def test_a_grant_is_in_the_currency_of_its_wallet(customer: Company) -> None:
    open_wallet(customer.installation, WalletRequest("acme", "EUR", "main"))

    with pytest.raises(InvalidValue, match="Wallet 'main' is in EUR, not in USD"):
        grant_credit(customer.installation, "key_1", GrantRequest("acme", "USD", Decimal(1), "x", key="main"), "k")


def test_expired_credit_is_breakage_on_the_day_it_expired(customer: Company) -> None:
    grant(customer, "30", "bought", expires_at=FEBRUARY)
    grant(
        customer,
        "20",
        "gift",
        category=PROMOTIONAL,
        refill_every=MONTHLY.interval,
        roll_over=RollOver(Decimal(5), Decimal(1)),
    )
    customer.clock.set(MARCH)

    assert settle_due_credit(customer.installation) == 1
    assert settle_due_credit(customer.installation) == 0
    assert moved(customer) == [
        "1 granted 3000 01-01",
        "2 granted 2000 01-01",
        "3 expired 3000 02-01",
        "4 expired 2000 02-01",
        "5 granted 2000 02-01",
        "6 expired 2000 03-01",
        "7 granted 2000 03-01",
    ]
    assert books(customer) == {
        "prepayments:acme": 3_000,
        "breakage": -3_000,
        "promotional_grants:acme": 2_000,
        "promotional_credit:acme": -2_000,
    }


def test_credit_is_voided_in_the_order_of_use(customer: Company) -> None:
    grant(customer, "20", "a", priority=1)
    grant(customer, "25", "b", priority=2)
    wallet = account(customer).wallet.id

    for _ in range(2):
        void_credit(customer.installation, "key_1", wallet, "mistake", "v", Decimal(30))

    assert moved(customer)[2:] == ["3 voided 2000 01-01", "4 voided 1000 01-01"]
    assert str(account(customer).balance) == "15.00"


def test_more_than_there_is_cannot_be_voided(customer: Company) -> None:
    grant(customer, "20")
    wallet = account(customer).wallet.id

    with pytest.raises(BeyondCredit, match=r"has 20\.00 USD; 20\.01 is more: ask for at most that"):
        void_credit(customer.installation, "key_1", wallet, "mistake", "v", Decimal("20.01"))
    assert moved(customer) == ["1 granted 2000 01-01"]


@pytest.mark.parametrize(("effective_at", "movements"), [(JANUARY, 2), (FEBRUARY, 0)])
def test_a_grant_that_is_voided_gives_nothing_any_more(
    customer: Company, effective_at: datetime, movements: int
) -> None:
    gift = grant(customer, "20", category=PROMOTIONAL, refill_every=MONTHLY.interval, effective_at=effective_at)

    void_credit(customer.installation, "key_1", account(customer).wallet.id, "mistake", "v", grant=gift)
    customer.clock.set(MARCH)
    settle_due_credit(customer.installation)

    assert len(moved(customer)) == movements
    assert books(customer) == {}


def test_a_revoked_grant_is_void_and_what_was_used_of_it_is_owed(company: Company) -> None:
    company.clock.set(JANUARY)
    company.sign(ends_at=MARCH)
    bounced = grant(company, "100", "a", priority=1)
    void_credit(company.installation, "key_1", account(company).wallet.id, "mistake", "v", Decimal(30), bounced)
    company.bill()
    grant(company, "20", "b", priority=2)

    for _ in range(2):
        wallet = revoke_grant(company.installation, "key_1", bounced, "the card was charged back", "r")

    # 49.00 were used of 70.00; 20.00 of them the other grant pays at once.
    assert wallet == account(company).wallet.id
    assert moved(company)[4:] == [
        "5 voided 2100 01-01",
        "6 clawed_back 4900 01-01",
        "7 recovered 2000 01-01",
    ]
    assert (str(account(company).balance), str(account(company).overage)) == ("0.00", "29.00")
    assert {name: left for name, left in books(company).items() if "acme" in name and "deferred" not in name} == {
        "prepayments:acme": 2_000,
        "credit_overage:acme": 2_900,
    }
    grant(company, "30", "c")
    assert (str(account(company).balance), str(account(company).overage)) == ("1.00", "0.00")


def test_paid_credit_earns_what_was_paid_for_it(company: Company) -> None:
    company.clock.set(JANUARY)
    company.sign(ends_at=MARCH)
    grant(company, "100", "a", paid=Decimal(80), expires_at=FEBRUARY)

    company.bill()

    # 49.00 of 100.00 paid the invoice: they cost 39.20, and the rest of them is a discount.
    (bought,) = every_grant(company)
    assert (bought.cost, str(account(company).unearned(bought))) == (8_000, "40.80")
    found = books(company)
    assert (found["customer_credit:acme"], found["credit_given_away"], found["prepayments:acme"]) == (
        -4_080,
        980,
        8_000,
    )
    company.clock.set(FEBRUARY)
    settle_due_credit(company.installation)
    assert (books(company)["breakage"], "customer_credit:acme" in books(company)) == (-4_080, False)


def test_a_void_invoice_takes_back_what_paid_credit_earned(company: Company) -> None:
    company.clock.set(JANUARY)
    company.sign(ends_at=MARCH)
    grant(company, "100", "a", paid=Decimal(80))
    company.bill()
    (made,) = company.invoices()

    void_invoice(company.installation, made.id, "ada", "wrong", "v")

    found = books(company)
    assert (found["customer_credit:acme"], found.get("credit_given_away")) == (-8_000, None)


def test_a_purchase_for_later_pays_what_is_owed_now(customer: Company) -> None:
    open_wallet(customer.installation, WalletRequest("acme", "USD", overage_max=Decimal(100)))
    revoke_grant(customer.installation, "key_1", spent(customer, "25"), "charged back", "r")

    later = grant(customer, "40", "later", effective_at=FEBRUARY, paid=Decimal(20))

    assert [(one.id, one.amount, one.cost, one.effective_at) for one in every_grant(customer)[1:]] == [
        (later, 1_500, 750, FEBRUARY),
        (f"{later}-advance", 2_500, 1_250, JANUARY),
    ]
    assert (str(account(customer).balance), str(account(customer).overage)) == ("0.00", "0.00")
    assert {name: left for name, left in books(customer).items() if name != "receivables:acme"} == {
        "prepayments:acme": 1_250,
        "credit_given_away": 1_250,
    }


def spent(company: Company, amount: str) -> str:
    """A grant that was used up for an invoice."""
    name = grant(company, amount, "spent")

    def use(unit: UnitOfWork) -> None:
        held = unit.credits.lock_wallet(account(company).wallet.id)
        after, run = held.used(CreditUse("inv_1", JANUARY, held.balances.balance))
        record(unit, after, run.movements, JANUARY)

    company.installation.storage.transact(use)
    return name


def test_a_revoked_grant_never_begins(customer: Company) -> None:
    later = grant(customer, effective_at=FEBRUARY)

    revoke_grant(customer.installation, "key_1", later, "cancelled", "r")
    customer.clock.set(MARCH)
    settle_due_credit(customer.installation)

    assert (moved(customer), books(customer)) == ([], {})
    assert [each.revoked_at for each in every_grant(customer)] == [JANUARY]


def test_what_is_read_of_a_wallet_does_not_grow_with_its_past(company: Company) -> None:
    company.clock.set(JANUARY)
    create_customer(company.installation, "acme", "Acme")

    def spend(number: int) -> int:
        """A grant that is used up at once; the statements that took."""
        counting = Counting(company.installation.storage)
        watched = replace(company, installation=replace(company.installation, storage=counting))
        one = grant(watched, "1", f"g{number}")
        void_credit(watched.installation, "key_1", account(company).wallet.id, "used", f"v{number}", Decimal(1))
        assert account(company).grants == ()
        assert one == every_grant(company)[-1].id
        return counting.statements

    spend(1)
    assert {spend(number) for number in range(2, 12)} == {spend(12)}
    assert len(every_grant(company)) == 12


def test_the_statements_that_store_a_wallet_do_not_grow_with_its_grants(company: Company) -> None:
    company.clock.set(JANUARY)
    create_customer(company.installation, "acme", "Acme")

    def settle(number: int) -> int:
        counting = Counting(company.installation.storage)
        watched = replace(company, installation=replace(company.installation, storage=counting))
        grant(watched, "1", f"g{number}")
        return counting.statements

    settle(1)
    assert {settle(number) for number in range(2, 12)} == {settle(12)}
    assert len(account(company).grants) == 12


def test_a_grant_that_was_used_up_gets_back_what_it_paid(company: Company) -> None:
    company.clock.set(JANUARY)
    company.sign(ends_at=MARCH)
    grant(company, "40")
    company.bill()
    [invoice] = company.invoices()
    assert account(company).grants == ()

    void_invoice(company.installation, invoice.id, "key_1", "wrong", "v")

    assert str(account(company).balance) == "40.00"
    assert books(company).get("receivables:acme", 0) == 0


def test_what_cannot_be_revoked_says_why(customer: Company) -> None:
    gift = grant(customer, "5", "a", category=PROMOTIONAL)
    ended = grant(customer, "5", "b", expires_at=FEBRUARY)
    customer.clock.set(MARCH)

    def revoke(name: str, reason: str = "mistake") -> None:
        revoke_grant(customer.installation, "key_1", name, reason, f"r-{name}")

    with pytest.raises(InvalidValue, match="Nobody paid for"):
        revoke(gift)
    with pytest.raises(IllegalTransition, match="ended at 2026-02-01T00:00:00Z"):
        revoke(ended)
    with pytest.raises(NotFound, match="'cgr_none' does not exist"):
        revoke("cgr_none")
    with pytest.raises(InvalidValue, match="The reason to revoke a grant is empty"):
        revoke(gift, " ")


@pytest.mark.parametrize(
    ("more", "error", "message"),
    [
        ({}, InvalidValue, "Nothing says how much"),
        ({"grant": "cgr_none"}, NotFound, "has no grant 'cgr_none'"),
        ({"reason": ""}, InvalidValue, "The reason to void credit is empty"),
        ({"wallet_id": "wal_none", "amount": Decimal(1)}, NotFound, "Wallet 'wal_none' does not exist"),
    ],
)
def test_a_void_that_says_too_little_is_refused(
    customer: Company, more: dict[str, Any], error: type[Exception], message: str
) -> None:
    grant(customer)
    wanted = {"wallet_id": account(customer).wallet.id, "reason": "mistake", "idempotency_key": "v"} | more

    with pytest.raises(error, match=message):
        void_credit(customer.installation, "key_1", **wanted)


def test_a_wallet_is_found_by_its_id_with_what_its_grants_were_for(customer: Company) -> None:
    gift = grant(customer)
    wallet = account(customer).wallet

    assert isinstance(wallet, Wallet)
    assert customer.read(lambda unit: unit.credits.wallets_by_id([wallet.id, "x"])) == {wallet.id: account(customer)}
    assert customer.read(lambda unit: unit.credits.reasons([gift])) == {gift: "welcome"}


def test_an_invoice_takes_promotional_credit_off_and_paid_credit_pays_the_rest(company: Company) -> None:
    company.clock.set(JANUARY)
    company.sign()
    grant(company, "10", "gift", category=PROMOTIONAL)
    grant(company, "15", "bought")

    company.bill()

    (invoice,) = company.invoices("acme")
    assert (str(invoice.subtotal), str(invoice.discount), str(invoice.total)) == ("49.00", "10.00", "39.00")
    assert company.read(lambda unit: unit.credits.paid_for([invoice.id])) == {invoice.id: 1_500}
    assert books(company) == {
        "receivables:acme": 2_400,
        # Of 39.00, the first of 31 days is earned.
        "deferred_revenue:base": -3_774,
        "revenue:base": -126,
        "prepayments:acme": 1_500,
    }
    company.bill()
    assert len(moved(company)) == 4


def test_an_invoice_with_credit_replays(company: Company) -> None:
    company.clock.set(JANUARY)
    company.sign()
    grant(company, "10", "gift", category=PROMOTIONAL)
    company.bill()

    (invoice,) = company.invoices("acme")

    assert company.read(lambda unit: replay_invoice(unit, invoice)).invoice.lines == invoice.lines


def test_what_paid_an_invoice_comes_back_when_it_is_void(company: Company) -> None:
    company.clock.set(JANUARY)
    company.sign()
    grant(company, "10", "gift", category=PROMOTIONAL)
    grant(company, "15", "bought")
    company.bill()
    (invoice,) = company.invoices("acme")

    company.installation.storage.transact(lambda unit: return_credit_of(unit, invoice, JANUARY))

    assert str(account(company).balance) == "25.00"
    assert company.read(lambda unit: unit.credits.paid_for([invoice.id])) == {invoice.id: 0}


def test_what_a_credit_note_gives_to_the_wallet_is_a_grant(company: Company) -> None:
    company.clock.set(JANUARY)
    company.sign()
    company.bill()
    (invoice,) = company.invoices("acme")
    item = CreditItem(0, Money(1_200, "USD"))

    credit_invoice(
        company.installation, CreditRequest(invoice.id, "goodwill", Disposition.WALLET, (item,)), "ada", "cn1"
    )

    assert str(account(company).balance) == "12.00"
    assert books(company) == {
        "receivables:acme": 4_900,
        # Of 37.00 that are left, the first of 31 days is earned.
        "deferred_revenue:base": -3_581,
        "revenue:base": -119,
        "customer_credit:acme": -1_200,
    }


def test_of_two_voids_at_once_one_finds_too_little(customer: Company) -> None:
    grant(customer, "100")
    wallet = account(customer).wallet.id

    def void(key: str) -> bool:
        try:
            void_credit(customer.installation, "key_1", wallet, "mistake", key, Decimal(60))
        except BeyondCredit:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(void, ("a", "b"))) == [False, True]
    assert str(account(customer).balance) == "40.00"


def test_a_billing_run_books_what_expired(customer: Company) -> None:
    grant(customer, "30", expires_at=FEBRUARY)

    customer.bill(FEBRUARY)

    assert books(customer) == {"prepayments:acme": 3_000, "breakage": -3_000}
