"""Taxes: which rates a line carries, and what each comes to, rounded once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from gateway.core.allocation import settle
from gateway.core.faults import key_fault, require
from gateway.core.money import Money
from gateway.core.numbers import plain, price_places_max, round_half_up

# Member states by ISO 3166; Greece is EL in VAT numbers and GR here.
_EUROPEAN_UNION = frozenset((
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV",
    "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
))  # fmt: skip


class TaxBase(StrEnum):
    """What a rate is applied to: the rounded net amounts of the lines (EN 16931, BR-CO-17), or the unrounded ones."""

    STATED = "stated"
    EXACT = "exact"


class Exemption(StrEnum):
    """Why nothing is charged at a rate that the invoice shows all the same."""

    REVERSE_CHARGE = "reverse charge"


@dataclass(frozen=True, slots=True)
class TaxRate:
    """`percent` of a net amount, under a key such as `vat-standard`; 0 where there is an exemption.

    `source` is the connection whose provider computed it; None where we did.
    """

    key: str
    percent: Decimal
    exemption: Exemption | None = None
    source: str | None = None

    def __post_init__(self) -> None:
        require(("key", key_fault(self.key)), ("percent", self._percent_fault()))

    def _percent_fault(self) -> str | None:
        exponent = self.percent.as_tuple().exponent
        if not isinstance(exponent, int) or not 0 <= self.percent <= 100:
            return f"{self.percent} is not 0 to 100"
        if -exponent > price_places_max:
            return f"has more than {price_places_max} places"
        is_taxed = self.exemption is not None and self.percent != 0
        return f"{plain(self.percent)} is charged in spite of the {self.exemption}; use 0" if is_taxed else None

    @property
    def share(self) -> Fraction:
        """The rate as a fraction: 20 percent is 1/5."""
        return Fraction(self.percent) / 100


@dataclass(frozen=True, slots=True)
class TaxRules:
    """The rates of a price, else of its plan, else of the customer; a customer's exemption goes before them all."""

    customer: tuple[TaxRate, ...] = ()
    plan: tuple[TaxRate, ...] = ()
    prices: Mapping[str, tuple[TaxRate, ...]] = field(default_factory=dict)

    def rates_for(self, price: str) -> tuple[TaxRate, ...]:
        """What a line of `price` is taxed at."""
        if any(rate.exemption is not None for rate in self.customer):
            return self.customer
        return self.prices.get(price) or self.plan or self.customer


@dataclass(frozen=True, slots=True)
class TaxParty:
    """A buyer as tax law sees one: the country (ISO 3166) and whether it is a business with a VAT number."""

    country: str
    is_business: bool


def exemption_for(seller_country: str, buyer: TaxParty) -> Exemption | None:
    """Why a service is sold without the seller's VAT: the buyer owes it. (Directive 2006/112/EC, articles 44, 196.)"""
    are_within = {seller_country, buyer.country} <= _EUROPEAN_UNION
    is_abroad = seller_country != buyer.country
    return Exemption.REVERSE_CHARGE if buyer.is_business and are_within and is_abroad else None


@dataclass(frozen=True, slots=True)
class Taxable:
    """The net amount of a line, also before rounding, and the rates that it carries."""

    net: Money
    exact_net_minor: Fraction
    rates: tuple[TaxRate, ...]

    def exact_tax_minor(self, rate: TaxRate, base: TaxBase) -> Fraction:
        """The tax at `rate` in minor units, before rounding."""
        return (Fraction(self.net.amount_minor) if base is TaxBase.STATED else self.exact_net_minor) * rate.share


@dataclass(frozen=True, slots=True)
class TaxShare:
    """What a line has of the tax at a rate, and what that was before the tax of the rate was rounded and split."""

    rate: TaxRate
    amount: Money
    exact_minor: Fraction


@dataclass(frozen=True, slots=True)
class TaxTotal:
    """The tax of a document at one rate, on the sum of the net amounts that carry it."""

    rate: TaxRate
    base: Money
    amount: Money


def tax_shares(lines: Sequence[Taxable], base: TaxBase = TaxBase.STATED) -> tuple[tuple[TaxShare, ...], ...]:
    """The taxes of each line: per rate the sum is rounded once, half-up, and split by largest remainder."""
    found: list[list[TaxShare]] = [[] for _ in lines]
    for rate in dict.fromkeys(rate for line in lines for rate in line.rates):
        carrying = [index for index, line in enumerate(lines) if rate in line.rates]
        exact = [lines[index].exact_tax_minor(rate, base) for index in carrying]
        amounts = settle(int(round_half_up(sum(exact, Fraction(0)), 0)), exact)
        for index, amount, exact_minor in zip(carrying, amounts, exact, strict=True):
            found[index].append(TaxShare(rate, Money(amount, lines[index].net.currency), exact_minor))
    return tuple(tuple(shares) for shares in found)
