"""The name of a connection stands for one account for ever, and a connection in use cannot be taken away."""

from dataclasses import replace
from pathlib import Path

import pytest

from gateway.core.ports.connections import ConnectionBinding
from gateway.plugin_api import BillingProvider, CredentialsRefused, ExternalAccount, Retryable
from gateway.sandbox import SandboxProvider, SandboxSettings
from gateway.services.bind_connection import bind
from gateway.services.bindings import ConnectionsChanged, require_bound, require_connections
from gateway.services.connection_holds import probe_held
from gateway.services.installation import ConnectedProvider, Installation
from gateway.testing import FakeHost
from gateway.workers.delivery import Delivery
from tests.services.switching import RATE, TwoProviders, instead
from tests.support import FixedClock


@pytest.fixture
def world(installation: Installation, clock: FixedClock) -> TwoProviders:
    return TwoProviders.of(installation, clock, customers=2)


def account(world: TwoProviders, name: str) -> BillingProvider:
    """The old provider, whose credentials are for another account."""
    return instead(world.old, account=lambda: ExternalAccount(name))


def binding(world: TwoProviders) -> ConnectionBinding | None:
    return world.installation.storage.read(lambda unit: unit.connections.bindings()).get("main")


def deliver_one(world: TwoProviders) -> None:
    world.finalize(1)
    world.deliver("main")


def test_a_name_is_bound_to_the_account_it_first_talks_to(world: TwoProviders) -> None:
    assert bind(world.installation, "main", account(world, "acct_1"))
    assert binding(world) == ConnectionBinding("sandbox", "acct_1", world.clock.now())


def test_a_name_is_bound_anew_until_something_is_there(world: TwoProviders) -> None:
    bind(world.installation, "main", account(world, "acct_1"))
    assert bind(world.installation, "main", account(world, "acct_2"))
    deliver_one(world)
    assert not bind(world.installation, "main", account(world, "acct_3"))
    bound = binding(world)
    assert bound is not None
    assert bound.account == "acct_2"


def test_another_account_holds_the_connection_with_the_way_out(world: TwoProviders) -> None:
    bind(world.installation, "main", account(world, "acct_1"))
    deliver_one(world)
    assert not bind(world.installation, "main", account(world, "acct_2"))
    hold = world.installation.storage.read(lambda unit: unit.connections.hold("main"))
    assert hold is not None
    assert hold.reason == "Connection 'main' is the account acct_1 and has documents there, not acct_2"
    assert "`gateway providers switch` brings customers" in hold.remedy
    assert not probe_held(world.installation, "main", account(world, "acct_2"), is_new_process=True)
    assert probe_held(world.installation, "main", account(world, "acct_1"), is_new_process=True)


def test_what_is_not_told_is_filled_in_and_does_not_count(world: TwoProviders) -> None:
    silent = instead(world.old, capabilities=replace(world.old.capabilities, tells_account=False))
    deliver_one(world)
    for provider, known in ((silent, ""), (account(world, ""), ""), (account(world, "acct_1"), "acct_1")):
        assert bind(world.installation, "main", provider)
        bound = binding(world)
        assert bound is not None
        assert bound.account == known
    assert bind(world.installation, "main", silent)
    with pytest.raises(CredentialsRefused):
        require_bound(world.installation.storage, "main", account(world, "acct_2"))


def test_a_provider_that_cannot_tell_for_now_is_left_alone(world: TwoProviders) -> None:
    def fail() -> ExternalAccount:
        raise Retryable("no answer")

    assert not bind(world.installation, "main", instead(world.old, account=fail))
    assert binding(world) is None


def test_a_worker_sends_nothing_to_another_account(world: TwoProviders) -> None:
    bind(world.installation, "main", account(world, "acct_1"))
    deliver_one(world)
    world.finalize(2)
    Delivery(world.installation, "main", account(world, "acct_2")).step()
    assert world.use("main").pending == 1
    world.installation.storage.transact(lambda unit: unit.connections.end_hold("main"))
    Delivery(world.installation, "main", account(world, "acct_1")).step()
    assert world.use("main").pending == 0


def configured(world: TwoProviders, **providers: str) -> Installation:
    found = tuple(ConnectedProvider(name, provider, RATE) for name, provider in providers.items())
    return replace(world.installation, connections=found, connection=next(iter(providers)))


def test_a_connection_with_open_documents_cannot_be_taken_away(world: TwoProviders) -> None:
    deliver_one(world)
    world.begin()
    world.deliver_all()
    require_connections(configured(world, new="sandbox", main="sandbox"))
    with pytest.raises(ConnectionsChanged) as raised:
        require_connections(configured(world, new="sandbox"))
    assert str(raised.value).startswith(
        "[connections.main] is not configured, but 0 customers and 1 open documents (0 to deliver, 0 parked, 1 unpaid)"
        " are there; put it back until `gateway providers list` shows none"
    )


def test_a_connection_with_customers_cannot_be_taken_away(world: TwoProviders) -> None:
    world.begin()
    world.deliver_all()
    with pytest.raises(ConnectionsChanged, match="but 2 customers and 0 open documents"):
        require_connections(configured(world, main="sandbox"))


def test_a_connection_that_nothing_depends_on_may_go(world: TwoProviders) -> None:
    require_connections(configured(world, other="sandbox"))


def test_another_plugin_under_the_same_name_is_refused(world: TwoProviders) -> None:
    bind(world.installation, "main", account(world, "acct_1"))
    require_connections(configured(world, main="stripe"))
    deliver_one(world)
    with pytest.raises(ConnectionsChanged, match="'main' is at sandbox and has documents there, not at stripe: put ba"):
        require_connections(configured(world, main="stripe"))


def test_the_account_of_a_sandbox_is_its_file(world: TwoProviders, tmp_path: Path) -> None:
    first, other = (
        SandboxProvider("main", SandboxSettings(file=str(tmp_path / name)), FakeHost()) for name in ("one", "two")
    )
    bind(world.installation, "main", first)
    deliver_one(world)
    assert bind(world.installation, "main", first)
    assert not bind(world.installation, "main", other)
