"""Taxes that a provider computed: a quote, adopted on the lines that it was made for and on no others."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Protocol

from gateway.core.faults import key_length_max
from gateway.core.invoicing.taxes import TaxRate, TaxShare
from gateway.core.money import Money

_NO_KEY = re.compile("[^a-z0-9._]+")


class Quotable(Protocol):
    """A line before tax."""

    @property
    def net(self) -> Money:
        """Its amount before tax."""
        ...


@dataclass(frozen=True, slots=True)
class QuotedTaxes:
    """What the provider of `connection` computed at `quoted_at`: the shares of lines, good for these net amounts only.

    `nets` are minor units, in the order of the lines, and so are `shares`.
    """

    connection: str
    quoted_at: datetime
    nets: tuple[int, ...]
    shares: tuple[tuple[TaxShare, ...], ...]

    def fits(self, lines: Sequence[Quotable]) -> bool:
        """Whether the quote was made for just these lines."""
        return self.nets == nets_of(lines)


def nets_of(lines: Sequence[Quotable]) -> tuple[int, ...]:
    """The net amounts of lines in minor units."""
    return tuple(line.net.amount_minor for line in lines)


def quoted_rate(connection: str, name: str, percent: Decimal) -> TaxRate:
    """A rate of a provider as one of ours, which says where it is from. Raises `InvalidDefinition` beyond 0 to 100."""
    key = _NO_KEY.sub("-", name.lower()).strip("-._")[:key_length_max] or "tax"
    return TaxRate(key, percent, source=connection)


def quoted_shares(rates: Mapping[str, TaxRate], amounts: Sequence[tuple[str, Money]]) -> tuple[TaxShare, ...]:
    """What one line has of each rate, by the provider's key of the rate."""
    return tuple(TaxShare(rates[key], amount, Fraction(amount.amount_minor)) for key, amount in amounts)
