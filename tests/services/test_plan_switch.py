"""What a switch would come to: every customer, open invoice and balance, with what is in the way."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from gateway.core.errors import NotFound
from gateway.core.money import Money
from gateway.core.switching import (
    CreditThatStays,
    OpenInvoice,
    OpenState,
    PlannedCustomer,
    Presence,
    Problem,
    ProblemKind,
    Severity,
)
from gateway.plugin_api import (
    CreditDisposition,
    CustomerStanding,
    DocumentKind,
    ExternalAccount,
    NeedsAttention,
    PaymentMethod,
    Retryable,
)
from gateway.plugin_guard import GuardedProvider, guarded
from gateway.services.follow_provider import apply_changes
from gateway.services.grant_credit import give_to_wallet
from gateway.services.installation import Installation
from gateway.services.plan_switch import plan_switch
from gateway.testing import credit_note_document, customer_document
from tests.services.switching import TwoProviders, instead
from tests.support import FixedClock


@pytest.fixture
def world(installation: Installation, clock: FixedClock) -> TwoProviders:
    return TwoProviders.of(installation, clock, customers=2)


@pytest.fixture
def sqlite_world(sqlite_installation: Installation, clock: FixedClock) -> TwoProviders:
    return TwoProviders.of(sqlite_installation, clock)


def kinds(planned: PlannedCustomer) -> list[ProblemKind]:
    return [problem.kind for problem in planned.problems]


def told(world: TwoProviders, **members: Any) -> GuardedProvider:
    """The new provider, which says something else."""
    return guarded(instead(world.new, **members))


def without(world: TwoProviders, **capabilities: Any) -> GuardedProvider:
    """The new provider, which declares less."""
    return told(world, capabilities=replace(world.new.capabilities, **capabilities))


def raising(error: Exception) -> Callable[..., Any]:
    def call(*_: object) -> object:
        raise error

    return call


def test_a_customer_that_is_not_there_would_be_made_and_has_nothing_to_pay_by(world: TwoProviders) -> None:
    plan = world.plan()
    assert [(each.customer, each.from_connection, each.presence) for each in plan.customers] == [
        ("acme-1", "main", Presence.MISSING),
        ("acme-2", "main", Presence.MISSING),
    ]
    assert kinds(plan.customers[0]) == [ProblemKind.PAYMENT_METHOD_MISSING]
    assert (plan.blocked, len(plan.warned), plan.count_of(Presence.MISSING)) == ([], 2, 2)
    assert world.at_new() == [], "nothing is made"


def test_a_customer_that_carries_our_id_is_found_and_one_that_moved_is_known(world: TwoProviders) -> None:
    there = world.new.put_customer(customer_document(id="cus_1"), "by hand")
    assert (world.plan().customers[0].presence, world.plan().customers[0].ref) == (Presence.FOUND, there.ref)
    world.begin()
    world.deliver_all()
    world.begin("main")
    world.deliver_all("main")
    assert [each.presence for each in world.plan().customers] == [Presence.KNOWN] * 2


def test_customers_that_are_there_are_not_in_the_plan(world: TwoProviders) -> None:
    world.begin(customers=["acme-1"])
    world.deliver_all()
    assert [each.customer for each in world.plan().customers] == ["acme-2"]
    assert world.plan(customers=["acme-1"]).customers == ()


def test_open_invoices_stay_where_they_are(world: TwoProviders) -> None:
    for number in (1, 2, 3):
        world.finalize(number)
    world.deliver("main")
    world.deliver("main")
    world.old.pay(world.old.documents(DocumentKind.INVOICE)[0].ref)
    apply_changes(world.installation, "main", world.old)
    found = world.plan().invoices
    assert [(each.customer, each.connection, each.state) for each in found] == [
        ("acme-1", "main", OpenState.UNPAID),
        ("acme-1", "main", OpenState.PENDING),
    ]
    assert isinstance(found[0], OpenInvoice)
    assert found[0].total == Money(1250, "EUR")


def test_credit_of_wallets_goes_on_as_before(world: TwoProviders) -> None:
    world.installation.storage.transact(
        lambda unit: give_to_wallet(unit, world.installation, "acme-2", Money(700, "EUR"), "agreed")
    )
    plan = world.plan()
    assert plan.credits == (CreditThatStays("acme-2", Money(700, "EUR")),)
    assert ProblemKind.BALANCE_STAYS not in kinds(plan.customers[1])


def test_a_balance_at_the_old_provider_stays_there(world: TwoProviders) -> None:
    world.finalize(1)
    world.deliver("main")
    [invoice], [customer, *_] = (world.old.documents(kind) for kind in (DocumentKind.INVOICE, DocumentKind.CUSTOMER))
    world.old.pay(invoice.ref)
    world.old.put_credit_note(credit_note_document(invoice, customer.ref, 500, CreditDisposition.BALANCE), "credit")
    plan = world.plan()
    assert plan.credits == (CreditThatStays("acme-1", Money(500, "EUR"), "main"),)
    assert kinds(plan.customers[0]) == [ProblemKind.PAYMENT_METHOD_MISSING, ProblemKind.BALANCE_STAYS]


def test_an_old_provider_that_does_not_tell_balances_has_to_be_looked_at(sqlite_world: TwoProviders) -> None:
    world = sqlite_world
    world.finalize(1)
    world.deliver("main")
    silent = guarded(instead(world.old, capabilities=replace(world.old.capabilities, tells_standing=False)))
    problems = world.plan(main=silent).customers[0].problems
    assert [each.kind for each in problems] == [ProblemKind.PAYMENT_METHOD_MISSING, ProblemKind.BALANCE_UNKNOWN]
    assert problems[1].remedy.startswith("look at main whether the customer has a balance")


def test_a_currency_that_is_not_enabled_blocks(sqlite_installation: Installation, clock: FixedClock) -> None:
    world = TwoProviders.of(sqlite_installation, clock, currencies=frozenset({"USD"}))
    plan = world.plan()
    assert [each.customer for each in plan.blocked] == ["acme-1"]
    assert plan.customers[0].blocking == (
        Problem(ProblemKind.CURRENCY_NOT_ENABLED, "new does not have EUR enabled", "enable EUR at new"),
    )


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"currencies": frozenset({"USD"})}, [ProblemKind.CURRENCY_NOT_ENABLED]),
        ({"currencies": frozenset({"EUR"})}, []),
        ({"tells_account": False}, [ProblemKind.CURRENCY_UNKNOWN]),
        ({"tells_account": False, "currencies": frozenset({"EUR"})}, [ProblemKind.CURRENCY_UNKNOWN]),
        ({"tells_account": False, "currencies": frozenset({"USD"})}, [ProblemKind.CURRENCY_NOT_ENABLED]),
    ],
)
def test_what_the_plugin_declares_and_the_account_says_of_currencies(
    sqlite_world: TwoProviders, changes: dict[str, Any], found: list[ProblemKind]
) -> None:
    planned = sqlite_world.plan(new=without(sqlite_world, **changes)).customers[0]
    assert kinds(planned) == [*found, ProblemKind.PAYMENT_METHOD_MISSING]


@pytest.mark.parametrize(
    ("account", "message"),
    [
        (lambda: ExternalAccount("a"), None),
        (raising(Retryable("no answer")), "Nobody knows whether new has EUR enabled: no answer"),
        (lambda: ExternalAccount("a", frozenset({"EUR"})), None),
    ],
)
def test_an_account_that_does_not_say_has_to_be_looked_at(
    sqlite_world: TwoProviders, account: Callable[[], ExternalAccount], message: str | None
) -> None:
    problems = sqlite_world.plan(new=told(sqlite_world, account=account)).customers[0].problems
    assert [each.message for each in problems if each.kind is ProblemKind.CURRENCY_UNKNOWN] == (
        [message] if message else []
    )


@pytest.mark.parametrize(
    ("method", "kind", "message"),
    [
        (None, ProblemKind.PAYMENT_METHOD_MISSING, "Nothing to pay by at new"),
        (PaymentMethod("card", False, "the card has expired"), ProblemKind.PAYMENT_METHOD_UNUSABLE, "the card has exp"),
        (PaymentMethod("sepa_debit", None, "no mandate"), ProblemKind.PAYMENT_METHOD_UNKNOWN, "no mandate"),
        (PaymentMethod("card"), None, ""),
    ],
)
def test_by_what_a_customer_would_pay(
    sqlite_world: TwoProviders, method: PaymentMethod | None, kind: ProblemKind | None, message: str
) -> None:
    world = sqlite_world
    world.new.put_customer(customer_document(id="cus_1"), "by hand")
    planned = world.plan(new=told(world, customer_standing=lambda _: CustomerStanding(method))).customers[0]
    assert kinds(planned) == ([kind] if kind else [])
    assert all(message in each.message and each.severity is Severity.WARNS for each in planned.problems)


def test_a_plugin_that_does_not_tell_by_what_customers_pay_has_to_be_looked_at(sqlite_world: TwoProviders) -> None:
    world = sqlite_world
    world.new.put_customer(customer_document(id="cus_1"), "by hand")
    [problem] = world.plan(new=without(world, tells_standing=False)).customers[0].problems
    assert problem == Problem(
        ProblemKind.PAYMENT_METHOD_UNKNOWN,
        "new does not say: The provider does not support telling how a customer stands",
        "check by hand at new by what the customer pays",
    )


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (NeedsAttention("There are two", "delete one"), "delete one"),
        (Retryable("no answer"), "plan again once it answers"),
    ],
)
def test_a_customer_that_cannot_be_looked_up_is_blocked(
    sqlite_world: TwoProviders, error: Exception, remedy: str
) -> None:
    planned = sqlite_world.plan(new=told(sqlite_world, find=raising(error))).customers[0]
    assert (planned.presence, planned.is_blocked) == (Presence.UNKNOWN, True)
    assert planned.blocking[0].remedy == remedy


def test_a_provider_that_is_not_asked_leaves_everything_unknown(sqlite_world: TwoProviders) -> None:
    planned = sqlite_world.plan("third").customers[0]
    assert (planned.presence, kinds(planned)) == (Presence.UNKNOWN, [ProblemKind.CURRENCY_UNKNOWN])


def test_a_customer_or_connection_that_is_not_known_is_refused(sqlite_world: TwoProviders) -> None:
    with pytest.raises(NotFound, match="There is no connection 'nowhere'; choose one of main, new, third"):
        sqlite_world.plan("nowhere")
    with pytest.raises(NotFound, match="Customer 'nobody' does not exist"):
        sqlite_world.plan(customers=["nobody"])


def test_progress_is_told(sqlite_world: TwoProviders) -> None:
    steps: list[tuple[int, int]] = []
    plan_switch(
        sqlite_world.installation, "new", sqlite_world.provider, None, lambda done, total: steps.append((done, total))
    )
    assert steps == [(0, 1), (1, 1)]
