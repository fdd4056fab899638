"""The books over the API: months closed, locked and opened again, the trial balance and what is behind it."""

import pytest

from tests.graphql.asking import Api
from tests.graphql.company import add_customer, bill, define, use

_CHANGED = "period { month status changes { before after actor reason passedOver } } userErrors { code message path }"
_CLOSE = f"""mutation ($month: String!, $key: String!, $override: String) {{
  closePeriod(month: $month, idempotencyKey: $key, overrideReason: $override) {{ {_CHANGED} }}
}}"""
_LOCK = (
    f"mutation ($month: String!, $key: String!) {{ lockPeriod(month: $month, idempotencyKey: $key) {{ {_CHANGED} }} }}"
)
_REOPEN = f"""mutation ($month: String!, $key: String!, $reason: String!) {{
  reopenPeriod(month: $month, reason: $reason, idempotencyKey: $key) {{ {_CHANGED} }}
}}"""
_PERIODS = """query ($after: String) {
  accountingPeriods(first: 2, after: $after) { nodes { month status } pageInfo { endCursor } }
}"""
_CHECKLIST = 'query { closingChecklist(month: "2026-01") { what remedy } }'


@pytest.fixture
def billed(api: Api) -> Api:
    """Acme and Globex, billed for January and February."""
    define(api)
    for customer in ("acme", "globex"):
        add_customer(api, customer)
        use(api, customer)
    bill(api, "first run")
    return api


def test_a_month_is_closed_opened_again_and_locked(billed: Api) -> None:
    assert billed.ask(_CHECKLIST)["closingChecklist"] == []
    closed = billed.do(_CLOSE, month="2026-01", key="1")["period"]
    assert (closed["month"], closed["status"]) == ("2026-01", "CLOSED")
    assert billed.do(_REOPEN, month="2026-01", key="2", reason="late usage")["period"]["status"] == "OPEN"
    billed.do(_CLOSE, month="2026-01", key="3")
    locked = billed.do(_LOCK, month="2026-01", key="4")["period"]
    assert [(each["before"], each["after"], each["reason"]) for each in locked["changes"]] == [
        ("OPEN", "CLOSED", None),
        ("CLOSED", "OPEN", "late usage"),
        ("OPEN", "CLOSED", None),
        ("CLOSED", "LOCKED", None),
    ]
    assert {each["actor"] for each in locked["changes"]} == {"key_admin"}


def test_what_is_to_be_done_comes_as_an_error_for_each(api: Api) -> None:
    define(api)
    add_customer(api, "acme")
    remedy = "run `gateway bill` after the grace period"
    [item] = api.ask(_CHECKLIST)["closingChecklist"]
    assert item == {"what": "2 billing dates are not billed", "remedy": remedy}
    [refused] = api.refusals(_CLOSE, month="2026-01", key="1")
    assert refused == {
        "code": "ILLEGAL_TRANSITION", "message": f"2 billing dates are not billed; {remedy}", "path": ["month"],
    }  # fmt: skip
    [change] = api.do(_CLOSE, month="2026-01", key="1", override="the auditor wants it")["period"]["changes"]
    assert (change["reason"], change["passedOver"]) == ("the auditor wants it", [refused["message"]])


@pytest.mark.parametrize(
    ("month", "code", "said"),
    [
        ("2026-02", "ILLEGAL_TRANSITION", "Month 2026-01 is open and has postings; close it before 2026-02"),
        ("2026-03", "ILLEGAL_TRANSITION", "Month 2026-03 has not ended; close it from 2026-04-01 on"),
        ("January", "INVALID", "'January' is not a month; write it like 2013-06"),
    ],
)
def test_a_month_that_cannot_be_closed_is_refused_as_data(billed: Api, month: str, code: str, said: str) -> None:
    [refused] = billed.refusals(_CLOSE, month=month, key="1")
    assert (refused["code"], refused["message"]) == (code, said)


def test_months_come_in_pages(billed: Api) -> None:
    first = billed.ask(_PERIODS)["accountingPeriods"]
    assert first["nodes"] == [{"month": "2026-01", "status": "OPEN"}, {"month": "2026-02", "status": "OPEN"}]
    second = billed.ask(_PERIODS, after=first["pageInfo"]["endCursor"])["accountingPeriods"]
    assert second["nodes"] == [{"month": "2026-03", "status": "OPEN"}]


def test_a_trial_balance_leads_to_its_accounts_and_their_transfers(billed: Api) -> None:
    balance = billed.ask("""{ trialBalance(month: "2026-02") {
      month isBalanced totals { debits { amount currency } credits { amount } }
      rows { account kind accountClass growsBy meaning source opening { amount } closing { amount currency } }
    } }""")["trialBalance"]
    assert balance["isBalanced"]
    assert [each["debits"]["amount"] == each["credits"]["amount"] for each in balance["totals"]] == [True]
    [owed] = [row for row in balance["rows"] if row["kind"] == "receivables"]
    assert (owed["accountClass"], owed["growsBy"], owed["account"]) == ("ASSET", "DEBIT", "receivables")

    accounts = billed.ask("""{ accountBalances(month: "2026-02", kind: "receivables", first: 1) {
      nodes { account closing { amount } } pageInfo { hasNextPage endCursor }
    } }""")["accountBalances"]
    assert [each["account"] for each in accounts["nodes"]] == ["receivables:acme"]
    following = billed.ask(
        """query ($after: String) { accountBalances(month: "2026-02", kind: "receivables", after: $after) {
          nodes { account } pageInfo { hasNextPage }
        } }""",
        after=accounts["pageInfo"]["endCursor"],
    )["accountBalances"]
    assert following == {"nodes": [{"account": "receivables:globex"}], "pageInfo": {"hasNextPage": False}}

    asked = """query ($after: String) {
      bookedTransfers(month: "2026-02", account: "receivables:acme", first: 1, after: $after) {
        nodes { accountingDay effectiveDay debitAccount creditAccount amount { amount currency } source entry postedAt }
        pageInfo { hasNextPage endCursor }
      }
    }"""
    first = billed.ask(asked)["bookedTransfers"]
    second = billed.ask(asked, after=first["pageInfo"]["endCursor"])["bookedTransfers"]
    [one], [two] = first["nodes"], second["nodes"]
    assert one != two
    assert {one["debitAccount"], two["debitAccount"]} == {"receivables:acme"}
    assert one["accountingDay"] == one["effectiveDay"] == "2026-02-01"


@pytest.mark.parametrize(
    "field",
    [
        'trialBalance(month: "13")',
        'closingChecklist(month: "13")',
        'accountBalances(month: "2026-01", kind: "pocket")',
        'bookedTransfers(month: "13", account: "cash")',
        'trialBalance(month: "2026-01", legalEntity: "nobody")',
    ],
)
def test_what_does_not_exist_is_refused(api: Api, field: str) -> None:
    answer = api.answer(f"{{ {field} {{ __typename }} }}")
    assert answer.codes[0] in ("BAD_USER_INPUT", "INVALID", "NOT_FOUND")
