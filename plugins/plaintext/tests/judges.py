"""The programs that read the books, run as a user runs them: what they refuse, and the balances they find."""

import csv
import re
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

from gateway_plaintext.settings import Format

Balances = dict[tuple[str, str], Decimal]
_AMOUNT = re.compile(r"(-?[0-9.]+) ([A-Z]{3})")


def check(books: Path, format_: Format) -> None:
    """Raise `CalledProcessError`, with what it says, if the books are not accepted."""
    if format_ is Format.BEANCOUNT:
        _run(_installed("bean-check"), str(books / "main.beancount"))
    else:
        file = str(books / "main.journal")
        _run(_installed("hledger"), "check", "--strict", "-f", file)


def balances(books: Path, format_: Format) -> Balances:
    """Debits less credits of each account and currency, without those of nothing."""
    found = _beancount(books) if format_ is Format.BEANCOUNT else _hledger(books)
    return {place: amount for place, amount in found.items() if amount}


def _beancount(books: Path) -> Balances:
    query = "SELECT account, currency, sum(number) AS total GROUP BY account, currency"
    out = _run(_installed("bean-query"), "-f", "csv", str(books / "main.beancount"), query)
    rows = csv.DictReader(out.splitlines())
    return {(row["account"].strip(), row["currency"].strip()): Decimal(row["total"].strip()) for row in rows}


def _hledger(books: Path) -> Balances:
    file = str(books / "main.journal")
    out = _run(_installed("hledger"), "balance", "--flat", "-O", "csv", "-f", file)
    rows = [row for row in csv.DictReader(out.splitlines()) if row["account"].lower() not in {"total", "total:"}]
    found = ((row["account"], _AMOUNT.findall(row["balance"])) for row in rows)
    return {(account, code): Decimal(number) for account, amounts in found for number, code in amounts}


def _installed(program: str) -> str:
    """Where it is. A missing judge is a failure and no skip: `make setup` and `make setup-system` install them."""
    beside = Path(sys.executable).parent / program
    found = str(beside) if beside.exists() else shutil.which(program)
    assert found is not None, f"{program} is not installed; run `make setup setup-system`"
    return found


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={"LANG": "C.UTF-8"})
    assert done.returncode == 0, f"{command[0]}: {done.stdout}{done.stderr}"
    assert not done.stderr, done.stderr
    return done.stdout
