"""Every page: its links lead somewhere, its examples parse, and what it names exists."""

import json
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from graphql import GraphQLSchema, build_schema, parse, validate

from gateway.core.definitions.reading import read_definitions
from gateway.core.metering.meter import Aggregation, Meter, MeterVersion
from tests.docs.markdown import ROOT, Block, anchors, blocks, links, pages, prose

PAGES = pages()
BLOCKS = [block for page in PAGES for block in blocks(page)]
_CODE_ROOTS = ("gateway/", "tests/", "plugins/", "docs/", "examples/", "benchmarks/")
_TEST = re.compile(r"`(test_\w+)`")
_PATH = re.compile(rf"`((?:{'|'.join(_CODE_ROOTS)})[\w./-]+)`")


def _is_faulty(block: Block) -> bool:
    return block.mark == "file: faulty.toml"


def of_language(language: str) -> list[Block]:
    return [block for block in BLOCKS if block.language == language]


@cache
def schema() -> GraphQLSchema:
    return build_schema((ROOT / "schema.graphql").read_text(encoding="utf-8"))


@cache
def names_of_tests() -> set[str]:
    files = [path for folder in ("tests", "plugins") for path in (ROOT / folder).rglob("*.py")]
    return {name for path in files for name in re.findall(r"def (test_\w+)", path.read_text(encoding="utf-8"))}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = [f"{number}: {target}" for number, target in links(page) if not _leads_somewhere(page, target)]
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_and_test_that_is_named_exists(page: Path) -> None:
    written = {block.mark.removeprefix("file: ") for block in blocks(page)}
    missing: list[str] = []
    for number, line in prose(page):
        missing += [f"{number}: {path}" for path in _PATH.findall(line) if path not in written and not _exists(path)]
        missing += [f"{number}: {name}" for name in _TEST.findall(line) if name not in names_of_tests()]
    assert missing == []


@pytest.mark.parametrize("page", [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")], ids=lambda page: page.stem)
def test_every_page_can_be_reached_from_the_readme(page: Path) -> None:
    assert page in _reachable_from(ROOT / "README.md")


@pytest.mark.parametrize("block", of_language("json"), ids=str)
def test_json_is_json(block: Block) -> None:
    json.loads(block.text)


@pytest.mark.parametrize("block", of_language("toml"), ids=str)
def test_toml_is_toml(block: Block) -> None:
    tomllib.loads(block.text)


@pytest.mark.parametrize("block", [block for block in of_language("toml") if not _is_faulty(block)], ids=str)
def test_meters_and_plans_have_no_faults(block: Block) -> None:
    document = tomllib.loads(block.text)
    if {"meters", "plans"} & document.keys():
        read_definitions(document, _meters_named_in(document))


@pytest.mark.parametrize("block", of_language("graphql"), ids=str)
def test_graphql_fits_the_schema(block: Block) -> None:
    assert validate(schema(), parse(block.text)) == []


@pytest.mark.parametrize("block", [*of_language("bash"), *of_language("console")], ids=str)
def test_commands_of_make_exist(block: Block) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"^(?:\$ )?make ([a-z-]+)", block.text, re.MULTILINE)) <= targets


def _meters_named_in(document: dict[str, Any]) -> list[Meter]:
    """The meters that prices name, which stand in another example."""
    prices = [price for plan in document.get("plans", []) for price in plan["prices"] if "meter" in price]
    return [_meter(price["meter"], price.get("dimension")) for price in prices]


def _meter(key: str, dimension: str | None) -> Meter:
    dimensions = (dimension,) if dimension else ()
    version = MeterVersion(key, 1, "event", Aggregation.SUM, "unit", value_property="value", dimensions=dimensions)
    return Meter(key, key, (version,))


def _leads_somewhere(page: Path, target: str) -> bool:
    if target.startswith(("https://", "http://")):
        return True
    path, _, anchor = unquote(target).partition("#")
    found = (page.parent / path).resolve() if path else page
    return found.exists() and (not anchor or anchor in anchors(found))


def _reachable_from(start: Path) -> set[Path]:
    reached: set[Path] = set()
    ahead = [start]
    while ahead:
        page = ahead.pop()
        reached.add(page)
        local = [target.partition("#")[0] for _, target in links(page) if "://" not in target]
        found = {(page.parent / path).resolve() for path in local if path.endswith(".md")}
        ahead += [each for each in found - reached if each.exists()]
    return reached


def _exists(path: str) -> bool:
    return (ROOT / path).exists() or any(ROOT.glob(path))
