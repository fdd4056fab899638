"""Deliver invoices to a provider, in journalled steps, so that each is there exactly once."""

import secrets
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from gateway.core.delivery import (
    Delivery,
    DeliveryStatus,
    Step,
    StepRecord,
    attempts_max,
    retry_delay,
    step_key,
)
from gateway.core.ports.storage import UnitOfWork
from gateway.core.subscriptions.subscription import Customer
from gateway.plugin_api import (
    Ambiguous,
    BillingProvider,
    CustomerDocument,
    DocumentKind,
    ExternalDocument,
    ExternalStatus,
    InvoiceDocument,
    NeedsAttention,
    Permanent,
    ProviderError,
    Retryable,
    Unsupported,
)
from gateway.plugin_guard import GuardedProvider, guarded
from gateway.plugin_guard.fit import require_fits
from gateway.services.delivery_documents import (
    check_answer,
    check_kind,
    payment_status,
    to_customer_document,
    to_fitting,
    to_invoice_document,
)
from gateway.services.installation import Installation

lease = timedelta(seconds=60)
retry_after_max = timedelta(days=1)
settling_time = timedelta(minutes=10)
"""A request that has not been answered for so long is not under way any more."""
look_back_margin = timedelta(days=1)
reason_length_max = 500


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What became of a claimed delivery; no `status` if another worker took it over meanwhile."""

    delivery_id: str
    document_id: str
    status: DeliveryStatus | None
    reason: str | None = None

    @property
    def has_lost_lease(self) -> bool:
        """Whether another worker took the delivery over, so that nothing of this attempt was kept."""
        return self.status is None

    def __str__(self) -> str:
        return f"{self.document_id} {self.status or 'lost lease'}"


class LeaseLost(Exception):
    """Another worker has claimed the delivery since, or may have."""


def any_jitter() -> int:
    """0 to 1023, so that what failed together does not come back together."""
    return secrets.randbelow(1024)


def deliver_next(
    installation: Installation, connection: str, provider: BillingProvider, jitter: Callable[[], int] = any_jitter
) -> DeliveryReport | None:
    """Claim the delivery that is due longest and bring it to the provider; None if nothing is due.

    Whatever happened before, to this or another worker, the provider then has the invoice at most once. What a plugin
    raises never leaves here.
    """
    now = installation.system_clock.now()
    delivery = installation.storage.transact(lambda unit: unit.deliveries.claim(connection, now, now + lease))
    if delivery is None:
        return None
    errand = _Errand(installation, guarded(provider), delivery, now + lease)
    try:
        return errand.run()
    except LeaseLost:
        return DeliveryReport(delivery.id, delivery.document_id, None)
    except Exception as error:  # a plugin may raise anything
        return errand.fail(error, jitter())


def resume_delivery(installation: Installation, delivery_id: str) -> Delivery:
    """Let a parked delivery go on where it stopped. Raises `NotFound`, or `IllegalTransition` if it is not parked."""
    now = installation.system_clock.now()
    return installation.storage.transact(lambda unit: unit.deliveries.resume(delivery_id, now))


class _Errand:
    """One claimed delivery on its way: which steps are done, and which one is under way."""

    def __init__(
        self, installation: Installation, provider: GuardedProvider, delivery: Delivery, leased_until: datetime
    ) -> None:
        self._installation = installation
        self._provider = provider
        self._delivery = delivery
        self._leased_until = leased_until
        self._steps: dict[Step, StepRecord] = {}
        self._sending: Step | None = None

    def run(self) -> DeliveryReport:
        """Make every step that is not done yet."""
        check_kind(self._delivery.document_id)
        document, customer, customer_ref = self._installation.storage.read(self._load)
        document = to_fitting(document, self._provider.capabilities)
        require_fits(document, self._provider.capabilities)
        if customer_ref is None:
            document = replace(document, customer_ref=self._put_customer(to_customer_document(customer)))
        return self._conclude(self._issue(document, self._put_invoice(document)))

    def fail(self, error: Exception, jitter: int) -> DeliveryReport:
        """Journal what went wrong: the delivery is tried again later, or parked."""
        now = self._installation.system_clock.now()
        settled = _after(error, self._delivery, now, jitter)
        spent = self._steps[self._sending] if self._sending and _is_key_spent(error) else None

        def settle(unit: UnitOfWork) -> bool:
            if spent is not None:
                unit.deliveries.start_step(self._delivery, spent.step, now, spent.revision + 1)
            return unit.deliveries.settle(settled)

        is_held = self._installation.storage.transact(settle)
        return self._report(settled.status if is_held else None, settled.reason if is_held else None)

    def _load(self, unit: UnitOfWork) -> tuple[InvoiceDocument, Customer, str | None]:
        """The invoice, its customer and what the provider calls them, if it is known; the journal is taken over."""
        invoice = unit.invoices.get(self._delivery.document_id)
        customer = unit.definitions.customers_by_key([invoice.customer])[invoice.customer]
        connection = self._delivery.connection
        customer_ref = unit.deliveries.refs(connection, DocumentKind.CUSTOMER, [customer.id]).get(customer.id)
        self._steps = unit.deliveries.steps(self._delivery.id)
        if customer_ref is None:
            # Deliveries of other invoices may have tried to make the same customer.
            starts = unit.deliveries.starts(connection, Step.CUSTOMER, invoice.customer)
            self._steps |= _combined(starts)
        paid_minor = unit.credits.paid_for([invoice.id]).get(invoice.id, 0)
        return to_invoice_document(invoice, customer_ref or "", paid_minor), customer, customer_ref

    def _put_customer(self, customer: CustomerDocument) -> str:
        found = self._find(Step.CUSTOMER, DocumentKind.CUSTOMER, customer.id)
        if found is None:
            key = self._begin(Step.CUSTOMER, DocumentKind.CUSTOMER, customer.id)
            found = self._provider.put_customer(customer, key)
        made = check_answer(found, DocumentKind.CUSTOMER, customer.id)

        def finish(unit: UnitOfWork) -> None:
            self._finish(unit, Step.CUSTOMER, made)
            unit.deliveries.put_ref(self._delivery.connection, made.kind, made.our_id, made.ref)

        self._installation.storage.transact(finish)
        self._sending = None
        return made.ref

    def _put_invoice(self, invoice: InvoiceDocument) -> str:
        started = self._steps.get(Step.PUT)
        if started is not None and started.ref is not None:
            return started.ref
        found = self._find(Step.PUT, DocumentKind.INVOICE, invoice.id, invoice.customer_ref)
        if found is None or found.status is ExternalStatus.DRAFT:
            key = self._begin(Step.PUT, DocumentKind.INVOICE, invoice.id)
            found = self._provider.put_invoice(invoice, key, found)
        put = check_answer(found, DocumentKind.INVOICE, invoice.id, invoice.total)
        self._installation.storage.transact(lambda unit: self._finish(unit, Step.PUT, put))
        self._sending = None
        return put.ref

    def _issue(self, invoice: InvoiceDocument, ref: str) -> ExternalDocument:
        found = self._provider.fetch(DocumentKind.INVOICE, ref) if Step.ISSUE in self._steps else None
        if found is None or found.status is ExternalStatus.DRAFT:
            key = self._begin(Step.ISSUE, DocumentKind.INVOICE, invoice.id)
            found = self._provider.issue_invoice(ref, invoice.total, key)
        issued = check_answer(found, DocumentKind.INVOICE, invoice.id, invoice.total)
        if issued.status is ExternalStatus.DRAFT:
            raise Ambiguous(f"The provider's invoice {ref} is a draft after it was issued")
        return issued

    def _conclude(self, issued: ExternalDocument) -> DeliveryReport:
        """Journal the delivery as done, with what the provider says of the money. Raises `LeaseLost`."""
        payment = payment_status(issued)
        done = replace(self._delivery, status=DeliveryStatus.DELIVERED, due_at=None, reason=None, remedy=None)

        def conclude(unit: UnitOfWork) -> None:
            # An answer that is older may lack what was followed already and will not be again.
            if self._installation.system_clock.now() >= self._leased_until:
                raise LeaseLost
            self._finish(unit, Step.ISSUE, issued)
            unit.deliveries.put_ref(self._delivery.connection, issued.kind, issued.our_id, issued.ref)
            unit.invoices.update_payment(issued.our_id, payment)
            unit.deliveries.settle(done)

        self._installation.storage.transact(conclude)
        return self._report(done.status)

    def _find(
        self, step: Step, kind: DocumentKind, our_id: str, customer_ref: str | None = None
    ) -> ExternalDocument | None:
        """What an earlier attempt at `step` left at the provider; nothing if there was none."""
        started = self._steps.get(step)
        if started is None:
            return None
        since = started.first_started_at - look_back_margin
        return self._provider.find(kind, our_id, since, customer_ref)

    def _begin(self, step: Step, kind: DocumentKind, our_id: str) -> str:
        """Journal, with a new lease, that a call is about to be made; its idempotency key. Raises `LeaseLost`."""
        now = self._installation.system_clock.now()
        start = _next_start(step, self._steps.get(step), now, self._window)

        def begin(unit: UnitOfWork) -> None:
            is_held = unit.deliveries.renew(self._delivery, now + lease)
            if not (is_held and unit.deliveries.start_step(self._delivery, step, start.started_at, start.revision)):
                raise LeaseLost

        self._installation.storage.transact(begin)
        self._steps[step], self._sending, self._leased_until = start, step, now + lease
        return step_key(self._delivery.connection, kind, our_id, start.revision, step)

    def _finish(self, unit: UnitOfWork, step: Step, made: ExternalDocument) -> None:
        """Journal the answer, within a transaction. Raises `LeaseLost`."""
        start = self._steps[step]
        # Another delivery may have started the step, so that this one has no start in its journal.
        is_held = unit.deliveries.start_step(self._delivery, step, start.started_at, start.revision)
        if not (is_held and unit.deliveries.finish_step(self._delivery, step, made.ref)):
            raise LeaseLost

    @property
    def _window(self) -> timedelta:
        return timedelta(seconds=self._provider.capabilities.idempotency_window_seconds)

    def _report(self, status: DeliveryStatus | None, reason: str | None = None) -> DeliveryReport:
        return DeliveryReport(self._delivery.id, self._delivery.document_id, status, reason)


def _combined(starts: Sequence[StepRecord]) -> dict[Step, StepRecord]:
    """The first start of a step, and that of its newest key."""
    if not starts:
        return {}
    newest = max(start.revision for start in starts)
    began_at = min(start.started_at for start in starts if start.revision == newest)
    first_began_at = min(start.first_started_at for start in starts)
    return {starts[0].step: StepRecord(starts[0].step, first_began_at, began_at, revision=newest)}


def _next_start(step: Step, started: StepRecord | None, now: datetime, window: timedelta) -> StepRecord:
    """The start to journal for a call whose document is proven absent.

    The same again while the provider remembers its key, which makes a request that is still under way harmless; else
    one with another key. Raises `Retryable` while a request without such protection may still be under way.
    """
    if started is None:
        return StepRecord(step, now, now)
    age = now - started.started_at
    if age < window:
        return started
    if age < settling_time:
        raise Retryable(f"An earlier attempt to make the {step} may be under way", (settling_time - age).seconds + 1)
    return replace(started, started_at=now, ref=None, revision=started.revision + 1)


def _is_key_spent(error: Exception) -> bool:
    """Whether the provider has answered for good under the key, so that it would only answer the same again."""
    if isinstance(error, Ambiguous):
        return error.key_is_spent
    return isinstance(error, Permanent | NeedsAttention | Unsupported)


def _after(error: Exception, delivery: Delivery, now: datetime, jitter: int) -> Delivery:
    """The delivery as it stands after `error`: due again, or parked with what a person should do."""
    failed = replace(delivery, attempts=delivery.attempts + 1, reason=_reason(error), remedy=None)
    remedy = _remedy(error)
    if remedy is None and failed.attempts >= attempts_max:
        remedy = f"it failed {failed.attempts} times: find out why, then resume the delivery"
    if remedy is not None:
        return replace(failed, status=DeliveryStatus.PARKED, due_at=None, remedy=remedy)
    wait = retry_delay(failed.attempts, jitter)
    if isinstance(error, Retryable) and error.retry_after_seconds is not None:
        wait = max(wait, min(timedelta(seconds=error.retry_after_seconds), retry_after_max))
    return replace(failed, due_at=now + wait)


def _remedy(error: Exception) -> str | None:
    """What a person has to do; None if waiting may help."""
    match error:
        case NeedsAttention():
            return error.remedy
        case Unsupported():
            return "deliver to a provider that supports it"
        case Permanent():
            return "correct what the provider refuses, then resume the delivery"
    return None


def _reason(error: Exception) -> str:
    """What went wrong. Of errors that no plugin should raise the text is left out: nobody vouches for it."""
    if isinstance(error, NeedsAttention):
        return error.reason[:reason_length_max]
    if isinstance(error, ProviderError):
        return str(error)[:reason_length_max]
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {Path(place.filename).name}, line {place.lineno}"
