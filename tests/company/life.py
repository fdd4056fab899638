"""The life of a company from a seed: months of usage, billing, payments and credits, each of which is then closed."""

import json
import tomllib
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from random import Random

from gateway.core.events import Outcome
from gateway.core.invoicing.invoice import Invoice, InvoiceStatus
from gateway.core.ports.invoices import InvoiceFilter
from gateway.services.bill import bill_due
from gateway.services.cancel_subscription import cancel_subscription
from gateway.services.change_plan import change_plan
from gateway.services.close_books import PeriodRequest, close_period, lock_period, reopen_period
from gateway.services.correct_event import CorrectionRequest, amend_event, void_event
from gateway.services.customers import create_customer, subscribe
from gateway.services.define import apply_definitions
from gateway.services.installation import Installation
from gateway.services.pause_subscription import pause_subscription
from gateway.services.project import Projector
from gateway.services.recognise import recognise_due
from gateway.services.record_events import Recorder
from gateway.services.record_phases import Change
from gateway.services.resolve_review import approve
from gateway.services.resume_subscription import resume_subscription
from gateway.wire.events import WireFormat, parse_events
from tests.company.clients import BEGIN, clients
from tests.company.happenings import Documents
from tests.company.prepaid import Prepaid
from tests.company.terms import give_terms
from tests.company.usage import Event, Usage
from tests.support import FixedClock

ENTITIES = ("default", "europe", "japan", "gulf")
DEFINITIONS = tomllib.loads(Path(__file__).with_name("definitions.toml").read_text())
_NOON = timedelta(days=1, hours=12)
"""After the end of a month in every zone."""


class Life:
    """A company with `more` customers beside those that show each one thing."""

    def __init__(
        self, installation: Installation, clock: FixedClock, seed: int, more: int = 0, events_per_month: int = 6
    ) -> None:
        self.installation = installation
        self.clock = clock
        random = Random(seed)
        self.clients = clients(random, more)
        self.documents = Documents(installation, random)
        self._usage = Usage(random, events_per_month)
        self._random = random
        self._subscriptions: dict[str, str] = {}
        self.closed: list[str] = []
        self._steps = 0

    @cached_property
    def _recorder(self) -> Recorder:
        return Recorder(self.installation)

    @cached_property
    def _projector(self) -> Projector:
        return Projector(self.installation, self._recorder.recent)

    @cached_property
    def _prepaid(self) -> Prepaid:
        return Prepaid(self.installation)

    def live(self, months: int) -> None:
        """Live from the first of January on; every month is closed in every legal entity, and the one before locked."""
        self._begin()
        start = BEGIN
        for number in range(months):
            middle, end = start + timedelta(days=15), _next_month(start)
            self._use(start, middle)
            self._change_subscriptions(number, middle)
            self._use(middle, end)
            self._bill(end + _NOON)
            self._change_credit(number)
            self._close(f"{start:%Y-%m}")
            self._come_late(start)
            start = end

    def _begin(self) -> None:
        self.clock.set(BEGIN)
        apply_definitions(self.installation, DEFINITIONS)
        for client in self.clients:
            create_customer(self.installation, client.key, client.key.title(), legal_entity=client.legal_entity)
        give_terms(self.installation)
        for client in self.clients:
            for request in client.subscriptions():
                self._subscriptions[f"{client.key}/{request.plan}"] = subscribe(self.installation, request).id
        self._prepaid.begin()

    def _use(self, start: datetime, end: datetime) -> None:
        events = [event for client in self.clients for event in self._usage.between(client, start, end)]
        if start == BEGIN:
            # No units: the meter holds the invoice until a person has looked.
            events.append(self._usage.event("holds", start + timedelta(days=3), units=None))
        self.clock.set(end)
        self._record(events)
        self._correct(events[:: max(1, len(events) // 3)])

    def _record(self, events: Sequence[Event]) -> None:
        receipts = self._recorder.record(parse_events(json.dumps(events).encode(), WireFormat.JSON))
        assert {receipt.outcome for receipt in receipts} <= {Outcome.ACCEPTED}

    def _correct(self, events: Sequence[Event]) -> None:
        """One event is void, another one counts otherwise, before they are billed."""
        for number, event in enumerate(events[:2]):
            request = CorrectionRequest(event["source"], event["id"], "Sent by mistake", "ada", self._key())
            if number:
                amend_event(self.installation, request, {**event["properties"], "units": "1.25"})
            else:
                void_event(self.installation, request)

    def _bill(self, at: datetime) -> None:
        """Bill what is due, let things happen to what is final by then, and bill what was void again."""
        self.clock.set(at)
        self._bill_all()
        self.documents.happen(self._invoices(InvoiceStatus.FINALIZED))
        self._bill_all()

    def _bill_all(self) -> None:
        """Bill until nothing is held: a person looks at what is, and lets it go out."""
        assert not bill_due(self.installation, self._projector).failed
        while held := self._invoices(InvoiceStatus.HELD):
            for each in held:
                approve(self.installation, each.id, "ada", "The rest is right", self._key())
            assert not bill_due(self.installation, self._projector).failed

    def _change_subscriptions(self, number: int, at: datetime) -> None:
        self._bill(at)
        self.clock.advance(timedelta(hours=1))
        if number == 1:
            change_plan(self.installation, self._change("changes-plan/team"), "business")
            pause_subscription(self.installation, self._change("pauses/months"))
            cancel_subscription(self.installation, self._change("cancels/team"))
        if number == 2:
            resume_subscription(self.installation, self._change("pauses/months"))
            change_plan(self.installation, self._change("changes-plan/team"), "team")

    def _change_credit(self, number: int) -> None:
        if number == 1:
            self._prepaid.change()

    def _close(self, month: str) -> None:
        self._projector.catch_up()
        recognise_due(self.installation)
        for entity in ENTITIES:
            close_period(self.installation, self._request(entity, month))
            if not self.closed:
                reopen_period(self.installation, self._request(entity, month), "Forgot a fee")
                close_period(self.installation, self._request(entity, month))
            for before in self.closed[-1:]:
                lock_period(self.installation, self._request(entity, before))
        self.closed.append(month)

    def _come_late(self, start: datetime) -> None:
        """Usage of a month that is closed."""
        late = [each for each in self.clients if each.starts_at <= start and each.plans[0] in {"everything", "prompt"}]
        self._record([self._usage.event(each.key, start + timedelta(days=20)) for each in late])

    def _invoices(self, status: InvoiceStatus) -> list[Invoice]:
        found = self.installation.storage.read(lambda unit: unit.invoices.page(InvoiceFilter(), None, 10_000))
        return sorted((each for each in found if each.status is status), key=lambda each: each.id)

    def _change(self, subscription: str) -> Change:
        return Change(self._subscriptions[subscription], self.clock.now(), "ada", self._key())

    def _request(self, entity: str, month: str) -> PeriodRequest:
        return PeriodRequest(entity, month, "ada", self._key())

    def _key(self) -> str:
        self._steps += 1
        return f"step {self._steps}"


def _next_month(start: datetime) -> datetime:
    return (start + timedelta(days=32)).replace(day=1)
