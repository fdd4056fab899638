"""All that a plugin may import: the provider contract, its values and its errors.

A provider plugin is a distribution with an entry point in the group `gateway.plugins`, whose module implements the
hook `gateway_billing_providers` and returns provider classes. The core calls a provider from one thread at a time,
keeps the books, decides what to send and when to send it again; the provider translates and talks to one system.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar, Protocol, runtime_checkable

import pluggy
from pydantic import BaseModel, ConfigDict, SecretStr

from gateway.core.money import Money, minor_unit_places

__all__ = [
    "API_VERSION",
    "Ambiguous",
    "BillingProvider",
    "Capabilities",
    "CustomerDocument",
    "DocumentKind",
    "ExternalDocument",
    "ExternalStatus",
    "InvoiceDocument",
    "InvoiceDocumentLine",
    "Money",
    "NeedsAttention",
    "Permanent",
    "ProviderError",
    "ProviderSettings",
    "Retryable",
    "SecretStr",
    "Unsupported",
    "hookimpl",
    "minor_unit_places",
]

API_VERSION = 1
hookimpl = pluggy.HookimplMarker("gateway")


class ProviderError(Exception):
    """Base of the errors a provider raises; each subclass says what the core does next."""


class Retryable(ProviderError):
    """Nothing happened there; the core tries again, not before `retry_after_seconds` when the provider named it."""

    def __init__(self, message: str, retry_after_seconds: int | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class Ambiguous(ProviderError):
    """It may have happened (time-out, lost or broken answer); the core looks the document up before it sends again.

    `key_is_spent` says that the provider has stored a failure under the idempotency key, so that the same key can only
    bring the same answer: once the document is proven absent the core sends with another key.
    """

    def __init__(self, message: str, key_is_spent: bool = False) -> None:
        super().__init__(message)
        self.key_is_spent = key_is_spent


class Permanent(ProviderError):
    """It did not happen, and never will as it is; the core parks the delivery."""


class NeedsAttention(ProviderError):
    """A person has to act first; `remedy` says in one sentence what to do."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(f"{reason}: {remedy}")
        self.reason = reason
        self.remedy = remedy


class Unsupported(ProviderError):
    """This provider does not do that; raised before anything is sent."""

    def __init__(self, capability: str) -> None:
        super().__init__(f"The provider does not support {capability}")
        self.capability = capability


class DocumentKind(StrEnum):
    """What a document at the provider stands for."""

    CUSTOMER = "customer"
    INVOICE = "invoice"


class ExternalStatus(StrEnum):
    """The state of an invoice at the provider, in our words."""

    DRAFT = "draft"
    OPEN = "open"
    PAID = "paid"
    UNCOLLECTIBLE = "uncollectible"
    VOID = "void"


class ProviderSettings(BaseModel):
    """Base of a provider's settings: unknown names are refused, `SecretStr` fields never print."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a provider can do and its limits; the conformance suite exercises each one declared."""

    drafts: bool
    """An invoice can be stored and read back before it is issued."""
    lines_max: int
    """How many lines one invoice can have."""
    negative_lines: bool
    zero_lines: bool
    external_id_length_max: int
    """How many characters of our document id the provider stores and can be asked for."""
    idempotency_window_seconds: int
    """How long the provider remembers an idempotency key; 0 if it has none."""
    currencies: frozenset[str] | None = None
    """The currencies it takes; None for all."""


@dataclass(frozen=True, slots=True)
class CustomerDocument:
    """A customer as the provider should know it."""

    id: str
    key: str
    name: str
    email: str | None = None


@dataclass(frozen=True, slots=True)
class InvoiceDocumentLine:
    """One rounded line; the gateway rates, so it goes out as this amount with quantity 1."""

    id: str
    description: str
    amount: Money
    period_start: datetime
    period_end: datetime


@dataclass(frozen=True, slots=True)
class InvoiceDocument:
    """A finalized invoice to be made at the provider. `total` is the sum of the lines' amounts."""

    id: str
    number: str
    customer_ref: str
    """The customer's id at the provider, as `put_customer` gave it."""
    issued_on: date
    total: Money
    lines: Sequence[InvoiceDocumentLine]
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ExternalDocument:
    """What the provider holds: `ref` is their id, `our_id` ours as stored there."""

    kind: DocumentKind
    ref: str
    our_id: str
    status: ExternalStatus | None = None
    """None for a customer."""
    total: Money | None = None
    amount_paid: Money | None = None
    version: str = ""
    """Grows with every change there, if the provider says so; compares as text."""
    url: str | None = None


@runtime_checkable
class BillingProvider(Protocol):
    """One connection to one billing system.

    Every method may raise any `ProviderError`; anything else counts as `Ambiguous`. Methods that make something take
    `key`, at most 32 characters, stable over retries of the same step of the same document: use it as the
    provider's idempotency key. All amounts and times come back exactly as the provider holds them.
    """

    NAME: ClassVar[str]
    API_VERSION: ClassVar[int]
    Settings: ClassVar[type[ProviderSettings]]
    capabilities: ClassVar[Capabilities]

    def __init__(self, connection: str, settings: Any) -> None:
        """`connection` is the name in the configuration; `settings` an instance of `Settings`."""

    def check(self) -> None:
        """Raise `NeedsAttention` if the credentials or the account cannot be used; make nothing."""

    def put_customer(self, customer: CustomerDocument, key: str) -> ExternalDocument:
        """Make the customer; called once it is known that the provider has none with this id."""

    def put_invoice(
        self, invoice: InvoiceDocument, key: str, existing: ExternalDocument | None = None
    ) -> ExternalDocument:
        """Make the invoice with all its lines, not yet issued where `capabilities.drafts`.

        `existing` is what `find` returned after an interrupted attempt: complete it instead of making another. When
        this takes several requests, any error may leave a part of the invoice there, which `find` has to return.
        """

    def issue_invoice(self, ref: str, expected_total: Money, key: str) -> ExternalDocument:
        """Issue a draft. Raises `NeedsAttention` before issuing if its total there is not `expected_total`.

        Issuing an invoice that is issued already returns it unchanged.
        """

    def find(
        self, kind: DocumentKind, our_id: str, created_since: datetime, customer_ref: str | None = None
    ) -> ExternalDocument | None:
        """The document that carries `our_id`, or None if it is proven absent.

        Lists rather than searches (search indexes lag). Only documents made at or after `created_since` need be found;
        an invoice only among those of `customer_ref`, if that is given.
        """

    def fetch(self, kind: DocumentKind, ref: str) -> ExternalDocument:
        """The document as it is now. Raises `Permanent` if there is none."""

    def changes(self, since: datetime) -> Iterator[ExternalDocument]:
        """Invoices that changed at or after `since`, oldest change first, each as it is now."""
