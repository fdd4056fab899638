"""Plain-text books: a folder of files, each made once, of which beancount or hledger reads the first.

A journal is a file of its own, named by its number, so that it is there whole or not at all, once, and found at once.
"""

import glob
import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from urllib.parse import quote

from gateway.plugin_api import (
    API_VERSION,
    ConnectionHost,
    ExternalJournal,
    JournalCapabilities,
    JournalDocument,
    JournalReversal,
    JournalTarget,
    NeedsAttention,
    Permanent,
    RatePolicy,
    TargetAccount,
)
from gateway_plaintext.beancount import Beancount
from gateway_plaintext.files import make_once, texts_in
from gateway_plaintext.hledger import Hledger
from gateway_plaintext.mapping import DEFAULT_ACCOUNTS
from gateway_plaintext.settings import Format, PlainTextSettings
from gateway_plaintext.texts import TextFormat

_FORMATS: dict[Format, TextFormat] = {Format.BEANCOUNT: Beancount(), Format.HLEDGER: Hledger()}


class PlainTextTarget(JournalTarget):
    """See `JournalTarget`. `ref` is the number."""

    NAME = "plaintext"
    API_VERSION = API_VERSION
    Settings = PlainTextSettings
    capabilities = JournalCapabilities(
        reversal=JournalReversal.SECOND_JOURNAL,
        lines_max=100_000,
        number_field="the name of the file, and its `number`",
        number_length_max=100,
        idempotency_window_seconds=0,
        rate=RatePolicy(requests=1_000, seconds=1, burst=1_000),
        customers=True,
        classes=True,
        makes_accounts=True,
        default_accounts=DEFAULT_ACCOUNTS,
    )

    def __init__(self, connection: str, settings: PlainTextSettings, host: ConnectionHost) -> None:
        self._connection = connection
        self._host = host
        self._format = _FORMATS[settings.format]
        self._root = settings.directory

    def check(self) -> None:
        """See `JournalTarget.check`."""
        there = next(folder for folder in (self._root, *self._root.absolute().parents) if folder.exists())
        if not (there.is_dir() and os.access(there, os.W_OK | os.X_OK)):
            raise NeedsAttention(
                f"{self._root} cannot be written, because {there} is no folder that the gateway may write",
                "give it the right to write there, or name another `directory`",
            )

    def accounts(self) -> Iterator[TargetAccount]:
        """See `JournalTarget.accounts`; those that something was put on."""
        for _, text in texts_in(self._root, f"accounts/*{self._format.suffix}"):
            name = self._format.account_name(text)
            yield TargetAccount(name, name)

    def put_journal(self, journal: JournalDocument, key: str) -> ExternalJournal:  # noqa: ARG002 (files need no key)
        """See `JournalTarget.put_journal`."""
        self._require_accounts(journal)
        text = self._format.journal(journal)
        if self.find_journal(journal.number) is None:
            self._make(journal, text)
        held = self.fetch_journal(journal.number)
        if held.version != self._format.read(journal.number, text).version:
            raise NeedsAttention(
                f"Another journal is kept as {journal.number} in {self._root}",
                "look whose it is; remove its file if it is to be posted anew, then resume the delivery",
            )
        return held

    def find_journal(self, number: str) -> ExternalJournal | None:
        """See `JournalTarget.find_journal`."""
        found = [self._read(file, text) for file, text in self._texts(glob.escape(number))]
        if len(found) > 1:
            raise NeedsAttention(f"{self._root} has {len(found)} files for {number}", "remove all but the right one")
        return found[0] if found else None

    def fetch_journal(self, ref: str) -> ExternalJournal:
        """See `JournalTarget.fetch_journal`."""
        found = self.find_journal(ref)
        if found is None:
            raise Permanent(f"There is no journal {ref} in {self._root}")
        return found

    def reverse_journal(self, ref: str, reversal: JournalDocument, key: str) -> ExternalJournal:
        """See `JournalTarget.reverse_journal`."""
        self.fetch_journal(ref)
        return self.put_journal(reversal, key)

    def journals(self, start: date, end: date) -> Iterator[ExternalJournal]:
        """See `JournalTarget.journals`."""
        for file, text in self._texts("*"):
            journal = self._read(file, text)
            if start <= journal.accounting_day < end:
                yield journal

    def _texts(self, name: str) -> Iterator[tuple[Path, str]]:
        return texts_in(self._root, f"journals/*/{name}{self._format.suffix}")

    def _read(self, file: Path, text: str) -> ExternalJournal:
        try:
            return self._format.read(file.name.removesuffix(self._format.suffix), text)
        except ValueError as error:
            raise NeedsAttention(
                f"{file} is not as the gateway wrote it: {error}",
                "put it back as it was, and enter corrections as transactions in files of your own",
            ) from None

    def _file(self, journal: JournalDocument) -> Path:
        year = f"{journal.accounting_day:%Y}"
        return self._root / "journals" / year / f"{journal.number}{self._format.suffix}"

    def _require_accounts(self, journal: JournalDocument) -> None:
        for name in {line.account for line in journal.lines}:
            if not self._format.is_account(name):
                raise NeedsAttention(
                    f"{name!r} cannot be the name of an account in these books",
                    f"correct it in [journals.{self._connection}.accounts]: {self._format.account_advice}",
                )

    def _make(self, journal: JournalDocument, text: str) -> None:
        """The journal's file, after all that is needed beside it, so that the books can be read as soon as it is there.

        Of two processes that make it at once the first does.
        """
        suffix = self._format.suffix
        try:
            self._prepare(journal, suffix)
            make_once(self._file(journal), text)
        except (PermissionError, NotADirectoryError, FileExistsError) as error:
            raise NeedsAttention(
                f"{error.filename} cannot be written: {error.strerror}",
                "give the gateway the right to write there, or name another `directory`",
            ) from None

    def _prepare(self, journal: JournalDocument, suffix: str) -> None:
        for name in sorted({line.account for line in journal.lines}):
            make_once(self._root / "accounts" / f"{quote(name, safe='')}{suffix}", self._format.account(name))
        currency = self._format.currency(journal.currency)
        make_once(self._root / "currencies" / f"{journal.currency}{suffix}", currency)
        make_once(self._root / f"main{suffix}", self._format.main())
