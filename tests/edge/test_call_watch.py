"""Calls to plugins in the process of a command: one that does not return ends it, and says so."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.edge.bad_plugins import HOLDS_THE_INTERPRETER, PROVIDER, install
from tests.edge.running import Finished, Installation
from tests.edge.test_command_line import PLAN
from tests.edge.test_contained_plugins import gateway

KILLED = -9
WATCHED = """
import time
from gateway.workers.call_watch import CallWatch

with CallWatch() as watch:
    watch.begin(60, "not this one")
    watch.end()
    time.sleep(0.1)
    {calls}
print("done")
"""


def run(calls: str) -> Finished:
    done = subprocess.run(
        [sys.executable, "-c", WATCHED.format(calls=calls)], capture_output=True, text=True, check=False
    )
    return Finished(done.returncode, done.stdout, done.stderr)


def test_a_call_that_holds_the_interpreter_ends_the_process_with_a_message() -> None:
    ended = run(f"watch.begin(0.3, 'it hangs'); {HOLDS_THE_INTERPRETER}")

    assert ended == Finished(KILLED, "", "error: it hangs\n")


def test_a_process_whose_calls_return_in_time_is_let_be() -> None:
    assert run("watch.begin(0.2, 'it hangs'); watch.end(); time.sleep(0.4)") == Finished(0, "done\n", "")


def test_a_process_whose_watcher_is_gone_works_on() -> None:
    calls = "watch._watcher.kill(); watch._watcher.wait(); watch.begin(60, 'it hangs'); watch.end()"

    assert run(calls) == Finished(0, "done\n", "")


@pytest.mark.slow
def test_commands_end_when_a_plugin_does_not_answer(
    tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site"
    monkeypatch.setenv("PYTHONPATH", str(site))
    hangs = "def {method}(self, *arguments): " + HOLDS_THE_INTERPRETER
    install(site, "sends", PROVIDER.format(name="sends", body=hangs.format(method="put_invoice")))
    install(site, "reads", PROVIDER.format(name="reads", body=hangs.format(method="changes")))
    install(site, "loads", HOLDS_THE_INTERPRETER)
    tables = [f'[connections.{name}]\nprovider = "{name}"\n' for name in ("loads", "reads", "sends")]
    limits = "[plugins]\nload_seconds = 12\ncall_seconds = 2\n"
    (tmp_path / "gateway.toml").write_text("".join(['[billing]\nconnection = "sends"\n', *tables, limits]))
    (tmp_path / "plan.toml").write_text(PLAN)
    shutil.copyfile(sqlite_template, tmp_path / "gateway.db")
    acme = Installation(tmp_path)
    acme.json("plans", "apply", "plan.toml")
    acme.json("customers", "create", "acme", "--name", "Acme")
    acme.json("subscriptions", "create", "acme", "basic", "--from", "2026-01-01T00:00:00Z")

    billed = gateway(tmp_path, "bill", "--as-of", "2026-02-02T00:00:00Z", "--deliver")
    compared = gateway(tmp_path, "providers", "reconcile", "--connection", "reads")
    switched = gateway(tmp_path, "providers", "switch", "--to", "loads", "--dry-run")

    again = "Run it again in a minute: what was under way is looked up before it is sent again"
    said = "error: Connection {}: {} took its plugin over {} s, so this command was ended. " + again
    assert [each.code for each in (billed, compared, switched)] == [KILLED] * 3
    assert said.format("sends", "put_invoice", 2) in billed.err
    assert said.format("reads", "changes", 2) in compared.err
    assert said.format("loads", "loading", 12) in switched.err
    (delivery,) = acme.json("deliveries", "list")
    assert delivery["status"] == "pending"
