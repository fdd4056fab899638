"""What the shadow run found: every invoice since an instant, and the parity of all."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from gateway.core.errors import IllegalTransition
from gateway.core.ports.storage import UnitOfWork
from gateway.core.shadow import Parity, ShadowQuote
from gateway.services.installation import Installation

reported_for = timedelta(days=31)
"""How far a report goes back that nobody has given a beginning: a month of parity."""
quotes_per_page = 1_000


def shadow_connection(installation: Installation) -> str:
    """The connection that quotes. Raises `IllegalTransition` where there is none."""
    if installation.shadow is None:
        raise IllegalTransition("There is no shadow run; name its connection in `billing.shadow`")
    return installation.shadow


def quotes_since(unit: UnitOfWork, connection: str, since: datetime) -> Iterator[ShadowQuote]:
    """The quotes of invoices finalized since then, in order of that."""
    after: tuple[datetime, str] | None = None
    while page := unit.shadow.since(connection, since, after, quotes_per_page):
        yield from page
        after = (page[-1].finalized_at, page[-1].invoice_id)


def parity_since(unit: UnitOfWork, connection: str, since: datetime) -> Parity:
    """The parity of those quotes."""
    return Parity.of(list(quotes_since(unit, connection, since)))
