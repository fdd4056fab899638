"""Tokens are renewed before they end, by one process at a time, and none is lost or shown."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from gateway_quickbooks import QuickBooksSettings, QuickBooksTarget
from gateway_quickbooks.client import QuickBooksApi
from gateway_quickbooks.token_keeper import TokenKeeper
from gateway_quickbooks.tokens import Tokens

from gateway.plugin_api import ConnectionState, CredentialsRefused, Retryable, StoredState
from gateway.testing import FakeHost, MemoryState
from plugins.quickbooks.tests.conftest import Connect
from plugins.quickbooks.tests.connecting import KEY, journal, told
from plugins.quickbooks.tests.fake_quickbooks import FakeQuickBooks, Loopback
from tests.vendors.loopback import Fault


@dataclass
class Clock:
    """Our own clock, which need not be Intuit's."""

    now: float = 1_000_000

    def __call__(self) -> float:
        return self.now


@dataclass
class Process:
    """What one process of the gateway has: a keeper and a clock of its own; the state is everybody's."""

    loopback: Loopback
    host: FakeHost = field(default_factory=FakeHost)
    clock: Clock = field(default_factory=Clock)
    others: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        settings = QuickBooksSettings.model_validate(told(self.loopback) | self.others)
        self.keeper = TokenKeeper(settings, self.host, QuickBooksApi(settings, self.host)._send, self.clock)

    def beside(self, **others: Any) -> "Process":
        """Another process with the same configuration and state."""
        return Process(self.loopback, self.host, others=self.others, **others)

    @property
    def stored(self) -> Tokens:
        return Tokens.from_state(self.host.state.read().values)


@pytest.fixture
def process(loopback: Loopback) -> Process:
    # What the configuration says stays as it was, whatever the fake hands out since.
    return Process(loopback, others={"refresh_token": loopback.fake.refresh_token})


def test_an_access_token_serves_until_shortly_before_its_end(process: Process, loopback: Loopback) -> None:
    first = process.keeper.access_token()
    process.clock.now += 3479
    assert process.keeper.access_token() == first
    process.clock.now += 2
    assert process.keeper.access_token() != first
    assert len(loopback.token_requests) == 2


def test_every_renewal_goes_on_from_the_last_one(process: Process, loopback: Loopback) -> None:
    for _ in range(3):
        process.keeper.access_token()
        process.clock.now += 3600
    sent = [params["refresh_token"] for params in loopback.token_requests]
    assert len(set(sent)) == len(sent) == 3
    assert process.stored.refresh == loopback.fake.refresh_token


def test_another_process_uses_what_is_stored(process: Process, loopback: Loopback) -> None:
    assert process.beside().keeper.access_token() == process.keeper.access_token()
    assert len(loopback.token_requests) == 1


def test_while_one_renews_others_use_what_is_still_good(process: Process, loopback: Loopback) -> None:
    first = process.keeper.access_token()
    process.clock.now += 3500
    claim(process)
    assert process.beside(clock=process.clock).keeper.access_token() == first
    assert len(loopback.token_requests) == 1


def test_while_one_renews_others_come_back_later(process: Process, loopback: Loopback) -> None:
    process.keeper.access_token()
    process.clock.now += 3700
    claim(process)
    with pytest.raises(Retryable, match="Another process") as raised:
        process.beside(clock=process.clock).keeper.access_token()
    assert raised.value.retry_after_seconds == 2
    assert len(loopback.token_requests) == 1


def test_the_claim_of_a_process_that_died_ends(process: Process, loopback: Loopback) -> None:
    process.keeper.access_token()
    process.clock.now += 3700
    claim(process)
    process.clock.now += 30
    assert process.beside(clock=process.clock).keeper.access_token()
    assert len(loopback.token_requests) == 2


@pytest.mark.parametrize("skew_seconds", [-7200, 7200])
def test_a_claim_by_a_clock_that_is_hours_off_stops_nobody(process: Process, skew_seconds: int) -> None:
    process.keeper.access_token()
    process.clock.now += 3700 + skew_seconds
    claim(process)
    other = process.beside(clock=Clock(process.clock.now - skew_seconds))
    assert other.keeper.access_token()


def claim(process: Process) -> None:
    """Let a process begin to renew, and be held up there."""
    kept = process.host.state.read()
    claimed = {**kept.values, "claimed_at": str(int(process.clock.now))}
    assert process.host.state.replace(kept.version, claimed)


class Meanwhile(MemoryState):
    """A state in which others get in between: before each replacement that comes they have done what they do."""

    def __init__(self, *others: Any) -> None:
        super().__init__()
        self.others = list(others)

    def replace(self, version: int, values: Any) -> bool:
        if self.others and (act := self.others.pop(0)) is not None:
            act(self)
        return super().replace(version, values)


def touch(state: MemoryState) -> None:
    """Another process stores the same again, under a later version."""
    state.stored = StoredState(state.stored.version + 1, state.stored.values)


def seal_other(state: MemoryState) -> None:
    """Another process stores tokens that it was given."""
    values = {**state.stored.values, "refresh": "theirs", "access": "their-access", "ends_at": str(2_000_000)}
    state.stored = StoredState(state.stored.version + 1, values)


def with_state(loopback: Loopback, state: ConnectionState) -> Process:
    return Process(loopback, FakeHost(state), others={"refresh_token": loopback.fake.refresh_token})


def test_who_comes_second_with_the_claim_leaves_it_alone(loopback: Loopback) -> None:
    process = with_state(loopback, Meanwhile(touch))
    with pytest.raises(Retryable, match="has just renewed"):
        process.keeper.access_token()
    assert not loopback.token_requests


def test_new_tokens_are_stored_although_somebody_took_over_the_claim(loopback: Loopback) -> None:
    process = with_state(loopback, Meanwhile(None, touch, touch))
    process.keeper.access_token()
    assert process.stored.refresh == loopback.fake.refresh_token


def test_tokens_of_a_later_renewal_are_not_overwritten(loopback: Loopback) -> None:
    process = with_state(loopback, Meanwhile(None, seal_other))
    assert process.keeper.access_token() == "their-access"
    assert process.stored.refresh == "theirs"


def test_tokens_that_cannot_be_stored_for_others_are_told(loopback: Loopback) -> None:
    process = with_state(loopback, Meanwhile(None, *[touch] * 5))
    with pytest.raises(Retryable, match="could not be stored"):
        process.keeper.access_token()


def test_a_token_that_another_process_has_spent_is_not_the_end(loopback: Loopback) -> None:
    """Its answer came while ours was refused: what it stored is used."""
    process = with_state(loopback, Meanwhile(None, seal_other))
    loopback.fake.refresh_token = "spent by another"
    assert process.keeper.access_token() == "their-access"


@pytest.mark.parametrize("fault", [Fault.LOST_ANSWER, Fault.GARBLED_ANSWER, Fault.TRUNCATED_ANSWER, Fault.BAD_GATEWAY])
def test_a_renewal_whose_answer_was_lost_ends_consent(process: Process, loopback: Loopback, fault: Fault) -> None:
    """Intuit has given the next token, and nobody knows it: the one we have is found revoked."""
    loopback.token_fault = fault
    with pytest.raises(Retryable, match="gave no tokens"):
        process.keeper.access_token()
    with pytest.raises(CredentialsRefused, match="authorize the app anew"):
        process.keeper.access_token()
    assert len(loopback.token_requests) == 2


@pytest.mark.parametrize("fault", [Fault.LOST_REQUEST, Fault.THROTTLED, Fault.FAILED_BEFORE_APPLYING])
def test_a_renewal_that_did_not_happen_is_done_again(process: Process, loopback: Loopback, fault: Fault) -> None:
    loopback.token_fault = fault
    with pytest.raises(Retryable) as raised:
        process.keeper.access_token()
    assert raised.value.retry_after_seconds == (60 if fault is Fault.THROTTLED else None)
    assert process.keeper.access_token()


def test_a_new_consent_replaces_what_is_stored(process: Process, loopback: Loopback) -> None:
    process.keeper.access_token()
    loopback.fake.disconnect()
    loopback.fake.refresh_token = "of a new consent"
    process.others = {"refresh_token": "of a new consent"}
    assert process.beside(clock=process.clock).keeper.access_token()
    assert process.stored.refresh == loopback.fake.refresh_token


def test_a_process_with_the_old_consent_does_not_overwrite_the_new_one(process: Process, loopback: Loopback) -> None:
    old = process.beside()
    loopback.fake.refresh_token = "of a new consent"
    process.others = {"refresh_token": "of a new consent"}
    process.beside().keeper.access_token()
    with pytest.raises(CredentialsRefused):
        old.keeper.access_token()
    assert process.stored.refresh == loopback.fake.refresh_token


def test_another_secret_than_the_apps_is_named(loopback: Loopback) -> None:
    process = Process(loopback, others={"client_secret": "canary"})
    with pytest.raises(CredentialsRefused, match="client_secret") as raised:
        process.keeper.access_token()
    assert "canary" not in f"{raised.value} {raised.value!r} {raised.value.__cause__!r}"


def test_tokens_do_not_print(process: Process) -> None:
    process.keeper.access_token()
    assert "fake-" not in f"{process.stored!r}"


def test_an_access_token_that_ends_before_our_clock_says_so_is_renewed_once(
    connect: Connect, loopback: Loopback, quickbooks: FakeQuickBooks
) -> None:
    target = connect()
    target.check()
    quickbooks.now += 4000
    assert target.put_journal(journal(), KEY).number
    assert len(loopback.token_requests) == 2
    assert len(quickbooks.entries) == 1


def test_one_that_is_refused_and_renewed_by_another_process_is_not_renewed_twice(
    connect: Connect, loopback: Loopback, quickbooks: FakeQuickBooks
) -> None:
    host = FakeHost()
    first, second = connect(host, refresh_token="fake-refresh-0"), connect(host, refresh_token="fake-refresh-0")
    first.check()
    refused = host.state.read().values["access"]
    quickbooks.now += 4000
    second.check()
    keeper = first._api._tokens
    assert keeper.token_after(refused) == host.state.read().values["access"] != refused
    assert len(loopback.token_requests) == 2


def test_when_consent_is_taken_back_everything_is_held_and_says_so(
    target: QuickBooksTarget, quickbooks: FakeQuickBooks
) -> None:
    target.check()
    quickbooks.disconnect()
    with pytest.raises(CredentialsRefused, match="authorize the app anew as an administrator"):
        target.put_journal(journal(), KEY)
    assert not quickbooks.entries
