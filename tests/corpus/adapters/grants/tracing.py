"""From which top-up each use and each void was taken."""

import re
from collections.abc import Mapping
from decimal import Decimal

from gateway.core.credits.burn_down import CreditUse, CreditVoid, burn_down
from gateway.core.credits.grant import CreditGrant
from gateway.core.credits.settlement import credit_worth
from tests.corpus.adapters.grants.reading import START, grants, nth
from tests.corpus.given import Given, UnknownKind

_MORE = re.compile(r"more than (?P<amount>[0-9.]+)")
_END = nth(9999)


def traced(given: Given) -> Mapping[str, object]:
    """The links from top-ups to what consumed them, and what is left of each."""
    if given.has("rate"):
        return _at_rate(given)
    granted = grants(given, "top_ups")
    run = burn_down(granted, [*_uses(given), *_voids(given)], _END)
    return {
        "error": bool(run.refused),
        "links": [{"from": one.grant, "to": one.cause, "amount": one.amount} for one in run.takings],
        "left": {grant.id: run.closing.of(grant.id) for grant in granted},
    }


def _uses(given: Given) -> list[CreditUse]:
    parts = enumerate(given.parts("consumption"), start=1)
    return [CreditUse(one.take("id"), nth(ordinal), one.number("amount")) for ordinal, one in parts]


def _voids(given: Given) -> list[CreditVoid]:
    """Voids, which come after the uses."""
    if given.has("void"):
        return [CreditVoid("void", nth(2000), _more_than(given.take("void")))]
    parts = enumerate(given.parts("voided"), start=1000)
    return [CreditVoid(one.take("id"), nth(ordinal), one.number("amount")) for ordinal, one in parts]


def _more_than(text: str) -> Decimal:
    """The next number above the one in the text."""
    if (more := _MORE.fullmatch(text)) is None:
        raise UnknownKind(f"void {text!r}")
    return Decimal(more["amount"]).next_plus()


def _at_rate(given: Given) -> Mapping[str, object]:
    """The money that a top-up and its voids stand for."""
    rate, bought = given.number("rate"), given.number("top_up_credits")
    voids = [
        CreditVoid(f"void {ordinal:04}", nth(ordinal), Decimal(amount))
        for ordinal, amount in enumerate(given.take("void_credits") or [], start=1)
    ]
    run = burn_down([CreditGrant("top-up", bought, START)], voids, _END)
    return {
        "error": bool(run.refused),
        "top_up_amount": credit_worth(bought, rate),
        "voided_amounts": [credit_worth(one.amount, rate) for one in run.takings],
        "left": credit_worth(run.closing.balance, rate),
    }
