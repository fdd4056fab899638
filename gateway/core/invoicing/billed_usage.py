"""What the lines of a price rate: counted quantities, put together by what the price tells apart."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from gateway.core.invoicing.invoice import MeteredQuantity
from gateway.core.metering.meter import Dimensions
from gateway.core.numbers import exact
from gateway.core.plans.plan import Price
from gateway.core.plans.price_models import Matrix, Stairstep
from gateway.core.rating.rated import Usage

_NOTHING = Decimal(0)


def usage_by_line(price: Price, quantities: Sequence[MeteredQuantity]) -> dict[Dimensions, tuple[int, Usage]]:
    """The newest meter version and the usage of each line, by the dimension values that it is for."""
    lines: dict[Dimensions, list[MeteredQuantity]] = {}
    for item in quantities:
        if item.meter == price.meter:
            lines.setdefault(_told_apart(price, item.dimensions), []).append(item)
    return {shown: (max(item.version for item in items), _usage(price, items)) for shown, items in lines.items()}


def _told_apart(price: Price, dimensions: Dimensions) -> Dimensions:
    if not isinstance(price.model, Matrix):
        return ()
    return ((price.model.dimension, dict(dimensions).get(price.model.dimension, "")),)


@exact
def _usage(price: Price, items: Sequence[MeteredQuantity]) -> Usage:
    """The sum of the quantities, all their transactions in the order of time, and what a stairstep limits."""
    transactions = sorted(each for item in items for each in item.transactions)
    return Usage(
        quantity=sum((item.quantity for item in items), _NOTHING),
        values=tuple(each.value for each in transactions),
        by_value=_by_value(price.model.dimension, items) if isinstance(price.model, Stairstep) else {},
    )


def _by_value(dimension: str | None, items: Iterable[MeteredQuantity]) -> dict[str, Decimal]:
    if dimension is None:
        return {}
    found: dict[str, Decimal] = {}
    for item in items:
        value = dict(item.dimensions).get(dimension, "")
        found[value] = found.get(value, _NOTHING) + item.quantity
    return found
