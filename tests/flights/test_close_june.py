"""June of the flights is closed: both accounting systems have it once, whatever is killed and however often asked."""

import base64
import json
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest
from gateway_plaintext import PlainTextSettings, PlainTextTarget
from gateway_plaintext.settings import Format

from gateway.core.books.chart import CHART, AccountClass
from gateway.testing import FakeHost
from plugins.plaintext.tests import judges
from plugins.quickbooks.tests.connecting import DEFERRED, INCOME, RECEIVABLES, told
from plugins.quickbooks.tests.fake_quickbooks import Loopback, company, serving
from tests.edge.running import Installation, command, wait_until
from tests.vendors.books import ALWAYS
from tests.vendors.loopback import Fault

JUNE = "2013-06"
BEFORE = [f"2013-{number:02}" for number in range(1, 6)]
ACCOUNTS = {
    AccountClass.ASSET: RECEIVABLES,
    AccountClass.LIABILITY: DEFERRED,
    AccountClass.INCOME: INCOME,
    AccountClass.CONTRA_INCOME: INCOME,
    AccountClass.EXPENSE: INCOME,
}
_KEY = base64.b64encode(bytes(32)).decode()
lease_seconds = 60
"""How long a process that was killed keeps what it had under way."""


def installed(folder: Path, loopback: Loopback, *customers: str) -> Installation:
    """The flights through August, with plain-text books and a company at QuickBooks; January to May are posted."""
    made = Installation(folder)
    chosen = ("--customers", ",".join(customers)) if customers else ()
    done = made.run("demo", "--no-serve", "--folder", ".", "--through", "2013-08-15", *chosen)
    assert done.code == 0, done.err
    with (folder / "gateway.toml").open("a") as file:
        file.write(_settings(loopback))
    assert made.run("books", "recognise").code == 0
    for month in BEFORE:
        assert made.run("books", "close", month).code == 0
    assert made.run("books", "deliver").code == 0
    return made


def _settings(loopback: Loopback) -> str:
    accounts = {kind: ACCOUNTS[each.account_class] for kind, each in CHART.items() if each.account_class in ACCOUNTS}
    return "\n".join(
        [
            f'\n[secrets]\nkey = "{_KEY}"',
            '\n[journals.files]\ntarget = "plaintext"\ndirectory = "books"',
            '\n[journals.quickbooks]\ntarget = "quickbooks"',
            *(f"{name} = {json.dumps(value)}" for name, value in told(loopback).items()),
            "\n[journals.quickbooks.accounts]",
            *(f"{kind} = {json.dumps(name)}" for kind, name in accounts.items()),
            "",
        ]
    )


def killed(installation: Installation, *arguments: str) -> "subprocess.Popen[bytes]":
    """A command in a process of its own, to be killed."""
    return subprocess.Popen(
        command(*arguments), cwd=installation.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def kill(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    assert process.wait() == -signal.SIGKILL


def at_quickbooks(loopback: Loopback) -> list[str]:
    """The numbers of June's journal entries there."""
    return [each["DocNumber"] for each in loopback.fake.entries.values() if each["DocNumber"].startswith(JUNE)]


def in_files(folder: Path) -> PlainTextTarget:
    return PlainTextTarget("files", PlainTextSettings(directory=folder / "books"), FakeHost())


def net(installation: Installation) -> Counter[str]:
    """What June moved, by the account at QuickBooks, in cents."""
    found: Counter[str] = Counter()
    for row in installation.json("books", "balances", "--month", JUNE):
        account = ACCOUNTS[CHART[row["account"]].account_class]
        found[account] += _cents(row["debits"]) - _cents(row["credits"])
    return found


def _cents(amount: str) -> int:
    return int(amount.replace(".", ""))


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("customers", [("AS", "F9", "YV"), ()], ids=["three airlines", "all"])
def test_june_is_posted_exactly_once_to_both_targets(tmp_path: Path, customers: tuple[str, ...]) -> None:
    with serving(company()) as loopback:
        made = installed(tmp_path, loopback, *customers)

        # Killed while it closes: the month is closed with its journals, or nothing has happened.
        closing = killed(made, "books", "close", JUNE)
        time.sleep(1)
        closing.kill()
        closing.wait()
        again = made.run("books", "close", JUNE)
        assert again.code == 0 or "is closed already" in again.err
        refused = made.run("books", "close", JUNE)
        assert (refused.code, "is closed already" in refused.err) == (1, True)
        assert made.json("books", "post", JUNE) == []

        # Killed while QuickBooks has made the journal entry, and not answered yet.
        loopback.write_fault = Fault.SLOW
        delivering = killed(made, "books", "deliver")
        wait_until(lambda: len(at_quickbooks(loopback)) == 1, seconds=120)
        kill(delivering)
        loopback.released.set()

        def is_delivered() -> bool:
            made.run("books", "deliver")
            return {each["status"] for each in made.json("books", "journals", "--month", JUNE)} == {"delivered"}

        wait_until(is_delivered, seconds=4 * lease_seconds)
        made.run("books", "deliver")

        [number] = at_quickbooks(loopback)
        assert [each.number for each in in_files(tmp_path).journals(*ALWAYS) if each.number.startswith(JUNE)] == [
            each["number"] for each in made.json("books", "journals", "--month", JUNE) if each["connection"] == "files"
        ]
        entry = next(each for each in loopback.fake.entries.values() if each["DocNumber"] == number)
        moved: Counter[str] = Counter()
        for line in entry["Line"]:
            detail = line["JournalEntryLineDetail"]
            sign = 1 if detail["PostingType"] == "Debit" else -1
            moved[detail["AccountRef"]["name"]] += sign * round(line["Amount"] * 100)
        assert moved == net(made)
        judges.check(tmp_path / "books", Format.BEANCOUNT)
        compared = made.run("books", "compare", JUNE)
        assert (compared.code, compared.err.count("1 journal compared, 0 differ")) == (0, 2)
