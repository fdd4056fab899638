"""Each plugin's README states what is declared: `python -m tests.plugins.test_readmes` writes the tables."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from gateway_chargebee import ChargebeeProvider
from gateway_plaintext import PlainTextTarget
from gateway_quickbooks import QuickBooksTarget
from gateway_recurly import RecurlyProvider
from gateway_stripe import StripeProvider

from gateway.plugin_api import BillingProvider, Capabilities, JournalCapabilities, JournalTarget, RatePolicy

Plugin = type[BillingProvider] | type[JournalTarget]

PLUGINS = Path(__file__).parents[2] / "plugins"
TARGETS: list[type[JournalTarget]] = [PlainTextTarget, QuickBooksTarget]
KINDS: list[Plugin] = [ChargebeeProvider, RecurlyProvider, StripeProvider, *TARGETS]
_TABLE = re.compile(r"(?<=<!-- capabilities -->\n)(?:\|.*\n)*")
_ACCOUNTS = re.compile(r"(?<=<!-- accounts -->\n)(?:\|.*\n)*")
few_currencies = 10


def table(capabilities: Capabilities | JournalCapabilities) -> str:
    """The declared capabilities in the order of the plugin API."""
    rows = [
        f"| `{each.name}` | {_words(each.name, getattr(capabilities, each.name))} |" for each in fields(capabilities)
    ]
    return "\n".join(["| capability | here |", "| --- | --- |", *rows, ""])


def account_table(capabilities: JournalCapabilities) -> str:
    """What our accounts are called there."""
    rows = [f"| `{ours}` | `{theirs}` |" for ours, theirs in sorted(capabilities.default_accounts.items())]
    return "\n".join(["| ours | there |", "| --- | --- |", *rows, ""])


def _words(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, RatePolicy):
        return f"{value.requests} requests in {value.seconds} s, {value.burst} at once"
    if value is None:
        return "all" if name == "currencies" else "none"
    if isinstance(value, Mapping):
        return f"{len(value)} of them, below" if value else "none"
    if isinstance(value, frozenset):
        return ", ".join(sorted(value)) if len(value) <= few_currencies else f"{len(value)} of them"
    return str(value)


@pytest.fixture(params=KINDS, ids=lambda kind: kind.NAME)
def kind(request: pytest.FixtureRequest) -> Plugin:
    """A provider or an accounting system."""
    chosen: Plugin = request.param
    return chosen


def readme(kind: Plugin) -> Path:
    """Its README."""
    return PLUGINS / kind.NAME / "README.md"


def test_the_capabilities_are_those_declared(kind: Plugin) -> None:
    page = readme(kind).read_text(encoding="utf-8")
    assert _TABLE.findall(page) == [table(kind.capabilities)], "run `python -m tests.plugins.test_readmes`"


@pytest.mark.parametrize("target", TARGETS, ids=lambda kind: kind.NAME)
def test_the_accounts_are_those_declared(target: type[JournalTarget]) -> None:
    if target.capabilities.default_accounts:
        page = readme(target).read_text(encoding="utf-8")
        assert _ACCOUNTS.findall(page) == [account_table(target.capabilities)]


def test_every_setting_is_there(kind: Plugin) -> None:
    settings = readme(kind).read_text(encoding="utf-8").partition("\n## Settings\n")[2].partition("\n## ")[0]
    assert set(_named(settings)) == set(kind.Settings.model_fields)


@pytest.mark.parametrize("heading", ["What it does", "Capabilities", "Limits", "Settings"])
def test_it_says_what_it_does_what_it_cannot_and_how_it_is_set_up(kind: Plugin, heading: str) -> None:
    assert f"\n## {heading}\n" in readme(kind).read_text(encoding="utf-8")


def _named(settings: str) -> Iterator[str]:
    """The names in the first column of the table."""
    for row in re.findall(r"^\| (`[^|]+)\|", settings, flags=re.MULTILINE):
        yield from re.findall(r"`(\w+)`", row)


if __name__ == "__main__":
    for each in KINDS:
        written = _TABLE.sub(table(each.capabilities), readme(each).read_text(encoding="utf-8"))
        if isinstance(each.capabilities, JournalCapabilities):
            written = _ACCOUNTS.sub(account_table(each.capabilities), written)
        readme(each).write_text(written, encoding="utf-8")
