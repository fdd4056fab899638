"""What the services ask of storage and of the clock; the adapters implement these Protocols."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum
from typing import Protocol, TypeVar

from gateway.core.access import ApiKey
from gateway.core.billing_ports import BillingTerms, CreditNotes
from gateway.core.corrections import EventCorrection
from gateway.core.credit_movements import CreditMovement
from gateway.core.credits import CreditGrant
from gateway.core.delivery import Delivery, DeliveryStatus, Step, StepRecord
from gateway.core.events import QuarantineReason
from gateway.core.invoices import Invoice, InvoiceKey, InvoiceStatus, PaymentStatus
from gateway.core.ledger import JournalEntry, Transfer
from gateway.core.live import LiveDelta, LiveKey, LiveState, LiveUncountable, PreparedDelta, Unattributed
from gateway.core.meters import Meter
from gateway.core.phases import SubscriptionHistory
from gateway.core.plans import PlanVersion
from gateway.core.reconciliation import Discrepancy, Resolution
from gateway.core.subscriptions import Customer, Subscription
from gateway.core.wallets import Wallet, WalletAccount

T = TypeVar("T")


class Clock(Protocol):
    """Where the time comes from; billing has one clock, leases and tokens another."""

    def now(self) -> datetime:
        """The present instant, aware UTC."""
        ...


class Ids(Protocol):
    """Where new opaque ids come from."""

    def new(self, prefix: str) -> str:
        """An id nobody can guess or count, such as `inv_01J...`."""
        ...


class Priority(IntEnum):
    """Which writer goes first when several wait."""

    INTERACTIVE = 0
    INGEST = 1
    BULK = 2


@dataclass(frozen=True, slots=True)
class EventBlock:
    """The events of one request in the log: the body as sent, less the `skipped` ordinals, from `first_position` on."""

    first_position: int
    count: int
    recorded_at: datetime
    format: str
    body: bytes
    skipped: tuple[int, ...]
    occurred_min: datetime
    occurred_max: datetime

    @property
    def last_position(self) -> int:
        """The position of its last event."""
        return self.first_position + self.count - 1


@dataclass(frozen=True, slots=True)
class IdentityRun:
    """Events of one source at positions `first_position`, +1, ... in the order of `ids`."""

    source: str
    first_position: int
    ids: Sequence[str]


@dataclass(frozen=True, slots=True)
class QuarantinedEvent:
    """An event that cannot be taken yet: its bytes as sent, and why."""

    id: str
    source: str
    event_id: str
    customer: str
    type: str
    occurred_at: datetime
    reason: QuarantineReason
    format: str
    body: bytes
    quarantined_at: datetime
    released_at: datetime | None = None
    position: int | None = None


@dataclass(frozen=True, slots=True)
class IntakeCount:
    """How many events of a source ended how in an hour."""

    source: str
    hour: datetime
    accepted: int = 0
    duplicate: int = 0
    conflict: int = 0
    quarantined: int = 0


class EventLog(Protocol):
    """The append-only log of usage events and the identities in it."""

    def head(self) -> int:
        """The position of the last event; 0 for an empty log."""
        ...

    def lock_head(self) -> int:
        """The head, locked until the transaction ends, so that positions are gapless and in commit order."""
        ...

    def find(self, source: str, ids: Sequence[str]) -> dict[str, int | None]:
        """The known ones of `ids`, with their position; None for one in quarantine."""
        ...

    def append(self, blocks: Sequence[EventBlock], runs: Sequence[IdentityRun], head: int) -> None:
        """Store blocks with the identities of their events, and move the locked head to `head`."""
        ...

    def quarantine(self, events: Sequence[QuarantinedEvent]) -> None:
        """Keep events that cannot be taken yet; each holds its id."""
        ...

    def release(self, event: QuarantinedEvent, position: int, at: datetime) -> None:
        """Give a quarantined event its position."""
        ...

    def count_intake(self, counts: Sequence[IntakeCount]) -> None:
        """Add to the hourly tallies per source."""
        ...

    def add_correction(self, correction: EventCorrection) -> None:
        """Store that an entry corrects an event."""
        ...

    def correction_of(self, position: int) -> EventCorrection | None:
        """What corrects the event at `position`; None if nothing does."""
        ...

    def corrections(self, after: int, up_to: int, customers: Sequence[str] | None = None) -> list[EventCorrection]:
        """The corrections at positions in `(after, up_to]`, of these customers or of all, in order."""
        ...

    def block_at(self, position: int) -> EventBlock:
        """The block that holds `position`."""
        ...

    def blocks_at(self, positions: Sequence[int]) -> Iterator[EventBlock]:
        """The blocks that hold these positions, each once, in order, streamed."""
        ...

    def blocks(
        self, after: int, up_to: int, occurred_from: datetime | None = None, occurred_before: datetime | None = None
    ) -> Iterator[EventBlock]:
        """Blocks with positions in `(after, up_to]`, in order, streamed; only those that may hold the named times."""
        ...

    def next_blocks(self, after: int, events_max: int) -> list[EventBlock]:
        """The blocks that follow position `after`: at least one if there is any, and about `events_max` events."""
        ...

    def quarantined(self, after: str | None, limit: int, open_only: bool = True) -> list[QuarantinedEvent]:
        """Quarantined events in the order of their ids, after the id `after`."""
        ...

    def quarantined_by_id(self, ids: Sequence[str]) -> list[QuarantinedEvent]:
        """Those of `ids` that exist."""
        ...

    def quarantined_count(self) -> int:
        """How many events wait in quarantine."""
        ...

    def intake(self) -> IntakeCount:
        """All tallies added up, over all sources and hours."""
        ...


class Definitions(Protocol):
    """Event types, meters, plans, customers and subscriptions."""

    def version(self) -> int:
        """A number that grows with every change of a definition."""
        ...

    def bump_version(self) -> int:
        """Note that a definition changed; the new version."""
        ...

    def event_types(self) -> frozenset[str]:
        """The declared event types."""
        ...

    def add_event_types(self, names: Iterable[str]) -> None:
        """Declare event types; those declared before stay."""
        ...

    def meters(self) -> dict[str, Meter]:
        """All meters by key."""
        ...

    def add_meter(self, meter: Meter) -> None:
        """Store a new meter with its versions."""
        ...

    def plan_version(self, plan: str, version: int | None = None) -> PlanVersion:
        """A published plan version, the newest by default. Raises `NotFound`."""
        ...

    def plans(self) -> list[PlanVersion]:
        """Every published version, by plan and version."""
        ...

    def add_plan_version(self, plan: PlanVersion) -> None:
        """Store a published plan version."""
        ...

    def customers(
        self, after: str | None, limit: int, key: str | None = None, search: str | None = None
    ) -> list[Customer]:
        """Customers by key, after the key `after`; only `key`, or those with `search` in key or name, if given."""
        ...

    def customers_by_key(self, keys: Sequence[str]) -> dict[str, Customer]:
        """Those of `keys` that exist."""
        ...

    def customers_by_id(self, ids: Sequence[str]) -> dict[str, Customer]:
        """Those of `ids` that exist."""
        ...

    def customer_keys(self) -> frozenset[str]:
        """The keys of all customers."""
        ...

    def customer_count(self, search: str | None = None) -> int:
        """How many customers there are, or have `search` in key or name."""
        ...

    def lock_customer(self, key: str) -> Customer:
        """One customer, locked until the transaction ends, so that its subscriptions stay. Raises `NotFound`."""
        ...

    def add_customer(self, customer: Customer, created_at: datetime) -> bool:
        """Store a customer; False if the key is taken."""
        ...

    def subscriptions(self, customers: Sequence[str] | None = None) -> list[Subscription]:
        """All that counts and bills: every billed phase of subscriptions, by customer and start; of all if None."""
        ...

    def subscription_histories(self, ids: Sequence[str]) -> dict[str, SubscriptionHistory]:
        """The subscriptions that have these ids, or a phase with it, by the id asked for."""
        ...

    def histories_of(self, customers: Sequence[str] | None = None) -> list[SubscriptionHistory]:
        """Subscriptions by customer and start; of all customers if None."""
        ...

    def subscription_page(
        self, after: tuple[str, str] | None, limit: int, customer: str | None = None
    ) -> list[SubscriptionHistory]:
        """Subscriptions by customer and id, after the given pair; only those of `customer` if given."""
        ...

    def subscription_count(self, customer: str | None = None) -> int:
        """How many subscriptions there are, or `customer` has."""
        ...

    def subscriptions_by_id(self, ids: Sequence[str]) -> dict[str, Subscription]:
        """Those phases of `ids` that exist and hold, cut where the next ones begin."""
        ...

    def add_subscription(self, subscription: Subscription) -> bool:
        """Store a subscription; False if its key is taken."""
        ...

    def add_phases(self, history: SubscriptionHistory, phases: Sequence[Subscription], recorded_at: datetime) -> None:
        """Record phases behind those that a subscription has."""
        ...


class LiveCounts(Protocol):
    """The live projection of the log: counts, what could not be counted or attributed, and the customers' index."""

    def lock_position(self) -> int:
        """The projection's position, locked until the transaction ends."""
        ...

    def position(self) -> int:
        """The position up to which live counts are current."""
        ...

    def fingerprints(self) -> dict[str, str]:
        """By what definitions each subscription was counted, by its id."""
        ...

    def set_fingerprints(self, fingerprints: Mapping[str, str]) -> None:
        """Remember by what definitions subscriptions are counted from now on."""
        ...

    def reset(self) -> None:
        """Forget all counts and the index, and start again at position 0."""
        ...

    def forget(self, customer: str, subscription_ids: Sequence[str]) -> None:
        """Forget a customer's counts and what could not be counted or attributed; the index stays."""
        ...

    def prepare(self, delta: LiveDelta) -> PreparedDelta:
        """Work out what `delta` makes of the counts as they are, which needs no turn of the writer."""
        ...

    def apply(self, prepared: PreparedDelta, position: int) -> bool:
        """Store what was prepared, and that counts cover everything up to `position`.

        False, and nothing is stored, if anything was counted or forgotten since it was prepared.
        """
        ...

    def states(
        self, subscriptions: Sequence[str], bucket: str, starts_from: datetime, starts_before: datetime,
        meters: Sequence[str] | None = None,
    ) -> dict[LiveKey, LiveState]:  # fmt: skip
        """The live states of subscriptions in buckets of kind `bucket` that start in the span."""
        ...

    def unique_values(
        self, subscriptions: Sequence[str], bucket: str, starts_from: datetime, starts_before: datetime,
        meters: Sequence[str],
    ) -> Iterator[tuple[LiveKey, str]]:  # fmt: skip
        """The distinct value hashes of unique counts, per bucket of kind `bucket` that starts in the span."""
        ...

    def uncountable(
        self, subscriptions: Sequence[str], meter: str | None, after: int, limit: int
    ) -> list[LiveUncountable]:
        """Events that a meter left out, in order of position, after `after`."""
        ...

    def unattributed(self, after: int, limit: int, customer: str | None = None) -> list[Unattributed]:
        """Events that belong to no subscription, in order of position, after `after`."""
        ...

    def unattributed_count(self, customer: str | None = None) -> int:
        """How many there are."""
        ...

    def customer_event_count(self, customers: Sequence[str]) -> int:
        """How many events of these customers the index holds."""
        ...

    def customer_positions(
        self, customer: str, after: int, up_to: int, occurred_from: datetime | None, occurred_before: datetime | None
    ) -> Iterator[int]:
        """Positions of a customer's events in `(after, up_to]` that may have occurred in the span, in order."""
        ...


@dataclass(frozen=True, slots=True)
class InvoiceFilter:
    """Which invoices to list; None takes all. `is_issued` takes those that are or were final, or the others."""

    customer: str | None = None
    status: InvoiceStatus | None = None
    issued_from: date | None = None
    issued_before: date | None = None
    is_issued: bool | None = None


class Invoices(Protocol):
    """Invoices with their lines and holds."""

    def add(self, invoice: Invoice, discrepancies: Sequence[Discrepancy]) -> bool:
        """Store a new invoice; False if a live one with its key exists."""
        ...

    def by_key(self, key: InvoiceKey) -> Invoice | None:
        """The live invoice with this key."""
        ...

    def billed_boundaries(self, subscription_ids: Sequence[str]) -> set[InvoiceKey]:
        """The keys of the live invoices of subscriptions."""
        ...

    def get(self, invoice_id: str) -> Invoice:
        """One invoice. Raises `NotFound`."""
        ...

    def lock(self, invoice_id: str) -> Invoice:
        """One invoice, locked until the transaction ends. Raises `NotFound`."""
        ...

    def by_ids(self, ids: Sequence[str]) -> dict[str, Invoice]:
        """Those of `ids` that exist."""
        ...

    def by_number(self, number: str) -> Invoice | None:
        """The invoice with this legal number."""
        ...

    def page(
        self, matching: InvoiceFilter, after: tuple[date, str] | None, limit: int, is_newest_first: bool = False
    ) -> list[Invoice]:
        """Invoices by day of issue and id, behind the given pair in that order or, newest first, in its reverse."""
        ...

    def count(self, matching: InvoiceFilter) -> int:
        """How many invoices pass the filter."""
        ...

    def with_status(self, status: InvoiceStatus, limit: int) -> list[Invoice]:
        """Invoices in a state, by boundary and subscription."""
        ...

    def update_status(self, invoice: Invoice) -> None:
        """Store status, number and time of finalization of an invoice."""
        ...

    def apply_terms(self, invoice: Invoice) -> None:
        """Store the terms, and the discounts and taxes of the lines, of an invoice that is not final yet."""
        ...

    def update_payment(self, invoice_id: str, status: PaymentStatus) -> None:
        """Store what the provider says about the money."""
        ...

    def discrepancies(self, invoice_ids: Sequence[str]) -> dict[str, list[Discrepancy]]:
        """The holds of invoices."""
        ...

    def resolve(self, resolution: Resolution) -> None:
        """Keep who let a held invoice go out, and why."""
        ...

    def resolutions(self, invoice_ids: Sequence[str]) -> dict[str, Resolution]:
        """Who let which of these invoices go out."""
        ...

    def take_number(self, series: str) -> int:
        """The next number of a series, from 1, without gaps: the row stays locked until the transaction ends."""
        ...


class Books(Protocol):
    """The ledger."""

    def post(self, entry: JournalEntry) -> bool:
        """Append an entry; False if its key was posted before."""
        ...

    def transfers(self, source_prefix: str) -> list[Transfer]:
        """The transfers whose source starts so, in order of posting."""
        ...

    def balances(self) -> dict[tuple[str, str], int]:
        """Debits less credits in minor units by (account, currency)."""
        ...


class Credits(Protocol):
    """Wallets with their grants, and what moved."""

    def add_wallet(self, wallet: Wallet) -> bool:
        """Store a new wallet without grants; False if the customer has one with its key."""
        ...

    def lock_wallet(self, wallet_id: str) -> WalletAccount:
        """One wallet, locked until the transaction ends. Raises `NotFound`."""
        ...

    def lock_wallets(self, customer: str) -> list[WalletAccount]:
        """A customer's wallets by id, locked until the transaction ends."""
        ...

    def wallets_of(self, customers: Sequence[str]) -> dict[str, list[WalletAccount]]:
        """The wallets of customers that have any, by id."""
        ...

    def wallets_by_id(self, ids: Sequence[str]) -> dict[str, WalletAccount]:
        """Those of `ids` that exist."""
        ...

    def wallet_of_grant(self, grant_id: str) -> str:
        """The id of the wallet that a grant belongs to. Raises `NotFound`."""
        ...

    def due_wallets(self, now: datetime, limit: int) -> list[str]:
        """The ids of wallets in which something was due by `now`, longest due first."""
        ...

    def add_grant(self, wallet_id: str, grant: CreditGrant, reason: str) -> None:
        """Store a grant of a locked wallet, which has not begun, and what it was given for."""
        ...

    def end_grant(self, grant_id: str, voided_at: datetime) -> None:
        """Note that a grant of a locked wallet is voided from an instant on."""
        ...

    def reasons(self, grant_ids: Sequence[str]) -> dict[str, str]:
        """What grants were given for."""
        ...

    def record(self, account: WalletAccount, movements: Sequence[CreditMovement], at: datetime) -> int:
        """Append movements of a locked wallet and store the balances they led to; the ordinal of the first."""
        ...

    def movements(
        self, wallet_ids: Sequence[str], after: int, limit: int
    ) -> dict[str, list[tuple[int, CreditMovement]]]:
        """The movements of wallets with their ordinals, from 1 without gaps, after the ordinal `after`."""
        ...

    def movement_counts(self, wallet_ids: Sequence[str]) -> dict[str, int]:
        """How many there are."""
        ...

    def movements_for(self, cause: str) -> dict[str, list[CreditMovement]]:
        """What moved for a cause, by wallet, in order."""
        ...

    def paid_for(self, causes: Sequence[str]) -> dict[str, int]:
        """What paid credit and overage paid, in minor units, of each cause that they paid for."""
        ...


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    """Which deliveries to list; None takes all."""

    status: DeliveryStatus | None = None
    document_id: str | None = None


class Deliveries(Protocol):
    """The transactional outbox, its journal of steps, and references to what providers hold."""

    def add(self, delivery: Delivery) -> None:
        """Put a document into the outbox."""
        ...

    def claim(self, connection: str, now: datetime, lease_until: datetime) -> Delivery | None:
        """Take the delivery that is due longest and not leased, with the next fencing token."""
        ...

    def renew(self, delivery: Delivery, lease_until: datetime) -> bool:
        """Extend a lease; False if another worker has claimed the delivery since."""
        ...

    def steps(self, delivery_id: str) -> dict[Step, StepRecord]:
        """The journal of a delivery."""
        ...

    def start_step(self, delivery: Delivery, step: Step, at: datetime, revision: int = 0) -> bool:
        """Journal, in place of an earlier start, that a call is about to be made; False if the fence is stale."""
        ...

    def starts(self, connection: str, step: Step, customer: str) -> list[StepRecord]:
        """The journalled starts of `step` for all invoices of a customer, oldest first."""
        ...

    def finish_step(self, delivery: Delivery, step: Step, ref: str) -> bool:
        """Journal the provider's answer; False if the fencing token is stale."""
        ...

    def settle(self, delivery: Delivery) -> bool:
        """Store status, attempts, due time and reason of a pending delivery, and give up the lease.

        False if the fencing token is stale or the delivery is settled already.
        """
        ...

    def resume(self, delivery_id: str, now: datetime) -> Delivery:
        """Make a parked delivery due again. Raises `NotFound`, or `IllegalTransition` if it is not parked."""
        ...

    def page(self, matching: DeliveryFilter, after: str | None, limit: int) -> list[Delivery]:
        """Deliveries by id, after the id `after`."""
        ...

    def by_ids(self, ids: Sequence[str]) -> dict[str, Delivery]:
        """Those of `ids` that exist."""
        ...

    def journals(self, delivery_ids: Sequence[str]) -> dict[str, list[StepRecord]]:
        """The journals of deliveries, in the order of starting."""
        ...

    def by_document(self, document_ids: Sequence[str]) -> dict[str, list[Delivery]]:
        """The deliveries of documents."""
        ...

    def counts(self) -> dict[DeliveryStatus, int]:
        """How many deliveries there are in each state that any is in."""
        ...

    def next_due_at(self, connection: str) -> datetime | None:
        """When the next pending delivery is due."""
        ...

    def put_ref(self, connection: str, kind: str, our_id: str, their_id: str) -> None:
        """Remember what the provider calls our document."""
        ...

    def refs(self, connection: str, kind: str, our_ids: Sequence[str]) -> dict[str, str]:
        """Their ids by ours."""
        ...

    def our_id(self, connection: str, kind: str, their_id: str) -> str | None:
        """Our id by theirs."""
        ...

    def changes_seen(self, connection: str) -> datetime | None:
        """Up to when the provider's changes have been applied."""
        ...

    def set_changes_seen(self, connection: str, seen: datetime) -> None:
        """Remember it."""
        ...


class Access(Protocol):
    """API keys, signing secrets and remembered requests."""

    def add_key(self, key: ApiKey) -> None:
        """Store a key, which holds only the hash of its secret."""
        ...

    def key_by_prefix(self, prefix: str) -> ApiKey | None:
        """The key whose public part is `prefix`."""
        ...

    def keys(self, after: str | None, limit: int) -> list[ApiKey]:
        """Keys by id, after the id `after`."""
        ...

    def keys_by_id(self, ids: Sequence[str]) -> dict[str, ApiKey]:
        """Those of `ids` that exist."""
        ...

    def revoke_key(self, key_id: str, at: datetime) -> ApiKey:
        """End a key. Raises `NotFound`."""
        ...

    def note_use(self, key_id: str, at: datetime) -> None:
        """Remember when a key was last used."""
        ...

    def secret(self, name: str) -> str | None:
        """A secret of the installation."""
        ...

    def add_secret(self, name: str, value: str) -> None:
        """Store a secret of the installation unless it exists."""
        ...

    def recall(self, key: str) -> tuple[str, str] | None:
        """The request hash and the answer remembered for an idempotency key."""
        ...

    def remember(self, key: str, request_hash: str, answer: str, at: datetime) -> bool:
        """Remember an answer for ever; False if the key is taken."""
        ...


class UnitOfWork(Protocol):
    """One transaction: all of it happens, or nothing."""

    @property
    def log(self) -> EventLog: ...
    @property
    def definitions(self) -> Definitions: ...
    @property
    def live(self) -> LiveCounts: ...
    @property
    def invoices(self) -> Invoices: ...
    @property
    def terms(self) -> BillingTerms: ...
    @property
    def credit_notes(self) -> CreditNotes: ...
    @property
    def books(self) -> Books: ...
    @property
    def credits(self) -> Credits: ...
    @property
    def deliveries(self) -> Deliveries: ...
    @property
    def access(self) -> Access: ...


class Storage(Protocol):
    """Where everything is kept. Work is a function of a unit of work, so that it can be run again when it must."""

    def transact(self, work: Callable[[UnitOfWork], T], priority: Priority = Priority.INTERACTIVE) -> T:
        """Run `work` in a writing transaction and return its result once it is durable."""
        ...

    def submit(self, work: Callable[[UnitOfWork], T], priority: Priority = Priority.INTERACTIVE) -> "Future[T]":
        """As `transact`, without waiting."""
        ...

    def read(self, work: Callable[[UnitOfWork], T]) -> T:
        """Run `work` on one consistent snapshot; writing fails."""
        ...

    def snapshot(self) -> AbstractContextManager[UnitOfWork]:
        """A consistent snapshot for streaming; keep it short on a busy system."""
        ...
