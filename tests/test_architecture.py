"""What the tools do not see: no floats or clocks in the core, and the same result on every machine."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CORE = sorted((ROOT / "gateway" / "core").rglob("*.py"))
FORBIDDEN_NAMES = {"float", "random", "secrets", "uuid4", "print", "open", "input"}
FORBIDDEN_CALLS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.monotonic"}
FORBIDDEN_MODULES = {"random", "secrets", "time", "os", "io", "socket", "threading", "asyncio", "subprocess", "logging"}


@pytest.mark.parametrize("path", CORE, ids=lambda path: path.name)
def test_the_core_has_no_float_clock_randomness_or_outside_world(path: Path) -> None:
    assert list(_trespasses(ast.parse(path.read_text()))) == []


def test_the_check_of_the_core_finds_what_it_looks_for() -> None:
    code = "import random\nfrom time import time\nx = 1.5\ny = float(2)\nz = datetime.now(UTC)\ndef f(a: float): ..."

    assert sorted(line for line, _ in _trespasses(ast.parse(code))) == [1, 2, 3, 4, 5, 6]


def _trespasses(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=float() | complex()):
                yield node.lineno, f"the literal {node.value}"
            case ast.Name() if node.id in FORBIDDEN_NAMES:
                yield node.lineno, node.id
            case ast.Attribute() if ast.unparse(node) in FORBIDDEN_CALLS:
                yield node.lineno, ast.unparse(node)
            case ast.Import() | ast.ImportFrom() if FORBIDDEN_MODULES.intersection(_modules(node)):
                yield node.lineno, ast.unparse(node)


def _modules(node: ast.Import | ast.ImportFrom) -> list[str]:
    names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
    return [name.partition(".")[0] for name in names]


def test_plugins_run_only_where_a_call_that_hangs_is_ended() -> None:
    imports = re.compile(r"from gateway\.app import (?:\([^)]*|[^\n]*)\b(?:provider_of|target_of)\b")
    modules = (ROOT / "gateway").rglob("*.py")
    makers = {str(path.relative_to(ROOT)) for path in modules if imports.search(path.read_text())}

    assert makers == {
        "gateway/cli/provider_calls.py",
        "gateway/connection_check.py",
        "gateway/worker/work.py",
    }


def test_no_package_stands_in_the_way_of_an_sdk() -> None:
    """`plugins/stripe/__init__.py` would replace the `stripe` SDK on import."""
    above_modules = [ROOT / "plugins", *(path for path in (ROOT / "plugins").iterdir() if path.is_dir())]

    assert [folder for folder in above_modules if (folder / "__init__.py").exists()] == []


def test_no_sdk_stands_in_the_way_of_the_tests() -> None:
    """The Recurly SDK installs a package called `tests`."""
    import tests  # noqa: PLC0415

    assert tests.__file__ == str(ROOT / "tests" / "__init__.py")


def test_the_only_pytest_configuration_is_the_one_of_the_root() -> None:
    configured = [path.relative_to(ROOT).as_posix() for path in _files(".toml", ".ini", ".cfg") if _configures(path)]

    assert configured == ["pyproject.toml"]


def _configures(path: Path) -> bool:
    sections = ("[tool.pytest", "[tool:pytest]", "[pytest]")
    return path.name.endswith("pytest.ini") or any(section in path.read_text() for section in sections)


def _files(*suffixes: str) -> Iterator[Path]:
    """Files of the repository; not those of environments, caches, installed modules and mutants."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if not name.startswith(".") and name not in ("node_modules", "mutants")]
        yield from (Path(folder, name) for name in names if name.endswith(suffixes))


BILL_A_MONTH = """
import json, random, tomllib
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from gateway.core.definitions.writing import plan_document
from gateway.core.definitions.reading import read_definitions
from gateway.core.events import LoggedEvent, UsageEvent
from gateway.core.invoicing.invoice import MeteredQuantity
from gateway.core.invoicing.drafting import draft_invoice, draft_lines
from gateway.core.metering.recount import CountingScope, recount
from gateway.core.subscriptions.subscription import Subscription, boundaries

text = (files("gateway_example_flights") / "definitions.toml").read_text(encoding="utf-8")
found = read_definitions(tomllib.loads(text))
[plan], meters = found.plans, {meter.key: meter for meter in found.meters}
start = datetime(2013, 3, 1, 5, tzinfo=UTC)
owner = Subscription("sub_1", "UA", "UA", plan.plan, 1, plan.interval, start, None, start, "America/New_York")
events = [
    LoggedEvent(n, start, UsageEvent("nyc", str(n), "flight.departed", "UA", start + timedelta(minutes=37 * n), None,
        {"origin": ("JFK", "LGA", "EWR")[n % 3], "distance": 100 + n, "air_time": n % 7, "tailnum": f"N{n % 61}"}))
    for n in range(1500)
]
_, april = boundaries(owner, datetime(2013, 4, 2, tzinfo=UTC))
counts = recount(events, [CountingScope(owner, april.ended, tuple(meters[key] for key in set(plan.metered)))]).counts
quantities = [MeteredQuantity(key.meter, key.version, key.dimensions, count.quantity) for key, count in counts.items()]
lines = draft_lines(plan, meters, april, quantities)
invoice = draft_invoice("inv_1", owner, plan, april, lines, quantities, 1500)
print(invoice.inputs_hash, invoice.issued_on, invoice.total)
print(*[(line, line.exact_amount) for line in lines], sep="\\n")
print(json.dumps(plan_document(plan)))
"""
MACHINES = [
    {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C"},
    {"PYTHONHASHSEED": "1", "TZ": "Pacific/Kiritimati", "LC_ALL": "de_DE.UTF-8"},
    {"PYTHONHASHSEED": "4294967295", "TZ": "America/St_Johns", "LC_ALL": "tr_TR.UTF-8"},
]


def test_an_invoice_is_the_same_on_every_machine() -> None:
    running = [
        subprocess.Popen(
            [sys.executable, "-c", BILL_A_MONTH], cwd=ROOT, env=os.environ | machine, stdout=subprocess.PIPE, text=True
        )
        for machine in MACHINES
    ]

    outputs = [process.communicate(timeout=60)[0] for process in running]

    assert [process.returncode for process in running] == [0, 0, 0]
    assert "2013-04-01" in outputs[0]
    assert len(set(outputs)) == 1
