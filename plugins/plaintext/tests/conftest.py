"""Plain-text books in a folder of the test, in each format."""

from pathlib import Path

import pytest
from gateway_plaintext import PlainTextSettings, PlainTextTarget
from gateway_plaintext.settings import Format

from gateway.testing import FakeHost


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The folder of the books, which is not there yet."""
    return tmp_path / "books"


@pytest.fixture(params=Format)
def target(request: pytest.FixtureRequest, root: Path) -> PlainTextTarget:
    """Empty books."""
    return PlainTextTarget("ledger", PlainTextSettings(directory=root, format=request.param), FakeHost())
