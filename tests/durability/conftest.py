"""A gateway as people run it, that knows one customer and one type of event."""

from pathlib import Path

import pytest

from tests.edge.running import Installation


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    made = Installation(tmp_path)
    made.json("migrate")
    (tmp_path / "definitions.toml").write_text('event_types = ["call"]\n')
    made.json("plans", "apply", "definitions.toml")
    made.json("customers", "create", "acme", "--name", "Acme")
    return made
