"""What the services ask of storage about plans of switches."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.core.switch_plans import StoredPlan
from gateway.core.switching import CreditThatStays, OpenInvoice, PlannedCustomer, Severity, SwitchPlan


@dataclass(frozen=True, slots=True)
class PlannedFilter:
    """Which customers of a plan to list: those whose worst problem is so severe; all if None."""

    plan_id: str
    severity: Severity | None = None


class SwitchPlans(Protocol):
    """Plans that were asked for, and what they say."""

    def add(self, plan: StoredPlan) -> None:
        """Store one that is to be made."""
        ...

    def by_ids(self, ids: Sequence[str]) -> dict[str, StoredPlan]:
        """Those of `ids` that exist."""
        ...

    def next_due(self, target: str) -> StoredPlan | None:
        """The plan for a connection that waits longest to be made."""
        ...

    def put(self, plan: StoredPlan) -> None:
        """Store how far it is."""
        ...

    def put_content(self, plan_id: str, content: SwitchPlan) -> None:
        """Store what it says."""
        ...

    def customers(self, matching: PlannedFilter, after: int | None, limit: int) -> list[tuple[int, PlannedCustomer]]:
        """Customers by key with their places, after the place `after`."""
        ...

    def customer_count(self, matching: PlannedFilter) -> int:
        """How many there are."""
        ...

    def invoices(self, plan_id: str, after: int | None, limit: int) -> list[tuple[int, OpenInvoice]]:
        """Open invoices by customer and number, with their places, after the place `after`."""
        ...

    def credits(self, plan_id: str, after: int | None, limit: int) -> list[tuple[int, CreditThatStays]]:
        """What customers have that stays, with places, after the place `after`."""
        ...
