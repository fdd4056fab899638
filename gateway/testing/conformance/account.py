"""What the parts of the suite share: the account that is tested, and what a plugin's author has to provide."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Any, ClassVar, TypeVar

import pytest

from gateway.plugin_api import Ambiguous, BillingProvider, ExternalDocument, WebhookRequest
from gateway.plugin_guard import GuardedProvider, guarded
from gateway.testing.documents import INVOICE_ID, customer_document, invoice_document

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
CUSTOMER_ID = "cus_conformance"
T = TypeVar("T")


class Failure(Enum):
    """What goes wrong with one request to the provider."""

    THROTTLED = auto()
    """It is refused, because there were too many."""
    UNAUTHORIZED = auto()
    """It is refused, because the credentials are wrong or revoked."""
    REJECTED = auto()
    """It is refused, because something in it is not valid."""
    LOST_REQUEST = auto()
    """It never arrives, and nobody answers."""
    LOST_ANSWER = auto()
    """It is carried out, and the answer is lost."""
    GARBLED_ANSWER = auto()
    """It is carried out, and the answer cannot be read."""
    SERVER_ERROR = auto()
    """The provider fails while it carries it out."""


class SuiteIncomplete(TypeError):
    """A suite that leaves out what it has to say, or a test of it without a reason."""


def departs(reason: str) -> Callable[[T], T]:
    """Mark a test that replaces one of the suite; `reason` says why the provider cannot do what the suite asks."""
    if not reason.strip():
        raise SuiteIncomplete("A test that departs from the suite needs a reason")

    def mark(test: T) -> T:
        test.departs_because = reason  # type: ignore[attr-defined]
        return test

    return mark


class Account:
    """The base of the suite. See `BillingProviderConformance` for what to provide."""

    failures: ClassVar[frozenset[Failure]]
    secrets: ClassVar[tuple[str, ...]]

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        for name, test in vars(cls).items():
            is_override = name.startswith("test_") and any(hasattr(base, name) for base in cls.__mro__[1:])
            if is_override and not hasattr(test, "departs_because"):
                raise SuiteIncomplete(f"{cls.__name__}.{name} replaces a test of the suite; mark it @departs(reason)")
        if cls.__name__.startswith("Test"):
            missing = [name for name in ("failures", "secrets") if not hasattr(cls, name)]
            if missing:
                raise SuiteIncomplete(f"{cls.__name__} does not say {' and '.join(missing)}; an empty one is an answer")

    @pytest.fixture
    def provider(self) -> BillingProvider:
        """A provider with an empty account. Override it."""
        raise NotImplementedError("give the class a fixture called provider")

    @pytest.fixture
    def account(self, provider: BillingProvider) -> GuardedProvider:
        """The same behind the gateway's wall, as the gateway calls it."""
        return guarded(provider)

    @pytest.fixture
    def customer(self, account: GuardedProvider) -> ExternalDocument:
        """A customer at the provider."""
        return account.put_customer(customer_document(), key_of("customer"))

    @pytest.fixture
    def issued(self, account: GuardedProvider, customer: ExternalDocument) -> ExternalDocument:
        """An issued invoice of two lines, over 16.49 USD."""
        return issue(account, customer)

    def fail_next(self, provider: BillingProvider, failure: Failure, is_write: bool) -> None:
        """Let the next request, or the next that makes or changes something, go wrong.

        Override it for what `failures` names.
        """
        raise NotImplementedError(f"{type(self).__name__} names {failure} in `failures`; make it happen in fail_next")

    def pay(self, provider: BillingProvider, ref: str) -> None:
        """Let a customer pay an issued invoice in full, as it happens there. Override it where invoices are paid."""
        raise NotImplementedError(f"{type(self).__name__} has to let {ref} be paid")

    def webhook(self, provider: BillingProvider, ref: str) -> WebhookRequest:
        """A genuine webhook about an invoice, just received. Override it where webhooks are declared."""
        raise NotImplementedError(f"{type(self).__name__} has to make a webhook about {ref}")

    def lose_answer(self, provider: BillingProvider, call: Callable[[], object]) -> None:
        """Carry out a call whose answer nobody gets to see; on the wire, where there is one."""
        if Failure.LOST_ANSWER in self.failures:
            self.fail_next(provider, Failure.LOST_ANSWER, is_write=True)
        with suppress(Ambiguous):
            call()


def key_of(text: str) -> str:
    """A key as long as the gateway's."""
    return f"{text:_<32}"[:32]


def put(
    account: GuardedProvider, customer: ExternalDocument, *amounts: int, currency: str = "USD", name: str = INVOICE_ID
) -> ExternalDocument:
    """An invoice as the provider holds it before it is issued."""
    document = invoice_document(customer.ref, amounts or (1250, 399), currency, id=name)
    return account.put_invoice(document, key_of(f"put {name}"))


def issue(
    account: GuardedProvider, customer: ExternalDocument, *amounts: int, currency: str = "USD", name: str = INVOICE_ID
) -> ExternalDocument:
    """An invoice that is issued."""
    made = put(account, customer, *amounts, currency=currency, name=name)
    assert made.total is not None, "an invoice has a total"
    return account.issue_invoice(made.ref, made.total, key_of(f"issue {name}"))


def errors_of(error: BaseException) -> Iterator[BaseException]:
    """An error and those that led to it."""
    found: BaseException | None = error
    while found is not None:
        yield found
        found = found.__cause__ or found.__context__
