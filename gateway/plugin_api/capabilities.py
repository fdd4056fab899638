"""What a provider declares that it can do; what it does not declare is never asked of it."""

from dataclasses import dataclass
from enum import StrEnum

from gateway.core.faults import require
from gateway.core.invoicing.document_issuer import DocumentIssuer

external_id_length_min = 32
"""How many characters of our ids every provider has to keep."""


class CreditDisposition(StrEnum):
    """How the customer gets what a credit note gives back.

    To the balance: it lowers what is due of the invoice, and what was paid of it already goes to the customer's balance
    at the provider. As a refund: by the way it was paid. Out of band: outside of the provider, which only records it.
    """

    BALANCE = "balance"
    REFUND = "refund"
    OUT_OF_BAND = "out_of_band"


class TaxMode(StrEnum):
    """Who computes taxes: the gateway, or the provider, which is asked for a quote before an invoice is finalized."""

    OURS = "ours"
    QUOTED = "quoted"


class WebhookAuth(StrEnum):
    """How a webhook proves where it comes from: an HMAC over its bytes, or a user and a password."""

    HMAC = "hmac"
    BASIC = "basic"


@dataclass(frozen=True, slots=True)
class RatePolicy:
    """At most `requests` in any `seconds`, of which `burst` may come at once."""

    requests: int
    seconds: int
    burst: int

    def __post_init__(self) -> None:
        require(
            *((name, _positive_fault(getattr(self, name))) for name in ("requests", "seconds", "burst")),
            ("burst", "is more than `requests`" if self.burst > self.requests else None),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a provider can do and its limits. The conformance suite exercises each one declared.

    The gateway asks for nothing that is not declared here: it raises `Unsupported` before the plugin is called.
    """

    drafts: bool
    """An invoice can be stored and read back before it is issued. Without, `put_invoice` issues it."""
    lines_max: int
    """How many lines one invoice can have; the gateway summarises by price what has more."""
    negative_lines: bool
    """Lines below zero are taken."""
    zero_lines: bool
    """Lines of nothing are taken; the gateway leaves them out where not."""
    external_id_field: str
    """Where our document id is kept, in the provider's words, such as `metadata.gateway_id`: for people who look."""
    external_id_length_max: int
    """How many characters of our document id the provider stores and can be asked for; at least 32."""
    idempotency_window_seconds: int
    """How long the provider remembers an idempotency key; 0 if it has none."""
    rate: RatePolicy
    """How often it may be asked; see `ConnectionHost.pace`."""
    currencies: frozenset[str] | None = None
    """The currencies it takes; None for all."""
    voids: bool = False
    """`void_invoice`: an issued invoice that is not paid can be voided."""
    credit_dispositions: frozenset[CreditDisposition] = frozenset()
    """`put_credit_note`: the ways in which it gives back what is credited; empty if it has no credit notes."""
    records_payments: bool = False
    """`record_payment`: payments that came by another way can be recorded."""
    partial_payments: bool = False
    """Such a payment may be of a part of what is due."""
    tax_modes: frozenset[TaxMode] = frozenset({TaxMode.OURS})
    """Whose taxes its invoices can carry. `quote_tax` where it can compute them."""
    document_issuers: frozenset[DocumentIssuer] = frozenset()
    """Whose number an issued invoice can have there: ours, or one that the provider gives it; empty if it has none."""
    shadow_by_preview: bool = False
    """`quote_tax` tells what an invoice would come to without leaving anything behind, also with our taxes."""
    webhook_auth: WebhookAuth | None = None
    """`verify_webhook` and `parse_webhook`: how webhooks are proven; None if it sends none."""
    pay_links: bool = False
    """An issued invoice has a page where the customer can pay it: `ExternalDocument.pay_url`."""
    tells_account: bool = False
    """`account`: which account the credentials belong to, and what currencies it has enabled."""
    tells_standing: bool = False
    """`customer_standing`: by what a customer pays there, and what it has for a balance."""

    def __post_init__(self) -> None:
        is_short = self.external_id_length_max < external_id_length_min
        require(
            ("lines_max", _positive_fault(self.lines_max)),
            ("external_id_field", None if self.external_id_field else "is empty"),
            ("external_id_length_max", f"is less than {external_id_length_min}" if is_short else None),
            ("idempotency_window_seconds", "is below zero" if self.idempotency_window_seconds < 0 else None),
            ("tax_modes", None if self.tax_modes else "is empty; there has to be at least one"),
            ("partial_payments", self._partial_fault()),
        )

    def _partial_fault(self) -> str | None:
        is_alone = self.partial_payments and not self.records_payments
        return "is declared without `records_payments`" if is_alone else None

    @property
    def quotes(self) -> bool:
        """Whether `quote_tax` may be called."""
        return self.shadow_by_preview or TaxMode.QUOTED in self.tax_modes


def _positive_fault(value: int) -> str | None:
    return None if value > 0 else f"is {value}; it has to be above zero"
