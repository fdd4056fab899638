"""Wallets: what is due in them, what they pay of an invoice, and how every movement is booked."""

from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.credits.application import AppliedCredit, apply_credit
from gateway.core.credits.burn_down import (
    BurnDown,
    CreditEvent,
    CreditReset,
    CreditUse,
    CreditVoid,
    burn_down,
)
from gateway.core.credits.entries import credit_entries
from gateway.core.credits.grant import CreditCategory, CreditGrant, RollOver
from gateway.core.credits.movements import CreditBalances, CreditMovement, MovementKind
from gateway.core.credits.settlement import CreditScope, LineKind
from gateway.core.credits.wallet import Wallet, WalletAccount, own_wallet_key
from gateway.core.errors import InvalidDefinition, InvalidValue
from gateway.core.invoicing.discounts import DiscountReason
from gateway.core.invoicing.invoice import Invoice, InvoiceKey, InvoiceLine
from gateway.core.invoicing.taxes import TaxRate, TaxRules
from gateway.core.invoicing.terms import Terms
from gateway.core.invoicing.thresholds import less_billed
from gateway.core.invoicing.totals import with_terms
from gateway.core.money import Money
from gateway.core.periods.period import BillingSchedule
from gateway.core.plans.plan import Timing
from tests.core.credits.credit_examples import event_lists, grant_lists
from tests.core.samples import MONTHLY, NEW_YORK, at, month

PROMOTIONAL, PAID = CreditCategory.PROMOTIONAL, CreditCategory.PAID
OPENED, NOW = at("2026-01-01"), at("2026-02-01")
K = MovementKind


def wallet(name: str = "w", **more: object) -> Wallet:
    """A wallet in dollars."""
    fields: dict[str, object] = {"currency": "USD", "created_at": OPENED} | more
    return Wallet(name, "UA", name, **fields)  # type: ignore[arg-type]


def granted(name: str, amount: int, category: CreditCategory = PAID, **more: object) -> CreditGrant:
    """A grant in cents, from the opening on."""
    fields: dict[str, object] = {"effective_at": OPENED, "category": category} | more
    return CreditGrant(name, Decimal(amount), **fields)  # type: ignore[arg-type]


def account(*grants: CreditGrant, **more: object) -> WalletAccount:
    """A wallet with grants that have begun by February."""
    name = str(more.pop("name", "w"))
    opened = WalletAccount(wallet(name, **more), grants, CreditBalances(OPENED))
    return opened.brought_to(NOW)[0]


def line(price: str, amount: int, meter: str | None = None) -> InvoiceLine:
    """A line over so many cents."""
    exact = str(Decimal(amount) / 100)
    return InvoiceLine(
        price, price, month(1), Decimal(1), Money(amount, "USD"), exact, (), Timing.IN_ARREARS, meter=meter
    )


def invoice(*lines: InvoiceLine, tax: str | None = None) -> Invoice:
    """An invoice to UA, taxed at one rate if that is given."""
    rules = TaxRules(customer=(TaxRate("vat", Decimal(tax)),)) if tax else TaxRules()
    terms = Terms(taxes=rules)
    key = InvoiceKey("sub_1", NOW)
    taxed = with_terms(lines, terms)
    return Invoice("inv_1", key, "UA", "airport", 1, "USD", date(2026, 2, 1), 9, "hash", 1, taxed, terms=terms)


def told(applied: AppliedCredit) -> list[str]:
    """Every movement in a line."""
    return [
        f"{one.kind} {one.amount} {one.grant} {one.cause}" for run in applied.runs.values() for one in run.movements
    ]


def test_promotional_credit_comes_off_before_tax_and_paid_credit_pays_after_it() -> None:
    owed = invoice(line("base", 10_000), tax="10")

    applied = apply_credit(owed, [account(granted("gift", 2_000, PROMOTIONAL), granted("bought", 3_000))])

    assert [str(one) for one in (applied.invoice.net, applied.invoice.tax, applied.invoice.total)] == [
        "80.00",
        "8.00",
        "88.00",
    ]
    assert (str(applied.paid), str(applied.due)) == ("30.00", "58.00")
    assert told(applied) == ["used 2000 gift inv_1", "used 3000 bought inv_1"]


def test_the_discount_is_pinned_as_what_was_taken() -> None:
    applied = apply_credit(invoice(line("base", 1_500)), [account(granted("gift", 2_000, PROMOTIONAL))])

    (discount,) = applied.invoice.terms.discounts
    assert (discount.key, discount.reason) == ("promotional-credit-1", DiscountReason.PROMOTIONAL_CREDIT)
    assert (applied.invoice.discount, applied.invoice.total.amount_minor) == (Money(1_500, "USD"), 0)
    assert with_terms([line("base", 1_500)], applied.invoice.terms) == applied.invoice.lines


USAGE_ONLY, OTHER = CreditScope(kinds=frozenset({LineKind.USAGE})), CreditScope(meters=frozenset({"other"}))


@pytest.mark.parametrize(
    ("accounts", "total", "paid"),
    [
        ([], "150.00", "0.00"),
        ([account(granted("euros", 9_000), currency="EUR")], "150.00", "0.00"),
        ([account(granted("gift", 9_000, PROMOTIONAL), scope=USAGE_ONLY)], "100.00", "0.00"),
        ([account(granted("bought", 9_000), scope=USAGE_ONLY)], "150.00", "50.00"),
        ([account(granted("gift", 9_000, PROMOTIONAL), scope=OTHER)], "150.00", "0.00"),
        ([account(granted("bought", 1_000), overage_max=2_500)], "150.00", "35.00"),
        (
            [
                account(granted("second", 20_000, PROMOTIONAL), name="b", priority=2),
                account(granted("first", 14_000, PROMOTIONAL), name="a", priority=1),
            ],
            "0.00",
            "0.00",
        ),
    ],
)  # fmt: skip
def test_a_wallet_pays_what_it_covers_in_its_currency(accounts: list[WalletAccount], total: str, paid: str) -> None:
    applied = apply_credit(invoice(line("base", 10_000), line("calls", 5_000, "calls")), accounts)

    assert (str(applied.invoice.total), str(applied.paid)) == (total, paid)


@pytest.mark.parametrize(
    ("grants", "scope", "net", "paid"),
    [
        ([granted("gift", 90_000, PROMOTIONAL)], CreditScope(), "0.00", "0.00"),
        ([granted("gift", 90_000, PROMOTIONAL)], USAGE_ONLY, "49.00", "0.00"),
        ([granted("gift", 2_000, PROMOTIONAL), granted("bought", 90_000)], USAGE_ONLY, "179.00", "130.00"),
    ],
)
def test_credit_takes_no_more_of_usage_than_is_not_billed_before(
    grants: list[CreditGrant], scope: CreditScope, net: str, paid: str
) -> None:
    usage = line("calls", 25_000, "calls")
    lines = less_billed([line("base", 4_900), usage], [line("calls", 10_000, "calls")])

    applied = apply_credit(invoice(*lines), [account(*grants, scope=scope)])

    assert (str(applied.invoice.net), str(applied.paid)) == (net, paid)


def test_a_wallet_that_comes_later_gives_the_rest() -> None:
    first = account(granted("first", 14_000, PROMOTIONAL), name="a", priority=1)
    second = account(granted("second", 20_000, PROMOTIONAL), name="b", priority=2)

    applied = apply_credit(invoice(line("base", 15_000)), [second, first])

    assert told(applied) == ["used 14000 first inv_1", "used 1000 second inv_1"]


def test_what_is_beyond_the_balance_is_overdrawn_as_far_as_the_wallet_allows() -> None:
    overdrawn = account(granted("bought", 1_000), overage_max=2_500)

    applied = apply_credit(invoice(line("base", 10_000)), [overdrawn])
    again = apply_credit(invoice(line("base", 10_000)), list(applied.accounts))

    assert told(applied) == ["used 1000 bought inv_1", "overdrawn 2500 None inv_1"]
    assert (applied.accounts[0].overage, again.paid) == (Money(2_500, "USD"), Money(0, "USD"))


def test_a_credit_to_the_customer_takes_nothing() -> None:
    applied = apply_credit(invoice(line("base", -500)), [account(granted("bought", 1_000))])

    assert (applied.paid.amount_minor, applied.runs) == (0, {})
    assert apply_credit(invoice(), [account(granted("bought", 1_000))]).runs == {}


@given(
    amounts=st.lists(st.integers(-2_000, 20_000), max_size=4),
    gifts=st.lists(st.tuples(st.integers(1, 9_000), st.booleans()), max_size=3),
    bought=st.integers(1, 9_000),
)
def test_what_moves_in_wallets_is_what_the_invoice_says(
    amounts: list[int], gifts: list[tuple[int, bool]], bought: int
) -> None:
    accounts = [
        account(granted(f"gift{n}", amount, PROMOTIONAL), name=f"w{n}", scope=USAGE_ONLY if scoped else CreditScope())
        for n, (amount, scoped) in enumerate(gifts)
    ]
    lines = [line(f"p{n}", amount, "calls" if n % 2 else None) for n, amount in enumerate(amounts)]

    applied = apply_credit(invoice(*lines, tax="19"), [*accounts, account(granted("bought", bought), name="z")])

    moved: Counter[str] = Counter()
    for run in applied.runs.values():
        for one in run.movements:
            moved["paid" if one.grant == "bought" else "promotional"] += int(one.amount)
    assert moved["promotional"] == applied.invoice.discount.amount_minor
    assert moved["paid"] == applied.paid.amount_minor
    assert applied.due.amount_minor >= min(0, applied.invoice.total.amount_minor)


def test_what_was_due_happens_in_order_until_now() -> None:
    resets = BillingSchedule(at("2026-01-15"), MONTHLY, NEW_YORK)
    opened = WalletAccount(
        wallet(resets=resets),
        (granted("rolls", 100, roll_over=RollOver(Decimal(40))), granted("ends", 30, expires_at=at("2026-01-20"))),
        CreditBalances(OPENED),
    )

    current, run = opened.brought_to(at("2026-02-20"))

    assert [f"{one.kind} {one.amount} {one.grant} {one.at:%m-%d}" for one in run.movements] == [
        "granted 30 ends 01-01",
        "granted 100 rolls 01-01",
        "expired 60 rolls 01-15",
        "expired 30 ends 01-20",
    ]
    assert (current.balance, current.balance_of(PROMOTIONAL)) == (Money(40, "USD"), Money(0, "USD"))
    assert current.brought_to(OPENED) == (current, BurnDown(current.balances, (), current.balances))


def test_a_wallet_is_told_as_it_was_before() -> None:
    grants = (
        granted("rolls", 100, roll_over=RollOver(Decimal(40))),
        granted("ends", 30, expires_at=at("2026-01-20")),
        granted("later", 50, effective_at=at("2026-01-18")),
    )
    opened = WalletAccount(wallet(resets=MID_MONTH), grants, CreditBalances(OPENED))
    tenth, first = opened.brought_to(at("2026-01-10"))
    used, second = tenth.used(CreditUse("inv_1", at("2026-01-10"), Decimal(160)))
    closing, third = used.brought_to(at("2026-02-20"))
    moved = first.movements + second.movements + third.movements

    def before(instant: str) -> WalletAccount:
        return closing.before(at(instant), [one for one in moved if one.at >= at(instant)])

    assert before("2026-01-10").brought_to(at("2026-01-10"))[0] == tenth
    assert before("2026-01-11").brought_to(at("2026-02-20"))[0] == closing
    assert before("2026-01-11").overage == Money(30, "USD")
    assert before("2026-03-01") is closing


@pytest.mark.parametrize(
    ("more", "left", "spent"),
    [
        ({}, None, False),
        ({}, "5", False),
        ({}, "0", True),
        ({"refills": BillingSchedule(OPENED, MONTHLY, NEW_YORK)}, "0", False),
        ({"roll_over": RollOver(Decimal(5), Decimal(1))}, "0", False),
        ({"roll_over": RollOver(Decimal(5), Decimal(1)), "expires_at": at("2026-01-10")}, "0", True),
        ({"expires_at": at("2026-01-10")}, "5", False),
        ({"expires_at": at("2026-02-10")}, None, False),
        ({"effective_at": at("2026-02-01"), "voided_at": at("2026-01-05")}, None, True),
    ],
)
def test_a_grant_is_spent_when_it_gives_nothing_any_more(
    more: dict[str, object], left: str | None, spent: bool
) -> None:
    grant = granted("one", 10, **more)
    balances = CreditBalances(at("2026-01-20"), {} if left is None else {"one": Decimal(left)})

    assert WalletAccount(wallet(), (grant,), balances).is_spent(grant) is spent


def test_a_revoked_grant_is_void_and_owed_by_the_others_first() -> None:
    grants = (granted("bounced", 100, priority=1), granted("other", 15, priority=2))
    begun, _ = WalletAccount(wallet(), grants, CreditBalances(OPENED)).brought_to(at("2026-01-10"))
    used, _ = begun.used(CreditUse("inv_1", at("2026-01-10"), Decimal(40)))

    after, run = used.revoked("bounced", Decimal(40))

    assert [f"{one.kind} {one.amount} {one.grant} {one.cause}" for one in run.movements] == [
        "voided 60 bounced revoked:bounced",
        "clawed_back 40 None revoked:bounced",
        "recovered 15 other revoked:bounced",
    ]
    assert (after.balance, after.overage) == (Money(0, "USD"), Money(25, "USD"))
    assert [one.revoked_at for one in after.grants] == [at("2026-01-10"), None]
    assert after.brought_to(at("2026-02-10"))[1].movements == ()


def test_overage_is_forgiven_by_a_reset_also_without_grants() -> None:
    owing = CreditBalances(OPENED, {}, {"inv_1": Decimal(5)})

    assert WalletAccount(wallet(resets=MID_MONTH), (), owing).next_due_at() == MID_MONTH.first_boundary_after(OPENED)
    assert WalletAccount(wallet(resets=MID_MONTH), (), CreditBalances(OPENED)).next_due_at() is None


MID_MONTH = BillingSchedule(at("2026-01-15"), MONTHLY, NEW_YORK)
MONTHLY_FILLED = BillingSchedule(at("2026-01-10"), MONTHLY, NEW_YORK)


@pytest.mark.parametrize(
    ("grants", "resets", "due"),
    [
        ([], None, None),
        ([], MONTHLY_FILLED, None),
        ([granted("g", 1)], None, None),
        ([granted("g", 1)], MONTHLY_FILLED, "2026-02-10"),
        ([granted("g", 1, expires_at=at("2026-03-01"))], None, "2026-03-01"),
        ([granted("g", 1, effective_at=at("2026-02-05"), expires_at=at("2026-03-01"))], None, "2026-02-05"),
        ([granted("g", 1, refills=MONTHLY_FILLED, expires_at=at("2026-03-01"))], None, "2026-02-10"),
        ([granted("g", 1, refills=MONTHLY_FILLED, expires_at=at("2026-02-05"))], None, "2026-02-05"),
        ([granted("g", 1, expires_at=at("2026-01-05"))], None, None),
        ([granted("g", 1, effective_at=at("2026-03-01"), voided_at=OPENED)], None, None),
    ],
)
def test_a_wallet_knows_when_something_happens_next(
    grants: list[CreditGrant], resets: BillingSchedule | None, due: str | None
) -> None:
    found = account(*grants, resets=resets).next_due_at()

    assert found == (due and at(due))


def test_a_grant_given_late_is_due_at_once() -> None:
    assert account().granted(granted("late", 5)).next_due_at() == OPENED


def test_one_grant_is_voided_and_the_others_stay() -> None:
    both = account(granted("a", 100), granted("b", 50))

    voided, run = both.voided(CreditVoid("v", NOW, Decimal(50)), "b")

    assert [one.grant for one in run.movements] == ["b"]
    assert voided.voided(CreditVoid("v2", NOW, Decimal(101)))[1].refused[0].available == 100
    assert voided.without("b").brought_to(at("2026-03-01"))[0].balance == Money(100, "USD")


def test_an_amount_of_credits_is_worth_the_rate_of_its_wallet() -> None:
    assert wallet(rate=Decimal("0.125")).worth(Decimal("7")) == Money(88, "USD")
    assert wallet(rate=Decimal("0.125")).worth_of_named(Decimal("7")) == Money(88, "USD")


def test_credits_that_are_money_have_no_more_places_than_money() -> None:
    assert wallet().worth_of_named(Decimal("7.50")) == Money(750, "USD")
    with pytest.raises(InvalidValue, match=r"7\.505 has more places than USD"):
        wallet().worth_of_named(Decimal("7.505"))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"key": "Main"}, "key: 'Main' is not a key"),
        ({"name": " "}, "name: is empty"),
        ({"priority": 0}, "priority: 0 is not 1 to 255"),
        ({"rate": Decimal(0)}, "rate: 0 is not above 0"),
        ({"overage_max": -1}, "overage_max: -1 is below 0"),
    ],
)
def test_a_wallet_that_could_not_pay_is_refused(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidDefinition, match=message):
        replace(wallet(), **wrong)  # type: ignore[arg-type]


LEDGER = [
    (PAID, K.GRANTED, [("prepayments:UA", "customer_credit:UA")]),
    (PAID, K.USED, [("customer_credit:UA", "receivables:UA")]),
    (PAID, K.RECOVERED, [("customer_credit:UA", "credit_overage:UA")]),
    (PAID, K.VOIDED, [("customer_credit:UA", "prepayments:UA")]),
    (PAID, K.EXPIRED, [("customer_credit:UA", "breakage")]),
    (PAID, K.OVERDRAWN, [("credit_overage:UA", "receivables:UA")]),
    (PAID, K.CLAWED_BACK, [("credit_overage:UA", "prepayments:UA")]),
    (PAID, K.FORGIVEN, [("credit_given_away", "credit_overage:UA")]),
    (PAID, K.RETURNED, [("receivables:UA", "customer_credit:UA")]),
    (PROMOTIONAL, K.RETURNED, [("promotional_grants:UA", "promotional_credit:UA")]),
    (PROMOTIONAL, K.GRANTED, [("promotional_grants:UA", "promotional_credit:UA")]),
    (PROMOTIONAL, K.USED, [("promotional_credit:UA", "promotional_grants:UA")]),
    (PROMOTIONAL, K.VOIDED, [("promotional_credit:UA", "promotional_grants:UA")]),
    (PROMOTIONAL, K.EXPIRED, [("promotional_credit:UA", "promotional_grants:UA")]),
    (
        PROMOTIONAL,
        K.RECOVERED,
        [("promotional_credit:UA", "promotional_grants:UA"), ("credit_given_away", "credit_overage:UA")],
    ),
]


@pytest.mark.parametrize(("category", "kind", "pairs"), LEDGER)
def test_every_movement_is_a_transfer(
    category: CreditCategory, kind: MovementKind, pairs: list[tuple[str, str]]
) -> None:
    # Overage is of no grant.
    of_grant = None if kind in {K.OVERDRAWN, K.CLAWED_BACK, K.FORGIVEN} else "g"
    movement = CreditMovement(NOW, kind, Decimal(250), of_grant, "inv_1")

    (entry,) = credit_entries(wallet(), [granted("g", 1_000, category)], CreditBalances(NOW), [movement], 7, NOW)

    assert [(one.debit_account, one.credit_account) for one in entry.transfers] == pairs
    assert {(str(one.amount), one.source) for one in entry.transfers} == {("2.50", "w/7")}


def test_overage_that_is_returned_is_owed_no_more() -> None:
    movement = CreditMovement(NOW, K.RETURNED, Decimal(250), None, "inv_1")

    (entry,) = credit_entries(wallet(), [], CreditBalances(NOW), [movement], 1, NOW)

    assert [(one.debit_account, one.credit_account) for one in entry.transfers] == [
        ("receivables:UA", "credit_overage:UA")
    ]


def test_what_paid_a_void_invoice_comes_back() -> None:
    before = account(granted("bought", 1_000, expires_at=at("2026-02-10")), overage_max=2_500)
    overdrawn = apply_credit(invoice(line("base", 10_000)), [before]).accounts[0]
    topped_up = overdrawn.granted(granted("later", 2_000, effective_at=at("2026-02-05")))
    current, run = topped_up.brought_to(at("2026-02-10"))
    taken = [CreditMovement(NOW, K.USED, Decimal(1_000), "bought", "inv_1")]
    taken += [CreditMovement(NOW, K.OVERDRAWN, Decimal(2_500), None, "inv_1"), *run.takings]

    after, back = current.given_back("inv_1", taken)

    assert [f"{one.kind} {one.amount} {one.grant}" for one in back.movements] == [
        "returned 1000 bought",
        "returned 500 None",
        "returned 2000 later",
        "expired 1000 bought",
    ]
    assert (str(after.balance), str(after.overage)) == ("20.00", "0.00")
    assert after.given_back("inv_1", (*taken, *back.movements[:-1]))[1].movements == ()


def test_movements_of_several_days_are_booked_on_theirs() -> None:
    movements = [CreditMovement(at(day), K.EXPIRED, Decimal(1), "g") for day in ("2026-01-30", "2026-01-31 09:00")]
    movements.append(CreditMovement(at("2026-01-31 10:00"), K.EXPIRED, Decimal(1), "g"))

    entries = credit_entries(wallet(), [], CreditBalances(NOW), movements, 3, NOW)

    assert [(one.key, one.accounting_day.day, len(one.transfers)) for one in entries] == [
        ("credit:w/3", 30, 1),
        ("credit:w/4", 31, 2),
    ]


@given(grants=grant_lists(), events=event_lists())
def test_the_books_stand_at_what_the_wallet_has(grants: list[CreditGrant], events: list[CreditEvent]) -> None:
    whole = [replace(one, amount=one.amount * 4, roll_over=None) for one in grants]
    run = burn_down(whole, [_whole(event) for event in events], at("2026-02-01"))

    stands: Counter[str] = Counter()
    for entry in credit_entries(wallet(), whole, run.opening, run.movements, 1, NOW):
        for transfer in entry.transfers:
            stands[transfer.debit_account] += transfer.amount.amount_minor
            stands[transfer.credit_account] -= transfer.amount.amount_minor
    assert -stands["customer_credit:UA"] == run.closing.balance
    assert stands["credit_overage:UA"] == run.closing.overage


def _whole(event: CreditEvent) -> CreditEvent:
    """The same event in whole minor units."""
    return event if isinstance(event, CreditReset) else replace(event, amount=event.amount * 4)


def test_a_use_of_one_category_leaves_the_others() -> None:
    used, _ = account(granted("gift", 50, PROMOTIONAL), granted("bought", 50)).used(
        CreditUse("inv_1", NOW, Decimal(20)), PAID
    )

    assert (used.balance_of(PROMOTIONAL).amount_minor, used.balance_of(PAID).amount_minor) == (50, 30)


def test_a_grant_is_taken_back_whole_and_the_others_pay_what_was_used_of_it() -> None:
    used, _ = account(granted("a", 300), granted("b", 100)).used(CreditUse("inv_1", NOW, Decimal(50)))

    revoked, run = used.revoked("a", Decimal(50))

    assert [(one.kind, one.amount, one.grant) for one in run.movements] == [
        (K.VOIDED, 250, "a"),
        (K.CLAWED_BACK, 50, None),
        (K.RECOVERED, 50, "b"),
    ]
    assert [one.revoked_at for one in revoked.grants] == [NOW, None]
    assert revoked.balance == Money(50, "USD")


def test_a_customers_own_wallet_is_named_for_its_currency() -> None:
    assert own_wallet_key("EUR") == "eur"
