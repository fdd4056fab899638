"""What the quantity of a line is measured in, and what one of it costs where that is one price."""

from collections.abc import Mapping
from decimal import Decimal

from gateway.core.invoicing.invoice import BILLED_BEFORE, InvoiceLine
from gateway.core.metering.meter import Meter
from gateway.core.numbers import exact

_WITHOUT_PLURAL = ("aircraft", "fish", "sheep", "staff", "traffic", "storage", "data", "usage")
_NOT_BY_UNIT = ("packages of ", "tier ", "at the ", BILLED_BEFORE)
"""How the labels of steps begin whose units are not those of the quantity, but packages, blocks or transactions."""


def unit_of(meters: Mapping[str, Meter], meter: str | None, version: int | None) -> str | None:
    """The unit of a meter in the version that a line pins, which never changes; None for what no meter counted."""
    if meter is None or version is None or meter not in meters:
        return None
    return meters[meter].versions[version - 1].unit


@exact
def unit_amount_of(line: InvoiceLine) -> Decimal | None:
    """What each unit of the quantity costs; None where no one price holds for all of it."""
    if line.meter is None or not line.quantity or len(line.steps) != 1:
        return None
    (step,) = line.steps
    if not line.dimensions and step.label.startswith(_NOT_BY_UNIT):
        return None
    is_all = step.units == line.quantity and step.amount == step.units * step.unit_amount
    return step.unit_amount if is_all and not line.is_billed_before else None


def plural(unit: str) -> str:
    """Several of a unit that is named in the singular; abbreviations such as GB stay as they are."""
    is_word = unit.isascii() and unit.isalpha() and unit.islower() and len(unit) > 2
    if not is_word or unit.endswith("s") or unit in _WITHOUT_PLURAL:
        return unit
    if unit.endswith(("x", "ch", "sh", "z")):
        return f"{unit}es"
    if unit.endswith("y") and unit[-2] not in "aeiou":
        return f"{unit[:-1]}ies"
    return f"{unit}s"


def units_of(quantity: Decimal, unit: str) -> str:
    """The unit as it stands behind a quantity: `call` of 1, `calls` of any other."""
    return unit if quantity == 1 else plural(unit)
