"""What every provider over the wire says of each fault, and that repeating leaves one document."""

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from typing import Any, ClassVar

import pytest

from gateway.plugin_api import (
    Ambiguous,
    BillingProvider,
    DocumentKind,
    Money,
    NeedsAttention,
    Permanent,
    ProviderError,
    Retryable,
)
from gateway.testing import FakeHost, customer_document, invoice_document
from tests.vendors.loopback import Fault, Loopback

KEY = "k" * 32
LONG_AGO = datetime(2002, 1, 1, tzinfo=UTC)
TOTAL = Money(1649, "USD")
UNKNOWN_OUTCOME = [
    Fault.LOST_REQUEST,
    Fault.LOST_ANSWER,
    Fault.TRUNCATED_ANSWER,
    Fault.GARBLED_ANSWER,
    Fault.BAD_GATEWAY,
    Fault.FAILED_AFTER_APPLYING,
    Fault.FAILED_BEFORE_APPLYING,
    Fault.BUSY,
]
Connect = Callable[..., BillingProvider]
"""Makes a provider that talks to the fake, with other settings than usual, and with another `host`."""


class FaultsOverWire:
    """Needs the fixtures `loopback`, `provider`, which talks to it, and `connect`."""

    requests_of_an_invoice: ClassVar[int]
    """How many requests `put_invoice` makes of an invoice of two lines, for a customer of whom nothing was asked."""
    makes_in_parts: ClassVar[bool] = False
    """An invoice takes several requests, so that any fault may leave a part of it."""
    retry_after_seconds: ClassVar[frozenset[int]] = frozenset({7})

    @pytest.mark.parametrize("fault", [*UNKNOWN_OUTCOME, Fault.SLOW])
    def test_a_write_with_an_unknown_outcome_is_ambiguous(
        self, provider: BillingProvider, loopback: Loopback[Any], fault: Fault
    ) -> None:
        loopback.fail_next(fault)
        with pytest.raises(Ambiguous):
            provider.put_customer(customer_document(), KEY)

    @pytest.mark.parametrize("fault", [*UNKNOWN_OUTCOME, Fault.THROTTLED])
    def test_a_read_that_fails_is_simply_done_again(
        self, provider: BillingProvider, loopback: Loopback[Any], fault: Fault
    ) -> None:
        provider.put_customer(customer_document(), KEY)
        loopback.fail_next(fault)
        with pytest.raises(Retryable):
            provider.find(DocumentKind.CUSTOMER, "cus_conformance", LONG_AGO)

    def test_a_throttled_write_names_when_to_try_again(
        self, provider: BillingProvider, loopback: Loopback[Any]
    ) -> None:
        loopback.fail_next(Fault.THROTTLED)
        with pytest.raises(Retryable) as throttled:
            provider.put_customer(customer_document(), KEY)
        assert throttled.value.retry_after_seconds in self.retry_after_seconds
        assert provider.put_customer(customer_document(), KEY).ref

    @pytest.mark.parametrize("fault", [Fault.THROTTLED, Fault.LOST_ANSWER, Fault.BAD_GATEWAY, Fault.BUSY])
    def test_no_request_is_repeated_by_the_sdk(
        self, provider: BillingProvider, loopback: Loopback[Any], fault: Fault
    ) -> None:
        loopback.fail_next(fault)
        with pytest.raises(ProviderError):
            provider.put_customer(customer_document(), KEY)
        assert len(loopback.requests) == 1

    def test_every_request_waits_for_its_turn(self, connect: Connect, loopback: Loopback[Any]) -> None:
        host = FakeHost()
        provider = connect(host)
        customer = provider.put_customer(customer_document(), "customer")
        provider.put_invoice(invoice_document(customer.ref), KEY)
        list(provider.changes(LONG_AGO))
        assert host.requests == len(loopback.requests) > 2

    def test_a_refused_key_needs_attention_and_is_not_shown(self, connect: Connect) -> None:
        with pytest.raises(NeedsAttention, match="api_key") as refused:
            connect(api_key="key_canary").check()
        assert "canary" not in f"{refused.value} {refused.value.__cause__!r}"

    def test_a_key_used_for_something_else_is_permanent(self, provider: BillingProvider) -> None:
        provider.put_customer(customer_document(), KEY)
        with pytest.raises(Permanent):
            provider.put_customer(customer_document(id="cus_other"), KEY)

    @pytest.mark.parametrize("fault", [*UNKNOWN_OUTCOME, Fault.THROTTLED])
    def test_an_invoice_interrupted_anywhere_is_completed_and_there_once(
        self, provider: BillingProvider, loopback: Loopback[Any], fault: Fault
    ) -> None:
        for ordinal in count():
            customer = provider.put_customer(customer_document(id=f"cus_{ordinal}"), f"customer {ordinal}")
            document = invoice_document(customer.ref, [1250, 399], id=f"inv_{ordinal}")
            loopback.fail_next(fault, after=ordinal)
            try:
                provider.put_invoice(document, f"put {ordinal}")
            except ProviderError as error:
                found = provider.find(DocumentKind.INVOICE, document.id, LONG_AGO, customer.ref)
                is_untouched = isinstance(error, Retryable) and not self.makes_in_parts
                assert not (found and is_untouched), "what may be there is not called untouched"
                put = provider.put_invoice(document, f"again {ordinal}", existing=found)
                assert put.total == TOTAL
                assert len(loopback.fake.invoices) == ordinal + 1
            else:
                break
        assert ordinal == self.requests_of_an_invoice


class StoredFailures:
    """For providers that repeat a failure under the same idempotency key."""

    def test_a_stored_failure_says_that_the_key_is_spent(
        self, provider: BillingProvider, loopback: Loopback[Any]
    ) -> None:
        loopback.fail_next(Fault.FAILED_BEFORE_APPLYING)
        with pytest.raises(Ambiguous) as first:
            provider.put_customer(customer_document(), KEY)
        assert not first.value.key_is_spent
        with pytest.raises(Ambiguous) as replayed:
            provider.put_customer(customer_document(), KEY)
        assert replayed.value.key_is_spent
        assert provider.find(DocumentKind.CUSTOMER, "cus_conformance", LONG_AGO) is None
        assert provider.put_customer(customer_document(), "another key").ref


class DraftsOverWire:
    """For providers whose invoices are drafts first."""

    def change_draft(self, loopback: Loopback[Any], ref: str) -> None:
        """Let somebody add a unit of money to a draft at the provider, by hand. Override it."""
        raise NotImplementedError

    def issues(self, loopback: Loopback[Any], ref: str) -> int:
        """How often it was asked to issue an invoice. Override it."""
        raise NotImplementedError

    @pytest.fixture
    def draft(self, provider: BillingProvider) -> str:
        """The ref of a draft over `TOTAL`."""
        customer = provider.put_customer(customer_document(), "customer")
        return provider.put_invoice(invoice_document(customer.ref), KEY).ref

    def test_a_draft_that_was_changed_by_hand_is_not_issued(
        self, provider: BillingProvider, loopback: Loopback[Any], draft: str
    ) -> None:
        self.change_draft(loopback, draft)
        with pytest.raises(NeedsAttention, match=r"17\.49 USD, not 16\.49 USD"):
            provider.issue_invoice(draft, TOTAL, "issue")
        assert self.issues(loopback, draft) == 0

    @pytest.mark.parametrize("fault", [Fault.LOST_ANSWER, Fault.BAD_GATEWAY, Fault.FAILED_AFTER_APPLYING])
    def test_an_issue_whose_answer_is_lost_is_issued_once(
        self, provider: BillingProvider, loopback: Loopback[Any], draft: str, fault: Fault
    ) -> None:
        loopback.fail_next(fault, after=1)
        with pytest.raises(Ambiguous):
            provider.issue_invoice(draft, TOTAL, "issue")
        assert provider.fetch(DocumentKind.INVOICE, draft).status == "open"
        assert provider.issue_invoice(draft, TOTAL, "issue").status == "open"
        assert self.issues(loopback, draft) == 1
