"""Sentences about prices of every model and their terms, as a customer reads them."""

import pytest

from tests.services.test_line_sentence import sentence

DOLLAR = {"model": "per_unit", "unit_amount": "2"}
BLOCKS = [
    {"block_size": "100", "block_amount": "1", "blocks_in_tier": 10},
    {"block_size": "1000", "block_amount": "0.5"},
]
STEPS = [{"up_to": "10", "amount": "5"}, {"amount": "20"}]

SENTENCES = [
    # price, quantity, what follows the colon
    (
        {"model": "graduated", "tiers": [{"unit_amount": "1", "flat_amount": "2", "cap_amount": "6"}]},
        "9",
        "all of them at 1.00 plus 2.00, at most 6.00 make 6.00 USD.",
    ),
    (
        {"model": "graduated_percentage", "tiers": [{"up_to": "100", "rate_percent": "5"}, {"rate_percent": "2.5"}]},
        "150",
        "the first 100 at 5 percent, the last 50 at 2.5 percent make 6.25 USD.",
    ),
    (
        {"model": "graduated_percentage", "tiers": [{"rate_percent": "5", "flat_amount": "1"}]},
        "100",
        "all of them at 5 percent plus 1.00 make 6.00 USD.",
    ),
    ({"model": "percentage", "rate_percent": "2.9"}, "100", "2.9 percent of 100 make 2.90 USD."),
    (
        {"model": "block_tiers_all", "tiers": BLOCKS},
        "1001",
        "10 blocks of 100 at 1.00, 1 block of 1,000 at 0.50 make 10.50 USD.",
    ),
    (
        {"model": "block_tiers_top", "tiers": BLOCKS},
        "1001",
        "2 blocks of 1,000 at 0.50 make 1.00 USD.",
    ),
    ({"model": "stairstep", "tiers": STEPS}, "11", "tier 2, 20.00 in all make 20.00 USD."),
    (
        {"model": "dynamic", "amount_places": 2},
        "40.2",
        "what the events say, times 0.01 make 0.40 USD, rounded from 0.402.",
    ),
    ({"model": "cost_plus", "multiplier": "1.25"}, "40", "the cost times 1.25 make 50.00 USD."),
    (DOLLAR | {"included_units": "5"}, "12", "less 5 included, 7 at 2.00 make 14.00 USD."),
    (
        DOLLAR | {"conversion": {"divide_by": "1000", "rounding": "up"}, "included_units": "0.5"},
        "1400",
        "counted as 2, less 0.5 included, 1.5 at 2.00 make 3.00 USD.",
    ),
    (
        DOLLAR | {"discount_percent": "50", "maximum_amount": "10"},
        "12",
        "all of them at 2.00, less 50 percent, lowered to at most 10 make 10.00 USD.",
    ),
    (DOLLAR | {"minimum_amount": "10"}, "1", "at 2.00, raised to at least 10 makes 10.00 USD."),
    (
        DOLLAR | {"minimum_amount": "10", "zero_usage_is_free": True},
        "0",
        "raised to at least 10 make 10.00 USD.",
    ),
]


@pytest.mark.parametrize(("price", "quantity", "expected"), SENTENCES)
def test_usage_says_how_its_amount_came_about(price: dict, quantity: str, expected: str) -> None:
    text = sentence({"meter": "departures", **price}, quantity)

    assert text.partition(": ")[2] == expected


def test_transactions_are_told_by_how_they_were_charged() -> None:
    price = {
        "meter": "departures",
        "model": "percentage",
        "rate_percent": "1",
        "fixed_amount": "0.30",
        "free_transactions": 1,
        "transaction_minimum": "0.50",
        "transaction_maximum": "5",
    }

    text = sentence(price, values=["7", "100", "10", "1000"])

    assert text.partition(": ")[2] == (
        "7 free, 1 percent of 100 and 0.30 in fixed amounts, 1 at the minimum for a transaction, 0.50, "
        "1 at the maximum for a transaction, 5.00 make 6.80 USD."
    )
