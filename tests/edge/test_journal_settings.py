"""`[journals.NAME]`: what is configured is checked at once, and reaches whoever posts."""

from pathlib import Path

import pytest

from gateway.app import journals_of, target_of
from gateway.core.books.account_mapping import AccountThere
from gateway.settings import InvalidSettings, Settings, load_settings

TABLE = """
[journals.ledger]
target = "plaintext"
directory = "books"
legal_entities = ["default"]
[journals.ledger.accounts]
revenue = "Income:Sales"
"revenue:calls" = { account = "Income:Calls", class = "API" }
"""


def loaded(folder: Path, text: str) -> Settings:
    file = folder / "gateway.toml"
    file.write_text(text)
    return load_settings(file, {})


def test_what_is_configured_goes_before_what_the_plugin_says(tmp_path: Path) -> None:
    (books,) = journals_of(loaded(tmp_path, TABLE))
    assert (books.connection, books.target, books.keeps("default"), books.keeps("other")) == (
        "ledger", "plaintext", True, False,
    )  # fmt: skip
    there = [books.mapping.there(account) for account in ("revenue:calls", "revenue:fees", "receivables:acme")]
    assert there == [
        AccountThere("Income:Calls", classification="API"),
        AccountThere("Income:Sales"),
        AccountThere("Assets:Receivable"),
    ]


def test_an_accounting_system_is_made_with_its_settings(tmp_path: Path) -> None:
    settings = loaded(tmp_path, TABLE)
    assert target_of(settings, "ledger", None).NAME == "plaintext"
    with pytest.raises(InvalidSettings, match=r"no accounting system 'other'; add \[journals\.other\]"):
        target_of(settings, "other", None)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('[journals.ledger]\ndirectory = "x"', "`journals.ledger.target` is missing; add it"),
        (TABLE.replace("revenue =", "sales ="), "'sales' is no kind of account"),
        (TABLE.replace("ledger", "main"), "`journals.main` is also the name of a connection"),
        ('[journals.ledger]\ntarget = "Big Books"', "`journals.ledger.target` is 'Big Books'"),
    ],
)
def test_every_fault_is_named(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(InvalidSettings) as refused:
        loaded(tmp_path, text)
    assert fault in str(refused.value)


def test_settings_of_a_plugin_do_not_print(tmp_path: Path) -> None:
    settings = loaded(tmp_path, '[journals.ledger]\ntarget = "quickbooks"\nclient_secret = "canary"')
    assert "canary" not in repr(settings)
