"""What a document says, in words and figures as people read them: one sheet for every way to show it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from gateway.core.addressee import Addressee
from gateway.core.invoicing.taxes import TaxTotal
from gateway.core.legal_entity import LegalEntity
from gateway.core.money import Money
from gateway.core.numbers import plain
from gateway.core.periods.period import BillingPeriod
from gateway.core.time import local_date

GRAND_TOTALS = frozenset({"Total", "Total credited", "Amount due"})
"""The totals that stand out, and that say the currency."""

_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class SheetLine:
    """One line: what it is for, details beneath that, its service period, quantity and amount."""

    what: str
    details: tuple[str, ...]
    period: str
    quantity: str
    amount: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """A document: who issues it to whom, facts and totals with their names, lines, and what is said beneath.

    `mark` is set on what must not be taken for a valid document. Everything here is final with the document, so that it
    looks the same for ever; `issued_at` is when it became so, None for a draft.
    """

    title: str
    mark: str | None
    issuer: tuple[str, ...]
    issuer_details: tuple[str, ...]
    customer: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    currency: str
    lines: tuple[SheetLine, ...]
    totals: tuple[tuple[str, str], ...]
    remarks: tuple[str, ...]
    footer: tuple[str, ...]
    issued_at: datetime | None

    @property
    def has_quantities(self) -> bool:
        """Whether any line has a quantity; without, a document has no column for them."""
        return any(line.quantity for line in self.lines)


def issuer_words(entity: LegalEntity) -> tuple[str, ...]:
    """Name and address, as on an envelope; nothing of an entity without a name."""
    country = () if entity.country is None else (entity.country,)
    return () if entity.name is None else (entity.name, *entity.address, *country)


def footer_words(entity: LegalEntity) -> tuple[str, ...]:
    """The lines at the foot of a document."""
    return () if entity.footer is None else tuple(line for line in entity.footer.splitlines() if line.strip())


def addressee_words(addressee: Addressee) -> tuple[str, ...]:
    """Whom a document is for: name and address as on an envelope, registrations, and where to write to."""
    country = () if addressee.country is None else (addressee.country,)
    email = () if addressee.email is None else (addressee.email,)
    return (addressee.name, *addressee.address, *country, *addressee.tax_ids, *email)


def figure(amount: Money) -> str:
    """An amount with all places of its currency and its thousands apart."""
    return f"{amount.amount:,f}"


def days(period: BillingPeriod, zone: ZoneInfo) -> str:
    """The days of a service period in `zone`, the last one included."""
    first, last = local_date(period.start, zone), local_date(period.end - _INSTANT, zone)
    return first.isoformat() if first == last else f"{first.isoformat()} to {last.isoformat()}"


def day(when: date) -> str:
    """A day as documents write it."""
    return when.isoformat()


def tax_words(taxes: Sequence[TaxTotal]) -> Iterator[tuple[str, str]]:
    """The tax of each rate: what it is on, who computed it if not we, and what it comes to."""
    for total in taxes:
        reason = f" ({total.rate.exemption})" if total.rate.exemption else ""
        reason += ", as computed by the billing provider" if total.rate.source else ""
        yield f"{total.rate.key} {plain(total.rate.percent)} % on {figure(total.base)}{reason}", figure(total.amount)
