"""What a provider says when something goes wrong, and that it never says a secret."""

import logging

import pytest

from gateway.plugin_api import (
    BillingProvider,
    DocumentKind,
)
from gateway.plugin_guard import GuardedProvider
from gateway.testing.conformance.account import CUSTOMER_ID, LONG_AGO, Account
from gateway.testing.conformance.suite import ON_READING, ON_WRITING, Failure, key_of
from gateway.testing.documents import customer_document


class FailureTests(Account):
    """A part of the suite."""

    @pytest.mark.parametrize("failure", Failure)
    def test_each_failure_of_a_write_has_its_class(
        self, provider: BillingProvider, account: GuardedProvider, failure: Failure
    ) -> None:
        if failure not in self.failures:
            return
        self.fail_next(provider, failure, is_write=True)
        with pytest.raises(ON_WRITING[failure]) as raised:
            account.put_customer(customer_document(), key_of("customer"))
        self.assert_nothing_secret(raised.value)

    @pytest.mark.parametrize("failure", Failure)
    def test_each_failure_of_a_read_has_its_class(
        self, provider: BillingProvider, account: GuardedProvider, failure: Failure
    ) -> None:
        if failure not in self.failures:
            return
        self.fail_next(provider, failure, is_write=False)
        with pytest.raises(ON_READING[failure]) as raised:
            account.find(DocumentKind.CUSTOMER, CUSTOMER_ID, LONG_AGO)
        self.assert_nothing_secret(raised.value)

    def test_secrets_are_in_no_log_and_do_not_print(
        self, provider: BillingProvider, account: GuardedProvider, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.DEBUG):
            account.check()
            account.put_customer(customer_document(), key_of("customer"))
        printed = f"{provider!r} {vars(provider)!r}"
        logged = " ".join(record.getMessage() for record in caplog.records)
        assert not [secret for secret in self.secrets if secret in printed or secret in logged]
