"""Where what a provider holds differs from our documents: what differs, and what becomes of it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from gateway.core.errors import IllegalTransition, InvalidValue
from gateway.core.faults import text_fault
from gateway.core.held_documents import HeldDocument
from gateway.core.money import Money

UNKNOWN, VOID, DRAFT = "unknown", "void", "draft"
_NOTHING = "nothing"


class DifferenceKind(StrEnum):
    """What differs."""

    MISSING_THERE = "missing_there"
    UNKNOWN_HERE = "unknown_here"
    UNKNOWN_STATUS = "unknown_status"
    STATUS = "status"
    PAYMENT = "payment"
    TOTAL = "total"
    TAX = "tax"


class DifferenceState(StrEnum):
    """What became of a difference; only an open one blocks its document."""

    OPEN = "open"
    VANISHED = "vanished"
    ACCEPTED = "accepted"
    REDELIVERED = "redelivered"
    RESOLVED = "resolved"


class DifferenceAnswer(StrEnum):
    """What a person decides: theirs is right, ours is to be sent again, or it is settled otherwise."""

    ACCEPT = "accept"
    REDELIVER = "redeliver"
    RESOLVE = "resolve"


_ANSWERED = {
    DifferenceAnswer.ACCEPT: DifferenceState.ACCEPTED,
    DifferenceAnswer.REDELIVER: DifferenceState.REDELIVERED,
    DifferenceAnswer.RESOLVE: DifferenceState.RESOLVED,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that differs, with both values in words."""

    kind: DifferenceKind
    ours: str
    theirs: str


@dataclass(frozen=True, slots=True)
class ProviderDifference:
    """A difference between a document of ours and what a provider holds.

    `document_id` is empty where we know no such document, and `ref` where there is none there. `invoice_id` is the
    invoice that the document is or is about: what else concerns it waits while the difference is open.
    """

    id: str
    connection: str
    document_kind: str
    document_id: str
    invoice_id: str
    ref: str
    kind: DifferenceKind
    ours: str
    theirs: str
    found_at: datetime
    seen_at: datetime
    state: DifferenceState = DifferenceState.OPEN
    closed_at: datetime | None = None
    actor: str | None = None
    note: str | None = None

    @property
    def subject(self) -> str:
        """What tells its document from others of the kind: our id, or theirs where we have none."""
        return self.document_id or self.ref

    def settles(self, finding: Finding) -> bool:
        """Whether a person has settled just this before, so that it is no difference any more."""
        is_same = (self.kind, self.ours, self.theirs) == (finding.kind, finding.ours, finding.theirs)
        return self.state is DifferenceState.RESOLVED and is_same

    def seen_again(self, finding: Finding, now: datetime) -> "ProviderDifference":
        """This open difference with the values of now."""
        return replace(self, ours=finding.ours, theirs=finding.theirs, seen_at=now)

    def vanished(self, now: datetime) -> "ProviderDifference":
        """This difference, which nobody finds any more."""
        return replace(self, state=DifferenceState.VANISHED, closed_at=now)

    def answered(self, answer: DifferenceAnswer, actor: str, note: str, now: datetime) -> "ProviderDifference":
        """This difference as a person settled it. Raises `IllegalTransition` if it is closed, `InvalidValue`."""
        if self.state is not DifferenceState.OPEN:
            raise IllegalTransition(f"Difference {self.id} is {self.state}; only an open one can be answered")
        if fault := text_fault(note):
            raise InvalidValue(f"The note on a difference {fault}")
        return replace(self, state=_ANSWERED[answer], closed_at=now, actor=actor, note=note)


def compare(held: HeldDocument, is_void_here: bool, payment: tuple[str, str] | None = None) -> Iterator[Finding]:
    """What differs of a document that both sides have. `payment` is its status here and there, where it is compared."""
    yield from _status(held, is_void_here)
    # What an odd status means for the money is not known, and who looks into the status sees to the money too.
    is_clear = held.status not in {UNKNOWN, VOID} and not is_void_here
    if payment is not None and payment[0] != payment[1] and is_clear:
        yield Finding(DifferenceKind.PAYMENT, *payment)
    if held.total != held.agreed_total:
        yield Finding(DifferenceKind.TOTAL, _words(held.agreed_total), _words(held.total))
    if held.agreed_tax is not None and held.tax is not None and held.tax != held.agreed_tax:
        yield Finding(DifferenceKind.TAX, _words(held.agreed_tax), _words(held.tax))


def missing(kind: str, number: str | None, ref: str) -> Finding:
    """A document that the provider had, and has no more."""
    return Finding(DifferenceKind.MISSING_THERE, f"{kind} {number or ''} ({ref})", _NOTHING)


def unknown_here(kind: str, ref: str, our_id: str, known_ref: str | None) -> Finding:
    """A document that carries an id of ours, and is not the one that we know by it."""
    ours = _NOTHING if known_ref is None else f"{kind} {known_ref}"
    return Finding(DifferenceKind.UNKNOWN_HERE, ours, f"{kind} {ref}, which carries {our_id}")


def _status(held: HeldDocument, is_void_here: bool) -> Iterator[Finding]:
    ours = VOID if is_void_here else "issued"
    if held.status == UNKNOWN:
        yield Finding(DifferenceKind.UNKNOWN_STATUS, ours, held.status_there)
    elif is_void_here != (held.status == VOID) or held.status == DRAFT:
        yield Finding(DifferenceKind.STATUS, ours, held.status_there or held.status)


def _words(amount: Money) -> str:
    return f"{amount} {amount.currency}"
