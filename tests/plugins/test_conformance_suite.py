"""The suite itself: it cannot be passed by leaving out, and notices what a provider does wrong."""

from collections.abc import Callable
from typing import Any

import pytest

from gateway.plugin_api import DocumentKind, ExternalDocument, ExternalStatus, WebhookRequest
from gateway.plugin_guard import guarded
from gateway.sandbox import SandboxProvider, SandboxSettings
from gateway.testing import BillingProviderConformance, FakeHost, departs
from gateway.testing.conformance import SuiteIncomplete
from gateway.testing.conformance.account import issue
from gateway.testing.conformance.suite import key_of
from gateway.testing.documents import customer_document

COMPLETE: dict[str, Any] = {"failures": frozenset(), "secrets": ()}


def suite(**members: object) -> Any:
    """A suite with other members."""
    return type("TestOurs", (BillingProviderConformance,), COMPLETE | members)


def nothing(self: object) -> None:
    pass


def test_replacing_a_test_without_a_reason_is_an_error() -> None:
    with pytest.raises(SuiteIncomplete, match=r"TestOurs\.test_a_working_account_passes_the_check replaces a test"):
        suite(test_a_working_account_passes_the_check=nothing)


def test_a_test_may_be_replaced_for_a_reason_and_others_added() -> None:
    replaced = departs("it has no accounts")(nothing)
    made = suite(test_a_working_account_passes_the_check=replaced, test_of_our_own=nothing)
    assert made.test_a_working_account_passes_the_check.departs_because == "it has no accounts"


def test_a_reason_is_more_than_nothing() -> None:
    with pytest.raises(SuiteIncomplete, match="needs a reason"):
        departs("  ")


@pytest.mark.parametrize("name", COMPLETE)
def test_what_a_suite_has_to_say_cannot_be_left_out(name: str) -> None:
    with pytest.raises(SuiteIncomplete, match=f"TestOurs does not say {name}"):
        type("TestOurs", (BillingProviderConformance,), {key: COMPLETE[key] for key in COMPLETE if key != name})


class Forgetful(SandboxProvider):
    """Makes every customer again."""

    def put_customer(self, customer: Any, key: str, existing: Any = None) -> ExternalDocument:
        return super().put_customer(customer, f"{key}{self._host.requests}", existing)


class Credulous(SandboxProvider):
    """Believes every webhook."""

    def verify_webhook(self, request: WebhookRequest) -> None:
        pass


class Stubborn(SandboxProvider):
    """Voids nothing, and says that it did."""

    def void_invoice(self, ref: str, reason: str, key: str) -> ExternalDocument:
        held = self.fetch(DocumentKind.INVOICE, ref)
        return ExternalDocument(held.kind, held.ref, held.our_id, ExternalStatus.VOID, held.total, held.amount_paid)


class Indiscreet(SandboxProvider):
    """Shows its settings."""

    def __repr__(self) -> str:
        return self._settings.webhook_secret.get_secret_value()


@pytest.mark.parametrize(
    ("kind", "run"),
    [
        (Forgetful, lambda ours, account, _: ours.test_a_customer_sent_twice_with_one_key_is_there_once(account)),
        (Stubborn, lambda ours, account, issued: ours.test_a_void_invoice_is_void_for_good(account, issued)),
    ],
)
def test_a_provider_that_breaks_a_promise_fails_the_suite(kind: Any, run: Callable[..., None]) -> None:
    provider = kind("main", SandboxSettings(pays_by_itself=False), FakeHost())
    account, ours = guarded(provider), suite()()
    customer = account.put_customer(customer_document(), key_of("customer"))
    issued = issue(account, customer)
    with pytest.raises(AssertionError):
        run(ours, account, issued)


def test_a_provider_that_believes_every_webhook_fails_the_suite() -> None:
    provider = Credulous("main", SandboxSettings(pays_by_itself=False), FakeHost())
    account = guarded(provider)
    issued = issue(account, account.put_customer(customer_document(), key_of("customer")))
    ours = suite(webhook=lambda self, provider, ref: provider.webhook(ref))()
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        ours.test_a_webhook_that_is_not_proven_is_refused(provider, account, issued)


def test_a_provider_that_prints_a_secret_fails_the_suite(caplog: pytest.LogCaptureFixture) -> None:
    provider = Indiscreet("main", SandboxSettings(webhook_secret="canary"), FakeHost())
    ours = suite(secrets=("canary",))()
    with pytest.raises(AssertionError):
        ours.test_secrets_are_in_no_log_and_do_not_print(provider, guarded(provider), caplog)
