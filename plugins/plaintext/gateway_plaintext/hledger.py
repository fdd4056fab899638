"""Journals for hledger."""

import re

from gateway.plugin_api import JournalDocument, Money
from gateway_plaintext.texts import FOLDERS, TextFormat, flat

_ROOT = re.compile(r"(?:assets|liabilities|equity|income|revenues?|expenses)(?::|$)", re.IGNORECASE)
_NAME = re.compile(r"[^\s;()\[\]]+(?: [^\s;()\[\]]+)*")


class Hledger(TextFormat):
    """See `TextFormat`. Accounts and currencies are declared, so that `hledger check --strict` passes."""

    suffix = ".journal"
    indent = "    "
    account_advice = (
        "begin with assets, liabilities, equity, income, revenues or expenses, then names after colons, without"
        " brackets, semicolons or two blanks in a row, such as assets:receivable"
    )
    _heading = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}) \* \([^)]*\)(?: .*)?")
    _note = re.compile(r"( +); ([a-z]+): (.*)")
    _posting = re.compile(r" {4}(\S+(?: \S+)*)  (\S+) ([A-Z]{3})")
    _account = re.compile(r"account (.+)\n")

    def is_account(self, name: str) -> bool:
        """See `TextFormat.is_account`."""
        return _ROOT.match(name) is not None and all(_NAME.fullmatch(part) for part in name.split(":"))

    def main(self) -> str:
        """See `TextFormat.main`."""
        return "decimal-mark .\n" + "".join(f"include {folder}/*{self.suffix}\n" for folder in FOLDERS)

    def account(self, name: str) -> str:
        """See `TextFormat.account`."""
        return f"account {name}\n"

    def currency(self, code: str) -> str:
        """See `TextFormat.currency`."""
        # hledger wants to see a decimal mark, also where nothing stands behind it.
        sample = str(Money(10**6, code))
        return f"commodity {sample if '.' in sample else f'{sample}.'} {code}\n"

    def heading(self, journal: JournalDocument) -> str:
        """See `TextFormat.heading`."""
        # What stands behind a semicolon is a comment.
        return f"{journal.accounting_day} * ({journal.number}) {flat(journal.memo).replace(';', ',')}".rstrip()

    def note(self, name: str, text: str) -> str:
        """See `TextFormat.note`."""
        return f"; {name}: {text}"
