"""Re-rating over GraphQL: what a preview shows, and what a job books."""

import pytest

from gateway.services.rerate import run_unfinished
from tests.graphql.asking import Api
from tests.graphql.company import event, send

PREVIEW = """query ($input: RerateInput!, $first: Int = 20, $after: String) {
  reratePreview(input: $input, first: $first, after: $after) {
    pageInfo { hasNextPage endCursor }
    nodes {
      invoice { customerKey } billed { amount } correct { amount } difference { amount } refused
      differences { bookedAs price quantity gross { amount } }
    }
  }
}"""
RERATE = """mutation ($input: RerateInput!, $reason: String!, $key: String!) {
  rerate(input: $input, reason: $reason, idempotencyKey: $key) {
    job { id actor reason finishedAt counts { outcome invoices } } userErrors { code message }
  }
}"""
JOB = """query ($id: ID!) { rerateJob(id: $id) {
  finishedAt counts { outcome invoices } items(outcome: REVISED) { nodes { invoiceId outcome detail revisionId } }
} }"""
INVOICE = """query ($id: ID!) { invoice(id: $id) {
  revisions { number planVersion creditNote { total { amount } } differences { bookedAs price } }
} }"""
LATE = {"customers": ["acme"], "lateEvents": True}


@pytest.fixture
def late(company: Api) -> Api:
    """Two calls of acme's in January came after it was billed."""
    send(company, *(event("acme", number, "2026-01-20T00:00:00Z") for number in (801, 802)))
    return company


def test_a_preview_shows_each_invoice_with_its_difference(late: Api) -> None:
    found = late.ask(PREVIEW, input=LATE)["reratePreview"]["nodes"]

    changed = [each for each in found if each["differences"]]
    assert [each["invoice"]["customerKey"] for each in found] == ["acme"] * len(found)
    assert len(changed) == 1
    assert (changed[0]["difference"], changed[0]["refused"]) == ({"amount": "4.00"}, None)
    assert [(each["price"], each["quantity"], each["gross"]["amount"]) for each in changed[0]["differences"]] == [
        ("calls", "2", "2.00"),
        ("bytes", "200", "2.00"),
    ]


def test_a_preview_comes_page_by_page(late: Api) -> None:
    first = late.ask(PREVIEW, input=LATE, first=1)["reratePreview"]
    second = late.ask(PREVIEW, input=LATE, first=100, after=first["pageInfo"]["endCursor"])["reratePreview"]
    whole = late.ask(PREVIEW, input=LATE, first=100)["reratePreview"]

    assert first["pageInfo"]["hasNextPage"]
    assert first["nodes"] + second["nodes"] == whole["nodes"]


def test_a_job_books_it_and_the_invoice_tells_of_it(late: Api) -> None:
    started = late.ask(RERATE, input=LATE, reason="late events", key="k")["rerate"]
    assert (started["job"]["reason"], started["job"]["finishedAt"], started["userErrors"]) == ("late events", None, [])

    run_unfinished(late.installation)

    job = late.ask(JOB, id=started["job"]["id"])["rerateJob"]
    assert job["finishedAt"]
    (item,) = job["items"]["nodes"]
    (revision,) = late.ask(INVOICE, id=item["invoiceId"])["invoice"]["revisions"]
    assert (revision["number"], revision["planVersion"], revision["creditNote"]) == (1, 1, None)
    assert {each["bookedAs"] for each in revision["differences"]} == {"ADJUSTMENT"}
    assert late.ask("{ rerateJobs { nodes { id } } }")["rerateJobs"]["nodes"] == [{"id": started["job"]["id"]}]


def test_what_was_overcharged_shows_its_credit_note(company: Api) -> None:
    company.do("""mutation {
      voidEvent(source: "test", id: "acme-0", reason: "sent twice", idempotencyKey: "v") { userErrors { message } }
    }""")
    started = company.do(RERATE, input=LATE, reason="sent twice", key="k")["job"]

    run_unfinished(company.installation)

    items = company.ask(JOB, id=started["id"])["rerateJob"]["items"]["nodes"]
    revisions = [each for item in items for each in company.ask(INVOICE, id=item["invoiceId"])["invoice"]["revisions"]]
    assert [each["creditNote"] for each in revisions] == [{"total": {"amount": "2.00"}}]


@pytest.mark.parametrize(
    ("asked", "code"),
    [({}, "INVALID"), ({"correctedMeters": ["nothing"]}, "NOT_FOUND"), ({"planVersion": 2}, "INVALID")],
)
def test_what_cannot_be_done_is_refused_as_data(company: Api, asked: dict[str, object], code: str) -> None:
    refused = company.ask(RERATE, input=asked, reason="r", key="k")["rerate"]

    assert (refused["job"], [each["code"] for each in refused["userErrors"]]) == (None, [code])


def test_a_job_that_is_not_there_is_null(company: Api) -> None:
    assert company.ask(JOB, id="job_nothing") == {"rerateJob": None}
