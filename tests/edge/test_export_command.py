"""Exporting by command line: files, standard output, and what is left after a process is killed."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.edge.acme import customer_with_calls
from tests.edge.running import Installation

# Seven events to a file, and the end of the process where a test wants it.
MORTAL = """
import os, signal, sys
from dataclasses import replace
from gateway.cli import main
from gateway.services.export_data import DATASETS

DATASETS["events"] = replace(DATASETS["events"], positions_per_file=7)
left, sync = int(sys.argv.pop(1)), os.fsync

def mortal(handle):
    global left
    left -= 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
    sync(handle)

os.fsync = mortal
main()
"""


@pytest.fixture
def acme(tmp_path: Path, sqlite_template: Path) -> Installation:
    """A customer with 40 calls in January."""
    return customer_with_calls(tmp_path, sqlite_template)


def export(installation: Installation, out: str, killed_at: int = 0) -> int:
    """Export events in a process of its own, killed at the nth time that it syncs; how it ended."""
    words = [sys.executable, "-c", MORTAL, str(killed_at), "export", "events", "--out", out]
    return subprocess.run(words, cwd=installation.folder, check=False, capture_output=True).returncode


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_runs_that_are_killed_leave_in_the_end_what_one_whole_run_does(acme: Installation) -> None:
    killed = [export(acme, "killed", killed_at=point) for point in (2, 7)]
    finished = [export(acme, folder) for folder in ("killed", "whole")]

    assert (killed, finished) == ([-signal.SIGKILL] * 2, [0, 0])
    assert contents(acme.folder / "killed") == contents(acme.folder / "whole")
    assert len(list((acme.folder / "whole").glob("events-*.csv"))) == 6


def test_an_export_says_what_it_wrote(acme: Installation) -> None:
    first = acme.json("export", "events", "--out", "lake", "--format", "parquet")
    again = acme.run("export", "events", "--out", "lake", "--format", "parquet")

    [file] = first.pop("files")
    assert first == {"dataset": "events", "after": 0, "through": 40, "rows": 40}
    assert (file["name"], file["rows"]) == ("events-000000000001-000000000040.parquet", 40)
    assert again.err.splitlines() == ["Nothing new of events behind position 40"]


def test_standard_output_takes_the_table_and_errors_the_rest(acme: Installation) -> None:
    done = acme.run("export", "events", "--out", "-", "--since", "38")

    assert [line.split(",")[0] for line in done.out.splitlines()] == ["position", "39", "40"]
    assert done.err.splitlines() == ["2 rows of events, positions 39 to 40; go on with --since 40"]


@pytest.mark.parametrize("wish", [["--format", "parquet"], ["--json"]])
def test_standard_output_takes_nothing_else(acme: Installation, wish: list[str]) -> None:
    done = acme.run("export", "events", "--out", "-", *wish)

    assert (done.code, done.out) == (1, "")
    assert "name a folder with --out DIR" in done.err


def test_what_changed_since_fails_the_verification(acme: Installation) -> None:
    acme.json("export", "events", "--out", "lake")
    sound = acme.run("export", "verify", "lake")
    [file] = (acme.folder / "lake").glob("*.csv")
    file.write_bytes(b"")
    broken = acme.run("export", "verify", "lake", "--json")

    assert (sound.code, sound.err.strip()) == (0, "events: 40 rows in 1 file, through position 40; 0 faults")
    [found] = json.loads(broken.out)
    assert (broken.code, found["dataset"], len(found["faults"])) == (1, "events", 1)
    assert f"error: events: {file.name} has 0 bytes, not" in broken.err


@pytest.mark.parametrize("dataset", ["usage", "invoices", "invoice-lines", "transfers"])
def test_every_dataset_has_a_command(acme: Installation, dataset: str) -> None:
    acme.json("bill")
    done = acme.json("export", dataset, "--out", "lake")

    assert (done["dataset"], done["through"] > 0, done["rows"] > 0) == (dataset, True, True)
