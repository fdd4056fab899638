"""Taxes: which rates a line carries, and what each comes to."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.errors import InvalidDefinition
from gateway.core.invoicing.taxes import (
    Exemption,
    Taxable,
    TaxBase,
    TaxParty,
    TaxRate,
    TaxRules,
    exemption_for,
    tax_shares,
)
from gateway.core.invoicing.terms import ReturnedFee, Terms
from gateway.core.invoicing.totals import average_tax_percent, tax_totals, with_taxes, with_terms
from gateway.core.money import Money
from gateway.core.numbers import round_half_up
from gateway.core.plans.plan import Timing
from tests.core.documents import eur, invoice, line, percent, vat


def taxed(*nets: str, of: str = "20", base: TaxBase = TaxBase.STATED) -> list[str]:
    """The tax of each line, of which one cent may be before the point of a net amount."""
    lines = [Taxable(eur(net), Fraction(net) * 100, (vat(of),)) for net in nets]
    return [str(share.amount) for shares in tax_shares(lines, base) for share in shares]


TAXED = [
    # net amounts, rate, taxes by line: they sum to the rate's tax, rounded once
    (["68.33", "68.33"], "20", ["13.67", "13.66"]),  # 27.332
    (["31.50"], "8.25", ["2.60"]),  # 2.59875
    (["0.02", "0.02", "0.02"], "20", ["0.01", "0.00", "0.00"]),  # 0.012
    (["100", "-100"], "20", ["20.00", "-20.00"]),
    (["0.12", "-0.02"], "20", ["0.02", "0.00"]),
    (["10"], "0", ["0.00"]),
]


@pytest.mark.parametrize(("nets", "of", "taxes"), TAXED)
def test_a_tax_is_rounded_once_and_its_line_shares_sum_to_it(nets: list[str], of: str, taxes: list[str]) -> None:
    assert taxed(*nets, of=of) == taxes


def test_a_tax_on_unrounded_amounts_may_be_a_cent_more_or_less() -> None:
    assert taxed("0.024", "0.024", of="10") == ["0.00", "0.00"]
    assert taxed("0.026", "0.026", of="10", base=TaxBase.EXACT) == ["0.01", "0.00"]


def test_a_rate_is_taken_from_the_price_else_the_plan_else_the_customer() -> None:
    food, books, all_else = vat("10", "food"), vat("5", "books"), vat("20", "all-else")
    rules = TaxRules(customer=(all_else,), plan=(books,), prices={"lunch": (food,)})

    assert rules.rates_for("lunch") == (food,)
    assert rules.rates_for("novel") == (books,)
    assert TaxRules(customer=(all_else,)).rates_for("novel") == (all_else,)
    assert TaxRules().rates_for("novel") == ()


@pytest.mark.parametrize(
    ("carried", "tax"),
    [({"base": (vat("7"),)}, "-7.00"), ({"base": ()}, "0.00"), ({}, "-20.00")],
)
def test_a_fee_comes_back_with_the_taxes_that_it_had_carried(carried: dict[str, tuple[TaxRate, ...]], tax: str) -> None:
    fee = replace(line("base", "100"), timing=Timing.IN_ADVANCE)
    back = replace(line("base", "-100"), timing=Timing.IN_ADVANCE)

    lines = with_taxes([fee, back, line("base", "-100")], TaxRules((vat("20"),)), TaxBase.STATED, carried)

    assert [str(each.tax) for each in lines] == ["20.00", tax, "-20.00"]


@pytest.mark.parametrize(
    ("left_minor", "amount"), [(10_000, "-50.00"), (5_000, "-50.00"), (1_999, "-19.99"), (0, "0.00")]
)
def test_of_a_fee_no_more_comes_back_than_credit_notes_have_left(left_minor: int, amount: str) -> None:
    back = replace(line("base", "-50"), timing=Timing.IN_ADVANCE)
    terms = Terms(returned_fees={"base": ReturnedFee((), left_minor)})

    first, other = with_terms([back, line("base", "-50")], terms)

    assert (str(first.amount), str(other.amount)) == (amount, "-50.00")
    assert sum(step.amount for step in first.steps) == Decimal(first.exact_amount) == Decimal(amount)


def test_an_exempt_customer_pays_no_tax_on_any_price_and_the_invoice_says_why() -> None:
    exempt = TaxRate("vat", Decimal(0), Exemption.REVERSE_CHARGE)
    rules = TaxRules(customer=(exempt,), prices={"lunch": (vat("10"),)})

    billed = invoice(("lunch", "35"), terms=Terms(taxes=rules))

    [row] = tax_totals(billed.lines)
    assert (row.rate.exemption, str(row.base), str(row.amount)) == (Exemption.REVERSE_CHARGE, "35.00", "0.00")


PARTIES = [
    # seller, buyer, buyer is a business, exemption
    ("FR", "DE", True, Exemption.REVERSE_CHARGE),
    ("FR", "FR", True, None),
    ("FR", "DE", False, None),
    ("FR", "US", True, None),
    ("US", "DE", True, None),
]


@pytest.mark.parametrize(("seller", "buyer", "is_business", "exemption"), PARTIES)
def test_a_business_in_another_member_state_owes_the_tax_itself(
    seller: str, buyer: str, is_business: bool, exemption: Exemption | None
) -> None:
    assert exemption_for(seller, TaxParty(buyer, is_business)) is exemption


def test_several_taxes_of_a_line_are_rounded_each_on_its_own() -> None:
    rules = TaxRules(customer=(vat("7.5", "state"), vat("1.25", "city")))

    billed = invoice(("base", "9.99"), ("seats", "0.99"), terms=Terms((percent("10"),), taxes=rules))

    rows = [(row.rate.key, str(row.base), str(row.amount)) for row in tax_totals(billed.lines)]
    assert rows == [("state", "9.88", "0.74"), ("city", "9.88", "0.12")]
    assert [str(billed.subtotal), str(billed.discount), str(billed.net), str(billed.tax), str(billed.total)] == [
        "10.98", "1.10", "9.88", "0.86", "10.74",
    ]  # fmt: skip
    assert average_tax_percent(billed.lines) == Fraction(86, 988) * 100


def test_the_average_of_no_tax_on_nothing_is_0() -> None:
    assert average_tax_percent(()) == 0


@pytest.mark.parametrize(
    ("of", "exemption", "fault"),
    [
        ("-1", None, "-1 is not 0 to 100"),
        ("100.1", None, "100.1 is not 0 to 100"),
        ("NaN", None, "NaN is not 0 to 100"),
        ("0." + "1" * 19, None, "more than 18 places"),
        ("20", Exemption.REVERSE_CHARGE, "20 is charged in spite of the reverse charge"),
    ],
)
def test_a_rate_that_cannot_be_is_refused(of: str, exemption: Exemption | None, fault: str) -> None:
    with pytest.raises(InvalidDefinition, match=fault):
        TaxRate("vat", Decimal(of), exemption)


RATES = [vat("20", "a"), vat("7.7", "b"), vat("0.005", "c")]


@given(
    st.lists(st.tuples(st.integers(-(10**9), 10**9), st.sets(st.sampled_from(range(3)))), max_size=12),
    st.sampled_from(TaxBase),
)
def test_taxes_by_line_sum_to_the_tax_by_rate(drawn: list[tuple[int, set[int]]], base: TaxBase) -> None:
    lines = [
        Taxable(Money(net, "JPY"), Fraction(net) + Fraction(1, 3), tuple(RATES[index] for index in sorted(rates)))
        for net, rates in drawn
    ]

    shares = [share for found in tax_shares(lines, base) for share in found]

    for rate in RATES:
        amounts = [share.amount.amount_minor for share in shares if share.rate == rate]
        exact = [line.exact_tax_minor(rate, base) for line in lines if rate in line.rates]
        assert sum(amounts) == round_half_up(sum(exact, Fraction(0)), 0)
        assert all(abs(amount - each) < 1 for amount, each in zip(amounts, exact, strict=True))
