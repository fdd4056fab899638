"""Each plugin's README states what is declared: `python -m tests.plugins.test_readmes` writes the tables."""

import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from gateway_chargebee import ChargebeeProvider
from gateway_recurly import RecurlyProvider
from gateway_stripe import StripeProvider

from gateway.plugin_api import BillingProvider, Capabilities, RatePolicy

PLUGINS = Path(__file__).parents[2] / "plugins"
PROVIDERS: list[type[BillingProvider]] = [ChargebeeProvider, RecurlyProvider, StripeProvider]
_TABLE = re.compile(r"(?<=<!-- capabilities -->\n)(?:\|.*\n)*")
few_currencies = 10


def table(capabilities: Capabilities) -> str:
    """The declared capabilities in the order of the plugin API."""
    rows = [
        f"| `{each.name}` | {_words(each.name, getattr(capabilities, each.name))} |" for each in fields(Capabilities)
    ]
    return "\n".join(["| capability | here |", "| --- | --- |", *rows, ""])


def _words(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, RatePolicy):
        return f"{value.requests} requests in {value.seconds} s, {value.burst} at once"
    if value is None:
        return "all" if name == "currencies" else "none"
    if isinstance(value, frozenset):
        return ", ".join(sorted(value)) if len(value) <= few_currencies else f"{len(value)} of them"
    return str(value)


@pytest.fixture(params=PROVIDERS, ids=lambda kind: kind.NAME)
def kind(request: pytest.FixtureRequest) -> type[BillingProvider]:
    """A provider."""
    chosen: type[BillingProvider] = request.param
    return chosen


def readme(kind: type[BillingProvider]) -> Path:
    """Its README."""
    return PLUGINS / kind.NAME / "README.md"


def test_the_capabilities_are_those_declared(kind: type[BillingProvider]) -> None:
    page = readme(kind).read_text(encoding="utf-8")
    assert _TABLE.findall(page) == [table(kind.capabilities)], "run `python -m tests.plugins.test_readmes`"


def test_every_setting_is_there(kind: type[BillingProvider]) -> None:
    settings = readme(kind).read_text(encoding="utf-8").partition("\n## Settings\n")[2].partition("\n## ")[0]
    assert set(_named(settings)) == set(kind.Settings.model_fields)


@pytest.mark.parametrize("heading", ["What it does", "Capabilities", "Limits", "Settings"])
def test_it_says_what_it_does_what_it_cannot_and_how_it_is_set_up(kind: type[BillingProvider], heading: str) -> None:
    assert f"\n## {heading}\n" in readme(kind).read_text(encoding="utf-8")


def _named(settings: str) -> Iterator[str]:
    """The names in the first column of the table."""
    for row in re.findall(r"^\| (`[^|]+)\|", settings, flags=re.MULTILINE):
        yield from re.findall(r"`(\w+)`", row)


if __name__ == "__main__":
    for each in PROVIDERS:
        written = _TABLE.sub(table(each.capabilities), readme(each).read_text(encoding="utf-8"))
        readme(each).write_text(written, encoding="utf-8")
