"""What the plugin says of each answer, that nothing is half posted, and that repeating leaves one journal entry."""

from itertools import count
from typing import Any

import pytest
from gateway_quickbooks import QuickBooksTarget

from gateway.plugin_api import (
    Ambiguous,
    CredentialsRefused,
    NeedsAttention,
    Permanent,
    ProviderError,
    Retryable,
)
from gateway.testing import FakeHost, reversal_of
from plugins.quickbooks.tests.conftest import Connect
from plugins.quickbooks.tests.connecting import (
    AR,
    DEFERRED,
    INCOME,
    KEY,
    NUMBER,
    RECEIVABLES,
    Unchecked,
    credit,
    debit,
    journal,
)
from plugins.quickbooks.tests.fake_quickbooks import FakeQuickBooks, Loopback, Refused
from tests.vendors.faults import UNKNOWN_OUTCOME
from tests.vendors.loopback import Fault

EUROS = journal([debit(RECEIVABLES, 100, "EUR", customer="Usage customers"), credit(INCOME, 100, "EUR")])


def refuse(quickbooks: FakeQuickBooks, monkeypatch: pytest.MonkeyPatch, refused: Exception | dict[str, Any]) -> None:
    """Let journal entries be refused, and everything else be answered."""

    def create(_: dict[str, Any]) -> dict[str, Any]:
        if isinstance(refused, Exception):
            raise refused
        return refused

    monkeypatch.setattr(quickbooks, "_once", create)


@pytest.mark.parametrize(
    ("refusal", "kind", "words"),
    [
        (Refused(429, "3001", "message=ThrottleExceeded; errorCode=003001"), Retryable, "Throttle"),
        (Refused(400, "3001", "message=ThrottleExceeded; errorCode=003001"), Retryable, "Throttle"),
        (Refused(403, "003001", "message=ThrottleExceeded; errorCode=003001"), Retryable, "Throttle"),
        (Refused(403, "3100", "message=ApplicationAuthorizationFailed"), CredentialsRefused, "authorize the app anew"),
        (Refused(400, "3100", "message=ApplicationAuthorizationFailed"), CredentialsRefused, "authorize the app anew"),
        (Refused(400, "120", "Authorization Failure"), CredentialsRefused, "authorize the app anew"),
        (Refused(400, "600", "Duplicate Request ID"), Ambiguous, "600"),
        (Refused(400, "610", "Object Not Found"), NeedsAttention, "make active"),
        (Refused(400, "2010", "Request has invalid or unsupported property"), Permanent, "2010"),
        (Refused(400, "2500", "Invalid Reference Id"), NeedsAttention, "correct the mapping"),
        (Refused(400, "6000", "Business Validation Error"), NeedsAttention, "resume the delivery"),
        (Refused(400, "6190", "Invalid Company Status"), NeedsAttention, "renew the company's subscription"),
        (Refused(400, "6210", "Account Period Closed"), NeedsAttention, "Close the books"),
        (Refused(400, "5010", "Account Period Closed"), NeedsAttention, "Close the books"),
        (Refused(400, "5010", "Stale Object Error"), Permanent, "Stale"),
        (Refused(404, "", ""), Permanent, "no reason given"),
        (Refused(409, "", ""), Ambiguous, "409"),
        (Refused(500, "10000", "An application error has occurred"), Ambiguous, "application error"),
        (Refused(503, "", ""), Ambiguous, "503"),
    ],
)
def test_each_refusal_says_what_to_do(
    target: QuickBooksTarget,
    quickbooks: FakeQuickBooks,
    monkeypatch: pytest.MonkeyPatch,
    refusal: Refused,
    kind: type[ProviderError],
    words: str,
) -> None:
    quickbooks.contract = Unchecked(quickbooks.contract)
    refuse(quickbooks, monkeypatch, refusal)
    with pytest.raises(ProviderError, match=words) as raised:
        target.put_journal(journal(), KEY)
    assert type(raised.value) is kind
    assert "intuit_tid req_fake" in str(raised.value)


def test_a_refusal_that_says_it_is_a_success_is_still_a_refusal(
    target: QuickBooksTarget, quickbooks: FakeQuickBooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse(quickbooks, monkeypatch, Refused(400, "6210", "Account Period Closed").body)
    with pytest.raises(NeedsAttention, match="Close the books"):
        target.put_journal(journal(), KEY)


@pytest.mark.parametrize("answer", [{"time": "now"}, {"JournalEntry": 1}, {"JournalEntry": []}, ["none"]])
def test_an_answer_without_the_journal_entry_is_ambiguous(
    target: QuickBooksTarget, quickbooks: FakeQuickBooks, monkeypatch: pytest.MonkeyPatch, answer: Any
) -> None:
    quickbooks.contract = Unchecked(quickbooks.contract)
    refuse(quickbooks, monkeypatch, answer)
    with pytest.raises(Ambiguous, match="no JournalEntry"):
        target.put_journal(journal(), KEY)


@pytest.mark.parametrize("fault", [{"Fault": None}, {"Fault": []}, {"Fault": {"Error": []}}, {"Fault": {"Error": [1]}}])
def test_a_refusal_that_says_nothing_is_told_as_one(
    target: QuickBooksTarget, quickbooks: FakeQuickBooks, monkeypatch: pytest.MonkeyPatch, fault: dict[str, Any]
) -> None:
    quickbooks.contract = Unchecked(quickbooks.contract)
    refuse(quickbooks, monkeypatch, fault)
    with pytest.raises(Permanent, match="no reason given"):
        target.put_journal(journal(), KEY)


@pytest.mark.parametrize(("header", "seconds"), [(None, 60), ("5", 60), ("90", 90), ("86400", 300), ("soon", 60)])
def test_after_throttling_a_minute_passes_and_no_day(
    target: QuickBooksTarget, loopback: Loopback, header: str | None, seconds: int
) -> None:
    loopback.fake.throttled_headers = {"Retry-After": header} if header else {}
    loopback.write_fault = Fault.THROTTLED
    with pytest.raises(Retryable) as raised:
        target.put_journal(journal(), KEY)
    assert raised.value.retry_after_seconds == seconds
    assert not loopback.fake.entries


def test_the_token_that_quickbooks_quotes_is_not_shown(target: QuickBooksTarget, loopback: Loopback) -> None:
    target.check()
    for after in range(2):
        loopback.fail_next(Fault.UNAUTHORIZED, after)
    with pytest.raises(CredentialsRefused, match="AuthenticationFailed") as raised:
        target.check()
    assert "fake-access" not in f"{raised.value} {raised.value!r} {raised.value.__cause__!r}"


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (journal([debit("Nowhere", 1), credit(INCOME, 1)]), "QuickBooks has no account 'Nowhere'"),
        (journal([debit(RECEIVABLES, 1), credit("Old income", 1)]), "'Old income' is not active"),
        (journal([debit(RECEIVABLES, 1), credit("Accounts Payable (A/P)", 1)]), "needs a vendor"),
        (journal([debit(AR, 1), credit(INCOME, 1)]), "needs a customer at QuickBooks: map to it with a customer"),
        (
            journal([debit(AR, 3), credit(AR, 1, customer="Usage customers"), credit(INCOME, 2)]),
            "2 lines on accounts receivable; QuickBooks takes one",
        ),
        (journal([debit(RECEIVABLES, 1, customer="Nobody"), credit(INCOME, 1)]), "no customer 'Nobody'"),
        (journal([debit(RECEIVABLES, 1), credit(INCOME, 1, classification="None")]), "no class 'None'"),
        (journal([debit(RECEIVABLES, 1, "CHF"), credit(INCOME, 1, "CHF")]), "no exchange rate of CHF on 2025-06-30"),
        (journal(home_currency="EUR"), "acme keeps its books in EUR, the QuickBooks company in USD"),
    ],
)
def test_what_quickbooks_would_refuse_is_not_sent(
    target: QuickBooksTarget, loopback: Loopback, document: Any, words: str
) -> None:
    with pytest.raises(NeedsAttention, match=words) as raised:
        target.put_journal(document, KEY)
    assert raised.value.remedy
    assert not [path for method, path, _ in loopback.requests if method == "POST"]


def test_another_currency_without_multicurrency_needs_attention(
    target: QuickBooksTarget, quickbooks: FakeQuickBooks
) -> None:
    quickbooks.is_multicurrency = False
    assert target.put_journal(journal(), KEY).currency == "USD"
    with pytest.raises(NeedsAttention, match="Multi Currency should be enabled"):
        target.put_journal(EUROS, "another")
    assert len(quickbooks.entries) == 1


def test_classes_that_quickbooks_would_drop_need_attention(
    target: QuickBooksTarget, quickbooks: FakeQuickBooks
) -> None:
    quickbooks.tracks_classes = False
    with pytest.raises(NeedsAttention, match="does not track classes"):
        target.put_journal(journal([debit(RECEIVABLES, 1), credit(INCOME, 1, classification="Products:API")]), KEY)
    assert not quickbooks.entries


def test_an_account_in_another_currency_needs_attention(target: QuickBooksTarget, quickbooks: FakeQuickBooks) -> None:
    quickbooks.add_account("Euros owed", "Other Current Asset", CurrencyRef={"value": "EUR"})
    with pytest.raises(NeedsAttention, match="currency of the transaction is invalid"):
        target.put_journal(journal([debit("Euros owed", 1), credit(INCOME, 1)]), KEY)
    assert not quickbooks.entries


def test_receivables_go_to_one_customer_that_the_mapping_names(target: QuickBooksTarget) -> None:
    somebody = "O'Neil \\ Sons"
    lines = [debit(AR, 100, customer=somebody), credit(INCOME, 90), credit(DEFERRED, 10)]
    assert [line.customer for line in target.put_journal(journal(lines), KEY).lines] == [somebody, None, None]


@pytest.mark.parametrize("fault", [*UNKNOWN_OUTCOME, Fault.THROTTLED, Fault.SLOW])
def test_a_journal_interrupted_anywhere_is_there_once(
    connect: Connect, quickbooks: FakeQuickBooks, loopback: Loopback, fault: Fault
) -> None:
    target = connect(timeout_seconds=1)
    for ordinal in count():
        document = journal(EUROS.lines, f"{NUMBER}-{ordinal}")
        loopback.fail_next(fault, after=ordinal)
        try:
            target.put_journal(document, f"key {ordinal}")
        except ProviderError as error:
            is_untouched = isinstance(error, Retryable)
            found = target.find_journal(document.number)
            assert not (is_untouched and found), "what may be there is not called untouched"
            quickbooks.requests_done.clear()
            target.put_journal(document, f"another {ordinal}")
            assert len(quickbooks.entries) == ordinal + 1
        else:
            break
        if fault is Fault.SLOW:
            # Time-outs take a second each: the request that posts is the one that matters.
            loopback.fail_next(fault, after=4)
            with pytest.raises(Ambiguous):
                target.put_journal(journal(EUROS.lines, "SLOW"), "slow")
            assert target.put_journal(journal(EUROS.lines, "SLOW"), "slow again").number == "SLOW"
            return
    # Accounts, customer, rate, number, the journal entry, and it again.
    assert ordinal == 6


@pytest.mark.parametrize("fault", [*UNKNOWN_OUTCOME, Fault.THROTTLED])
def test_a_reversal_interrupted_anywhere_is_there_once(
    target: QuickBooksTarget, quickbooks: FakeQuickBooks, loopback: Loopback, fault: Fault
) -> None:
    put = target.put_journal(journal(), KEY)
    for ordinal in count():
        reversal = reversal_of(journal(), f"R-{ordinal}")
        loopback.fail_next(fault, after=ordinal)
        try:
            target.reverse_journal(put.ref, reversal, f"key {ordinal}")
        except ProviderError:
            quickbooks.requests_done.clear()
            target.reverse_journal(put.ref, reversal, f"another {ordinal}")
            assert len(quickbooks.entries) == ordinal + 2
        else:
            break
    # The other one, accounts, number, the journal entry, and it again.
    assert ordinal == 5


def test_a_server_out_of_reach_has_posted_nothing(connect: Connect) -> None:
    with pytest.raises(Retryable, match="gave no tokens: ConnectError"):
        connect(api_base="http://127.0.0.1:1").put_journal(journal(), KEY)


def test_a_server_that_went_away_has_posted_nothing(target: QuickBooksTarget, loopback: Loopback) -> None:
    target.check()
    loopback.go_away()
    with pytest.raises(Retryable, match="out of reach: ConnectError"):
        target.put_journal(journal(), KEY)


def test_every_request_waits_for_its_turn(connect: Connect, loopback: Loopback) -> None:
    host = FakeHost()
    connect(host).put_journal(EUROS, KEY)
    assert host.requests == len(loopback.requests) + len(loopback.token_requests) == 7
