"""Plugins that observe a real server: one hears, one raises, one never comes back, and the gateway works on."""

import shutil
from pathlib import Path

import pytest

from tests.edge.bad_plugins import HOLDS_THE_INTERPRETER, install
from tests.edge.running import Installation, wait_until
from tests.edge.test_command_line import PLAN, SETTINGS

OBSERVER = """from gateway.plugin_api import hookimpl
@hookimpl
def {hook}(event):
    {work}
"""


@pytest.mark.slow
def test_observers_hear_and_none_of_them_is_in_the_way(
    tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, told = tmp_path / "site", tmp_path / "told.txt"
    monkeypatch.setenv("PYTHONPATH", str(site))
    note = f"open({str(told)!r}, 'a').write(f'{{event.status}} {{event.document_id}} at {{event.connection}}\\n')"
    install(site, "notes", OBSERVER.format(hook="delivery_finished", work=note))
    install(site, "raises", OBSERVER.format(hook="invoice_finalized", work="raise ValueError(event)"))
    install(site, "hangs", OBSERVER.format(hook="invoice_finalized", work=HOLDS_THE_INTERPRETER))
    shutil.copyfile(sqlite_template, tmp_path / "gateway.db")
    (tmp_path / "gateway.toml").write_text(
        f'{SETTINGS}[connections.main]\nprovider = "sandbox"\nfile = "{tmp_path}/sandbox.db"\n'
        "[plugins]\ncall_seconds = 3\n"
    )
    (tmp_path / "plan.toml").write_text(PLAN)
    acme = Installation(tmp_path)
    acme.json("plans", "apply", "plan.toml")
    acme.json("customers", "create", "acme", "--name", "Acme")

    with acme.served():
        # Before there is anything to bill, so that all of it is heard of.
        wait_until(lambda: len(acme.json("webhooks", "list")) == 3)
        acme.json("subscriptions", "create", "acme", "basic", "--from", "2026-01-01T00:00:00Z")
        wait_until(lambda: told.exists() and told.read_text().startswith("delivered inv_"))
        log = tmp_path / "serve.log"
        wait_until(lambda: "observer hangs: a call to its plugin took over 3 s; killed" in log.read_text())
        wait_until(lambda: "Plugin raises failed when it was told invoice.finalized: ValueError in" in log.read_text())

    listed = {each["url"]: each["events"] for each in acme.json("webhooks", "list")}
    assert listed == {
        "plugin:hangs": "invoice.finalized",
        "plugin:notes": "delivery.delivered delivery.parked",
        "plugin:raises": "invoice.finalized",
    }
