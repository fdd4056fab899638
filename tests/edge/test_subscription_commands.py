"""`gateway subscriptions`: changed from the command line."""

import shutil
from pathlib import Path

import pytest

from tests.edge.running import Installation
from tests.edge.test_command_line import PLAN, SETTINGS

_VERSION_2 = PLAN.replace('"0.50"', '"0.60"')


@pytest.fixture
def acme(tmp_path: Path, sqlite_template: Path) -> Installation:
    """A customer on version 1 of a plan that has a second one."""
    (tmp_path / "gateway.toml").write_text(SETTINGS)
    shutil.copyfile(sqlite_template, tmp_path / "gateway.db")
    gateway = Installation(tmp_path)
    (tmp_path / "plan.toml").write_text(PLAN)
    gateway.json("plans", "apply", "plan.toml")
    gateway.json("customers", "create", "acme", "--name", "Acme")
    gateway.json("subscriptions", "create", "acme", "basic", "--from", "2026-01-01T00:00:00Z", "--anniversary")
    (tmp_path / "plan.toml").write_text(_VERSION_2)
    gateway.json("plans", "apply", "plan.toml")
    return gateway


def phases(shown: object) -> list[tuple[str, str, str]]:
    assert isinstance(shown, dict)
    return [(each["status"], each["plan"], each["starts_at"][:10]) for each in shown["phases"]]


def test_a_subscription_is_changed_paused_and_cancelled(acme: Installation) -> None:
    acme.json("subscriptions", "change", "acme/basic", "basic", "--at", "renewal")
    acme.json("subscriptions", "pause", "acme/basic", "--at", "2026-03-10T00:00:00Z", "--keep-fees")
    acme.json("subscriptions", "resume", "acme/basic", "--at", "2026-03-20T00:00:00Z")
    acme.json("subscriptions", "cancel", "acme/basic", "--at", "2026-05-01T00:00:00Z")

    assert phases(acme.json("subscriptions", "show", "acme/basic")) == [
        ("active", "basic:1", "2026-01-01"),
        ("active", "basic:2", "2026-03-01"),
        ("paused", "basic:2", "2026-03-10"),
        ("active", "basic:2", "2026-03-20"),
        ("ended", "basic:2", "2026-05-01"),
    ]
    assert phases(acme.json("subscriptions", "reactivate", "acme/basic"))[-1][0] == "active"


def test_the_subscribers_of_a_plan_are_moved(acme: Installation) -> None:
    moved = acme.json("subscriptions", "move", "basic", "--at", "now", "--idempotency-key", "move")

    assert isinstance(moved, dict)
    assert (moved["version"], len(moved["moved"]), moved["refused"]) == (2, 1, [])
    # Every command's clock begins where the settings say, so that the next one is not later by itself.
    [listed] = Installation(acme.folder, {"GATEWAY_CLOCK__STARTS_AT": "2026-02-20T00:00:00Z"}).json(
        "subscriptions", "list"
    )
    assert (listed["key"], listed["status"], listed["plan"]) == ("acme/basic", "active", "basic:2")


def test_a_trial_begins_with_its_own_phase(acme: Installation) -> None:
    acme.json("customers", "create", "new", "--name", "New")
    acme.json(
        "subscriptions", "create", "new", "basic", "--from", "2026-01-15T00:00:00Z", "--billing-day", "31",
        "--trial-until", "2026-02-15T00:00:00Z", "--bill-trial-usage",
    )  # fmt: skip

    assert phases(acme.json("subscriptions", "show", "new/basic")) == [
        ("usage_trial", "basic:2", "2026-01-15"),
        ("active", "basic:2", "2026-02-15"),
    ]


def test_a_trial_is_ended(acme: Installation) -> None:
    acme.json("customers", "create", "new", "--name", "New")
    span = ["--from", "2026-01-15T00:00:00Z", "--trial-until", "2099-01-01T00:00:00Z"]
    acme.json("subscriptions", "create", "new", "basic", *span)

    shown = acme.json("subscriptions", "end-trial", "new/basic", "--idempotency-key", "e")

    assert [status for status, _, _ in phases(shown)] == ["trial", "active"]
