"""What the sandbox holds, in SQLite, outside of the gateway's own database."""

import json
import secrets
import sqlite3
import threading
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

_TABLES = """
CREATE TABLE IF NOT EXISTS held_document (
    ref TEXT PRIMARY KEY, kind TEXT NOT NULL, our_id TEXT NOT NULL, customer_ref TEXT NOT NULL, status TEXT,
    currency TEXT, lines TEXT NOT NULL, tax_minor INTEGER NOT NULL, paid_minor INTEGER NOT NULL, paid_by TEXT,
    credited_minor INTEGER NOT NULL, refunded_minor INTEGER NOT NULL, payments TEXT NOT NULL,
    created_at INTEGER NOT NULL, issued_at INTEGER, changed_at INTEGER NOT NULL, version INTEGER NOT NULL,
    number TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS answer (
    key TEXT PRIMARY KEY, request TEXT NOT NULL, ref TEXT, answered_at INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS held_document_our_id ON held_document (kind, our_id);
CREATE INDEX IF NOT EXISTS held_document_changed_at ON held_document (kind, changed_at);
CREATE INDEX IF NOT EXISTS held_document_issued_at ON held_document (status, issued_at);
CREATE TABLE IF NOT EXISTS account (id TEXT PRIMARY KEY) STRICT;
CREATE TABLE IF NOT EXISTS counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
"""
_COLUMNS = (
    "ref kind our_id customer_ref status currency lines tax_minor paid_minor paid_by credited_minor refunded_minor"
    " payments created_at issued_at changed_at version number"
)
_LISTS = ("lines", "payments")
busy_seconds = 30


@dataclass(frozen=True, slots=True)
class Document:
    """A customer, an invoice or a credit note; times are microseconds since 1970.

    `lines` maps our line ids to minor units, and `payments` are our ids of those that came by another way. What is
    credited of an invoice lowers what is due, but for the part that was refunded or given back out of band.
    """

    ref: str
    kind: str
    our_id: str
    created_at: int
    changed_at: int
    customer_ref: str = ""
    status: str | None = None
    currency: str | None = None
    lines: tuple[tuple[str, int], ...] = ()
    tax_minor: int = 0
    paid_minor: int = 0
    paid_by: str | None = None
    credited_minor: int = 0
    refunded_minor: int = 0
    payments: tuple[str, ...] = ()
    issued_at: int | None = None
    version: int = 1
    number: str | None = None

    @property
    def total_minor(self) -> int:
        """The sum of its lines, and the tax that the sandbox computed."""
        return sum(amount for _, amount in self.lines) + self.tax_minor

    @property
    def due_minor(self) -> int:
        """What is still to be paid of an invoice."""
        return max(0, self.total_minor - self.paid_minor - (self.credited_minor - self.refunded_minor))


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered under an idempotency key; no `ref` for a failure."""

    request: str
    ref: str | None
    answered_at: int


class Records:
    """The records, within one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def next_number(self, name: str) -> int:
        """Count one more of `name`, from 1."""
        row = self._connection.execute(
            "INSERT INTO counter VALUES (?, 1) ON CONFLICT DO UPDATE SET value = value + 1 RETURNING value", (name,)
        ).fetchone()
        return int(row[0])

    def put(self, document: Document) -> None:
        """Store a document, in place of its earlier state."""
        named = {name: getattr(document, name) for name in _COLUMNS.split()}
        values = [*(named | {name: json.dumps(named[name]) for name in _LISTS}).values()]
        marks = ", ".join("?" * len(values))
        self._connection.execute(f"INSERT OR REPLACE INTO held_document VALUES ({marks})", values)  # noqa: S608

    def change(self, document: Document, at: int) -> Document:
        """Store a changed document with its next version."""
        changed = replace(document, version=document.version + 1, changed_at=at)
        self.put(changed)
        return changed

    def remove(self, ref: str) -> None:
        """Forget the document called `ref`."""
        self._connection.execute("DELETE FROM held_document WHERE ref = ?", (ref,))

    def get(self, ref: str) -> Document | None:
        """The document called `ref`."""
        return next(self._select("ref = ?", [ref]), None)

    def made_since(self, kind: str, our_id: str, since: int) -> Document | None:
        """The first document of ours that was made since."""
        return next(self._select("kind = ? AND our_id = ? AND created_at >= ?", [kind, our_id, since]), None)

    def changed_since(self, kind: str, since: int) -> list[Document]:
        """Documents that changed since, oldest change first."""
        return list(self._select("kind = ? AND changed_at >= ?", [kind, since]))

    def invoices_of(self, customer_ref: str) -> list[Document]:
        """The invoices of a customer."""
        return list(self._select("kind = 'invoice' AND customer_ref = ?", [customer_ref]))

    def account_id(self) -> str:
        """What tells these records from all others, drawn when it is first asked for."""
        row = self._connection.execute("SELECT id FROM account").fetchone()
        if row is None:
            drawn = f"sandbox_{secrets.token_hex(8)}"
            row = self._connection.execute("INSERT INTO account VALUES (?) RETURNING id", (drawn,)).fetchone()
        return str(row[0])

    def issued_until(self, status: str, until: int) -> list[Document]:
        """Documents in a state that were issued by then."""
        return list(self._select("status = ? AND issued_at <= ?", [status, until]))

    def answer(self, key: str) -> Answer | None:
        """What is remembered under a key."""
        row = self._connection.execute("SELECT request, ref, answered_at FROM answer WHERE key = ?", (key,)).fetchone()
        return Answer(*row) if row else None

    def remember(self, key: str, answer: Answer) -> None:
        """Remember an answer under a key."""
        self._connection.execute(
            "INSERT OR REPLACE INTO answer VALUES (?, ?, ?, ?)", (key, answer.request, answer.ref, answer.answered_at)
        )

    def _select(self, condition: str, values: Sequence[object]) -> Iterator[Document]:
        rows = self._connection.execute(
            f"SELECT * FROM held_document WHERE {condition} ORDER BY changed_at, ref",  # noqa: S608
            values,
        )
        for row in rows.fetchall():
            fields = dict(zip(_COLUMNS.split(), row, strict=True))
            lines = tuple((line, amount) for line, amount in json.loads(fields.pop("lines")))
            yield Document(**fields | {"lines": lines, "payments": tuple(json.loads(fields["payments"]))})


class SandboxStore:
    """The records in a file, or in memory if the name is empty. Safe across threads and, in a file, processes."""

    def __init__(self, file: str) -> None:
        self._connection = sqlite3.connect(
            file or ":memory:", timeout=busy_seconds, isolation_level=None, check_same_thread=False
        )
        weakref.finalize(self, self._connection.close)
        self._lock = threading.Lock()
        # A sandbox may lose its last seconds when the machine does.
        self._connection.execute("PRAGMA synchronous = OFF")
        self._connection.executescript(_TABLES)

    @contextmanager
    def transaction(self) -> Iterator[Records]:
        """All that is done to the records happens, or nothing."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield Records(self._connection)
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")
