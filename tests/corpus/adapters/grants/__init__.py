"""Cases about credit grants, wallets and what they pay, translated for the core."""

from collections.abc import Callable, Mapping

from tests.corpus.adapters.grants import balances, orders, payments, progressive, resets, tracing
from tests.corpus.given import Given, UnknownKind

_ANSWERS: dict[str, Callable[[Given], Mapping[str, object]]] = {
    "burn_down": balances.burned_down,
    "burn_down_latest": balances.level,
    "cost_basis": payments.cost_basis,
    "effective_period": orders.effective_period,
    "expiry": orders.expiry,
    "history": balances.history,
    "latest": balances.level,
    "order": orders.order,
    "progressive_billing": progressive.billed,
    "prorated_grant": orders.prorated,
    "reset": resets.reset,
    "rollover": resets.rolled_over,
    "settlement": payments.settled,
    "traceability": tracing.traced,
    "wallet_allocation": payments.allocated,
}


def answer(given: Given) -> Mapping[str, object]:
    """What the core says to a case about grants."""
    kind = given.take("kind")
    if kind not in _ANSWERS:
        raise UnknownKind(f"grants: {kind!r}")
    return _ANSWERS[kind](given)
