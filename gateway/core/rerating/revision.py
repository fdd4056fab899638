"""Revisions: what re-rating an invoice used, what it found, and how that was booked."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from gateway.core.errors import InvalidValue
from gateway.core.invoicing.invoice import Invoice, InvoiceLine


class BookedAs(StrEnum):
    """How a difference is booked: on the next invoice, by a credit note, or not, because it was given back before."""

    ADJUSTMENT = "adjustment"
    CREDIT_NOTE = "credit_note"
    GIVEN_BACK = "given_back"


@dataclass(frozen=True, slots=True)
class Booked:
    """The difference of one place, and how it is booked."""

    booked_as: BookedAs
    line: InvoiceLine


@dataclass(frozen=True, slots=True)
class Changes:
    """What re-rating changes; all else stays as the invoice was rated.

    `cut_off` is the log position up to which events are counted, `meters` how many versions of a meter are known, and
    `plan_version` whose prices apply.
    """

    cut_off: int | None = None
    meters: tuple[tuple[str, int], ...] = ()
    plan_version: int | None = None

    def __post_init__(self) -> None:
        if self.cut_off is None and not self.meters and self.plan_version is None:
            raise InvalidValue("Re-rating has to change something; name late events, a meter or a plan version")


@dataclass(frozen=True, slots=True)
class Revision:
    """One re-rating of an invoice, from number 1: what it was rated by in all, and what was booked.

    `credit_note_id` names the note that gave back what was overcharged.
    """

    id: str
    invoice_id: str
    number: int
    job_id: str
    cut_off: int
    meter_versions: tuple[tuple[str, int], ...]
    plan_version: int
    created_at: datetime
    booked: tuple[Booked, ...]
    credit_note_id: str | None = None


def as_revised(invoice: Invoice, revision: Revision | None) -> Invoice:
    """An invoice with what its latest revision rated it by, to be rated again."""
    if revision is None:
        return invoice
    return replace(
        invoice,
        cut_off=revision.cut_off,
        meter_versions=revision.meter_versions,
        plan_version=revision.plan_version,
    )


def as_changed(invoice: Invoice, changes: Changes) -> Invoice:
    """The same with named changes on top. Nothing goes back to an earlier position of the log."""
    cut_off = invoice.cut_off if changes.cut_off is None else max(invoice.cut_off, changes.cut_off)
    changed = dict(changes.meters)
    versions = tuple((meter, changed.get(meter, count)) for meter, count in invoice.meter_versions)
    plan_version = invoice.plan_version if changes.plan_version is None else changes.plan_version
    return replace(invoice, cut_off=cut_off, meter_versions=versions, plan_version=plan_version)
