"""Report how billings became revenue, and revenue cash."""

from gateway.core.reports.bridge import BridgeMonth, bridge_by_month
from gateway.services.installation import Installation
from gateway.services.report_revenue import flows_of


def revenue_bridge(
    installation: Installation, legal_entity: str, first: str | None = None, last: str | None = None
) -> list[BridgeMonth]:
    """The bridge in the books of a legal entity: twelve months through the running one, if none are named.

    Raises `NotFound` for an unknown legal entity and `InvalidValue` for what is not a span of months.
    """
    return installation.storage.read(
        lambda unit: bridge_by_month(flows_of(unit, installation, legal_entity, first, last)[1])
    )
