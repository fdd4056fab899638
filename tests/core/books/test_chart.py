"""The chart of accounts."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.core.books.chart import CHART, AccountClass, Side, kind_of
from gateway.core.errors import InvalidValue
from gateway.core.revenue.accounts import CREDIT_BALANCE, Account

POSTING = (Path("gateway/core/ledger.py"), Path("gateway/core/credits/entries.py"))


@pytest.mark.parametrize(
    ("account", "kind"),
    [("receivables:acme", "receivables"), ("tax_liability:de:19", "tax_liability"), ("breakage", "breakage")],
)
def test_an_account_says_its_kind(account: str, kind: str) -> None:
    assert kind_of(account).kind == kind


@pytest.mark.parametrize("account", ["", "receivable:acme", "receivables", "receivables:", "breakage:acme"])
def test_an_account_outside_of_the_chart_is_refused(account: str) -> None:
    with pytest.raises(InvalidValue, match="is not in the chart"):
        kind_of(account)


def test_assets_and_expenses_grow_by_debits_liabilities_and_income_by_credits() -> None:
    by_debit = {AccountClass.ASSET, AccountClass.EXPENSE, AccountClass.CONTRA_INCOME}
    by_credit = {AccountClass.LIABILITY, AccountClass.INCOME}
    odd = [
        each.kind
        for each in CHART.values()
        if each.account_class in by_debit | by_credit
        and (each.grows_by is Side.DEBIT) != (each.account_class in by_debit)
    ]
    # Money that leaves outside of this system was never seen to arrive.
    assert odd == ["settled_outside"]


def test_every_kind_is_described_in_a_sentence_with_its_rule() -> None:
    assert all(each.sentence.endswith(".") for each in CHART.values())
    assert all(re.search(r"(ASC \d{3}-|IFRS \d|IAS \d)", each.source) for each in CHART.values())


def test_every_account_that_the_code_posts_to_is_in_the_chart() -> None:
    posted = {kind for path in POSTING for kind in _account_texts(ast.parse(path.read_text()))}
    assert {"receivables", "breakage", "promotional_credit"} <= posted
    assert posted - set(CHART) == set()


def _account_texts(tree: ast.Module) -> Iterator[str]:
    """What functions of one argument give back as `kind:{argument}`, and constants of the module that are texts."""
    for node in ast.walk(tree):
        match node:
            case ast.Return(value=ast.JoinedStr(values=[ast.Constant(value=str(text)), _])) if text.endswith(":"):
                yield text.removesuffix(":")
            case ast.Assign(targets=[ast.Name()], value=ast.Constant(value=str(text))):
                yield text


def test_every_kind_that_revenue_moves_between_is_in_the_chart_and_grows_on_its_side() -> None:
    outside = Account.SETTLED_OUTSIDE
    assert {each.value for each in Account} - set(CHART) == set()
    assert {each for each in Account if each is not outside and CHART[each].grows_by is Side.CREDIT} == CREDIT_BALANCE
