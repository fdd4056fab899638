"""Running costs: what a period costs so far."""

from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.core.numbers import plain
from gateway.services.cost import RunningCost, Trial, running_costs
from gateway.services.pause_subscription import pause_subscription
from gateway.services.record_phases import Change, Moment
from tests.services.billing import FEBRUARY, JANUARY, MARCH, Company, Counting, document

NOON = datetime(2026, 1, 16, 12, tzinfo=UTC)


def cost(company: Company, subscription_id: str, at: datetime | None = None) -> RunningCost:
    return running_costs(company.installation, company.projector, [subscription_id], at)[subscription_id]


def amounts(lines: Any) -> list[tuple[str, str, str]]:
    return [
        ("/".join([each.price, *(value for _, value in each.dimensions)]), plain(each.quantity), str(each.amount))
        for each in lines
    ]


def test_a_free_trial_costs_nothing_and_is_named(company: Company) -> None:
    subscription = company.sign(trial_ends_at=FEBRUARY)
    company.clock.set(NOON)
    company.call("2026-01-05T12:00:00Z", times=4)

    found = cost(company, subscription.id)

    assert (found.so_far, str(found.total)) == ((), "0.00")
    assert found.trial == Trial(FEBRUARY, bills_usage=False)
    assert cost(company, subscription.id, datetime(2026, 1, 10, tzinfo=UTC)).trial == found.trial


def test_a_trial_that_bills_usage_costs_its_usage(sqlite_company: Company) -> None:
    subscription = sqlite_company.sign(trial_ends_at=FEBRUARY, bills_trial_usage=True)
    sqlite_company.clock.set(NOON)
    sqlite_company.call("2026-01-05T12:00:00Z", times=4)

    found = cost(sqlite_company, subscription.id)

    assert (str(found.total), found.trial) == ("9.49", Trial(FEBRUARY, bills_usage=True))


def test_what_is_paused_has_no_running_cost(sqlite_company: Company) -> None:
    sqlite_company.clock.set(NOON)
    subscription = sqlite_company.sign()
    pause_subscription(sqlite_company.installation, Change(subscription.id, Moment.NOW, "ada", "p"))

    assert running_costs(sqlite_company.installation, sqlite_company.projector, [subscription.id]) == {}


def test_the_period_costs_its_usage_and_its_own_fee(company: Company) -> None:
    subscription = company.sign()
    company.clock.set(NOON)
    company.call("2026-01-05T12:00:00Z", "ann", times=4)
    company.upload("2026-01-06T12:00:00Z", "8")

    found = cost(company, subscription.id)

    assert amounts(found.so_far) == [
        ("base", "1", "49.00"),
        ("calls", "4", "5.49"),
        ("users", "1", "4.00"),
        ("traffic/eu", "8", "1.00"),
    ]
    assert (str(found.total), found.at, found.period.start, found.period.end) == ("59.49", NOON, JANUARY, FEBRUARY)
    assert found.as_of.is_current


def test_a_true_up_is_not_owed_yet(sqlite_company: Company) -> None:
    subscription = sqlite_company.sign()
    sqlite_company.clock.set(NOON)

    found = cost(sqlite_company, subscription.id)

    assert amounts(found.so_far) == [("base", "1", "49.00"), ("calls", "0", "0.00"), ("users", "0", "0.00")]


def test_a_fee_in_arrears_is_owed_at_the_end(sqlite_company: Company) -> None:
    definitions = document()
    definitions["plans"][0]["prices"][0]["timing"] = "in_arrears"
    sqlite_company.define(definitions)
    subscription = sqlite_company.sign()
    sqlite_company.clock.set(NOON)

    found = cost(sqlite_company, subscription.id)

    assert [each.price for each in found.so_far] == ["calls", "users"]


def test_an_earlier_instant_is_taken_back_to_the_full_hour(company: Company) -> None:
    subscription = company.sign()
    company.call("2026-01-16T11:59:59Z", "ann")
    company.call("2026-01-16T12:00:00Z", "bob")
    company.call("2026-02-10T12:00:00Z", "eve")

    found = cost(company, subscription.id, NOON + timedelta(minutes=59))

    assert (found.at, found.period.start) == (NOON, JANUARY)
    assert amounts(found.so_far)[1:3] == [("calls", "1", "1.50"), ("users", "1", "4.00")]


def test_a_period_that_begins_within_an_hour_has_none_of_the_hour_before(sqlite_company: Company) -> None:
    start = datetime(2026, 1, 10, 10, 30, tzinfo=UTC)
    subscription = sqlite_company.sign(starts_at=JANUARY, anchor=start)
    sqlite_company.call("2026-01-10T10:29:00Z")
    sqlite_company.call("2026-01-10T10:31:00Z")

    found = cost(sqlite_company, subscription.id, start + timedelta(hours=1))

    assert (found.period.start, amounts(found.so_far)[1]) == (start, ("calls", "1", "1.50"))


def test_one_that_has_not_begun_or_does_not_exist_is_missing(sqlite_company: Company) -> None:
    subscription = sqlite_company.sign(starts_at=MARCH + timedelta(days=1))

    assert running_costs(sqlite_company.installation, sqlite_company.projector, [subscription.id, "sub_x"]) == {}


def test_the_future_costs_what_now_does(sqlite_company: Company) -> None:
    subscription = sqlite_company.sign()
    sqlite_company.clock.set(NOON)

    assert cost(sqlite_company, subscription.id, MARCH) == cost(sqlite_company, subscription.id)


def test_usage_without_a_price_is_left_out(sqlite_company: Company) -> None:
    subscription = sqlite_company.sign()
    sqlite_company.clock.set(NOON)
    sqlite_company.upload("2026-01-06T12:00:00Z", "8", zone="mars")

    assert [each.price for each in cost(sqlite_company, subscription.id).so_far] == ["base", "calls", "users"]


def test_statements_do_not_grow_with_subscriptions(company: Company) -> None:
    ids = []
    for number in range(5):
        ids.append(company.sign(f"customer-{number}").id)
        company.call("2026-01-05T12:00:00Z", customer=f"customer-{number}")
    company.projector.catch_up()

    def statements(asked: list[str], at: datetime | None) -> int:
        counting = Counting(company.installation.storage)
        assert len(running_costs(company.on(counting).installation, company.projector, asked, at)) == len(asked)
        return counting.statements

    assert statements(ids, None) == statements(ids[:1], None)
    assert statements(ids, NOON) == statements(ids[:1], NOON)
