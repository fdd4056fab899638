"""Finance reports by command line, for programs."""

import json
from pathlib import Path
from typing import Any

from tests.edge.acme import customer_with_calls


def test_every_report_is_json_for_programs(tmp_path: Path, sqlite_template: Path) -> None:
    acme = customer_with_calls(tmp_path, sqlite_template)
    acme.json("bill")
    span = ("--from", "2026-01", "--to", "2026-02")

    def report(*arguments: str) -> Any:
        done = acme.run("reports", *arguments, "--format", "json")
        assert done.code == 0, done.err
        return json.loads(done.out)

    for name in ("deferred", "recognised", "mrr", "bridge"):
        assert isinstance(report(name, *span), list), name
    for name in ("schedule", "ageing", "unbilled", "credits"):
        assert isinstance(report(name), list), name
    [row] = report("revenue", "--by", "customer", *span)
    assert row == {
        "month": "2026-01",
        "currency": "USD",
        "of": "acme",
        "revenue": "18.00",
        "customers": 1,
        "per_customer": "18.00",
    }
