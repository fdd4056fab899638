"""Cases of revenue: documents, usage and estimates, and what they do to the books."""

from collections.abc import Callable, Mapping

from tests.corpus.adapters.revrec import contracts, documents, estimates, ledger, usage
from tests.corpus.given import Given, UnknownKind

# By the field that tells what a case is about; the first that is given.
_ANSWERS: dict[str, Callable[[Given], Mapping[str, object]]] = {
    "contract": contracts.contract,
    "plan_price": contracts.changed_plan,
    "subscription_per_month": contracts.bundle,
    "usage": usage.metered,
    "calls_in_march": usage.calls,
    "expected_units": estimates.volume_estimated,
    "retrospective": estimates.volume_retrospective,
    "months": documents.spread,
    "payment": documents.paid_once,
    "invoice": documents.invoiced,
}


def answer(given: Given) -> Mapping[str, object]:
    """What the core says to a case; what is given tells what it is about."""
    if (kind := given.take("kind")) == "ledger":
        return ledger.ledger(given)
    if kind is None:
        for field, answer_to in _ANSWERS.items():
            if given.has(field):
                return answer_to(given)
    raise UnknownKind(f"A case of revenue gives none of {', '.join(_ANSWERS)}")
