"""The list of changes that no test notices: it says of which function, and why."""

import tomllib
from importlib import import_module
from operator import attrgetter
from pathlib import Path

import pytest

LISTED = tomllib.loads(Path(__file__).with_name("survivors.toml").read_text())["survivors"]


@pytest.mark.parametrize(("module", "function"), sorted({(one["module"], one["function"]) for one in LISTED}))
def test_a_listed_change_is_of_a_function_that_there_is(module: str, function: str) -> None:
    assert callable(attrgetter(function)(import_module(module)))


def test_each_listed_change_is_explained_once() -> None:
    changes = [(one["module"], one["function"], one["before"], after) for one in LISTED for after in one["after"]]

    assert len(changes) == len(set(changes))
    assert all(one["why"].endswith(".") for one in LISTED)
