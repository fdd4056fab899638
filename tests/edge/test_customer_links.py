"""`gateway customers link`: one customer, or a file of them."""

import shutil
from pathlib import Path

import pytest

from gateway.plugin_api import DocumentKind
from gateway.sandbox import SandboxProvider, SandboxSettings
from gateway.testing import FakeHost, customer_document
from tests.edge.running import Installation
from tests.edge.test_providers_commands import CONFIG, set_up


@pytest.fixture
def migrated(tmp_path: Path, sqlite_template: Path) -> Installation:
    shutil.copyfile(sqlite_template, tmp_path / "gateway.db")
    (tmp_path / "gateway.toml").write_text(CONFIG.format(pays="true"))
    return Installation(tmp_path)


@pytest.fixture
def company(migrated: Installation) -> Installation:
    return set_up(migrated)


def at_new(company: Installation, our_id: str) -> str:
    """A customer that is at the new provider under an id of its own."""
    settings = SandboxSettings(file=str(company.folder / "new.db"))
    return SandboxProvider("new", settings, FakeHost()).put_customer(customer_document(id=our_id), our_id).ref


def test_a_customer_is_shown_then_linked_and_then_found_by_a_switch(company: Installation) -> None:
    asked = ("customers", "link", "acme", "--connection", "new", "--ref", at_new(company, "theirs"))
    looked = company.json(*asked, "--dry-run")
    assert company.json(*asked) == looked
    assert (looked["links"][0]["was_linked"], company.json(*asked)["links"][0]["was_linked"]) == (False, True)
    assert company.json("providers", "switch", "--to", "new", "--dry-run")["summary"]["known"] == 1
    company.json("providers", "switch", "--to", "new", "--customer", "acme")
    there = SandboxProvider("new", SandboxSettings(file=str(company.folder / "new.db")), FakeHost())
    assert [each.our_id for each in there.documents(DocumentKind.CUSTOMER)] == ["theirs"]


def test_all_lines_of_a_file_are_tried_and_each_fault_is_named(company: Installation) -> None:
    refs = [at_new(company, name) for name in ("one", "two")]
    lines = ["customer,name,ref", f"acme,Acme,{refs[0]}", "nobody,Nobody,x", "beta,Beta,none", f"beta,Beta,{refs[1]}"]
    (company.folder / "links.csv").write_text("\n".join(lines))
    done = company.run("customers", "link", "--connection", "new", "--file", "links.csv")
    assert done.code == 1
    assert "error: line 3, nobody: Customer 'nobody' does not exist; create it first" in done.err
    assert "error: line 4, beta: new has no customer 'none'" in done.err
    assert "2 customers linked, 0 linked before, 2 refused" in done.err
    again = company.run("customers", "link", "--connection", "new", "--file", "links.csv")
    assert "0 customers linked, 2 linked before, 2 refused" in again.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("acme", "--connection", "nowhere", "--ref", "x"), "There is no connection 'nowhere'"),
        (("acme", "--connection", "new"), "Name CUSTOMER and --ref, or a --file with many"),
        (("acme", "--connection", "new", "--file", "links.csv"), "CUSTOMER and --ref are for one customer"),
        (("--connection", "new", "--file", "links.csv"), "links.csv has no column 'ref'"),
        (("--connection", "new", "--file", "missing.csv"), "missing.csv"),
        (("acme", "--connection", "new", "--ref", " "), "ref: is empty; give it a text"),
    ],
)
def test_what_cannot_be_linked_is_refused(migrated: Installation, arguments: tuple[str, ...], message: str) -> None:
    (migrated.folder / "links.csv").write_text("customer\nacme\n")
    done = migrated.run("customers", "link", *arguments)
    assert done.code != 0
    assert message in done.err


def test_another_account_behind_the_name_is_refused(company: Installation, tmp_path: Path) -> None:
    company.json("customers", "link", "acme", "--connection", "new", "--ref", at_new(company, "theirs"))
    moved = Installation(company.folder, {"GATEWAY_CONNECTIONS__NEW__FILE": str(tmp_path / "other.db")})
    done = moved.run("customers", "link", "beta", "--connection", "new", "--ref", "x")
    assert (done.code, done.out) == (1, "")
    assert "Connection 'new' is the account" in done.err
