"""The plugin for the simulated provider, and all that may go wrong with a call."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum
from typing import ClassVar, TypeVar

from gateway.core.money import Money
from gateway.plugin_api import (
    API_VERSION,
    Ambiguous,
    BillingProvider,
    Capabilities,
    CustomerDocument,
    DocumentKind,
    ExternalDocument,
    InvoiceDocument,
    Permanent,
    ProviderSettings,
    RatePolicy,
    Retryable,
)
from tests.simulator.fate import Crash, Fate, Mishap, Pause
from tests.simulator.provider_world import (
    LateRequest,
    ProviderWorld,
    Work,
    issuing,
    key_window,
    making_customer,
    making_invoice,
)

T = TypeVar("T")

late_seconds_max = 300
"""A request lands within so long or never; with a pause before it that is less than the ten minutes we count on."""


class Fault(Enum):
    """What goes wrong with a call that makes something."""

    REFUSED = "asked too often"
    LOST_REQUEST = "it never arrives"
    LOST_ANSWER = "it is done, and the answer is lost"
    LATE = "it is given up, and lands later"
    FAILED = "a failure is stored under its key"
    FAILED_AFTERWARDS = "it is done, and a failure is stored under its key"
    INTERRUPTED = "half of it is done"
    DECLINED = "declined, and that is stored under its key"
    BROKEN = "it is done, and the plugin breaks"
    WRONG_TOTAL = "it is done, and the answer names another total"


_USUAL = (Fault.REFUSED, Fault.LOST_REQUEST, Fault.LOST_ANSWER, Fault.LATE, Fault.FAILED, Fault.FAILED_AFTERWARDS)
_UNUSUAL = (Fault.INTERRUPTED, Fault.DECLINED, Fault.BROKEN, Fault.WRONG_TOTAL)


class FaultyProvider(BillingProvider):
    """See `BillingProvider`; one for each process."""

    NAME: ClassVar[str] = "simulated"
    API_VERSION: ClassVar[int] = API_VERSION
    Settings: ClassVar[type[ProviderSettings]] = ProviderSettings
    capabilities: ClassVar[Capabilities] = Capabilities(
        drafts=True,
        lines_max=1000,
        negative_lines=True,
        zero_lines=True,
        external_id_field="our_id",
        external_id_length_max=100,
        rate=RatePolicy(requests=1000, seconds=1, burst=1000),
        idempotency_window_seconds=int(key_window.total_seconds()),
    )

    def __init__(self, world: ProviderWorld, fate: Fate) -> None:
        self._world = world
        self._fate = fate

    def check(self) -> None:
        """Nothing is wrong with the account."""

    def put_customer(
        self, customer: CustomerDocument, key: str, existing: ExternalDocument | None = None
    ) -> ExternalDocument:
        """See `BillingProvider.put_customer`; nothing of one that is there could change."""
        if existing is not None:
            return existing
        return self._write(key, making_customer(customer))

    def put_invoice(
        self, invoice: InvoiceDocument, key: str, existing: ExternalDocument | None = None
    ) -> ExternalDocument:
        """See `BillingProvider.put_invoice`."""
        ref = existing.ref if existing else None
        half = making_invoice(invoice, ref, lines_max=len(invoice.flat_lines) // 2)
        return self._write(key, making_invoice(invoice, ref), half)

    def issue_invoice(self, ref: str, expected_total: Money, key: str) -> ExternalDocument:
        """See `BillingProvider.issue_invoice`."""
        return self._write(key, issuing(ref, expected_total))

    def find(
        self, kind: DocumentKind, our_id: str, created_since: datetime, customer_ref: str | None = None
    ) -> ExternalDocument | None:
        """See `BillingProvider.find`."""

        def look() -> ExternalDocument | None:
            found = self._world.find(kind, our_id, created_since, customer_ref)
            return found.shown() if found else None

        return self._read(look)

    def fetch(self, kind: DocumentKind, ref: str) -> ExternalDocument:
        """See `BillingProvider.fetch`."""
        return self._read(lambda: self._world.get(ref).shown())

    def changes(self, since: datetime) -> Iterator[ExternalDocument]:
        """See `BillingProvider.changes`."""
        changed = [
            document
            for document in self._world.documents.values()
            if document.kind is DocumentKind.INVOICE and document.changed_at >= since
        ]
        for document in sorted(changed, key=lambda document: (document.changed_at, document.ref)):
            yield self._read(document.shown)

    def _read(self, look: Callable[[], T]) -> T:
        if self._fate.hits(self._fate.temper.provider_faults / 3):
            raise self._fate.random.choice((Retryable("it cannot be read for now"), Ambiguous("no answer")))
        return look()

    def _write(self, key: str, work: Work, half: Work | None = None) -> ExternalDocument:
        """Send a request, unless the process ends or stops before; and hear the answer, unless it does so then."""
        mishap = self._fate.mishap()
        if mishap is Mishap.CRASH_BEFORE:
            raise Crash
        if mishap is Mishap.PAUSE_BEFORE:
            self._fate.pause(Pause(is_bounded=True))
        answer = self._send(key, work, half or work)
        if mishap in {Mishap.CRASH_AFTER, Mishap.CRASH_WITHIN}:
            raise Crash
        if mishap is Mishap.PAUSE_AFTER:
            self._fate.pause(Pause(is_bounded=False))
        return answer

    def _send(self, key: str, work: Work, half: Work) -> ExternalDocument:
        match self._fault():
            case None:
                return self._world.perform(key, work).shown()
            case Fault.REFUSED:
                raise Retryable("asked too often", self._fate.random.choice((None, 1, 600)))
            case Fault.LOST_REQUEST:
                raise Ambiguous("it never arrives")
            case Fault.LATE:
                wait = timedelta(seconds=self._fate.random.randint(1, late_seconds_max))
                self._world.delay(LateRequest(self._world.now + wait, key, work))
                raise Ambiguous("it is given up")
            case Fault.FAILED:
                self._world.refuse(key)
                raise Ambiguous("a failure")
            case Fault.DECLINED:
                self._world.refuse(key)
                raise Permanent("declined")
            case Fault.INTERRUPTED:
                self._world.perform(key, half)
                raise Ambiguous("interrupted")
            case Fault.FAILED_AFTERWARDS:
                self._world.perform(key, work, is_failure_stored=True)
                raise Ambiguous("a failure")
            case fault:
                return _spoiled(fault, self._world.perform(key, work).shown())

    def _fault(self) -> Fault | None:
        if not self._fate.hits(self._fate.temper.provider_faults):
            return None
        return self._fate.random.choice(_UNUSUAL if self._fate.random.random() < 0.2 else _USUAL)


def _spoiled(fault: Fault, answer: ExternalDocument) -> ExternalDocument:
    """What becomes of the answer to a request that was carried out."""
    if fault is Fault.BROKEN:
        raise ZeroDivisionError
    if fault is Fault.WRONG_TOTAL and answer.total is not None:
        return replace(answer, total=replace(answer.total, amount_minor=answer.total.amount_minor + 1))
    raise Ambiguous("no answer")
