"""Journals for beancount."""

import re

from gateway.plugin_api import JournalDocument
from gateway_plaintext.texts import FOLDERS, TextFormat, flat

_ACCOUNT = re.compile(r"(?:Assets|Liabilities|Equity|Income|Expenses)(?::[A-Z0-9][A-Za-z0-9-]*)+", re.ASCII)
_QUOTED = r'"((?:[^"\\]|\\.)*)"'


class Beancount(TextFormat):
    """See `TextFormat`. Accounts are opened on a day before any journal."""

    suffix = ".beancount"
    indent = "  "
    account_advice = (
        "begin with Assets, Liabilities, Equity, Income or Expenses, then names of letters, digits and dashes after"
        " colons, each with a capital first, such as Assets:Receivable"
    )
    _heading = re.compile(rf"([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}) \* {_QUOTED}")
    _note = re.compile(rf"( +)([a-z]+): {_QUOTED}")
    _posting = re.compile(r"  (\S+)  (\S+) ([A-Z]{3})")
    _account = re.compile(r"1970-01-01 open (\S+)\n")

    def is_account(self, name: str) -> bool:
        """See `TextFormat.is_account`."""
        return _ACCOUNT.fullmatch(name) is not None

    def main(self) -> str:
        """See `TextFormat.main`."""
        return "".join(f'include "{folder}/*{self.suffix}"\n' for folder in FOLDERS)

    def account(self, name: str) -> str:
        """See `TextFormat.account`."""
        return f"1970-01-01 open {name}\n"

    def currency(self, code: str) -> str:
        """See `TextFormat.currency`."""
        return f"1970-01-01 commodity {code}\n"

    def heading(self, journal: JournalDocument) -> str:
        """See `TextFormat.heading`."""
        return f"{journal.accounting_day} * {_quoted(flat(journal.memo))}"

    def note(self, name: str, text: str) -> str:
        """See `TextFormat.note`."""
        return f"{name}: {_quoted(text)}"

    def unquoted(self, text: str) -> str:
        """See `TextFormat.unquoted`."""
        return re.sub(r"\\(.)", r"\1", text)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
