"""Grants: when they are usable, in which order, how long they last."""

from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.credits.grant import CreditCategory, CreditGrant, Ending, RollOver, burn_order
from gateway.core.credits.terms import Term, TermUnit, prorated_credits
from gateway.core.errors import InvalidValue
from gateway.core.periods.period import BillingSchedule, Interval, IntervalUnit
from tests.core.samples import NEW_YORK, at, month

PROMOTIONAL, PAID = CreditCategory.PROMOTIONAL, CreditCategory.PAID
JANUARY = at("2026-01-01")


def grant(name: str = "g", amount: str = "100", **more: object) -> CreditGrant:
    """A grant from January on."""
    fields: dict[str, object] = {"effective_at": JANUARY} | more
    return CreditGrant(name, Decimal(amount), **fields)  # type: ignore[arg-type]


IN_ORDER = (
    grant("first priority", priority=1, expires_at=at("2027-01-01")),
    grant("expires first", expires_at=at("2026-02-01"), category=PAID),
    grant("promotional", expires_at=at("2026-03-01"), category=PROMOTIONAL, effective_at=at("2026-01-09")),
    grant("effective first", expires_at=at("2026-03-01")),
    grant("created first", expires_at=at("2026-03-01"), effective_at=at("2026-01-02"), created_at=JANUARY),
    grant("a by id", expires_at=at("2026-03-01"), effective_at=at("2026-01-02")),
    grant("b by id", expires_at=at("2026-03-01"), effective_at=at("2026-01-02")),
    grant("never expires", category=PROMOTIONAL),
    grant("last priority", priority=255, expires_at=at("2026-01-02")),
)


@given(st.randoms())
def test_grants_are_used_in_one_order_however_they_come(random: Random) -> None:
    shuffled = random.sample(IN_ORDER, len(IN_ORDER))

    assert sorted(shuffled, key=burn_order) == list(IN_ORDER)


@pytest.mark.parametrize(
    ("expires", "voided", "ends", "ending"),
    [
        (None, None, None, Ending.EXPIRED),
        ("2026-02-01", None, "2026-02-01", Ending.EXPIRED),
        (None, "2026-01-10", "2026-01-10", Ending.VOIDED),
        ("2026-02-01", "2026-01-10", "2026-01-10", Ending.VOIDED),
        ("2026-02-01", "2026-02-01", "2026-02-01", Ending.EXPIRED),
        ("2026-02-01", "2025-12-01", "2026-01-01", Ending.VOIDED),
    ],
)
def test_a_grant_ends_when_it_expires_or_is_voided(
    expires: str | None, voided: str | None, ends: str | None, ending: Ending
) -> None:
    one = grant(expires_at=expires and at(expires), voided_at=voided and at(voided))

    assert one.ends_at == (ends and at(ends))
    assert one.ending is ending


@pytest.mark.parametrize(
    ("instant", "is_usable"),
    [("2025-12-31 23:59:59", False), ("2026-01-01", True), ("2026-01-31 23:59:59", True), ("2026-02-01", False)],
)
def test_a_grant_counts_no_more_at_the_instant_of_its_expiry(instant: str, is_usable: bool) -> None:
    assert grant(expires_at=at("2026-02-01")).is_usable(at(instant)) is is_usable


def test_refills_come_at_the_boundaries_of_their_schedule_until_the_grant_ends() -> None:
    weekly = BillingSchedule(at("2026-01-04"), Interval(IntervalUnit.WEEK), NEW_YORK)

    refilled = grant(refills=weekly, expires_at=at("2026-01-18")).refilled_at(at("2026-02-01"))

    assert list(refilled) == [at("2026-01-04"), at("2026-01-11")]
    assert list(grant(refills=weekly).refilled_at(at("2026-01-11"))) == [at("2026-01-04"), at("2026-01-11")]
    assert list(grant().refilled_at(at("2026-02-01"))) == []


@pytest.mark.parametrize(
    ("balance", "rolls_over"), [("0", "20"), ("19", "20"), ("30", "30"), ("50", "50"), ("51", "50")]
)
def test_a_balance_rolls_over_between_minimum_and_maximum(balance: str, rolls_over: str) -> None:
    assert RollOver(Decimal(50), Decimal(20)).of(Decimal(balance)) == Decimal(rolls_over)


@pytest.mark.parametrize(
    ("count", "unit", "ends"),
    [
        ("90", TermUnit.MINUTE, "2026-01-31 13:30"),
        ("1.5", TermUnit.HOUR, "2026-01-31 13:30"),
        ("10", TermUnit.DAY, "2026-02-10 12:00"),
        ("3", TermUnit.WEEK, "2026-02-21 12:00"),
        ("1", TermUnit.MONTH, "2026-02-28 12:00"),
        ("3", TermUnit.YEAR, "2029-01-31 12:00"),
    ],
)
def test_a_term_ends_at_the_same_time_of_day(count: str, unit: TermUnit, ends: str) -> None:
    assert Term(Decimal(count), unit).after(at("2026-01-31 12:00")) == at(ends)


@pytest.mark.parametrize(
    ("granted", "credits"),
    [
        ("2025-12-01", "3100"),
        ("2026-01-01", "3100"),
        ("2026-01-16 12:00", "1550"),
        ("2026-01-31", "100"),
        ("2026-02-01", "0"),
        ("2026-03-01", "0"),
    ],
)
def test_a_part_of_a_period_earns_a_part_of_its_credits(granted: str, credits: str) -> None:  # noqa: A002
    assert prorated_credits(Decimal(3100), month(1), at(granted)) == Decimal(credits)


def test_prorated_credits_have_eight_places() -> None:
    assert prorated_credits(Decimal(100), month(1), at("2026-01-20")) == Decimal("38.70967742")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: grant(amount="0"), "gives nothing"),
        (lambda: grant(priority=0), "priority 0 is not 1"),
        (lambda: grant(priority=256), "priority 256 is not 1"),
        (lambda: RollOver(Decimal(1), Decimal(2)), "at least 2 and at most 1"),
        (lambda: Term(Decimal(0), TermUnit.DAY), "A term of 0 days"),
        (lambda: Term(Decimal("1.5"), TermUnit.MONTH), "1.5 months differ in length"),
    ],
)
def test_what_could_not_be_used_is_refused(wrong: object, message: str) -> None:
    with pytest.raises(InvalidValue, match=message):
        wrong()  # type: ignore[operator]
