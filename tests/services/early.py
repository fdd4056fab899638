"""A company whose plan bills usage while its periods run."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from gateway.core.invoicing.invoice import PROGRESSIVE, Invoice
from gateway.services.bill import BillingRun
from tests.services.billing import Company, document


def january(day: int, hour: int = 12) -> datetime:
    """An instant of January 2026."""
    return datetime(2026, 1, day, hour, tzinfo=UTC)


def with_thresholds(**thresholds: Any) -> dict[str, Any]:
    """The plan of the company, which bills usage early."""
    definitions = document()
    definitions["plans"][0]["invoice_thresholds"] = thresholds
    return definitions


def use(company: Company, at: datetime, users: Sequence[str] = (), gigabytes: object = None) -> None:
    """Let it be `at`, and record a call by each user and an upload."""
    company.clock.set(at)
    for user in users:
        company.call(at.isoformat(), user)
    if gigabytes is not None:
        company.upload(at.isoformat(), gigabytes)


def use_and_bill(company: Company, at: datetime, users: Sequence[str] = (), gigabytes: object = None) -> BillingRun:
    """The same, and bill what is due then."""
    use(company, at, users, gigabytes)
    return company.bill()


def progressive(company: Company) -> list[Invoice]:
    """The progressive invoices, by period and sequence."""
    found = [each for each in company.invoices() if each.key.kind == PROGRESSIVE]
    return sorted(found, key=lambda each: (each.customer, each.key.boundary_at, each.key.sequence, each.id))
