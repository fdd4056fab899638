"""Legal entities: who issues invoices and keeps books."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from gateway.core.addressee import envelope_faults
from gateway.core.faults import Fault, fault_of, key_fault, require_none, text_fault
from gateway.core.money import minor_unit_places
from gateway.core.time import local_date, read_zone

DEFAULT_ENTITY = "default"
"""The key of the one that is always there, and that customers belong to unless they are given another."""

footer_length_max = 1_000
_SERIES = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,15}", re.ASCII)
_CREDIT_NOTES = "CN"


@dataclass(frozen=True, slots=True)
class NumberSeries:
    """What the numbers of an entity's documents begin with; each series is gapless by itself."""

    invoices: str
    credit_notes: str


@dataclass(frozen=True, slots=True)
class LegalEntity:
    """One version of who issues invoices and keeps books in `currency`, by the days of `time_zone`.

    Documents pin the version that issued them. The default entity may be without name, currency and series: it is there
    before anybody describes it, and its series is then that of the installation.
    """

    key: str
    name: str | None = None
    address: tuple[str, ...] = ()
    country: str | None = None
    tax_ids: tuple[str, ...] = ()
    time_zone: str = "UTC"
    currency: str | None = None
    invoice_series: str | None = None
    credit_note_series: str | None = None
    footer: str | None = None
    version: int = 1

    def __post_init__(self) -> None:
        require_none(self._faults())

    @property
    def zone(self) -> ZoneInfo:
        """The zone whose days are its accounting days."""
        return read_zone(self.time_zone)

    def series(self, installation_series: str) -> NumberSeries:
        """The series of its documents, where `installation_series` is what an entity without one of its own has."""
        invoices = self.invoice_series or installation_series
        return NumberSeries(invoices, self.credit_note_series or f"{invoices}-{_CREDIT_NOTES}")

    def accounting_day(self, instant: datetime) -> date:
        """The day that its books have at an instant."""
        return local_date(instant, self.zone)

    def _faults(self) -> Iterator[Fault]:
        yield from _present(("key", key_fault(self.key)), ("time_zone", fault_of(read_zone, self.time_zone)))
        if self.key != DEFAULT_ENTITY:
            needed = {"name": self.name, "currency": self.currency, "invoice_series": self.invoice_series}
            yield from ((path, "is missing") for path, value in needed.items() if value is None)
        yield from _text_faults(self)
        yield from _series_faults(self)
        if self.currency is not None:
            yield from _present(("currency", fault_of(minor_unit_places, self.currency)))


def issued_number(series: str, ordinal: int) -> str:
    """The legal number of document `ordinal`, from 1, of a series."""
    return f"{series}-{ordinal:06}"


def taken_series(
    entity: LegalEntity, others: Iterable[LegalEntity], owners: Iterable[tuple[str, str]], installation_series: str
) -> Iterator[Fault]:
    """What keeps `entity` from its series: two entities with one series would issue one number twice.

    `owners` are the series that were used before, each with the key of its entity: a series stays with it for ever.
    Upper and lower case make no difference, since people read numbers out.
    """
    taken = {name.casefold(): owner for name, owner in owners}
    for other in others:
        used = other.series(installation_series)
        taken |= dict.fromkeys((used.invoices.casefold(), used.credit_notes.casefold()), other.key)
    wanted = entity.series(installation_series)
    if wanted.invoices.casefold() == wanted.credit_notes.casefold():
        yield "credit_note_series", f"{wanted.credit_notes!r} is the series of its invoices; choose another"
    for path, name in (("invoice_series", wanted.invoices), ("credit_note_series", wanted.credit_notes)):
        owner = taken.get(name.casefold(), entity.key)
        if owner != entity.key:
            yield path, f"{name!r} is the series of legal entity {owner!r}; choose another"


def _present(*claims: tuple[str, str | None]) -> Iterator[Fault]:
    yield from ((path, fault) for path, fault in claims if fault is not None)


def _text_faults(entity: LegalEntity) -> Iterator[Fault]:
    yield from _present(("name", None if entity.name is None else text_fault(entity.name)))
    yield from envelope_faults(entity.address, entity.country, entity.tax_ids)
    if entity.footer is not None:
        yield from _present(("footer", text_fault(entity.footer, footer_length_max)))


def _series_faults(entity: LegalEntity) -> Iterator[Fault]:
    for path, name in (("invoice_series", entity.invoice_series), ("credit_note_series", entity.credit_note_series)):
        if name is not None and not _SERIES.fullmatch(name):
            yield path, f"{name[:80]!r} is not a series; use up to 16 letters, digits and dashes, not a dash first"


UNNAMED_ENTITY = LegalEntity(DEFAULT_ENTITY)
"""The default one before anybody describes it."""
