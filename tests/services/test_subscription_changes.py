"""Changes of subscriptions: what was used is billed by what held then, and nothing that was billed changes."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from gateway.core.errors import (
    CurrencyMismatch,
    GatewayError,
    IllegalTransition,
    InvalidDefinition,
    KeyReused,
    NotFound,
)
from gateway.core.invoicing.credit_notes import CreditItem, Disposition
from gateway.core.invoicing.discounts import Coupon, CouponDuration, Discount, Percent
from gateway.core.invoicing.taxes import TaxRate
from gateway.core.money import Money
from gateway.core.ports.billing_terms import TaxScope
from gateway.core.subscriptions.subscription import Subscription, SubscriptionStatus
from gateway.services.cancel_subscription import cancel_subscription
from gateway.services.change_plan import change_plan
from gateway.services.coupons_and_taxes import create_coupon, redeem_coupon, set_tax_rates
from gateway.services.credit_invoice import CreditExceeded, CreditRequest, credit_invoice
from gateway.services.customers import KeyTaken, SubscriptionRequest, subscribe
from gateway.services.end_trial import end_trial
from gateway.services.explain import explain_line
from gateway.services.installation import Installation
from gateway.services.move_subscribers import Move, move_subscribers
from gateway.services.pause_subscription import pause_subscription
from gateway.services.reactivate_subscription import reactivate_subscription
from gateway.services.record_phases import Change, Moment, When
from gateway.services.replay_invoice import replay_invoice
from gateway.services.resume_subscription import resume_subscription
from tests.services.billing import FEBRUARY, JANUARY, MARCH, Company, amounts, document

FEBRUARY_15 = datetime(2026, 2, 15, tzinfo=UTC)
FEBRUARY_22 = datetime(2026, 2, 22, tzinfo=UTC)
APRIL = datetime(2026, 4, 1, tzinfo=UTC)
UNUSED = [("calls", "0", "0.00"), ("users", "0", "0.00")]


def offers(**max_terms: Any) -> dict[str, Any]:
    """The plan `pro`, and a dearer one."""
    definitions = document()
    prices = [
        {"key": "base", "name": "Base fee", "model": "flat", "amount": "99.00", "timing": "in_advance"},
        {"key": "calls", "name": "Calls", "meter": "calls", "model": "per_unit", "unit_amount": "0.50"},
    ]
    plan = {"key": "max", "name": "Max", "currency": "USD", "interval": "month", "prices": prices}
    definitions["plans"].append(plan | max_terms)
    return definitions


def change(subscription: Subscription, when: When = Moment.NOW, key: str = "k", **terms: Any) -> Change:
    return Change(subscription.id, when, "key_1", key, **terms)


@pytest.fixture
def subscribed(sqlite_company: Company) -> tuple[Company, Subscription]:
    """A subscription of `pro` since January, billed up to 1 February."""
    sqlite_company.define(offers())
    subscription = sqlite_company.sign()
    sqlite_company.bill(FEBRUARY)
    return sqlite_company, subscription


def bills(company: Company) -> list[tuple[str, str, list[tuple[str, str, str]]]]:
    """Day, plan and lines of all invoices."""
    return [(each.issued_on.isoformat()[5:], each.plan, amounts(each)) for each in company.invoices()]


def test_a_change_of_plan_bills_what_was_used_and_prorates_the_fees(company: Company) -> None:
    company.define(offers())
    subscription = company.sign()
    company.bill(FEBRUARY)
    company.clock.set(FEBRUARY_15)
    company.call("2026-02-10T00:00:00Z", times=2)

    change_plan(company.installation, change(subscription), "max")
    company.call("2026-02-15T00:00:00Z", times=10)
    company.bill(MARCH)

    assert bills(company)[2:] == [
        (
            "02-15",
            "pro",
            [("base", "1", "-24.50"), ("calls", "2", "3.00"), ("users", "1", "4.00")],
        ),
        ("02-15", "max", [("base", "1", "49.50")]),
        ("03-01", "max", [("base", "1", "99.00"), ("calls", "10", "5.00")]),
    ]


@pytest.mark.parametrize(
    ("duration", "given_back", "charged"),
    [(CouponDuration.ONCE, "-22.05", "49.50"), (CouponDuration.FOREVER, "-22.05", "44.55")],
)
def test_what_comes_back_of_a_fee_is_what_was_left_of_it_by_a_coupon(
    company: Company, duration: CouponDuration, given_back: str, charged: str
) -> None:
    company.define(offers())
    subscription = company.sign()
    company.bill(JANUARY)
    tenth = Coupon(Discount("tenth", Percent(Decimal(10)), frozenset({"base"})), duration)
    create_coupon(company.installation, tenth, "ada", "create")
    redeem_coupon(company.installation, "tenth", "acme", "ada", "redeem")
    company.bill(FEBRUARY)
    company.clock.set(FEBRUARY_15)

    change_plan(company.installation, change(subscription), "max")
    company.bill()

    closing, opening = company.invoices()[2:]
    assert [str(line.net.amount) for line in (closing.lines[0], *opening.lines)] == [given_back, charged]
    assert closing.lines[0].exact_net_minor == Decimal(given_back) * 100
    replayed = company.read(lambda unit: replay_invoice(unit, closing)).invoice
    assert (replayed.inputs_hash, replayed.lines) == (closing.inputs_hash, closing.lines)


def test_what_comes_back_of_a_fee_carries_the_tax_that_the_fee_had(
    subscribed: tuple[Company, Subscription],
) -> None:
    company, subscription = subscribed
    rates = (TaxRate("vat", Decimal(20)),)
    set_tax_rates(company.installation, TaxScope.CUSTOMER, "acme", rates, "ada", "vat")
    company.clock.set(FEBRUARY_15)

    change_plan(company.installation, change(subscription), "max")
    company.bill()

    closing, opening = company.invoices()[-2:]
    assert [str(closing.lines[0].tax), str(opening.lines[0].tax)] == ["0.00", "9.90"]
    replayed = company.read(lambda unit: replay_invoice(unit, closing)).invoice
    assert replayed.lines == closing.lines


def test_a_fee_that_was_credited_does_not_come_back_again(subscribed: tuple[Company, Subscription]) -> None:
    company, subscription = subscribed
    [billed] = [each for each in company.invoices() if each.issued_on.month == 2]
    fee = next(ordinal for ordinal, line in enumerate(billed.lines) if line.price == "base")
    items = (CreditItem(fee, Money(4_000, "USD")),)
    request = CreditRequest(billed.id, "Outage", Disposition.RECEIVABLE, items)
    credit_invoice(company.installation, request, "ada", "credit")
    company.clock.set(FEBRUARY_15)

    change_plan(company.installation, change(subscription), "max")
    company.bill()

    closing = company.invoices()[-2]
    assert str(closing.lines[0].amount) == "-9.00"
    assert "what credit notes have left of it, makes -9.00 USD" in (
        explain_line(company.installation, closing.id, 0).sentence
    )


def test_a_fee_that_came_back_cannot_be_credited_again(subscribed: tuple[Company, Subscription]) -> None:
    company, subscription = subscribed
    [billed] = [each for each in company.invoices() if each.issued_on.month == 2]
    fee = next(ordinal for ordinal, line in enumerate(billed.lines) if line.price == "base")
    company.clock.set(FEBRUARY_15)
    change_plan(company.installation, change(subscription), "max")
    company.bill()
    asked = CreditRequest(billed.id, "Outage", Disposition.RECEIVABLE, (CreditItem(fee, Money(2_451, "USD")),))

    with pytest.raises(CreditExceeded, match=r"has 24\.50 USD left to credit, not 24\.51"):
        credit_invoice(company.installation, asked, "ada", "credit")


def test_by_day_the_day_of_a_change_belongs_to_the_new_plan(sqlite_company: Company) -> None:
    company = sqlite_company
    by_day = offers(proration="day")
    by_day["plans"][0]["proration"] = "day"
    company.define(by_day)
    subscription = company.sign()
    company.bill(FEBRUARY)
    company.clock.set(datetime(2026, 2, 15, 18, 30, tzinfo=UTC))

    change_plan(company.installation, change(subscription), "max")
    company.bill()

    assert bills(company)[2:] == [
        ("02-15", "pro", [("base", "1", "-24.50"), *UNUSED, ("minimum", "1", "5.00")]),  # 14 of 28 days
        ("02-15", "max", [("base", "1", "49.50")]),
    ]


def test_every_invoice_around_a_change_replays_to_itself(subscribed: tuple[Company, Subscription]) -> None:
    company, subscription = subscribed
    company.clock.set(FEBRUARY_15)
    company.call("2026-02-10T00:00:00Z", times=2)
    change_plan(company.installation, change(subscription), "max")
    company.bill(MARCH)

    for invoice in company.invoices():
        replayed = company.read(lambda unit, invoice=invoice: replay_invoice(unit, invoice)).invoice
        assert (replayed.inputs_hash, replayed.lines) == (invoice.inputs_hash, invoice.lines)


def test_what_comes_back_is_explained(subscribed: tuple[Company, Subscription]) -> None:
    company, subscription = subscribed
    company.clock.set(FEBRUARY_15)
    change_plan(company.installation, change(subscription), "max")
    company.bill()

    closing = next(each for each in company.invoices() if each.issued_on.day == 15 and each.plan == "pro")

    assert explain_line(company.installation, closing.id, 0).sentence == (
        "Base fee, unused for 15 to 28 February 2026: -49.00 for a whole period, 1/2 of it for a part of the period,"
        " makes -24.50 USD."
    )


def test_a_change_at_renewal_bills_whole_periods(subscribed: tuple[Company, Subscription]) -> None:
    company, subscription = subscribed
    company.clock.set(FEBRUARY_15)

    change_plan(company.installation, change(subscription, Moment.RENEWAL), "max")
    company.bill(MARCH)

    assert bills(company)[2:] == [
        ("03-01", "pro", [*UNUSED, ("minimum", "1", "10.00")]),
        ("03-01", "max", [("base", "1", "99.00")]),
    ]


def test_another_interval_begins_a_cycle_of_its_own(subscribed: tuple[Company, Subscription]) -> None:
    company, subscription = subscribed
    yearly = offers(interval="year")
    yearly["plans"][1]["key"] = "yearly"
    company.define(yearly)
    company.clock.set(FEBRUARY_15)

    change_plan(company.installation, change(subscription), "yearly")
    company.bill(datetime(2027, 2, 15, tzinfo=UTC))

    assert [each for each in bills(company) if each[1] == "yearly"] == [
        ("02-15", "yearly", [("base", "1", "99.00")]),
        ("02-15", "yearly", [("base", "1", "99.00"), ("calls", "0", "0.00")]),
    ]


def test_a_pause_bills_nothing_and_belongs_to_nobody(subscribed: tuple[Company, Subscription]) -> None:
    company, subscription = subscribed
    company.clock.set(FEBRUARY_15)
    pause_subscription(company.installation, change(subscription, key="pause"))
    company.clock.set(FEBRUARY_22)
    company.call("2026-02-20T00:00:00Z", times=7)
    resume_subscription(company.installation, change(subscription, key="resume"))
    company.bill(MARCH)

    assert bills(company)[2:] == [
        ("02-15", "pro", [("base", "1", "-24.50"), *UNUSED, ("minimum", "1", "5.00")]),
        ("02-22", "pro", [("base", "1", "12.25")]),
        ("03-01", "pro", [("base", "1", "49.00"), *UNUSED, ("minimum", "1", "2.50")]),
    ]


def test_a_subscription_that_is_cancelled_may_keep_the_fees(subscribed: tuple[Company, Subscription]) -> None:
    company, subscription = subscribed
    company.clock.set(FEBRUARY_15)

    cancel_subscription(company.installation, change(subscription, keeps_fees=True))
    company.bill(APRIL)

    assert bills(company)[2:] == [
        ("02-15", "pro", [*UNUSED, ("minimum", "1", "5.00")]),
    ]


def test_an_end_to_come_can_be_taken_back(subscribed: tuple[Company, Subscription]) -> None:
    company, subscription = subscribed
    company.clock.set(FEBRUARY_15)
    cancel_subscription(company.installation, change(subscription, Moment.RENEWAL, "cancel"))

    reactivate_subscription(company.installation, change(subscription, key="again"))
    company.bill(MARCH)

    assert bills(company)[2:] == [
        ("03-01", "pro", [("base", "1", "49.00"), *UNUSED, ("minimum", "1", "10.00")]),
    ]


def test_a_subscription_begins_again_after_its_end(subscribed: tuple[Company, Subscription]) -> None:
    company, subscription = subscribed
    cancel_subscription(company.installation, change(subscription, FEBRUARY_15, "cancel"))
    company.clock.set(FEBRUARY_22)

    reactivate_subscription(company.installation, change(subscription, key="again"))
    company.bill(FEBRUARY_22)

    assert bills(company)[3:] == [("02-22", "pro", [("base", "1", "12.25")])]


@pytest.mark.parametrize(
    ("bills_usage", "lines"),
    [(False, []), (True, [("02-15", "pro", [("calls", "2", "3.00"), ("users", "1", "4.00")])])],
)
def test_a_trial_bills_no_fees_and_usage_by_choice(
    sqlite_company: Company, bills_usage: bool, lines: list[object]
) -> None:
    company = sqlite_company
    company.define()
    company.clock.set(FEBRUARY_15)
    company.sign(starts_at=FEBRUARY, trial_ends_at=FEBRUARY_15, bills_trial_usage=bills_usage)
    company.call("2026-02-10T00:00:00Z", times=2)

    company.bill(FEBRUARY_15)

    assert [each for each in bills(company) if each not in lines] == [("02-15", "pro", [("base", "1", "24.50")])]
    assert all(each in bills(company) for each in lines)


def test_a_trial_that_is_ended_is_paid_from_then_on(company: Company) -> None:
    company.clock.set(FEBRUARY)
    subscription = company.sign(starts_at=FEBRUARY, trial_ends_at=APRIL)
    company.clock.set(FEBRUARY_15)
    company.call("2026-02-10T00:00:00Z", times=2)
    company.call("2026-02-15T00:00:00Z", times=1)

    assert end_trial(company.installation, change(subscription)) == subscription.id
    assert end_trial(company.installation, change(subscription)) == subscription.id
    with pytest.raises(IllegalTransition, match="is active at 2026-02-15T00:00:00Z and cannot end a trial"):
        end_trial(company.installation, change(subscription, key="again"))
    company.bill(MARCH)

    usage = [("calls", "1", "1.50"), ("users", "1", "4.00")]
    assert bills(company) == [
        ("02-15", "pro", [("base", "1", "24.50")]),
        ("03-01", "pro", [("base", "1", "49.00"), *usage]),
    ]


def test_subscribers_move_to_a_new_version_when_they_are_moved(company: Company) -> None:
    company.define()
    company.sign()
    dearer = document()
    dearer["plans"][0]["prices"][0]["amount"] = "59.00"
    company.define(dearer)
    company.bill(FEBRUARY)

    moved = move_subscribers(company.installation, Move("pro", Moment.RENEWAL, "key_1", "move"))
    company.bill(MARCH)
    again = move_subscribers(company.installation, Move("pro", Moment.RENEWAL, "key_1", "again"))

    assert (moved.version, len(moved.moved), moved.refused) == (2, 1, ())
    assert again.moved == ()
    assert bills(company)[-1] == ("03-01", "pro", [("base", "1", "59.00")])


def test_a_subscriber_that_cannot_move_is_named(subscribed: tuple[Company, Subscription]) -> None:
    company, subscription = subscribed
    company.define(document() | {"plans": [document()["plans"][0] | {"name": "Pro 2"}]})

    found = move_subscribers(company.installation, Move("pro", Moment.NOW, "key_1", "move"))

    assert [(each.subscription_id, each.key) for each in found.refused] == [(subscription.id, "acme/pro")]
    assert "was billed at 2026-02-01T00:00:00Z already" in found.refused[0].reason


def test_the_same_change_again_is_made_once(subscribed: tuple[Company, Subscription]) -> None:
    company, subscription = subscribed
    company.clock.set(FEBRUARY_15)

    done = {change_plan(company.installation, change(subscription), "max") for _ in range(2)}

    history = company.read(lambda unit: unit.definitions.subscription_histories([subscription.id]))[subscription.id]
    assert done == {subscription.id}
    assert [phase.plan for phase in history.phases] == ["pro", "max"]
    with pytest.raises(KeyReused):
        change_plan(company.installation, change(subscription), "pro")


Act = Callable[[Installation, Change], str]


@pytest.mark.parametrize(
    ("act", "when", "error", "message"),
    [
        (pause_subscription, JANUARY, IllegalTransition, "was billed at 2026-02-01T00:00:00Z already"),
        (pause_subscription, FEBRUARY, IllegalTransition, "change it at a later time than that"),
        (resume_subscription, FEBRUARY_15, IllegalTransition, "is active at .* and cannot be resumed"),
        (reactivate_subscription, FEBRUARY_15, IllegalTransition, "goes on anyway; nothing was cancelled"),
    ],
)
def test_a_change_that_cannot_be_is_refused(
    subscribed: tuple[Company, Subscription], act: Act, when: datetime, error: type[GatewayError], message: str
) -> None:
    company, subscription = subscribed

    with pytest.raises(error, match=message):
        act(company.installation, change(subscription, when))


def test_a_plan_in_another_currency_is_refused(subscribed: tuple[Company, Subscription]) -> None:
    company, subscription = subscribed
    euros = offers(currency="EUR")
    euros["plans"][1]["key"] = "euros"
    company.define(euros)

    with pytest.raises(CurrencyMismatch, match="is billed in USD and plan 'euros' in EUR"):
        change_plan(company.installation, change(subscription, FEBRUARY_15), "euros")


def test_a_change_into_a_meter_that_another_subscription_prices_is_refused(
    subscribed: tuple[Company, Subscription],
) -> None:
    company, subscription = subscribed
    cancel_subscription(company.installation, change(subscription, FEBRUARY_15, "cancel"))
    subscribe(company.installation, SubscriptionRequest("acme", "max", FEBRUARY_15))
    company.clock.set(FEBRUARY_22)

    with pytest.raises(InvalidDefinition, match="'acme/max' prices the meter 'calls' from 2026-02-15T00:00:00Z"):
        reactivate_subscription(company.installation, change(subscription, key="again"))


def test_an_unknown_subscription_is_not_found(sqlite_company: Company) -> None:
    with pytest.raises(NotFound, match="Subscription 'sub_none' does not exist"):
        pause_subscription(sqlite_company.installation, Change("sub_none", Moment.NOW, "key_1", "k"))


def test_another_end_of_the_trial_is_another_subscription(sqlite_company: Company) -> None:
    sqlite_company.define()
    first = sqlite_company.sign(trial_ends_at=FEBRUARY)

    assert first.status is SubscriptionStatus.TRIAL
    assert sqlite_company.sign(trial_ends_at=FEBRUARY) == first
    with pytest.raises(KeyTaken):
        sqlite_company.sign(trial_ends_at=MARCH)
