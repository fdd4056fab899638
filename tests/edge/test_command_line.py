"""The command line, as people and scripts use it."""

import json
import shutil
from pathlib import Path

import pytest

from tests.edge.running import Installation

PLAN = """
event_types = ["call"]

[[meters]]
key = "calls"
name = "Calls"
event_type = "call"
aggregation = "count"
unit = "call"

[[plans]]
key = "basic"
name = "Basic"
currency = "USD"
interval = "month"

[[plans.prices]]
key = "calls"
name = "Calls"
meter = "calls"
model = "per_unit"
unit_amount = "0.50"
"""
_COMMANDS = ("serve", "demo", "migrate", "ingest", "bill", "usage", "invoices", "explain", "doctor")
SETTINGS = """
[deployment]
mode = "test"
[clock]
starts_at = "2026-02-02T00:00:00Z"
"""


def event(number: int, **changes: object) -> dict[str, object]:
    sent = {"source": "app", "id": str(number), "type": "call", "customer": "acme"}
    return {**sent, "occurred_at": "2026-01-15T00:00:00Z", **changes}


@pytest.fixture
def bare(tmp_path: Path) -> Installation:
    """Settings, and nothing else."""
    (tmp_path / "gateway.toml").write_text(SETTINGS)
    return Installation(tmp_path)


@pytest.fixture
def migrated(bare: Installation, sqlite_template: Path) -> Installation:
    """An empty database."""
    shutil.copyfile(sqlite_template, bare.folder / "gateway.db")
    return bare


@pytest.fixture
def acme(migrated: Installation) -> Installation:
    """A customer on a plan."""
    (migrated.folder / "plan.toml").write_text(PLAN)
    migrated.json("plans", "apply", "plan.toml")
    migrated.json("customers", "create", "acme", "--name", "Acme")
    migrated.json("subscriptions", "create", "acme", "basic", "--from", "2026-01-01T00:00:00Z")
    return migrated


def test_a_month_goes_from_events_to_a_delivered_invoice(acme: Installation) -> None:
    sent = b"\n".join(json.dumps(event(number)).encode() for number in range(3))

    recorded = acme.json("ingest", "-", sent=sent)
    usage = acme.json("usage", "acme", "--from", "2026-01-01T00:00:00Z", "--until", "2026-02-01T00:00:00Z")
    billed = acme.json("bill", "--deliver")
    [invoice] = acme.json("invoices")
    [line] = acme.json("explain", invoice["number"])

    assert recorded == {"accepted": 3, "duplicate": 0, "conflict": 0, "quarantined": 0, "rejected": 0}
    assert [(point["meter"], point["quantity"]) for point in usage["points"]] == [("calls", "3")]
    assert (len(billed["finalized"]), billed["held"], billed["failed"], billed["delivered"]) == (1, [], [], 1)
    assert (invoice["issued_on"], invoice["status"], invoice["total"]) == ("2026-02-01", "finalized", "1.50")
    assert (line["events"], line["amount"], line["agrees"]) == (3, "1.50", True)


def test_the_steps_of_a_line_are_shown_with_the_currencys_places(acme: Installation) -> None:
    acme.json("bill")

    done = acme.run("explain", "INV-000001")

    assert done.out.splitlines()[-1].split() == ["per", "unit", "0", "0.50", "0.00", "0.00"]


def test_billing_again_makes_no_other_invoice(acme: Installation) -> None:
    first = acme.json("bill")
    again = acme.json("bill")

    assert first["finalized"]
    assert again["finalized"] == []


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("events.json", json.dumps([event(1), event(2)])),
        ("events.json", json.dumps([event(1), event(2)], indent=2)),
        ("events.ndjson", f"{json.dumps(event(1))}\n\n{json.dumps(event(2))}\n"),
        ("event.json", json.dumps(event(1), indent=2)),
        ("windows.ndjson", f"\ufeff{json.dumps(event(1))}\r\n{json.dumps(event(2))}\r\n"),
        ("windows.json", f"\ufeff\r\n{json.dumps([event(1)], indent=2)}"),
    ],
)
def test_events_come_as_an_array_as_lines_or_alone(acme: Installation, file: str, content: str) -> None:
    (acme.folder / file).write_text(content, encoding="utf-8")

    counts = acme.json("ingest", file)
    again = acme.json("ingest", file)

    assert counts["accepted"] == again["duplicate"] > 0
    assert again["accepted"] == 0


def test_many_events_are_recorded_in_batches(acme: Installation) -> None:
    (acme.folder / "events.json").write_text(json.dumps([event(number) for number in range(2_500)]))

    assert acme.json("ingest", "events.json")["accepted"] == 2_500


def test_a_bad_event_is_named_and_spares_the_others(acme: Installation) -> None:
    lines = [json.dumps(event(1)), json.dumps(event(2, occurred_at="yesterday")), json.dumps(event(3))]
    (acme.folder / "events.ndjson").write_text("\n".join(lines))

    done = acme.run("ingest", "events.ndjson", "--json")

    assert done.code == 1
    assert json.loads(done.out)["accepted"] == 2
    assert json.loads(done.out)["rejected"] == 1
    assert "Event 2: " in done.err
    assert "occurred_at" in done.err


def test_a_key_is_shown_once_and_listed_without_its_secret(migrated: Installation) -> None:
    made = migrated.json("keys", "create", "--scope", "ingest", "--scope", "read", "--name", "app")
    [listed] = migrated.json("keys", "list")

    assert made["key"].startswith(listed["prefix"])
    assert (listed["name"], listed["scopes"]) == ("app", "ingest read")
    assert made["key"] not in json.dumps(listed)


def test_a_key_without_json_is_alone_on_standard_output(migrated: Installation) -> None:
    done = migrated.run("keys", "create", "--scope", "read")

    assert done.out.startswith("ugw_")
    assert len(done.out.split()) == 1


def test_a_revoked_key_is_listed_as_revoked(migrated: Installation) -> None:
    made = migrated.json("keys", "create", "--scope", "read")

    migrated.run("keys", "revoke", made["id"])

    assert migrated.json("keys", "list")[0]["revoked_at"]


def test_the_doctor_finds_a_well_installation_well(migrated: Installation) -> None:
    report = migrated.json("doctor")

    assert report["ok"]
    assert [check["check"] for check in report["checks"]] == [
        "database",
        "schema",
        "log",
        "connections",
        "plugins",
        "connection main",
        "clock",
        "disk",
    ]


def test_the_doctor_names_what_is_missing(bare: Installation) -> None:
    done = bare.run("doctor", "--json")

    assert done.code == 1
    [fault] = [check for check in json.loads(done.out)["checks"] if not check["ok"]]
    assert fault["check"] == "database"
    assert "gateway migrate" in fault["found"]


def test_the_doctor_says_once_that_the_schema_is_another(bare: Installation) -> None:
    (bare.folder / "gateway.db").touch()

    done = bare.run("doctor", "--json")

    [fault] = [check for check in json.loads(done.out)["checks"] if not check["ok"]]
    assert fault == {
        "check": "schema",
        "ok": False,
        "found": "The database is empty; run `gateway migrate` first",
    }


def test_the_doctor_examines_a_folder_that_it_may_not_write_to(bare: Installation) -> None:
    (bare.folder / "settings.toml").write_text(SETTINGS + '[storage]\nurl = "sqlite:////proc/gateway.db"\n')

    done = bare.run("doctor", "--json", "--config", "settings.toml")

    faults = {check["check"]: check["found"] for check in json.loads(done.out)["checks"] if not check["ok"]}
    assert sorted(faults) == ["database", "disk"]
    assert "/proc/" in faults["disk"]


def test_a_place_that_cannot_be_written_to_is_named(bare: Installation) -> None:
    done = bare.run("demo", "--no-serve", "--folder", "/proc/demo")

    assert (done.code, done.err.strip()) == (1, "error: [Errno 2] No such file or directory: '/proc/demo'")


def test_the_plugins_are_listed(bare: Installation) -> None:
    listed = bare.json("plugins", "list")

    assert {"sandbox", "stripe"} <= set(listed["providers"])
    assert listed["faults"] == {}


def test_connections_are_checked(bare: Installation) -> None:
    rate = {"requests": 10_000, "seconds": 1, "burst": 1_000}

    assert bare.json("plugins", "check") == {
        "connections": {"main": "sandbox"},
        "rates": {"main": rate},
        "faults": {},
    }


def test_a_file_that_is_broken_further_down_says_what_went_through(acme: Installation) -> None:
    lines = [json.dumps(event(number)).encode() for number in range(1_000)]
    (acme.folder / "events.ndjson").write_bytes(b"\n".join([*lines, b"\xff"]))

    done = acme.run("ingest", "events.ndjson")

    assert done.code == 1
    assert "is not UTF-8" in done.err
    assert "the 1,000 events before it went through" in done.err


def test_a_connection_that_lacks_a_setting_is_named(bare: Installation) -> None:
    (bare.folder / "gateway.toml").write_text('[connections.main]\nprovider = "stripe"\n')

    done = bare.run("plugins", "check", "--json")

    assert done.code == 1
    assert "connections.main.api_key" in json.loads(done.out)["faults"]["main"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["usage", "nobody", "--from", "2026-01-01T00:00:00", "--until", "2026-02-01T00:00:00Z"], "has no offset"),
        (["usage", "nobody", "--from", "2026-01-01T00:00:00Z", "--until", "2026-02-01T00:00:00Z"], "nobody"),
        (["explain", "INV-1"], "There is no invoice 'INV-1'"),
        (["plans", "apply", "nowhere.toml"], "nowhere.toml cannot be read"),
        (["ingest", "nowhere.json"], "nowhere.json cannot be read"),
        (["ingest", "broken.json"], "is not a JSON array: it ends too early"),
        (["bill", "--as-of", "2027-01-01T00:00:00Z"], "is after the business time"),
        (["subscriptions", "create", "nobody", "none", "--from", "2026-01-01T00:00:00Z"], "n"),
        (["keys", "revoke", "key_0"], "key_0"),
    ],
)
def test_an_error_is_one_clear_line(migrated: Installation, arguments: list[str], words: str) -> None:
    (migrated.folder / "broken.json").write_text("[{]")

    done = migrated.run(*arguments)

    assert done.code == 1
    assert done.err.startswith("error: ")
    assert len(done.err.strip().splitlines()) == 1
    assert words in done.err


def test_a_quarantined_event_is_replayed_when_its_reason_is_gone(acme: Installation) -> None:
    events = [event(1, customer="globex"), event(2, type="fax")]
    acme.run("ingest", "-", sent=json.dumps(events).encode())

    waiting = acme.json("quarantine", "list")
    acme.json("customers", "create", "globex", "--name", "Globex")
    replayed = acme.json("quarantine", "replay")
    again = acme.run("quarantine", "replay", *(each["id"] for each in waiting))

    assert {each["event_id"]: each["reason"] for each in waiting} == {"1": "unknown_customer", "2": "unknown_type"}
    assert sorted(each["outcome"] for each in replayed) == ["accepted", "quarantined"]
    assert [each["event_id"] for each in acme.json("quarantine", "list")] == ["2"]
    assert again.err == "1 event taken, 1 still waiting\n"


def test_credit_is_granted_once_for_each_key_and_voided(acme: Installation) -> None:
    for _ in range(2):
        granted = acme.json("credits", "grant", "acme", "10", "--currency", "USD", "--reason", "hello", "--key", "k")
    more = acme.run("credits", "grant", "acme", "5", "--currency", "USD", "--reason", "more", "--category", "paid")
    acme.run("credits", "void", granted["wallet"], "--amount", "12", "--reason", "mistake")
    beyond = acme.run("credits", "void", granted["wallet"], "--amount", "3.01", "--reason", "mistake")

    listed = {each["category"]: each["balance"] for each in acme.json("credits", "list", "acme")}

    assert (granted["balance"], listed) == ("10.00", {"promotional": "0.00", "paid": "3.00"})
    assert f"Wallet {granted['wallet']} of acme has 15.00 USD." in more.err
    assert (beyond.code, "has 3.00 USD; 3.01 is more" in beyond.err) == (1, True)
    bought = acme.json("credits", "grant", "acme", "5", "--currency", "USD", "--reason", "card", "--category", "paid")
    revoked = acme.run("credits", "revoke", bought["grant"], "--reason", "charged back", "--key", "r")
    assert (revoked.code, "0.00 USD of overage is owed" in revoked.err) == (0, True)
    assert acme.run("credits", "settle").err == "0 wallets had something due\n"
    assert acme.run("credits", "list", "nobody").code == 1


def test_an_event_that_is_not_in_quarantine_is_named(acme: Installation) -> None:
    done = acme.run("quarantine", "replay", "evq_0")

    assert done.code == 1
    assert "There is no event 'evq_0' in quarantine" in done.err


def test_every_fault_of_a_plan_file_is_a_line_of_its_own(migrated: Installation) -> None:
    faulty = PLAN.replace('meter = "calls"', 'meter = "none"').replace('"USD"', '"USX"')
    (migrated.folder / "plan.toml").write_text(faulty)

    done = migrated.run("plans", "apply", "plan.toml")

    assert done.code == 1
    assert [line.partition(": ")[2].partition(": ")[0] for line in done.err.splitlines()] == [
        "plans[0].prices[0].meter",
        "plans[0].currency",
    ]
    assert all(line.startswith("error: ") for line in done.err.splitlines())


def test_what_applying_a_plan_file_would_change_is_told_and_not_done(migrated: Installation) -> None:
    file = migrated.folder / "plan.toml"
    file.write_text(PLAN)
    new = migrated.run("plans", "diff", "plan.toml", "--exit-code")
    migrated.run("plans", "apply", "plan.toml")
    same = migrated.run("plans", "diff", "plan.toml", "--exit-code")
    file.write_text(PLAN.replace("0.50", "0.40"))

    changed = migrated.run("plans", "diff", "plan.toml", "--json")

    assert (new.code, new.out.splitlines()) == (
        1,
        ["+ event type call", "+ meter calls, version 1", "+ plan basic, version 1"],
    )
    assert (same.code, same.out) == (0, "Nothing would change.\n")
    assert (changed.code, json.loads(changed.out)) == (
        0,
        [
            {
                "kind": "plan",
                "key": "basic",
                "version": 2,
                "differences": [{"path": "prices[calls].unit_amount", "before": "0.50", "after": "0.40"}],
            }
        ],
    )
    assert [each["version"] for each in json.loads(migrated.run("plans", "list", "--json").out)] == ["1"]


def test_a_plan_is_simulated_by_events_or_by_quantities(acme: Installation) -> None:
    span = ["--from", "2026-01-01T00:00:00Z", "--until", "2026-02-01T00:00:00Z", "--json"]
    acme.run("ingest", "-", sent=json.dumps([event(number) for number in range(3)]).encode())

    by_events = json.loads(acme.run("simulate", "basic", "--customer", "acme", *span).out)
    by_quantity = json.loads(acme.run("simulate", "basic", "--quantity", "calls=12", *span).out)

    assert [each["total"] for each in by_events] == ["1.50"]
    assert [(each["issued_on"], each["total"], each["left_out"]) for each in by_quantity] == [
        ("2026-02-01", "6.00", [])
    ]


def test_a_version_is_tried_on_the_subscribers_of_a_plan(acme: Installation) -> None:
    acme.run("ingest", "-", sent=json.dumps([event(number) for number in range(3)]).encode())
    (acme.folder / "next.toml").write_text(PLAN.replace("0.50", "0.70"))
    span = ["--from", "2026-01-01T00:00:00Z", "--until", "2026-02-01T00:00:00Z"]

    tried = acme.run("backtest", "basic", "--file", "next.toml", *span)

    assert tried.code == 0
    assert tried.out.splitlines()[1].split() == ["acme", "acme/basic", "USD", "1.50", "2.10", "0.60"]
    assert tried.out.splitlines()[-1] == "In all: 1.50 before, 2.10 after, a difference of 0.60 USD"
    document = json.loads(acme.run("backtest", "basic", "--file", "next.toml", *span, "--json").out)
    assert (document["difference"], [each["after"] for each in document["subscribers"]]) == ("0.60", ["2.10"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--quantity", "calls"], "not of the form METER=NUMBER"),
        (["--quantity", "calls=many"], "'many'"),
        (["--quantity", "calls=1,many"], "'many'"),
        (["--customer", "nobody"], "There is no customer 'nobody'"),
        (["--file", "plan.toml", "--version", "1"], "leave one out"),
    ],
)
def test_a_simulation_that_cannot_be_made_is_one_clear_line(
    acme: Installation, arguments: list[str], words: str
) -> None:
    span = ["--from", "2026-01-01T00:00:00Z", "--until", "2026-02-01T00:00:00Z"]

    refused = acme.run("simulate", "basic", *span, *arguments)

    assert refused.code == 1
    assert words in refused.err
    assert len(refused.err.splitlines()) == 1


def test_a_database_that_does_not_exist_is_not_made_by_looking(bare: Installation) -> None:
    done = bare.run("invoices")

    assert done.code == 1
    assert "run `gateway migrate`" in done.err
    assert not (bare.folder / "gateway.db").exists()


def test_a_database_that_cannot_be_reached_is_one_clear_line(bare: Installation) -> None:
    bare.environment["GATEWAY_STORAGE__URL"] = "postgresql://user:hunter2@127.0.0.1:1/none"

    done = bare.run("invoices")

    assert done.code == 1
    assert done.err.startswith("error: ")
    assert "Traceback" not in done.err
    assert "hunter2" not in done.err


def test_migrating_makes_the_database_and_again_changes_nothing(bare: Installation) -> None:
    first = bare.json("migrate")

    assert bare.json("migrate") == first
    assert bare.json("doctor")["ok"]


def test_wrong_settings_are_named(bare: Installation) -> None:
    done = bare.run("doctor", "--config", "nowhere.toml")

    assert (done.code, done.err.strip()) == (
        1,
        "error: nowhere.toml does not exist; write it, or name another with --config FILE",
    )


def test_wrong_use_ends_with_2(bare: Installation) -> None:
    assert bare.run("usage").code == 2
    assert bare.run("no-such-command").code == 2


def test_the_help_names_every_command(bare: Installation) -> None:
    shown = bare.run("--help").out

    for name in (*_COMMANDS, "plans", "plugins", "keys"):
        assert f" {name} " in shown
    assert " worker " not in shown


def test_what_is_due_is_delivered_to_every_connection(acme: Installation) -> None:
    acme.json("bill", "--as-of", "2026-02-02T00:00:00Z")
    main, other = ('[connections.main]\nprovider = "sandbox"\n', '[connections.other]\nprovider = "sandbox"\n')
    (acme.folder / "gateway.toml").write_text(f'[billing]\nconnection = "other"\n{main}{other}')

    billed = acme.json("bill", "--as-of", "2026-02-02T00:00:00Z", "--deliver")

    assert (billed["delivered"], billed["delivered_to"]) == (1, {"main": 1})


def test_what_running_periods_come_to_is_told_with_a_range(acme: Installation) -> None:
    acme.run("ingest", "-", sent=json.dumps([event(1, occurred_at="2026-02-01T12:00:00Z")]).encode())

    told = acme.run("reports", "forecast")

    # A call on one of 28 days makes 28; 27 of them may be three tenths less or more.
    assert told.out.splitlines()[1].split() == [
        "acme", "2026-03-01T00:00:00Z", "10.00", "14.00", "18.00", "USD", "straight_line",
    ]  # fmt: skip
    assert told.err.splitlines()[-1] == "In all 10.00 to 18.00 USD, 14.00 expected"
    document = json.loads(acme.run("reports", "forecast", "--customer", "acme", "--json").out)
    assert document["totals"] == [
        {
            "currency": "USD",
            "subscriptions": 1,
            "low": "10.00",
            "expected": "14.00",
            "high": "18.00",
            "expected_on_a_line": "14.00",
        }
    ]
    assert [each["method"] for each in document["subscriptions"]] == ["straight_line"]


def test_forecasts_are_judged_by_what_came(acme: Installation) -> None:
    acme.run("ingest", "-", sent=json.dumps([event(1)]).encode())
    span = ["--from", "2026-01-01T00:00:00Z", "--until", "2026-02-01T00:00:00Z"]

    told = acme.run("reports", "forecast-backtest", *span, "--day", "20")

    # One call came, on the 15th; a straight line makes two of it (1.55), and one at least (1.385).
    rows = [line.split() for line in told.out.splitlines()]
    assert rows[1] == ["USD", "2026-01-01", "20", "1", "100.0", "%", "100.0", "%", "100.0", "%"]
    assert [row[1:3] for row in rows[2:]] == [["all", "20"], ["all", "all"]]
    document = json.loads(acme.run("reports", "forecast-backtest", *span, "--day", "20", "--json").out)
    assert [(each["expected"], each["came"]) for each in document["forecasts"]] == [("1.00", "0.50")]
    assert document["accuracy"][0]["error"] == "1.0000"


def test_customers_at_risk_are_told_with_the_figures(acme: Installation) -> None:
    acme.run("ingest", "-", sent=json.dumps([event(1)]).encode())
    acme.run("bill")
    [invoice] = json.loads(acme.run("invoices", "--json").out)
    (acme.folder / "gateway.toml").write_text(SETTINGS.replace("2026-02-02", "2026-04-02"))

    told = acme.run("reports", "at-risk")

    assert told.out.splitlines()[1].split() == ["acme", "failed_payment", invoice["id"], "0.50", "USD", "2026-03-04"]
    [risk] = json.loads(acme.run("reports", "at-risk", "--reason", "failed_payment", "--json").out)
    assert risk == {
        "customer": "acme",
        "reason": "failed_payment",
        "subject": invoice["id"],
        "amount_now": "0.50",
        "currency": "USD",
        "due_on": "2026-03-04",
    }
    assert acme.run("reports", "at-risk", "--reason", "usage_spike", "--json").out == "[]\n"
