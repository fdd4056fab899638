"""The plugin that the guide writes works as it stands there."""

import os
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from gateway.plugin_manager import GROUP, load_plugins
from gateway.testing import FakeHost
from tests.docs.markdown import ROOT, blocks

GUIDE = ROOT / "docs" / "how-to" / "write-a-provider-plugin.md"


@pytest.fixture
def distribution(tmp_path: Path) -> Path:
    """The folder with the files of the guide."""
    for block in blocks(GUIDE):
        if block.mark.startswith("file: "):
            path = tmp_path / block.mark.removeprefix("file: ")
            path.parent.mkdir(exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
    return tmp_path


def test_the_plugin_of_the_guide_passes_the_conformance_suite(distribution: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--import-mode=importlib", "tests"],
        cwd=distribution,
        env={**os.environ, "PYTHONPATH": str(distribution)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout


def test_the_plugin_of_the_guide_is_found(distribution: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(distribution)
    plugins = load_plugins([EntryPoint("paper", "gateway_paper", GROUP)])
    assert plugins.faults == {}
    provider = plugins.provider_for("main", {"provider": "paper", "folder": str(distribution)}, lambda _: FakeHost())
    provider.check()
