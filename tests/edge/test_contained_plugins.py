"""Bad plugins in real processes: each is named, and the others work."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from gateway.plugin_trial import try_plugins
from tests.edge.bad_plugins import HOLDS_THE_INTERPRETER, MODULES, PROVIDER, install
from tests.edge.running import Finished, Installation, command, wait_until
from tests.edge.test_command_line import PLAN, SETTINGS

LONG = 60


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that child processes look for plugins in."""
    folder = tmp_path / "site"
    monkeypatch.setenv("PYTHONPATH", str(folder))
    return folder


def gateway(folder: Path, *arguments: str, **variables: str) -> Finished:
    """The command line in a process of its own, which finds what is installed for it."""
    done = subprocess.run(
        command(*arguments),
        cwd=folder,
        env={**os.environ, "COLUMNS": "200", "NO_COLOR": "1", **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    return Finished(done.returncode, done.stdout, done.stderr)


def test_every_fault_is_named_and_the_other_plugins_work(site: Path) -> None:
    for name, module in MODULES.items():
        install(site, name, module)
    install(site, "again", MODULES["prints"], entry_point="prints")

    trial = try_plugins(LONG)

    assert {"sandbox", "stripe", "prints"} <= set(trial.providers)
    assert trial.providers["sandbox"].rate.requests == 10_000
    faults = {name.split(" ")[0]: fault for name, fault in trial.faults.items()}
    assert re.fullmatch(r"it ended the process that loads it \(code \d+\), and was left out", faults.pop("ends"))
    assert faults == {
        "raises": "RuntimeError: out of order",
        "exits": "SystemExit: 5",
        "misspelt": faults["misspelt"],
        "unmarked": "gateway_billing_providers has to be marked with @hookimpl",
        "future": "provider class Provider is made for plugin API 99, this is 1; install one that fits",
        "twice": "it offers a provider called 'sandbox', another plugin's name; give it one of its own",
        "prints": "another plugin is already called 'prints'; uninstall one of them",
    }
    assert "gateway_biling_providers" in faults["misspelt"]
    assert trial.names >= {"ends", "stripe", "prints", "sandbox"}


@pytest.mark.slow
def test_commands_of_plugins_that_fail_or_end_the_process_are_named(site: Path) -> None:
    hook = "from gateway.plugin_api import hookimpl\n@hookimpl\ndef gateway_commands(cli): {}"
    install(site, "adds", hook.format("cli.command('hello')(lambda: print('hello from a plugin'))"))
    install(site, "fails", hook.format("raise ValueError('no')"))
    install(site, "ends", hook.format("__import__('os')._exit(1)"))

    said = gateway(site.parent, "hello")
    listed = json.loads(gateway(site.parent, "plugins", "list", "--json").out)

    assert said.out == "hello from a plugin\n"
    assert "hello" in gateway(site.parent, "--help").out
    assert sorted(listed["faults"]) == ["ends", "fails"]
    installed = {"chargebee", "plaintext", "quickbooks", "recurly", "sandbox", "stripe"}
    assert listed["plugins"] == sorted(installed | {"adds", "fails"})


def test_an_unknown_provider_is_named_with_those_installed(tmp_path: Path) -> None:
    (tmp_path / "gateway.toml").write_text('[connections.main]\nprovider = "zuora"\n')
    faults = json.loads(Installation(tmp_path).run("plugins", "check", "--json").out)["faults"]
    assert faults == {
        "main": "Provider 'zuora' is not installed; installed are chargebee, recurly, sandbox, stripe."
        " Install its plugin or correct `provider` in gateway.toml."
    }


@pytest.mark.slow
def test_a_plugin_that_holds_the_interpreter_while_it_loads_is_ended_and_named(site: Path) -> None:
    install(site, "hangs", HOLDS_THE_INTERPRETER)
    (site.parent / "gateway.toml").write_text(
        '[connections.main]\nprovider = "sandbox"\n[plugins]\nload_seconds = 12\n'
    )

    listed = json.loads(gateway(site.parent, "plugins", "list", "--json").out)
    checked = gateway(site.parent, "plugins", "check")
    doctor = json.loads(gateway(site.parent, "doctor", "--json").out)

    assert list(listed["faults"]) == ["hangs"]
    assert "sandbox" in listed["providers"]
    assert checked.code == 1
    assert "main (sandbox, 10000 requests in 1 s): works" in checked.err
    assert "plugin hangs: it took over 12 s to load" in checked.err
    assert [each["found"] for each in doctor["checks"] if each["check"] == "connection main"] == ["sandbox works"]


@pytest.mark.slow
def test_a_connection_whose_check_holds_the_interpreter_is_ended_and_named(site: Path) -> None:
    install(site, "stuck", PROVIDER.format(name="stuck", body=f"def check(self): {HOLDS_THE_INTERPRETER}"))
    (site.parent / "gateway.toml").write_text(
        '[connections.bad]\nprovider = "stuck"\n[connections.main]\nprovider = "sandbox"\n'
        "[plugins]\nload_seconds = 12\ncall_seconds = 2\n"
    )
    checked = json.loads(gateway(site.parent, "plugins", "check", "--json").out)
    assert checked["faults"] == {"bad": "its plugin did not answer in 14 s, and was ended"}


@pytest.mark.slow
def test_a_server_works_on_beside_connections_that_do_not(site: Path, sqlite_template: Path) -> None:
    folder = site.parent
    install(site, "hangs", HOLDS_THE_INTERPRETER)
    install(site, "stuck", PROVIDER.format(name="stuck", body=f"def changes(self, since): {HOLDS_THE_INTERPRETER}"))
    shutil.copyfile(sqlite_template, folder / "gateway.db")
    connections = {
        "main": f'provider = "sandbox"\nfile = "{folder}/sandbox.db"',
        "unset": 'provider = "stripe"',
        "unknown": 'provider = "zuora"',
        "bad": 'provider = "hangs"',
        "stuck": 'provider = "stuck"',
    }
    tables = "".join(f"[connections.{name}]\n{table}\n" for name, table in connections.items())
    (folder / "gateway.toml").write_text(f"{SETTINGS}{tables}[plugins]\nload_seconds = 12\ncall_seconds = 6\n")
    (folder / "plan.toml").write_text(PLAN)
    acme = Installation(folder)
    acme.json("plans", "apply", "plan.toml")
    acme.json("customers", "create", "acme", "--name", "Acme")
    acme.json("subscriptions", "create", "acme", "basic", "--from", "2026-01-01T00:00:00Z")
    acme.json(
        "ingest",
        "-",
        sent=b'{"source":"app","id":"1","type":"call","customer":"acme","occurred_at":"2026-01-15T00:00:00Z"}',
    )
    key = acme.key("read")

    with acme.served() as server:
        wait_until(lambda: server.metrics()['gateway_deliveries{status="delivered"}'] == 1)
        wait_until(lambda: len(faulty(server.address)) == 4)
        told = httpx.post(
            f"{server.address}/graphql",
            json={"query": "{ connections { name fault } }"},
            headers={"Authorization": f"Bearer {key}"},
        ).json()
        metrics = server.metrics()

    faults = {each["name"]: each["fault"] for each in told["data"]["connections"]}
    assert faults["main"] is None
    assert "`connections.unset.api_key` is missing; add it" in faults["unset"]
    assert "Provider 'zuora' is not installed; installed are" in faults["unknown"]
    assert "Plugin hangs has a fault: it took over 12 s to load" in faults["unknown"]
    # By the trial, or by its worker, which tries again.
    assert re.search("took over 12 s to load|loading its plugin took over 12 s", faults["bad"])
    assert faults["stuck"] == "a call to its plugin took over 6 s; its process was ended"
    assert metrics['gateway_connection_faulty{connection="main"}'] == 0
    assert metrics['gateway_connection_faulty{connection="stuck"}'] == 1
    log = (folder / "serve.log").read_text()
    assert "Plugin hangs: it took over 12 s to load" in log
    assert "Connection unset: `connections.unset.api_key` is missing" in log


@pytest.mark.slow
def test_a_trial_that_nobody_watches_any_more_ends_by_itself(site: Path) -> None:
    install(site, "hangs", HOLDS_THE_INTERPRETER)
    done = subprocess.run([sys.executable, "-m", "gateway.plugin_trial", "5"], capture_output=True, check=False)
    assert done.returncode == -signal.SIGALRM
    assert b'{"loading": "hangs"}' in done.stdout


@pytest.mark.slow
def test_a_provider_whose_plugin_has_another_name_is_found_beside_one_that_hangs(
    site: Path, sqlite_template: Path
) -> None:
    install(site, "hangs", HOLDS_THE_INTERPRETER)
    install(site, "sells", PROVIDER.format(name="renamed", body=""))
    shutil.copyfile(sqlite_template, site.parent / "gateway.db")
    limits = "[plugins]\nload_seconds = 6\n"
    (site.parent / "gateway.toml").write_text(f'[connections.main]\nprovider = "renamed"\n{limits}')

    compared = gateway(site.parent, "providers", "reconcile", "--json")

    assert (compared.code, json.loads(compared.out)["faults"]) == (0, {}), compared.err


@pytest.mark.slow
def test_a_plugin_that_is_mended_works_without_a_restart(site: Path, sqlite_template: Path) -> None:
    folder = site.parent
    broken = "from pathlib import Path\nif not Path('mended').exists(): raise RuntimeError('out of order')"
    install(site, "later", broken + PROVIDER.format(name="later", body=""))
    shutil.copyfile(sqlite_template, folder / "gateway.db")
    (folder / "gateway.toml").write_text(f'[connections.main]\nprovider = "later"\nfile = "{folder}/later.db"\n')

    with Installation(folder).served() as server:
        assert faulty(server.address) == ["main"]
        (folder / "mended").touch()
        wait_until(lambda: not faulty(server.address))

    log = (folder / "serve.log").read_text()
    assert "because its plugin has a fault: RuntimeError: out of order. Mend or update it." in log


def faulty(address: str) -> list[str]:
    """The connections that a server names as faulty."""
    names: list[str] = httpx.get(f"{address}/readyz").json().get("faulty_connections", [])
    return names
