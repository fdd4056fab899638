"""A company with one customer, to run commands in."""

import json
import shutil
from pathlib import Path

from tests.edge.running import Installation
from tests.edge.test_command_line import PLAN, SETTINGS, event


def customer_with_calls(folder: Path, sqlite_template: Path) -> Installation:
    """In a folder, a customer with 40 calls at 0.50 in January, a tenth off and 20 % of tax; nothing is billed yet."""
    (folder / "gateway.toml").write_text(SETTINGS)
    (folder / "plan.toml").write_text(PLAN)
    shutil.copyfile(sqlite_template, folder / "gateway.db")
    made = Installation(folder)
    for command in (
        ["plans", "apply", "plan.toml"],
        ["customers", "create", "acme", "--name", "Acme"],
        ["subscriptions", "create", "acme", "basic", "--from", "2026-01-01T00:00:00Z"],
        ["terms", "coupon", "tenth", "--percent", "10", "--key", "1"],
        ["terms", "redeem", "tenth", "acme", "--key", "2"],
        ["terms", "tax", "customer", "acme", "--rate", "vat=20", "--key", "3"],
    ):
        done = made.run(*command)
        assert done.code == 0, done.err
    sent = b"\n".join(json.dumps(event(number)).encode() for number in range(40))
    made.json("ingest", "-", sent=sent)
    return made
