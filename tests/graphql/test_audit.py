"""The audit log over GraphQL."""

from datetime import timedelta

import pytest

from tests.graphql.asking import Api
from tests.graphql.company import event, send
from tests.support import FixedClock

LIST = """query($filter: AuditFilter, $first: Int = 20, $after: String) {
  auditLog(filter: $filter, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor }
    nodes { id at actor action subject customer reason details { name value } } } }"""
VOID = """mutation($id: String!) {
  voidEvent(source: "test", id: $id, reason: "sent twice", idempotencyKey: $id) { userErrors { message } }
}"""


@pytest.fixture
def audited(company: Api, clock: FixedClock) -> Api:
    """Two events of acme were made void, one after the other."""
    sent = [event("acme", number, "2026-02-20T00:00:00Z") for number in (901, 902)]
    send(company, *sent)
    for each in sent:
        clock.advance(timedelta(seconds=1))
        company.do(VOID, id=each["id"])
    return company


def test_entries_come_in_pages_the_newest_first(audited: Api) -> None:
    first = audited.ask(LIST, first=1)["auditLog"]
    second = audited.ask(LIST, first=1, after=first["pageInfo"]["endCursor"])["auditLog"]
    assert (first["totalCount"], first["pageInfo"]["hasNextPage"]) == ("2", True)
    assert not second["pageInfo"]["hasNextPage"]
    [newest], [oldest] = first["nodes"], second["nodes"]
    assert newest["at"] > oldest["at"]
    assert (newest["actor"], newest["action"], newest["customer"], newest["reason"]) == (
        "key_admin",
        "EVENT_VOIDED",
        "acme",
        "sent twice",
    )
    assert [each["name"] for each in newest["details"]] == ["source", "id", "corrected at"]


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ({"customer": "acme"}, "2"),
        ({"customer": "globex"}, "0"),
        ({"actor": "key_admin", "action": "EVENT_VOIDED"}, "2"),
        ({"action": "INVOICE_VOIDED"}, "0"),
        ({"subject": "inv_1"}, "0"),
        ({"since": "2020-01-01T00:00:00Z", "until": "2020-02-01T00:00:00Z"}, "0"),
    ],
)
def test_entries_are_found_by_what_they_say(audited: Api, asked: dict[str, str], count: str) -> None:
    assert audited.ask(LIST, filter=asked)["auditLog"]["totalCount"] == count


def test_a_cursor_of_another_list_is_refused(audited: Api) -> None:
    cursor = audited.ask("{ events(first: 1) { pageInfo { endCursor } } }")["events"]["pageInfo"]["endCursor"]
    [error] = audited.answer(LIST, after=cursor).errors
    assert "no cursor of this connection" in error["message"]
