"""The references name everything there is, and nothing else."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from types import UnionType
from typing import get_args

import pytest
from pydantic import BaseModel
from pydantic_core import PydanticUndefined
from starlette.testclient import TestClient

import gateway
from gateway import hookspecs, plugin_api
from gateway.app import build
from gateway.core.definitions import (
    reading_meters as meter_definitions,
)
from gateway.core.definitions import (
    reading_plans as plan_definitions,
)
from gateway.core.definitions import (
    reading_prices as price_definitions,
)
from gateway.core.definitions.reading_prices import ModelName
from gateway.core.errors import GatewayError
from gateway.core.metering.meter import Aggregation, UncountableReason, UncountableRule
from gateway.sandbox.settings import Faults, SandboxSettings
from gateway.server import create_app
from gateway.settings import ConnectionSettings, JournalSettings, Settings
from tests.docs import help_texts
from tests.docs.markdown import ROOT, prose, table_cells

_TABLES: dict[str, type[BaseModel]] = {"connections": ConnectionSettings, "journals": JournalSettings}
REFERENCE = ROOT / "docs" / "reference"


def words(page: str) -> set[str]:
    """Everything that stands in backticks on a page of the reference."""
    return {word for _, line in prose(REFERENCE / page) for word in re.findall(r"`([^`]+)`", line)}


def test_the_command_line_prints_what_its_reference_says() -> None:
    page = help_texts.PAGE.read_text(encoding="utf-8")
    assert help_texts.rewritten(page) == page, "run `python -m tests.docs.help_texts`"


def test_every_command_is_in_its_reference() -> None:
    page = help_texts.PAGE.read_text(encoding="utf-8")
    assert re.findall(r"<!-- help: (gateway(?: [a-z-]+)*) -->", page) == help_texts.command_names()


def test_every_setting_is_in_its_reference_with_its_default() -> None:
    documented = dict(
        zip(table_cells(REFERENCE / "settings.md"), table_cells(REFERENCE / "settings.md", 1), strict=True)
    )
    for name, default in settings():
        assert name in documented
        if default is not None:
            assert documented[name] == default, name
    expected = {name for name, _ in settings()} | {"setting", *SandboxSettings.model_fields}
    assert {name for name in documented if "." in name} <= expected


def test_every_fault_of_the_sandbox_is_in_the_reference() -> None:
    assert set(Faults.model_fields) <= words("settings.md")


def test_every_metric_is_in_its_reference(gateway_metrics: dict[str, tuple[str, set[str]]]) -> None:
    page = REFERENCE / "metrics.md"
    rows = zip(table_cells(page), table_cells(page, 1), table_cells(page, 2), strict=True)
    documented = {name: (kind, set(re.findall(r"\w+", labels))) for name, kind, labels in rows if name != "metric"}
    assert documented == gateway_metrics


def test_every_error_is_in_its_reference() -> None:
    documented = {cell for cell in table_cells(REFERENCE / "errors.md") if cell.isupper()}
    assert documented == set(error_codes()) | set(codes_at_the_edge())


def test_every_key_of_a_definition_is_in_its_reference() -> None:
    modules = (meter_definitions, plan_definitions, price_definitions)
    known = {key for module in modules for key in keys_read_by(module.__file__)}
    assert known <= words("definitions-file.md")
    assert {*Aggregation, *ModelName, *UncountableRule} <= words("definitions-file.md")


def test_all_that_a_plugin_may_import_is_in_the_reference() -> None:
    text = (REFERENCE / "plugin-api.md").read_text(encoding="utf-8")
    missing = [name for name in plugin_api.__all__ if not re.search(rf"\b{name}\b", text)]
    assert missing == []


def test_every_method_capability_and_hook_is_in_the_reference() -> None:
    text = (REFERENCE / "plugin-api.md").read_text(encoding="utf-8")
    contracts = (plugin_api.BillingProvider, plugin_api.JournalTarget)
    methods = [name for contract in contracts for name in vars(contract) if not name.startswith("_")]
    declared = (plugin_api.Capabilities, plugin_api.JournalCapabilities)
    capabilities = [field.name for declaration in declared for field in fields(declaration)]
    hooks = [name for name in vars(hookspecs) if name.startswith("gateway_")]
    assert [name for name in (*methods, *capabilities, *hooks) if f"`{name}" not in text] == []


def test_the_api_of_events_is_in_the_reference_with_its_reasons() -> None:
    reasons = {"missing", "not_a_number", "too_large", "not_a_scalar", "divided_by_zero", "unknown_operation"}
    assert {reason.value for reason in UncountableReason} == reasons


def settings(model: type[BaseModel] = Settings, path: str = "") -> Iterator[tuple[str, str | None]]:
    """The path of every setting, with its default as it is written in TOML, or None where that needs words."""
    for name, field in model.model_fields.items():
        place = f"{path}{name}"
        inner = [each for each in (field.annotation, *_parts(field.annotation)) if _is_section(each)]
        if name in _TABLES:
            yield from (
                (name, None if name.endswith((".provider", ".target")) else default)
                for name, default in settings(_TABLES[name], f"{name}.NAME.")
            )
        elif inner:
            yield from settings(inner[0], f"{place}.")
        else:
            yield place, None if field.default in (None, PydanticUndefined) else _in_toml(field.default)


def error_codes() -> Iterator[str]:
    """The code of every error that the gateway's modules define."""
    for module in pkgutil.walk_packages(gateway.__path__, "gateway."):
        if not module.name.endswith("__main__") and "migrations" not in module.name:
            importlib.import_module(module.name)
    yield from _codes_of(GatewayError)


def codes_at_the_edge() -> Iterator[str]:
    """The codes that HTTP and GraphQL add."""
    shapes = (r'Refused\(\s*\d+,\s*"([A-Z_]+)"', r'_request_error\("([A-Z_]+)"', r'"code": "([A-Z_]+)"')
    shapes += (r'super\(\).__init__\(\d+, "([A-Z_]+)"', r'"(GRAPHQL_[A-Z_]+|BAD_USER_INPUT|INTERNAL)"')
    for folder in ("http", "schema"):
        for file in (ROOT / "gateway" / folder).rglob("*.py"):
            text = file.read_text(encoding="utf-8")
            for shape in shapes:
                yield from re.findall(shape, text)


def keys_read_by(file: str | None) -> Iterator[str]:
    """The keys that a reader of definitions asks its tables for."""
    assert file is not None
    yield from re.findall(r'(?:table|item)\.\w+\("(\w+)"', Path(file).read_text(encoding="utf-8"))


@pytest.fixture
def gateway_metrics(sqlite_url: str) -> dict[str, tuple[str, set[str]]]:
    """The type and the labels of every metric that a gateway shows."""
    made = build(Settings.model_validate({"storage": {"url": sqlite_url}}))
    client = TestClient(create_app(made))
    client.get("/healthz")
    text = client.get("/metrics").text
    made.close()
    kinds = re.findall(r"^# TYPE (\w+) (\w+)$", text, re.MULTILINE)
    return {name: (kind, _labels(text, name)) for name, kind in kinds}


def _labels(text: str, metric: str) -> set[str]:
    samples = re.findall(rf"^{metric}{{([^}}]*)}}", text, re.MULTILINE)
    return {label for sample in samples for label in re.findall(r'(\w+)="', sample)}


def _codes_of(error: type[GatewayError]) -> Iterator[str]:
    yield error.code
    for kind in error.__subclasses__():
        yield from _codes_of(kind)


def _parts(annotation: object) -> tuple[object, ...]:
    return get_args(annotation) if isinstance(annotation, UnionType) else ()


def _is_section(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _in_toml(value: object) -> str:
    if isinstance(value, tuple):
        return str(list(value))
    return str(value).lower() if isinstance(value, bool) else str(value)
