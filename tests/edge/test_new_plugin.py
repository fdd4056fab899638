"""`gateway plugins new`: a plugin to begin with."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from gateway.cli.new_plugin import UnfitPlugin, write_plugin
from tests.edge.running import Installation, command
from tests.edge.test_command_line import PLAN, SETTINGS

LONGEST = "a-billing-system-xyz"


@pytest.fixture
def here(tmp_path: Path) -> Installation:
    """An empty folder."""
    return Installation(tmp_path)


def test_a_new_plugin_is_the_template_under_its_name(here: Installation) -> None:
    made = here.json("plugins", "new", "acme-billing2")
    assert made["folder"] == "acme-billing2"
    folder = here.folder / "acme-billing2"
    assert sorted(made["files"]) == sorted(
        str(path.relative_to(here.folder)) for path in folder.rglob("*") if path.is_file()
    )
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    assert project["name"] == "usage-gateway-acme-billing2"
    assert project["entry-points"] == {"gateway.plugins": {"acme-billing2": "gateway_acme_billing2"}}
    provider = (folder / "gateway_acme_billing2" / "provider.py").read_text()
    assert "class AcmeBilling2Provider(BillingProvider):" in provider
    assert 'NAME: ClassVar[str] = "acme-billing2"' in provider
    assert (folder / "tests" / "fake_acme_billing2.py").is_file()


def test_a_person_is_told_what_to_do_next(here: Installation) -> None:
    told = here.run("plugins", "new", "zuora", "--directory", "plugins/zuora").err
    assert "pip install -e plugins/zuora" in told
    assert "pytest plugins/zuora" in told
    assert not [path for path in (here.folder / "plugins").rglob("*") if path.is_file() and "acme" in path.read_text()]


@pytest.mark.parametrize("name", ["Acme", "1acme", "acme billing", "acme-", "acme--x", "../acme", "", "é", "a" * 21])
def test_what_is_no_name_is_refused(here: Installation, name: str) -> None:
    refused = here.run("plugins", "new", name)
    assert refused.code == 1
    assert f"{name!r} cannot be a plugin's name" in refused.err
    assert list(here.folder.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("stripe", "'stripe' is installed already"),
        ("sandbox", "'sandbox' is installed already"),
        ("example-flights", "gateway_example_flights exists already"),
    ],
)
def test_the_name_of_what_is_installed_is_refused(here: Installation, name: str, words: str) -> None:
    refused = here.run("plugins", "new", name)
    assert (refused.code, list(here.folder.iterdir())) == (1, [])
    assert words in refused.err
    assert "choose another name" in refused.err


def test_a_name_that_makes_the_module_of_another_plugin_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnfitPlugin, match="called 'a_b' is installed already"):
        write_plugin("a-b", tmp_path / "new", {"a_b", "other"})
    assert not (tmp_path / "new").exists()


def test_a_folder_that_is_there_is_left_alone(here: Installation) -> None:
    (here.folder / "acme").mkdir()
    refused = here.run("plugins", "new", "acme")
    assert refused.code == 1
    assert "acme exists already; name another folder with --directory" in refused.err
    assert list((here.folder / "acme").iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["acme", LONGEST])
def test_a_new_plugin_passes_its_tests_and_our_linters_at_once(here: Installation, name: str) -> None:
    here.json("plugins", "new", name)
    folder = here.folder / name
    for tool in (
        ["pytest", "-q", "-p", "no:cacheprovider"],
        ["ruff", "check"],
        ["ruff", "format", "--check"],
        ["mypy"],
    ):
        assert ran(folder, *tool, path=folder) == "", tool


@pytest.mark.slow
def test_a_new_plugin_is_installed_and_bills_and_delivers(here: Installation) -> None:
    here.json("plugins", "new", "acme")
    folder, target = here.folder / "acme", here.folder / "site"
    install = ["pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--target", str(target)]
    assert ran(here.folder, *install, str(folder), path=folder) == ""

    fake = subprocess.Popen(
        [sys.executable, str(folder / "tests" / "fake_acme.py"), "0"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert fake.stdout is not None
        address = fake.stdout.readline().partition(",")[0]
        delivered = bill_and_deliver(here.folder, target, address)
    finally:
        fake.kill()
        fake.communicate()

    assert [(each["connection"], each["status"]) for each in delivered] == [("main", "delivered")]


def bill_and_deliver(folder: Path, site: Path, address: str) -> list[dict[str, str]]:
    """A month of one customer, billed and delivered by the plugin in `site`; the deliveries."""
    connection = f'[connections.main]\nprovider = "acme"\napi_key = "acme_key_of_the_fake"\napi_base = "{address}"\n'
    (folder / "gateway.toml").write_text(SETTINGS + connection)
    (folder / "plan.toml").write_text(PLAN)
    sent = '{"source":"app","id":"1","type":"call","customer":"acme","occurred_at":"2026-01-15T00:00:00Z"}'

    def gateway(*arguments: str, given: str = "") -> "subprocess.CompletedProcess[str]":
        done = subprocess.run(
            command(*arguments),
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(site)},
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done

    gateway("migrate")
    assert "main (acme, 10 requests in 1 s): works" in gateway("plugins", "check").stderr
    gateway("plans", "apply", "plan.toml")
    gateway("customers", "create", "acme", "--name", "Acme")
    gateway("subscriptions", "create", "acme", "basic", "--from", "2026-01-01T00:00:00Z")
    gateway("ingest", "-", given=sent)
    gateway("bill", "--deliver")
    listed: list[dict[str, str]] = json.loads(gateway("deliveries", "list", "--json").stdout)
    return listed


def ran(folder: Path, tool: str, *arguments: str, path: Path) -> str:
    """What a tool complains of, run in a folder; nothing if all is well."""
    done = subprocess.run(
        [sys.executable, "-m", tool, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(path)},
        capture_output=True,
        text=True,
        check=False,
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr
