"""Events by position: every kept one, none twice, whatever the projection knows."""

import json

import pytest

from gateway.services.events import customer_events
from gateway.services.read_log import LogSpan, logged_events_of
from gateway.wire.events import WireFormat, parse_events
from tests.reading import logged_events
from tests.services.billing import FEBRUARY, JANUARY, Company


def recorded(company: Company) -> None:
    """Five events of two customers in two requests, with a duplicate and a refused one between them."""
    company.sign("acme")
    company.sign("globex")

    def event(number: int, customer: str) -> dict[str, object]:
        at = f"2026-01-{number:02}T00:00:00Z"
        return {"source": "s", "id": f"e{number}", "type": "call", "customer": customer, "occurred_at": at}

    first = [event(1, "acme"), {"source": "s"}, event(2, "globex"), event(1, "acme"), event(3, "acme")]
    for body in (first, [event(4, "globex"), event(5, "acme")]):
        company.recorder.record(parse_events(json.dumps(body).encode(), WireFormat.JSON))


def test_events_come_in_order_page_by_page(company: Company) -> None:
    recorded(company)

    first = customer_events(company.installation, None, 0, 2)
    rest = customer_events(company.installation, None, first[-1].position, 10)

    assert [(each.position, each.event.id, each.event.customer) for each in first + rest] == [
        (1, "e1", "acme"),
        (2, "e2", "globex"),
        (3, "e3", "acme"),
        (4, "e4", "globex"),
        (5, "e5", "acme"),
    ]


def test_a_customers_events_are_its_own_before_and_after_they_are_indexed(company: Company) -> None:
    recorded(company)
    before = customer_events(company.installation, "acme", 1, 10)
    company.projector.catch_up()

    after = customer_events(company.installation, "acme", 1, 10)

    assert [each.position for each in before] == [3, 5]
    assert after == before


def test_a_half_indexed_log_shows_everything_once(company: Company) -> None:
    recorded(company)
    company.projector.catch_up()
    company.call("2026-01-06T00:00:00Z")

    assert [each.position for each in customer_events(company.installation, "acme", 0, 10)] == [1, 3, 5, 6]


@pytest.mark.parametrize("is_projected", [False, True])
def test_a_span_has_its_first_instant_and_not_its_last(sqlite_company: Company, is_projected: bool) -> None:
    recorded(sqlite_company)
    if is_projected:
        sqlite_company.projector.catch_up()
    start, end = JANUARY.replace(day=1), JANUARY.replace(day=3)

    def positions(span: LogSpan) -> tuple[list[int], list[int]]:
        def read(unit):
            everyone = [each.position for each in logged_events(unit, span)]
            return everyone, [each.position for each in logged_events_of(unit, "acme", span)]

        return sqlite_company.read(read)

    assert positions(LogSpan(0, 5, start, end)) == ([1, 2], [1])
    assert positions(LogSpan(0, 5, end, FEBRUARY)) == ([3, 4, 5], [3, 5])
    assert positions(LogSpan(2, 4)) == ([3, 4], [3])
    assert positions(LogSpan(5, 5)) == ([], [])
