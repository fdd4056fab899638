"""Deliver a journal to an accounting system: look for it, make it, and read it back."""

from dataclasses import replace

from gateway.core.books.account_mapping import UnmappedAccounts
from gateway.core.books.journal_comparison import JournalThere, faults_of
from gateway.core.books.journals import Journal, SummaryLine, summed
from gateway.core.delivery import Step
from gateway.core.legal_entity import LegalEntity
from gateway.core.money import Money
from gateway.core.ports.storage import UnitOfWork
from gateway.plugin_api import (
    ExternalJournal,
    JournalDocument,
    JournalLine,
    JournalReversal,
    JournalSide,
    NeedsAttention,
)
from gateway.plugin_guard import GuardedTarget
from gateway.services.delivery_errand import DeliveryReport, JournalledErrand
from gateway.services.settle_delivery import SETTLE

KIND = "journal"


class JournalErrand(JournalledErrand[GuardedTarget]):
    """A journal is there once: it is looked up before it is made, and believed once it was read back."""

    def run(self) -> DeliveryReport:
        """See `Errand.run`."""
        journal, entity, undone = self.installation.storage.read(self._load)
        put = self.steps.get(Step.PUT)
        ref = None if put is None else put.ref
        if ref is None:
            journal, ref = self._put(journal, entity, undone)
        held = self._confirmed(journal, ref)

        def work(unit: UnitOfWork) -> None:
            self.note_answer(unit, Step.CONFIRM, held)
            if not self._is_native(journal):
                unit.deliveries.put_ref(self.delivery.connection, KIND, journal.id, held.ref)

        return self.conclude(work)

    def _load(self, unit: UnitOfWork) -> tuple[Journal, LegalEntity, tuple[str, str] | None]:
        """The journal, whose books it is from, and of what it undoes the id there and the number."""
        self.steps = unit.deliveries.steps(self.delivery.id)
        journal = unit.journals.by_ids([self.delivery.document_id])[self.delivery.document_id]
        entity = unit.legal_entities.get(journal.legal_entity)
        if journal.reverses is None:
            return journal, entity, None
        undone = unit.journals.by_ids([journal.reverses])[journal.reverses]
        refs = unit.deliveries.refs(self.delivery.connection, KIND, [undone.id])
        return journal, entity, (refs[undone.id], undone.number)

    def _put(self, journal: Journal, entity: LegalEntity, undone: tuple[str, str] | None) -> tuple[Journal, str]:
        """Make it unless an earlier attempt has; with the lines that it has there, and its id. Raises `LeaseLost`."""
        made = self._found(journal, undone)
        if made is None:
            journal = self._mapped(journal)
            document = to_journal_document(journal, entity, None if undone is None else undone[1])
            key = self.begin(Step.PUT, KIND, journal.id, lambda unit: self._keep_lines(unit, journal))
            made = self._make(document, undone, key)
        elif Step.PUT not in self.steps:
            self.begin(Step.PUT, KIND, journal.id)
        self.finish(Step.PUT, made)
        return journal, made.ref

    def _found(self, journal: Journal, undone: tuple[str, str] | None) -> ExternalJournal | None:
        """What an earlier attempt left there."""
        if undone is not None and self._is_native(journal):
            original = self.provider.fetch_journal(undone[0])
            return original if original.is_reversed else None
        found = self.provider.find_journal(journal.number)
        if found is not None:
            self._require_same(journal, found)
        return found

    def _make(self, document: JournalDocument, undone: tuple[str, str] | None, key: str) -> ExternalJournal:
        if undone is None:
            return self.provider.put_journal(document, key)
        return self.provider.reverse_journal(undone[0], document, key)

    def _confirmed(self, journal: Journal, ref: str) -> ExternalJournal:
        """What is there by now, if it is what was sent. Raises `NeedsAttention` if it is not."""
        if Step.CONFIRM not in self.steps:
            self.begin(Step.CONFIRM, KIND, journal.id)
        held = self.provider.fetch_journal(ref)
        if not self._is_native(journal):
            self._require_same(journal, held)
        elif not held.is_reversed:
            raise NeedsAttention(f"The journal {ref} is not reversed there", f"reverse it there, then {SETTLE}")
        return held

    def _mapped(self, journal: Journal) -> Journal:
        """The journal by the mapping that is configured now; one that undoes another keeps the other's lines."""
        books = {each.connection: each for each in self.installation.journals}.get(journal.connection)
        if journal.reverses is not None or books is None:
            return journal
        movements = self.installation.storage.read(lambda unit: unit.journals.movements(journal.id))
        try:
            return _with_lines(journal, summed(journal.connection, movements, books.mapping))
        except UnmappedAccounts as error:
            raise NeedsAttention(error.reason, f"{error.remedy}; then resume the delivery") from None

    def _keep_lines(self, unit: UnitOfWork, journal: Journal) -> None:
        if journal.reverses is None:
            unit.journals.put_lines(journal.id, journal.lines)

    def _require_same(self, journal: Journal, held: ExternalJournal) -> None:
        there = to_journal_there(held)
        faults = list(faults_of(journal, there, {}))
        if faults and (faults := list(faults_of(journal, there, names_of(self.provider)))):
            raise NeedsAttention(
                f"{held.number or held.ref} is there, and not as it was sent: {'; '.join(faults)}",
                f"correct it there, or remove it, and resume the delivery; or {SETTLE}",
            )

    def _is_native(self, journal: Journal) -> bool:
        """Whether the journal is no document there, but the undoing of one."""
        return journal.reverses is not None and self.provider.capabilities.reversal is JournalReversal.NATIVE


def to_journal_document(journal: Journal, entity: LegalEntity, reverses: str | None) -> JournalDocument:
    """A journal as an accounting system should make it; `reverses` is the number of the one that it undoes."""
    told = f"Reverses {reverses}" if reverses else f"Usage billing {journal.month}, revision {journal.revision}"
    return JournalDocument(
        number=journal.number,
        legal_entity=journal.legal_entity,
        currency=journal.currency,
        home_currency=entity.currency or journal.currency,
        accounting_day=journal.accounting_day,
        lines=tuple(to_journal_line(line, journal.currency) for line in journal.lines),
        memo=told,
        reverses=reverses,
    )


def to_journal_line(line: SummaryLine, currency: str) -> JournalLine:
    """A line as an accounting system should have it; its memo names the kinds of our accounts."""
    side = JournalSide.DEBIT if line.amount_minor > 0 else JournalSide.CREDIT
    kinds = sorted({account.partition(":")[0] for account, _ in line.parts})
    return JournalLine(
        line.there.name,
        side,
        Money(abs(line.amount_minor), currency),
        ", ".join(kinds).replace("_", " "),
        line.there.customer or None,
        line.there.classification or None,
    )


def to_journal_there(held: ExternalJournal) -> JournalThere:
    """What an accounting system holds, to be compared."""
    lines = (
        (
            line.account,
            line.amount.amount_minor * (1 if line.side is JournalSide.DEBIT else -1),
            line.customer or "",
            line.classification or "",
        )
        for line in held.lines
    )
    return JournalThere(
        held.number, held.ref, held.currency, held.accounting_day, tuple(lines), is_reversed=held.is_reversed
    )


def names_of(target: GuardedTarget) -> dict[str, str]:
    """The accounts there by what the configuration may call them."""
    return {account.ref: account.name for account in target.accounts()}


def _with_lines(journal: Journal, lines: tuple[SummaryLine, ...]) -> Journal:
    if not lines:
        raise NeedsAttention(
            f"By the present mapping {journal.number} comes to nothing", f"correct the mapping, or {SETTLE}"
        )
    return replace(journal, lines=lines)
