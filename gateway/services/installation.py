"""What every use case works with."""

from dataclasses import dataclass, field

from gateway.core.addresses import Network
from gateway.core.books.account_mapping import AccountMapping
from gateway.core.gate.rules import NO_RULES, GateRules
from gateway.core.invoicing.discounts import DiscountOrder
from gateway.core.invoicing.document_issuer import DocumentIssuer
from gateway.core.invoicing.taxes import TaxBase
from gateway.core.ports.clock import Clock, Ids
from gateway.core.ports.storage import Storage
from gateway.core.subscriptions.subscription import payment_days_default
from gateway.plugin_api import RatePolicy
from gateway.services.connection_faults import ConnectionFaults


@dataclass(frozen=True, slots=True)
class ConnectedProvider:
    """A configured connection, its provider's name and the rate that it declares; no rate if it is not installed.

    Where it `quotes_taxes`, the provider computes the taxes of invoices before they are finalized. `issuer` says who
    numbers the legal invoice of what is finalized.
    """

    connection: str
    provider: str
    rate: RatePolicy | None
    quotes_taxes: bool = False
    issuer: DocumentIssuer = DocumentIssuer.GATEWAY


@dataclass(frozen=True, slots=True)
class ConnectedBooks:
    """A configured connection to an accounting system, which gets the journals of some legal entities, or of all."""

    connection: str
    target: str
    mapping: AccountMapping
    legal_entities: tuple[str, ...] = ()

    def keeps(self, legal_entity: str) -> bool:
        """Whether it gets the journals of a legal entity."""
        return not self.legal_entities or legal_entity in self.legal_entities


@dataclass(frozen=True, slots=True)
class Installation:
    """One gateway: its storage, its two clocks, where ids come from, and whom invoices go to.

    `connection` is the configured provider connection that finalized invoices are delivered to; invoices are numbered
    `{number_series}-000001` onwards, without gaps. New drafts have discounts and taxes by the meanings given here.
    Webhooks go to the public internet, and to `webhook_networks`. `detail_url` is where all lines of an invoice can be
    seen that had to be summarised for a provider, with `{id}` or `{number}` in place of the invoice's. Invoices are due
    `payment_days` after the day on which they are finalized, unless the customer has terms of their own.
    `journals` are the accounting systems that the books are sent to.
    `gate` says what holds an invoice besides counts that differ, and who may let one go.
    `shadow` is the connection that quotes what goes out, if there is a shadow run.

    `faults` says which connections have plugins that do not work.
    """

    storage: Storage
    business_clock: Clock
    system_clock: Clock
    ids: Ids
    connection: str
    number_series: str = "INV"
    discount_order: DiscountOrder = DiscountOrder.PERCENT_FIRST
    tax_base: TaxBase = TaxBase.STATED
    connections: tuple[ConnectedProvider, ...] = ()
    journals: tuple[ConnectedBooks, ...] = ()
    webhook_networks: tuple[Network, ...] = ()
    detail_url: str | None = None
    payment_days: int = payment_days_default
    shadow: str | None = None
    gate: GateRules = NO_RULES
    faults: ConnectionFaults = field(default_factory=ConnectionFaults)
