"""Switches and their plans, as commands print them."""

from collections.abc import Iterator, Sequence
from typing import Any

from gateway.core.delivery import Delivery
from gateway.core.money import Money
from gateway.core.ports.storage import UnitOfWork
from gateway.core.switching import Move, PlannedCustomer, Presence, Problem, SwitchPlan
from gateway.core.time import instant_text

waiting_shown_max = 1_000

Table = tuple[Sequence[str], Sequence[Sequence[str]], Sequence[str]]
"""Columns, rows, and the columns that are numbers."""


def plan_document(plan: SwitchPlan) -> dict[str, Any]:
    """A plan for a program to read."""
    presences = {presence.value: plan.count_of(presence) for presence in Presence}
    return {
        "target": plan.target,
        "summary": {
            "customers": len(plan.customers),
            **presences,
            "blocked": len(plan.blocked),
            "warned": len(plan.warned),
            "open_invoices": len(plan.invoices),
            "credits": len(plan.credits),
        },
        "customers": [_customer(each) for each in plan.customers],
        "open_invoices": [
            {
                "id": each.invoice_id,
                "number": each.number,
                "customer": each.customer,
                "stays_at": each.connection,
                "total": _money(each.total),
                "state": each.state.value,
            }
            for each in plan.invoices
        ],
        "credits": [
            {"customer": each.customer, "balance": _money(each.balance), "stays_at": each.connection or "gateway"}
            for each in plan.credits
        ],
    }


def plan_tables(plan: SwitchPlan) -> Iterator[Table]:
    """A plan for a person to read: customers with a line for each problem, open invoices, credit."""
    columns = ["customer", "from", "there", "severity", "problem", "remedy"]
    yield columns, [row for each in plan.customers for row in _rows(each)], []
    if plan.invoices:
        rows = [
            [
                each.number,
                each.customer,
                f"{each.total} {each.total.currency}",
                each.state,
                f"stays at {each.connection}",
            ]
            for each in plan.invoices
        ]
        yield ["open invoice", "customer", "total", "state", "what happens"], rows, ["total"]
    if plan.credits:
        rows = [
            [each.customer, f"{each.balance} {each.balance.currency}", f"stays at {each.connection or 'the gateway'}"]
            for each in plan.credits
        ]
        yield ["credit of", "balance", "what happens"], rows, ["balance"]


_THERE = {
    Presence.KNOWN: "known",
    Presence.FOUND: "found",
    Presence.MISSING: "will be made",
    Presence.UNKNOWN: "unknown",
}


def _rows(planned: PlannedCustomer) -> list[list[str]]:
    there = " ".join(filter(None, [_THERE[planned.presence], planned.ref]))
    head = [planned.customer, planned.from_connection, there]
    problems = [[each.severity.value, each.message, each.remedy] for each in planned.problems]
    first, *others = problems or [["", "", ""]]
    return [head + first, *([["", "", "", *other] for other in others])]


def _customer(planned: PlannedCustomer) -> dict[str, Any]:
    return {
        "customer": planned.customer,
        "from": planned.from_connection,
        "presence": planned.presence.value,
        "ref": planned.ref,
        "currencies": list(planned.currencies),
        "problems": [_problem(problem) for problem in planned.problems],
    }


def _problem(problem: Problem) -> dict[str, str]:
    return {
        "kind": problem.kind.value,
        "severity": problem.severity.value,
        "message": problem.message,
        "remedy": problem.remedy,
    }


def _money(amount: Money) -> dict[str, str]:
    return {"amount": str(amount), "currency": amount.currency}


def switch_documents(unit: UnitOfWork, switches: Sequence[str]) -> list[dict[str, Any]]:
    """Switches with how far they are, and what waits."""
    progress = unit.switches.progress(switches)
    return [
        {
            "id": each.id,
            "target": each.target,
            "begun_at": instant_text(each.begun_at),
            "customers": (state := progress[each.id]).total,
            "moved": state.moved,
            "given_up": state.given_up,
            "pending": state.pending,
            "parked": state.parked,
            "waiting": [
                _waiting(move, delivery)
                for move, delivery in unit.switches.moves(each.id, None, waiting_shown_max)
                if move.ended_at is None
            ],
        }
        for each in unit.switches.by_ids(switches)
    ]


def _waiting(move: Move, delivery: Delivery) -> dict[str, str | None]:
    return {
        "customer": move.customer,
        "delivery": delivery.id,
        "status": delivery.status.value,
        "reason": delivery.reason,
        "remedy": delivery.remedy,
    }
