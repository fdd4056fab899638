"""What is exported is what there is: each row once, sums as ours, on both databases."""

import io
import json
import threading
from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars
import pytest

from gateway.core.errors import InvalidValue
from gateway.core.invoicing.invoice import Invoice, PaidBy, PaymentStatus
from gateway.core.metering.live import Bucket
from gateway.services.correct_event import CorrectionRequest, amend_event, void_event
from gateway.services.credit_invoice import CreditRequest, credit_invoice
from gateway.services.export_data import DATASETS, Exported, export_to_folder, export_to_stream, verify_folder
from gateway.services.follow_provider import note_payment
from gateway.services.void_invoice import void_invoice
from gateway.tables.folder import BrokenFolder, FolderBusy, read_manifest
from gateway.tables.writing import TableFormat
from tests.services.billing import FEBRUARY, JANUARY, Company

LONG = "0.000000000001"
YEARS = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC))


@pytest.fixture
def used(company: Company) -> Company:
    """A company with usage of two customers: six calls and three uploads."""
    for customer in ("acme", "globex"):
        company.sign(customer)
    company.call("2026-01-05T10:00:00+02:00", times=3)
    company.call("2026-01-05T11:30:00Z", user="bob", customer="globex", times=3)
    for gigabytes in (12345678, LONG, 0.1):
        company.upload("2026-01-06T00:00:00.000001Z", gigabytes)
    return company


def export(company: Company, name: str, folder: Path, since: int | None = None) -> Exported:
    told: list[tuple[int, int]] = []
    done = export_to_folder(
        company.installation, DATASETS[name], folder, TableFormat.PARQUET, since, lambda *each: told.append(each)
    )
    assert done.after == done.through or told[-1] == (done.through - done.after,) * 2
    return done


def table(folder: Path, name: str) -> polars.DataFrame:
    """What a reader finds who goes by the manifest."""
    manifest = read_manifest(folder, name)
    assert manifest is not None
    return polars.concat([polars.read_parquet(folder / file.name) for file in manifest.files])


def request(event: str, key: str) -> CorrectionRequest:
    return CorrectionRequest("test", event, "sent wrong", "ada", key)


def test_events_are_as_they_were_sent_and_corrections_have_rows_of_their_own(used: Company, tmp_path: Path) -> None:
    void_event(used.installation, request("call-1", "k1"))
    amend_event(used.installation, request("upload-7", "k2"), {"gigabytes": 2, "zone": "us"})

    export(used, "events", tmp_path)

    frame = table(tmp_path, "events")
    assert frame["position"].to_list() == list(range(1, 12))
    assert frame["id"].to_list()[8:] == ["upload-9", "call-1", "upload-7"]
    assert frame["occurred_at"][0] == datetime(2026, 1, 5, 8, tzinfo=UTC)
    assert frame["occurred_at"][6] == datetime(2026, 1, 6, 0, 0, 0, 1, UTC)
    assert frame["properties"].to_list()[6:9] == [
        '{"gigabytes":12345678,"zone":"eu"}', f'{{"gigabytes":"{LONG}","zone":"eu"}}',
        '{"gigabytes":0.1,"zone":"eu"}',
    ]  # fmt: skip
    corrections = frame.select("position", "type", "correction", "corrects", "reason", "actor").rows()[9:]
    assert corrections == [
        (10, "gateway.event_voided", "void", 1, "sent wrong", "ada"),
        (11, "upload", "amend", 7, "sent wrong", "ada"),
    ]


def test_a_later_export_adds_what_is_new(used: Company, tmp_path: Path) -> None:
    first = export(used, "events", tmp_path)
    nothing = export(used, "events", tmp_path)
    used.call("2026-01-07T00:00:00Z")
    second = export(used, "events", tmp_path, since=0)

    assert [(each.after, each.through, each.rows) for each in (first, nothing, second)] == [
        (0, 9, 9), (9, 9, 0), (9, 10, 1),
    ]  # fmt: skip
    assert table(tmp_path, "events")["position"].to_list() == list(range(1, 11))


def hours(frame: polars.DataFrame) -> dict[tuple[Any, ...], tuple[int, Decimal, int]]:
    """What the rows of usage hold by now, as the guide tells readers to find it."""
    key = ["subscription_id", "meter", "meter_version", "dimensions", "hour"]
    forgotten = (
        frame.filter(polars.col("meter").is_null())
        .group_by("subscription_id")
        .agg(polars.col("position").max().alias("forgotten_at"))
    )
    held = (
        frame.filter(polars.col("meter").is_not_null())
        .join(forgotten, on="subscription_id", how="left")
        .filter(polars.col("position") > polars.col("forgotten_at").fill_null(0))
        .sort("position")
        .unique(key, keep="last")
    )
    return {tuple(row[:5]): tuple(row[5:]) for row in held.select(*key, "events", "total", "distinct_values").rows()}


def live_hours(company: Company) -> dict[tuple[Any, ...], tuple[int, Decimal, int]]:
    company.projector.catch_up()
    ids = [each.id for each in company.read(lambda unit: unit.definitions.subscriptions())]
    states = company.read(lambda unit: unit.live.states(ids, Bucket.HOUR, *YEARS))
    return {
        (
            key.series.subscription_id,
            key.series.meter,
            key.series.version,
            json.dumps(dict(key.series.dimensions), separators=(",", ":")),
            key.starts_at,
        ): (state.events, state.total, state.distinct)
        for key, state in states.items()
    }


def test_usage_is_what_live_counts_hold_after_every_change(used: Company, tmp_path: Path) -> None:
    steps = [
        lambda: None,
        lambda: used.call("2026-01-05T08:59:59Z", user="eve"),
        lambda: void_event(used.installation, request("upload-7", "k1")),
        lambda: [void_event(used.installation, request(f"call-{n}", f"k{n}")) for n in (4, 5, 6)],
        lambda: used.call("2026-01-09T00:00:00Z", customer="globex"),
    ]
    for step in steps:
        step()
        export(used, "usage", tmp_path)
        assert hours(table(tmp_path, "usage")) == live_hours(used)


def test_usage_that_did_not_change_is_not_exported_again(used: Company, tmp_path: Path) -> None:
    everything = export(used, "usage", tmp_path)
    again = export(used, "usage", tmp_path)
    used.call("2026-01-05T08:59:59Z")
    changed = export(used, "usage", tmp_path)

    assert (everything.rows, again.rows, changed.rows) == (5, 0, 2)


def test_usage_that_is_counted_from_the_start_again_supersedes_what_was(used: Company, tmp_path: Path) -> None:
    export(used, "usage", tmp_path)
    used.installation.storage.transact(lambda unit: unit.live.reset())
    export(used, "usage", tmp_path)

    assert hours(table(tmp_path, "usage")) == live_hours(used) != {}


def billed(company: Company) -> list[Invoice]:
    """The invoices of January, and of February in advance, all of them final."""
    company.bill(JANUARY)
    company.bill(FEBRUARY)
    return company.invoices()


def test_invoices_and_lines_sum_to_what_is_billed(used: Company, tmp_path: Path) -> None:
    final = billed(used)
    for name in ("invoices", "invoice-lines"):
        export(used, name, tmp_path)

    total = sum(each.total.amount_minor for each in final)
    assert total > 0
    for name in ("invoices", "invoice-lines"):
        assert table(tmp_path, name)["total"].sum() == Decimal(total) / 100
    lines = table(tmp_path, "invoice-lines")
    assert len(lines) == sum(len(each.lines) for each in final)
    traffic = lines.filter(polars.col("meter") == "traffic")
    assert traffic["quantity"].to_list() == [Decimal("12345678.100000000001")]
    assert json.loads(traffic["dimensions"][0]) == {"zone": "eu"}


def test_what_happens_to_an_invoice_later_is_a_row_that_takes_it_back(used: Company, tmp_path: Path) -> None:
    first, second, *_ = billed(used)
    for name in ("invoices", "invoice-lines"):
        export(used, name, tmp_path)
    seen = len(table(tmp_path, "invoices"))
    installation = used.installation
    installation.storage.transact(
        lambda unit: note_payment(unit, installation, first, PaymentStatus.PAID, PaidBy.PAYMENT)
    )
    credit_invoice(installation, CreditRequest(first.id, "Outage"), "ada", "k1")
    void_invoice(installation, second.id, "ada", "Made in error", "k2")
    for name in ("invoices", "invoice-lines"):
        export(used, name, tmp_path)

    later = table(tmp_path, "invoices")[seen:]
    assert later.select("change", "invoice_id", "total", "payment_status", "paid_by").rows() == [
        ("payment", first.id, Decimal(0), "paid", "payment"),
        ("credited", first.id, -first.total.amount, None, None),
        ("voided", second.id, -second.total.amount, None, None),
    ]
    for name in ("invoices", "invoice-lines"):
        of_both = table(tmp_path, name).filter(polars.col("invoice_id").is_in([first.id, second.id]))
        assert of_both.select("net", "tax", "total").sum().row(0) == (Decimal(0),) * 3
    assert later["credit_note"].to_list()[0] is None
    assert later["credit_note"].to_list()[1] is not None


def test_transfers_add_up_to_the_trial_balance(used: Company, tmp_path: Path) -> None:
    billed(used)
    export(used, "transfers", tmp_path)

    balances: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in table(tmp_path, "transfers").iter_rows(named=True):
        balances[row["debit_account"], row["currency"]] += row["amount"]
        balances[row["credit_account"], row["currency"]] -= row["amount"]
    ours = used.read(lambda unit: unit.books.balances())
    assert {place: amount for place, amount in balances.items() if amount} == {
        place: Decimal(minor) / 100 for place, minor in ours.items() if minor
    }


def test_a_stream_has_the_same_rows_as_files(used: Company, tmp_path: Path) -> None:
    sink = io.BytesIO()
    dataset = DATASETS["events"]
    streamed = export_to_stream(used.installation, dataset, sink, 4, lambda *_: None)
    export_to_folder(used.installation, dataset, tmp_path, TableFormat.CSV, 4, lambda *_: None)

    assert (streamed.rows, streamed.after, streamed.through) == (5, 4, 9)
    assert (tmp_path / "events-000000000005-000000000009.csv").read_bytes() == sink.getvalue()


def test_a_position_to_come_is_refused(used: Company, tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match="after position 10, but events of this installation end at 9"):
        export(used, "events", tmp_path, since=10)
    with pytest.raises(InvalidValue, match="is to begin after position 10"):
        export_to_stream(used.installation, DATASETS["events"], io.BytesIO(), 10, lambda *_: None)


def test_exports_beside_senders_have_each_event_once(used: Company, tmp_path: Path) -> None:
    def send() -> None:
        for _ in range(10):
            used.call("2026-01-08T00:00:00Z", times=3)

    def run() -> None:
        while any(thread.is_alive() for thread in senders):
            try:
                export(used, "events", tmp_path)
            except FolderBusy:
                continue

    senders = [threading.Thread(target=send) for _ in range(3)]
    exporters = [threading.Thread(target=run) for _ in range(2)]
    for thread in (*senders, *exporters):
        thread.start()
    for thread in (*senders, *exporters):
        thread.join()
    export(used, "events", tmp_path)

    frame = table(tmp_path, "events")
    assert frame["position"].to_list() == list(range(1, 100))
    assert frame["id"].n_unique() == 99


def test_a_folder_is_verified_dataset_by_dataset(used: Company, tmp_path: Path) -> None:
    export(used, "events", tmp_path)
    export(used, "usage", tmp_path)
    [usage_file] = list(tmp_path.glob("usage-*.parquet"))
    usage_file.unlink()

    found = {each.dataset: each for each in verify_folder(tmp_path)}

    assert (found["events"].rows, found["events"].files, found["events"].faults) == (9, 1, ())
    assert found["usage"].faults == (f"{usage_file.name} is missing",)


def test_a_folder_without_an_export_is_not_verified(tmp_path: Path) -> None:
    with pytest.raises(BrokenFolder, match="holds no export"):
        list(verify_folder(tmp_path))
