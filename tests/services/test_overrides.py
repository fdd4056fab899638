"""Prices that one customer has agreed: a plan based on the one that everybody has."""

from gateway.services.customers import SubscriptionRequest, create_customer, subscribe
from gateway.services.define import apply_definitions, compare_definitions
from tests.services.billing import FEBRUARY, JANUARY, Company, amounts, document

ACME = {
    "plans": [
        {
            "key": "pro-acme",
            "name": "Pro for Acme",
            "based_on": "pro",
            "prices": [{"key": "users", "name": "Users", "meter": "users", "model": "per_unit", "unit_amount": "3.00"}],
        }
    ]
}


def test_a_customer_on_prices_of_their_own_is_billed_by_them(sqlite_company: Company) -> None:
    company = sqlite_company
    apply_definitions(company.installation, ACME)
    company.sign("other")
    create_customer(company.installation, "acme", "Acme")
    subscribe(company.installation, SubscriptionRequest("acme", "pro-acme", JANUARY))
    for customer in ("acme", "other"):
        company.call("2026-01-05T12:00:00Z", "ann", customer=customer)

    company.bill(FEBRUARY)

    billed = {each.customer: {name: amount for name, _, amount in amounts(each)} for each in company.invoices()}
    assert (billed["acme"]["users"], billed["other"]["users"]) == ("3.00", "4.00")
    assert billed["acme"]["calls"] == billed["other"]["calls"] == "1.50"


def test_the_same_overrides_again_change_nothing_until_their_base_does(sqlite_company: Company) -> None:
    company = sqlite_company
    apply_definitions(company.installation, ACME)
    again = apply_definitions(company.installation, ACME)
    changed = document()
    changed["plans"][0]["prices"][0]["amount"] = "59.00"
    apply_definitions(company.installation, changed)

    [change] = compare_definitions(company.installation, ACME)

    assert (again.has_changes, change.key, change.version) == (False, "pro-acme", 2)
    assert [(each.path, each.before, each.after) for each in change.differences] == [
        ("prices[base].amount", "49.00", "59.00")
    ]
