"""An account at each of the three vendors: a fake on loopback, the real SDK that talks to it, and what it holds."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

from gateway_chargebee import ChargebeeProvider, ChargebeeSettings
from gateway_recurly import RecurlyProvider, RecurlySettings
from gateway_stripe import StripeProvider, StripeSettings

from gateway.plugin_api import BillingProvider, ConnectionHost, ExternalStatus, minor_unit_places
from plugins.chargebee.tests.connecting import few_authorities
from plugins.chargebee.tests.fake_chargebee import FakeChargebee
from plugins.recurly.tests.fake_recurly import FakeRecurly
from plugins.recurly.tests.fake_recurly import Loopback as RecurlyLoopback
from plugins.stripe.tests.fake_stripe import FakeStripe
from tests.vendors.loopback import Loopback, serving


@dataclass(frozen=True, slots=True)
class Held:
    """A document as the vendor keeps it, whatever the plugin makes of that; amounts are in minor units."""

    our_id: str
    status: ExternalStatus
    total: int
    due: int = 0


class Account(ABC):
    """One account, running."""

    name: ClassVar[str]

    def __init__(self, loopback: Loopback[Any]) -> None:
        self.loopback = loopback

    @property
    def table(self) -> dict[str, Any]:
        """What `gateway.toml` says of a connection to it."""
        return {"provider": self.name, **_TABLES[self.name], "api_base": self.loopback.url}

    @abstractmethod
    def customers(self) -> list[str]:
        """Our ids of all customers."""

    @abstractmethod
    def invoices(self) -> list[Held]:
        """All invoices, deleted ones too if the vendor keeps them."""

    @abstractmethod
    def credit_notes(self) -> list[Held]:
        """All credit notes."""

    @abstractmethod
    def pay(self, our_id: str) -> None:
        """Let the customer pay an invoice."""


class StripeAccount(Account):
    """At Stripe, which knows our ids as metadata."""

    name = "stripe"

    def customers(self) -> list[str]:
        return [_ours(each) for each in self.loopback.fake.customers.values()]

    def invoices(self) -> list[Held]:
        return [
            Held(_ours(each), ExternalStatus(each["status"]), each["total"], each["amount_remaining"])
            for each in self.loopback.fake.invoices.values()
        ]

    def credit_notes(self) -> list[Held]:
        return [
            Held(_ours(each), _STRIPE_NOTES[each["status"]], each["total"])
            for each in self.loopback.fake.credit_notes.values()
        ]

    def pay(self, our_id: str) -> None:
        fake = self.loopback.fake
        fake.become(next(each for each in fake.invoices.values() if _ours(each) == our_id), "paid")


class ChargebeeAccount(Account):
    """At Chargebee, where an invoice has our id as its purchase order, and a credit note in a line's description."""

    name = "chargebee"

    def customers(self) -> list[str]:
        return list(self.loopback.fake.customers)

    def invoices(self) -> list[Held]:
        return [
            Held(
                each["po_number"].removeprefix("gateway:"),
                ExternalStatus.VOID if each["deleted"] else _CHARGEBEE_INVOICES[each["status"]],
                each["total"],
                each["amount_due"],
            )
            for each in self.loopback.fake.invoices.values()
        ]

    def credit_notes(self) -> list[Held]:
        return [
            Held(_tagged(each["line_items"][0]["description"]), _CHARGEBEE_NOTES[each["status"]], each["total"])
            for each in self.loopback.fake.credit_notes.values()
        ]

    def pay(self, our_id: str) -> None:
        fake = self.loopback.fake
        fake.pay(next(each for each in fake.invoices.values() if each["po_number"] == f"gateway:{our_id}"))


class RecurlyAccount(Account):
    """At Recurly, where credit notes are invoices too, with our id in their notes."""

    name = "recurly"

    def customers(self) -> list[str]:
        return list(self.loopback.fake.accounts)

    def invoices(self) -> list[Held]:
        return [
            Held(each["po_number"], _recurly_status(each), _minor(each, "total"), _minor(each, "balance"))
            for each in self._of_type("charge")
        ]

    def credit_notes(self) -> list[Held]:
        return [
            Held(each["customer_notes"].rpartition("gateway:")[2], _recurly_status(each), -_minor(each, "total"))
            for each in self._of_type("credit")
        ]

    def pay(self, our_id: str) -> None:
        self.loopback.fake.pay(next(each for each in self._of_type("charge") if each["po_number"] == our_id))

    def _of_type(self, kind: str) -> list[dict[str, Any]]:
        return [each for each in self.loopback.fake.invoices.values() if each["type"] == kind]


ACCOUNTS: dict[str, type[Account]] = {each.name: each for each in (StripeAccount, ChargebeeAccount, RecurlyAccount)}
_FAKES: dict[str, Callable[[int], Any]] = {
    "stripe": lambda now: FakeStripe(now=now),
    "chargebee": lambda now: FakeChargebee(now=now),
    "recurly": lambda now: FakeRecurly(now=now),
}
_TABLES: dict[str, dict[str, Any]] = {
    "stripe": {"api_key": FakeStripe.api_key},
    "chargebee": {"site": "acme-test", "api_key": FakeChargebee.api_key},
    "recurly": {"subdomain": FakeRecurly.subdomain, "api_key": FakeRecurly.api_key},
}
_PROVIDERS: dict[str, tuple[type[Any], type[Any]]] = {
    "stripe": (StripeProvider, StripeSettings),
    "chargebee": (ChargebeeProvider, ChargebeeSettings),
    "recurly": (RecurlyProvider, RecurlySettings),
}
_STRIPE_NOTES = {"issued": ExternalStatus.PAID, "void": ExternalStatus.VOID}
_CHARGEBEE_INVOICES = {
    "pending": ExternalStatus.DRAFT,
    "posted": ExternalStatus.OPEN,
    "payment_due": ExternalStatus.OPEN,
    "paid": ExternalStatus.PAID,
    "voided": ExternalStatus.VOID,
}
_CHARGEBEE_NOTES = {
    "adjusted": ExternalStatus.PAID,
    "refunded": ExternalStatus.PAID,
    "refund_due": ExternalStatus.OPEN,
    "voided": ExternalStatus.VOID,
}
_RECURLY_STATES = {
    "pending": ExternalStatus.OPEN,
    "open": ExternalStatus.OPEN,
    "paid": ExternalStatus.PAID,
    "closed": ExternalStatus.PAID,
}


@contextmanager
def running(vendor: str, now: int) -> Iterator[Account]:
    """An empty account in the time `now`. Fails at the end if a message broke the vendor's contract."""
    loopback = (RecurlyLoopback if vendor == "recurly" else Loopback)(_FAKES[vendor](now))
    with few_authorities(), serving(loopback):
        yield ACCOUNTS[vendor](loopback)


def connect(table: dict[str, Any], host: ConnectionHost, timeout_seconds: float | None = None) -> BillingProvider:
    """The plugin that a table of settings names, with the vendor's SDK; shorter time-outs than a table may name."""
    kind, settings = _PROVIDERS[table["provider"]]
    told = settings.model_validate({name: value for name, value in table.items() if name != "provider"})
    if timeout_seconds is not None:
        told = told.model_copy(update={"timeout_seconds": timeout_seconds})
    made: BillingProvider = kind("main", told, host)
    return made


def _ours(thing: dict[str, Any]) -> str:
    return str(thing["metadata"]["gateway_id"])


def _tagged(description: str) -> str:
    return description.rpartition("[gateway:")[2].partition(" ")[0]


def _minor(invoice: dict[str, Any], name: str) -> int:
    return int(invoice[name].scaleb(minor_unit_places(invoice["currency"])))


def _recurly_status(invoice: dict[str, Any]) -> ExternalStatus:
    if invoice["state"] == "failed" and (invoice["customer_notes"] or "").startswith("Void: "):
        return ExternalStatus.VOID
    return _RECURLY_STATES.get(invoice["state"], ExternalStatus.UNKNOWN)
