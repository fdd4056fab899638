"""The audits of the `graphql-http` npm package: every MUST and SHOULD of the specification, on a running gateway."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.edge.running import Installation

AUDIT = Path(__file__).parents[1] / "graphql_http_audit"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The address of a gateway's GraphQL API, and a key that may read."""
    installation = Installation(tmp_path_factory.mktemp("audited"))
    installation.json("migrate")
    key = installation.key("read")
    with installation.served("--no-workers") as server:
        yield f"{server.address}/graphql", key


def audit(url: str, key: str) -> subprocess.CompletedProcess[str]:
    node = shutil.which("node")
    assert node, "node is missing: run `make setup-system`"
    assert (AUDIT / "node_modules" / "graphql-http").is_dir(), "the audits are missing: run `make audit-graphql`"
    environment = os.environ | {"AUDIT_KEY": key}
    command = [node, "audit.mjs", url]
    return subprocess.run(command, cwd=AUDIT, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_every_must_and_should_and_may_is_met(served: tuple[str, str]) -> None:
    finished = audit(*served)

    results = [line.split(maxsplit=2) for line in finished.stdout.splitlines()[:-1]]
    required = [status for status, _, name in results if name.startswith(("MUST", "SHOULD"))]
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert len(required) >= 36
    assert {status for status, _, _ in results} == {"ok"}


def test_the_audit_fails_where_the_server_does_not_conform(served: tuple[str, str]) -> None:
    assert audit(served[0], "wrong").returncode == 1
