"""Taxes that a provider computed, on the lines that they were quoted for."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

import pytest

from gateway.core.errors import InvalidDefinition
from gateway.core.invoicing.quoted_taxes import QuotedTaxes, nets_of, quoted_rate, quoted_shares
from gateway.core.invoicing.taxes import TaxRate, TaxRules, TaxShare
from gateway.core.invoicing.terms import Terms
from gateway.core.invoicing.terms_documents import terms_document, terms_from
from gateway.core.invoicing.totals import tax_totals, with_terms
from gateway.core.money import Money
from tests.storage.examples import line

NOW = datetime(2026, 3, 1, tzinfo=UTC)
VAT = quoted_rate("main", "VAT", Decimal(20))
LINES = tuple(replace(line(amount), discounts=(), taxes=()) for amount in (1000, 505))
QUOTED = QuotedTaxes(
    "main",
    NOW,
    (1000, 505),
    (
        (TaxShare(VAT, Money(200, "EUR"), Fraction(200)),),
        (TaxShare(VAT, Money(101, "EUR"), Fraction(101)),),
    ),
)
OURS = TaxRules(customer=(TaxRate("ours", Decimal(7)),))


def test_quoted_taxes_go_before_all_rates_of_ours() -> None:
    taxed = with_terms(LINES, Terms(taxes=OURS, quoted=QUOTED))
    assert [each.tax for each in taxed] == [Money(200, "EUR"), Money(101, "EUR")]
    (total,) = tax_totals(taxed)
    assert (total.rate, total.base, total.amount) == (VAT, Money(1505, "EUR"), Money(301, "EUR"))


def test_they_are_on_no_lines_but_those_that_they_were_quoted_for() -> None:
    for others in (LINES[:1], LINES[::-1], (LINES[0], replace(LINES[1], amount=Money(506, "EUR")))):
        assert not QUOTED.fits(others)
        assert [each.taxes for each in with_terms(others, Terms(taxes=OURS, quoted=QUOTED))] == [()] * len(others)
    assert QUOTED.fits(LINES)
    assert nets_of(LINES) == (1000, 505)


@pytest.mark.parametrize(
    ("name", "key"), [("VAT", "vat"), ("Sales Tax (NY)", "sales-tax-ny"), ("税", "tax"), ("", "tax"), ("--", "tax")]
)
def test_a_rate_of_a_provider_gets_a_key_of_ours_and_says_where_it_is_from(name: str, key: str) -> None:
    assert quoted_rate("main", name, Decimal("8.875")) == TaxRate(key, Decimal("8.875"), source="main")


def test_a_percentage_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidDefinition):
        quoted_rate("main", "VAT", Decimal(-1))


def test_shares_are_by_the_providers_keys() -> None:
    shares = quoted_shares({"txr_1": VAT}, [("txr_1", Money(200, "EUR"))])
    assert shares == (TaxShare(VAT, Money(200, "EUR"), Fraction(200)),)
    assert quoted_shares({}, []) == ()


@pytest.mark.parametrize("quoted", [QUOTED, replace(QUOTED, shares=((), ())), None])
def test_terms_with_quoted_taxes_are_the_same_after_storage(quoted: QuotedTaxes | None) -> None:
    terms = Terms(taxes=OURS, quoted=quoted)
    assert terms_from(terms_document(terms)) == terms
