"""What the README asks its reader to type works on a gateway like the demo's."""

from contextlib import ExitStack
from pathlib import Path

from gateway.app import build
from gateway.cli.demo import write_settings
from gateway.cli.demo_run import set_up
from gateway.cli.examples import load_example
from gateway.core.access import Scope
from gateway.services.keys import create_key
from gateway.storage.migrate import migrate
from tests.docs.guide import Shell
from tests.docs.markdown import ROOT


def test_the_first_event_and_the_first_query_are_answered_as_the_readme_says(tmp_path: Path) -> None:
    keys = a_demo_without_flights(tmp_path)
    with ExitStack() as stack:
        shell = Shell(tmp_path, stack)
        shell.set(INGEST=keys[Scope.INGEST], READ=keys[Scope.READ])
        shell.serve()
        shell.follow(ROOT / "README.md")


def a_demo_without_flights(folder: Path) -> dict[Scope, str]:
    """The settings, definitions and customers of the demo in a folder, and a key for each scope."""
    example = load_example("flights")
    gateway = build(write_settings(folder, example, None, 8000))
    try:
        migrate(gateway.database)
        set_up(gateway, example)
        return {scope: create_key(gateway.installation, scope, [scope])[1] for scope in Scope}
    finally:
        gateway.close()
