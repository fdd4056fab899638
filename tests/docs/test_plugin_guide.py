"""The guide to plugins does what it says, typed by a reader in an empty folder."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.docs.guide import Shell
from tests.docs.markdown import ROOT

GUIDE = ROOT / "docs" / "how-to" / "write-a-plugin.md"
# What `pip install -e` does, but to a folder of the test's instead of the environment that runs it.
INSTALL = (
    "pip install -q --no-deps --no-build-isolation --no-index --target .site ./acme"
    " && rm -r .site/gateway_acme && ln -s ../acme/gateway_acme .site/gateway_acme"
)


@pytest.mark.slow
def test_the_guide_to_plugins_does_what_it_says(tmp_path: Path) -> None:
    (tmp_path / ".site").mkdir()
    with ExitStack() as stack:
        shell = Shell(tmp_path, stack, PYTHONPATH=str(tmp_path / ".site"))
        shell.replace("pip install -q -e acme", INSTALL)
        shell.follow(GUIDE)
