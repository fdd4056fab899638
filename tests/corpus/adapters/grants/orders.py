"""When grants begin and end, and which is used first."""

from collections.abc import Mapping

from gateway.core.credits.burn_down import CreditUse, burn_down
from gateway.core.credits.grant import CreditGrant, burn_order
from gateway.core.credits.movements import MovementKind
from gateway.core.credits.terms import prorated_credits
from gateway.core.periods.period import BillingPeriod
from gateway.core.time import read_instant
from tests.corpus.adapters.grants.reading import QUERY, RESET, START, grant, grants, instant, term
from tests.corpus.given import Given, UnknownKind


def effective_period(given: Given) -> Mapping[str, object]:
    """From when to when a grant is usable."""
    one = grant(given, "grant")
    return {"period": {"from": one.effective_at, "to_exclusive": one.ends_at}}


def expiry(given: Given) -> Mapping[str, object]:
    """When a grant expires, or what its expiry takes."""
    if given.has("expires_after"):
        after = given.part("expires_after")
        granted_at = read_instant(given.take("granted_at"))
        return {"expires_at": term(after.take("count"), after.take("unit")).after(granted_at)}
    if given.take("event") != "end of commitment period":
        raise UnknownKind("an expiry by another event")
    prepaid = CreditGrant("prepaid", given.number("prepaid"), START, expires_at=RESET)
    run = burn_down([prepaid], [CreditUse("used", QUERY, given.number("consumed"))], RESET)
    # An expiry is a movement, and no document comes of a movement.
    return {
        "expired": run.moved(MovementKind.EXPIRED),
        "balance": run.closing.balance,
        "invoice": None,
        "tax_event": None,
    }


def order(given: Given) -> Mapping[str, object]:
    """The ids of grants in the order of use."""
    return {"order": [one.id for one in sorted(grants(given), key=burn_order)]}


def prorated(given: Given) -> Mapping[str, object]:
    """What is left to earn of a period's credits."""
    period = given.part("period")
    whole = BillingPeriod(read_instant(period.take("from")), read_instant(period.take("to_exclusive")))
    return {"credits": prorated_credits(given.number("credits"), whole, instant(given.take("granted_at")) or START)}
