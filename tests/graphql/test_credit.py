"""Credit over the API: wallets with what is left, granted, topped up and voided, each once."""

from datetime import UTC, datetime
from typing import Any

from tests.graphql.asking import Api, token_of
from tests.graphql.company import add_customer, bill, define
from tests.support import FixedClock

_WALLET = """wallet {
  key currency priority rate lineKinds meters balance { amount currency } promotionalBalance { amount }
  overage { amount } overageMax { amount }
}"""
OPEN = f"""mutation ($input: OpenWalletInput!) {{
  openWallet(input: $input) {{ {_WALLET} userErrors {{ code message }} }}
}}"""
GRANT = f"""mutation ($input: GrantCreditInput!, $key: String!) {{
  grantCredit(input: $input, idempotencyKey: $key) {{ grantId {_WALLET} userErrors {{ code message }} }}
}}"""
TOP_UP = """mutation ($id: ID!, $key: String!) {
  topUpWallet(id: $id, amount: "20", reason: "invoice 7", idempotencyKey: $key, expiresAt: "2027-01-01T00:00:00Z") {
    grantId wallet { id balance { amount } } userErrors { code message }
  }
}"""
TOP_UP_FOR_LESS = """mutation ($id: ID!, $key: String!) {
  topUpWallet(id: $id, amount: "10", paid: "4", reason: "bundle", idempotencyKey: $key) { userErrors { code message } }
}"""
VOID = """mutation ($id: ID!, $amount: Decimal, $grant: ID, $key: String!) {
  voidCredit(id: $id, amount: $amount, grantId: $grant, reason: "mistake", idempotencyKey: $key) {
    wallet { balance { amount } } userErrors { code message }
  }
}"""
REVOKE = """mutation ($grant: ID!, $key: String!) {
  revokeCreditGrant(grantId: $grant, reason: "charged back", idempotencyKey: $key) {
    wallet { balance { amount } overage { amount } grants { nodes { revokedAt } } } userErrors { code message }
  }
}"""
SHOW = """query ($key: String!, $after: String) { customer(key: $key) { wallets { totalCount nodes {
  id balance { amount }
  grants { totalCount nodes { id category reason amount { amount } balance { amount } priority expiresAt } }
  movements(first: 2, after: $after) {
    totalCount pageInfo { hasNextPage endCursor } nodes { ordinal kind amount { amount } grantId causeId }
  }
} } } }"""


def gift(**more: object) -> dict[str, object]:
    """Ten dollars for acme."""
    return {"customer": "acme", "currency": "USD", "amount": "10", "reason": "welcome", **more}


def wallet_of(api: Api, **more: str) -> Any:
    """The only wallet of acme."""
    (found,) = api.ask(SHOW, key="acme", **more)["customer"]["wallets"]["nodes"]
    return found


def test_credit_is_granted_once_for_each_key(company: Api) -> None:
    first = company.do(GRANT, input=gift(), key="g")
    again = company.do(GRANT, input=gift(), key="g")

    assert first == again
    assert first["wallet"] == {
        "key": "usd",
        "currency": "USD",
        "priority": 50,
        "rate": "1",
        "lineKinds": [],
        "meters": [],
        "balance": {"amount": "10.00", "currency": "USD"},
        "promotionalBalance": {"amount": "10.00"},
        "overage": {"amount": "0.00"},
        "overageMax": {"amount": "0.00"},
    }


def test_a_paid_grant_is_revoked_once_for_each_key(company: Api) -> None:
    bought = company.do(GRANT, input=gift(category="PAID"), key="g")["grantId"]

    first, again = (company.do(REVOKE, grant=bought, key="r") for _ in range(2))
    refused = company.ask(REVOKE, grant=bought, key="r2")["revokeCreditGrant"]

    assert first == again
    assert first["wallet"]["balance"] == {"amount": "0.00"}
    assert [each["revokedAt"] is None for each in first["wallet"]["grants"]["nodes"]] == [False]
    assert [error["code"] for error in refused["userErrors"]] == ["ILLEGAL_TRANSITION"]


def test_a_wallet_shows_its_grants_and_pages_of_what_moved(company: Api) -> None:
    terms = {"priority": 1, "expiresAfter": {"count": "1", "unit": "MONTH"}}
    granted = company.do(GRANT, input=gift(**terms), key="g")["grantId"]
    wallet = wallet_of(company)["id"]
    company.do(TOP_UP, id=wallet, key="t")
    company.do(VOID, id=wallet, amount="12.5", key="v")

    shown = wallet_of(company)
    cursor = shown["movements"]["pageInfo"]["endCursor"]

    grants = {each["category"]: each for each in shown["grants"]["nodes"]}
    assert {category: each["balance"]["amount"] for category, each in grants.items()} == {
        "PROMOTIONAL": "0.00",
        "PAID": "17.50",
    }
    assert grants["PROMOTIONAL"]["expiresAt"] == "2026-04-01T12:00:00Z"
    assert (shown["movements"]["totalCount"], shown["movements"]["pageInfo"]["hasNextPage"]) == ("4", True)
    assert shown["movements"]["nodes"][0] == {
        "ordinal": "1",
        "kind": "GRANTED",
        "amount": {"amount": "10.00"},
        "grantId": granted,
        "causeId": None,
    }
    later = wallet_of(company, after=cursor)["movements"]["nodes"]
    assert [(each["ordinal"], each["kind"], each["amount"]["amount"]) for each in later] == [
        ("3", "VOIDED", "10.00"),
        ("4", "VOIDED", "2.50"),
    ]


def test_what_is_due_is_shown_before_it_is_booked(company: Api, clock: FixedClock) -> None:
    company.do(GRANT, input=gift(expiresAt="2026-03-10T00:00:00Z"), key="g")
    clock.set(datetime(2026, 3, 10, tzinfo=UTC))

    assert wallet_of(company)["balance"] == {"amount": "0.00"}


def test_a_grant_says_what_it_cost_and_what_of_that_is_unearned(company: Api) -> None:
    asked = 'customer(key: "acme") { wallets { nodes { grants { nodes {'
    asked = f"query {{ {asked} paid {{ amount }} costBasis unearned {{ amount }} }} }} }} }} }} }}"
    company.do(OPEN, input={"customer": "acme", "currency": "USD", "key": "points", "rate": "0.5"})
    bought = gift(wallet="points", amount="100", category="PAID", paid="42.5")
    granted = company.do(GRANT, input=bought, key="g")["grantId"]
    wallet = wallet_of(company)["id"]
    company.do(VOID, id=wallet, amount="40", key="v", grant=granted)

    (found,) = company.ask(asked)["customer"]["wallets"]["nodes"][0]["grants"]["nodes"]

    assert found == {"paid": {"amount": "42.50"}, "costBasis": "0.425", "unearned": {"amount": "25.50"}}
    again = company.ask(TOP_UP_FOR_LESS, id=wallet, key="t")["topUpWallet"]
    assert again["userErrors"] == []
    paid = {each["paid"]["amount"] for each in company.ask(asked)["customer"]["wallets"]["nodes"][0]["grants"]["nodes"]}
    assert paid == {"42.50", "4.00"}


def test_a_wallet_may_be_limited_refilled_and_overdrawn(company: Api) -> None:
    resets = {"every": {"unit": "MONTH"}, "anchor": "2026-01-01T00:00:00Z", "timeZone": "America/New_York"}
    limits = {"lineKinds": ["USAGE"], "meters": ["calls"], "rate": "0.5", "overageMax": "3", "resets": resets}
    opened = company.do(OPEN, input={"customer": "acme", "currency": "USD", "key": "points", "priority": 2, **limits})
    span = {"start": "2026-02-15T00:00:00Z", "end": "2026-03-15T00:00:00Z"}
    terms = {"refillEvery": {"unit": "DAY", "count": 7}, "rollOver": {"maximum": "4"}, "effectiveAt": span["start"]}
    granted = company.do(GRANT, input=gift(wallet="points", proratedOver=span, **terms), key="g")

    assert (opened["wallet"]["lineKinds"], opened["wallet"]["overageMax"]) == (["USAGE"], {"amount": "3.00"})
    assert granted["wallet"]["balance"] == {"amount": "5.00", "currency": "USD"}


def test_what_is_refused_says_why(company: Api) -> None:
    company.do(GRANT, input=gift(), key="g")
    wallet = wallet_of(company)["id"]

    beyond = company.refusals(VOID, id=wallet, amount="10.01", key="v")
    nothing = company.refusals(GRANT, input=gift(amount="0"), key="g2")
    parts = [
        company.refusals(GRANT, input=gift(amount="10.1234", currency="KWD"), key="g3"),
        company.refusals(VOID, id=wallet, amount="0.001", key="v2"),
        company.refusals(OPEN, input={"customer": "acme", "currency": "JPY", "overageMax": "0.5"}),
    ]
    unknown = company.refusals(TOP_UP, id="wal_none", key="t")

    assert beyond == [
        {
            "code": "BEYOND_CREDIT",
            "message": "Wallet 'usd' has 10.00 USD; 10.01 is more: ask for at most that",
        }
    ]
    assert [each[0]["message"].partition(";")[0] for each in parts] == [
        "10.1234 has more places than KWD",
        "0.001 has more places than USD",
        "0.5 has more places than JPY",
    ]
    assert (nothing[0]["code"], unknown[0]["code"]) == ("INVALID", "NOT_FOUND")
    taken = company.refusals(OPEN, input={"customer": "acme", "currency": "EUR", "key": "usd"})
    assert taken[0]["code"] == "KEY_TAKEN"


def test_a_customer_sees_only_its_own_wallets(company: Api) -> None:
    company.do(GRANT, input=gift(), key="g")
    wallet = wallet_of(company)["id"]
    node = "query ($id: ID!) { node(id: $id) { __typename id } }"

    assert company.ask(node, token_of("acme"), id=wallet)["node"]["__typename"] == "Wallet"
    assert company.ask(node, token_of("globex"), id=wallet) == {"node": None}


def test_an_invoice_says_what_credit_paid_and_what_is_due(api: Api) -> None:
    define(api)
    add_customer(api, "acme")
    api.do(GRANT, input=gift(amount="4"), key="g")
    api.do(GRANT, input=gift(amount="3", category="PAID"), key="p")
    bill(api, "all of it")

    shown = api.ask("{ invoices { nodes { discount { amount } paidByCredit { amount } amountDue { amount } } } }")

    amounts = [{name: money["amount"] for name, money in each.items()} for each in shown["invoices"]["nodes"]]
    assert {"discount": "4.00", "paidByCredit": "3.00", "amountDue": "3.00"} in amounts
    assert {"discount": "0.00", "paidByCredit": "0.00", "amountDue": "15.00"} in amounts
