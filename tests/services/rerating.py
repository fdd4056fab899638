"""Re-rating at a small company."""

from collections.abc import Sequence
from typing import Any

from gateway.core.ports.rerating import RerateOutcome, Selection
from gateway.services.correct_event import CorrectionRequest, void_event
from gateway.services.rerate import Finding, RerateRequest, preview_rerate, run_rerate, start_rerate
from tests.services.billing import Company

LATE = RerateRequest(Selection(), has_late_events=True)


def previewed(company: Company, request: RerateRequest = LATE) -> list[Finding]:
    """What re-rating would find, where it finds something."""
    return [each for each in preview_rerate(company.installation, request) if each.rated.differences]


def rerated(company: Company, request: RerateRequest = LATE, key: str = "once") -> dict[RerateOutcome, int]:
    """Re-rate, and how many invoices came to which outcome."""
    job = start_rerate(company.installation, request, "late events", "ada", key)
    return dict(run_rerate(company.installation, job))


def booked(findings: Sequence[Finding]) -> list[tuple[Any, ...]]:
    """How each difference would be booked: as what, its price, quantity and gross amount."""
    return [
        (str(each.booked_as), each.line.price, str(each.line.quantity), str(each.line.gross))
        for found in findings
        for each in found.settlement.booked
    ]


def void_calls(company: Company, times: int) -> None:
    """Void the first calls that were recorded."""
    for number in range(1, times + 1):
        request = CorrectionRequest("test", f"call-{number}", "counted twice", "ada", f"void-{number}")
        void_event(company.installation, request)
