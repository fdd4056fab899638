"""What an installation looks at before an invoice goes out, and who may let one go."""

from dataclasses import dataclass

from gateway.core.gate.history import HistoryRules
from gateway.core.gate.limits import TotalLimit


@dataclass(frozen=True, slots=True)
class GateRules:
    """`history` is None where usage is not compared with earlier periods. With `two_people` whoever assigned a review,
    or corrected events of its period, cannot resolve it.
    """

    limits: tuple[TotalLimit, ...] = ()
    history: HistoryRules | None = None
    two_people: bool = False


NO_RULES = GateRules()
"""Nothing but what differs holds an invoice, and whoever may, resolves."""
