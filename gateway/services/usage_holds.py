"""What holds usage although it was counted right: it costs more than a limit, or far from what it used to."""

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.core.gate.discrepancy import Discrepancy
from gateway.core.gate.history import UsageBilled, anomalies
from gateway.core.gate.limits import total_holds
from gateway.core.gate.rules import NO_RULES, GateRules
from gateway.core.invoicing.invoice import Invoice
from gateway.core.legal_entity import DEFAULT_ENTITY
from gateway.core.money import Money
from gateway.services.due_boundaries import DueBoundary


@dataclass(frozen=True, slots=True)
class SeenTo:
    """The rules by which usage is looked at, and whose invoice it will be."""

    rules: GateRules
    legal_entity: str


NOT_LIMITED = SeenTo(NO_RULES, DEFAULT_ENTITY)


def usage_holds(due: DueBoundary, draft: Invoice, history: Sequence[UsageBilled], seen: SeenTo) -> list[Discrepancy]:
    """What the whole usage of the period holds, what was billed of it before the end included."""
    if due.boundary.ended is None:
        return []
    lines = (line for invoice in (*due.billed_before, draft) for line in invoice.lines if line.meter is not None)
    usage = Money(sum(line.amount.amount_minor for line in lines), draft.currency)
    holds = total_holds(seen.rules.limits, usage, seen.legal_entity, due.plan.plan)
    if seen.rules.history is None:
        return holds
    return holds + anomalies(seen.rules.history, UsageBilled(due.boundary.ended, usage), history)
