"""Plans: what is offered, at which prices, on which schedule."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from gateway.core.faults import (
    Fault,
    amount_fault,
    fault_of,
    key_fault,
    repeated,
    require,
    require_none,
    text_fault,
)
from gateway.core.money import minor_unit_places
from gateway.core.periods.period import Interval
from gateway.core.periods.proration import Proration
from gateway.core.plans.invoice_thresholds import InvoiceThresholds
from gateway.core.plans.price_models import (
    FlatFee,
    Graduated,
    Matrix,
    Package,
    PackageRounding,
    PerUnit,
    PriceModel,
    Tier,
    Volume,
    is_by_transaction,
    is_settled_at_the_end,
)
from gateway.core.plans.price_terms import WITHOUT_TERMS, PriceTerms, terms_faults

__all__ = [
    "Commitment",
    "FlatFee",
    "Graduated",
    "Matrix",
    "Package",
    "PackageRounding",
    "PerUnit",
    "PlanVersion",
    "Price",
    "PriceModel",
    "Tier",
    "Timing",
    "Volume",
    "plan_faults",
]

prices_max = 200
grace_max = timedelta(days=366)


class Timing(StrEnum):
    """Whether a price is billed at the start or at the end of its period; usage in advance is billed as it comes."""

    IN_ADVANCE = "in_advance"
    IN_ARREARS = "in_arrears"


@dataclass(frozen=True, slots=True)
class Price:
    """One rule that turns a meter's quantity, or the passing of a period where `meter` is None, into money."""

    key: str
    name: str
    model: PriceModel
    meter: str | None = None
    timing: Timing = Timing.IN_ARREARS
    terms: PriceTerms = WITHOUT_TERMS

    def __post_init__(self) -> None:
        require(
            ("key", key_fault(self.key)),
            ("name", text_fault(self.name)),
            ("meter", self._meter_fault()),
            ("timing", self._timing_fault()),
            *terms_faults(self.model, self.terms),
        )

    def _meter_fault(self) -> str | None:
        if isinstance(self.model, FlatFee):
            return None if self.meter is None else "a flat fee has no meter; leave it out"
        return "is missing; name the meter whose quantity this price rates" if self.meter is None else None

    def _timing_fault(self) -> str | None:
        is_settled = self.is_billed_at_once and is_settled_at_the_end(self.model)
        return "more usage may cost less in all, so none is billed as it comes; use in_arrears" if is_settled else None

    @property
    def is_by_dimension(self) -> bool:
        """Whether an invoice shows one line per dimension value instead of one line in all."""
        return isinstance(self.model, Matrix)

    @property
    def is_fee_in_advance(self) -> bool:
        """Whether it is billed for the passing of a period when that begins."""
        return self.meter is None and self.timing is Timing.IN_ADVANCE

    @property
    def is_billed_at_once(self) -> bool:
        """Whether it bills usage as it comes, instead of at the end of its period."""
        return self.meter is not None and self.timing is Timing.IN_ADVANCE

    @property
    def may_be_billed_early(self) -> bool:
        """Whether it rates usage of which more never costs less in all, so that a part of it can be billed."""
        return self.meter is not None and not is_settled_at_the_end(self.model)


@dataclass(frozen=True, slots=True)
class Commitment:
    """A promised minimum per period over the prices named in `counts`; a true-up line fills the gap."""

    key: str
    name: str
    amount: Decimal
    counts: tuple[str, ...]

    def __post_init__(self) -> None:
        require(
            ("key", key_fault(self.key)),
            ("name", text_fault(self.name)),
            ("amount", amount_fault(self.amount)),
            ("counts", None if self.counts else "is empty; name the prices that count"),
            *((f"counts[{index}]", f"{name!r} is named twice") for index, name in repeated(self.counts)),
        )


@dataclass(frozen=True, slots=True)
class PlanVersion:
    """A published plan, which never changes: publish another version instead."""

    plan: str
    version: int
    name: str
    currency: str
    interval: Interval
    prices: tuple[Price, ...]
    commitments: tuple[Commitment, ...] = ()
    grace: timedelta = timedelta(0)
    published_at: datetime | None = None
    proration: Proration = Proration.SECOND
    invoice_thresholds: InvoiceThresholds | None = None

    def __post_init__(self) -> None:
        require(
            ("plan", key_fault(self.plan)),
            ("version", None if self.version >= 1 else f"{self.version} is not 1 or more"),
            ("name", text_fault(self.name)),
            ("currency", fault_of(minor_unit_places, self.currency)),
            ("grace_period_seconds", self._grace_fault()),
            ("invoice_thresholds", self._thresholds_fault()),
        )
        prices = [(price.key, price.meter) for price in self.prices]
        require_none(plan_faults(prices, [(item.key, item.counts) for item in self.commitments]))

    def _grace_fault(self) -> str | None:
        is_possible = timedelta(0) <= self.grace <= grace_max
        return None if is_possible else f"{self.grace} is not 0 to {grace_max.days} days"

    def _thresholds_fault(self) -> str | None:
        is_possible = any(price.may_be_billed_early and not price.is_billed_at_once for price in self.prices)
        if self.invoice_thresholds is None or is_possible:
            return None
        return "no price of this plan bills usage in arrears that they could bill earlier; add one, or leave it out"

    @property
    def metered(self) -> dict[str, Price]:
        """The prices that rate a meter, by meter key."""
        return {price.meter: price for price in self.prices if price.meter is not None}

    def with_prices(self, plan: str, name: str, prices: Sequence[Price]) -> "PlanVersion":
        """Another plan, with `prices` in place of those of the same keys, and behind them those that are new."""
        overrides = {price.key: price for price in prices}
        merged = [overrides.pop(price.key, price) for price in self.prices]
        return replace(self, plan=plan, version=1, name=name, prices=(*merged, *overrides.values()), published_at=None)

    @property
    def bills_usage_early(self) -> bool:
        """Whether any usage is billed before its period ends, by a threshold or as it comes."""
        return self.invoice_thresholds is not None or any(price.is_billed_at_once for price in self.prices)

    @property
    def before_the_end(self) -> "PlanVersion":
        """The plan while more usage may come: without the minimums, of prices and in all, that are due at the end."""
        prices = tuple(replace(price, terms=price.terms.before_the_end) for price in self.prices)
        return replace(self, prices=prices, commitments=())

    def in_between(self, prices: Collection[str]) -> "PlanVersion":
        """The plan as an invoice before the end of a period has it: of usage only these prices, without minimums."""
        kept = tuple(price for price in self.before_the_end.prices if price.key in prices)
        has_late = any(not price.is_billed_at_once for price in kept)
        thresholds = self.invoice_thresholds if has_late else None
        return replace(self, prices=kept, commitments=(), invoice_thresholds=thresholds)

    @property
    def rated_by_transaction(self) -> frozenset[str]:
        """The meters whose prices rate the value of each event by itself."""
        return frozenset(key for key, price in self.metered.items() if is_by_transaction(price.model))


def plan_faults(
    prices: Sequence[tuple[str, str | None]], counts: Sequence[tuple[str, Sequence[str]]]
) -> Iterator[Fault]:
    """What is wrong between the prices of a plan, as (key, meter), and its commitments, as (key, counted prices)."""
    if not 1 <= len(prices) <= prices_max:
        yield "prices", f"has {len(prices)} prices; use 1 to {prices_max}"
    yield from _repeated_keys([key for key, _ in prices], [key for key, _ in counts])
    metered = [(index, meter) for index, (_, meter) in enumerate(prices) if meter is not None]
    for place, meter in repeated(meter for _, meter in metered):
        yield f"prices[{metered[place][0]}].meter", f"{meter!r} is rated by another price of this plan already"
    keys = {key for key, _ in prices}
    for index, (_, counted) in enumerate(counts):
        for place, key in enumerate(counted):
            if key not in keys:
                yield f"commitments[{index}].counts[{place}]", f"{key!r} is not a price of this plan"


def _repeated_keys(prices: list[str], commitments: list[str]) -> Iterator[Fault]:
    paths = [f"prices[{index}].key" for index in range(len(prices))]
    paths += [f"commitments[{index}].key" for index in range(len(commitments))]
    for index, key in repeated(prices + commitments):
        yield paths[index], f"{key!r} is the key of another price or commitment already"
