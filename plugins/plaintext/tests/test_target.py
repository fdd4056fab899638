"""Files are made once and whole; what is in the way, or was changed by hand, is told to a person."""

import threading
from pathlib import Path

import pytest
from gateway_plaintext import PlainTextSettings, PlainTextTarget, files
from gateway_plaintext.settings import Format

from gateway.plugin_api import JournalDocument, NeedsAttention
from gateway.testing import FakeHost, journal_document

ACCOUNTS = ("Assets:Receivable", "Income:Usage")
BEANCOUNT = """\
2025-05-31 * "Usage of May 2025"
  number: "2025-05-USD-1-CONFORM"
  entity: "default"
  Assets:Receivable  16.49 USD
    memo: "All of it"
  Income:Usage  -12.50 USD
    memo: "Line 0"
  Income:Usage  -3.99 USD
    memo: "Line 1"
"""
HLEDGER = """\
2025-05-31 * (2025-05-USD-1-CONFORM) Usage of May 2025
    ; number: 2025-05-USD-1-CONFORM
    ; entity: default
    Assets:Receivable  16.49 USD
        ; memo: All of it
    Income:Usage  -12.50 USD
        ; memo: Line 0
    Income:Usage  -3.99 USD
        ; memo: Line 1
"""


@pytest.fixture
def document() -> JournalDocument:
    return journal_document(ACCOUNTS)


@pytest.mark.parametrize(("target", "text"), [("beancount", BEANCOUNT), ("hledger", HLEDGER)], indirect=["target"])
def test_a_journal_is_written_like_this(
    target: PlainTextTarget, root: Path, document: JournalDocument, text: str
) -> None:
    target.put_journal(document, "key")
    (file,) = root.glob("journals/2025/2025-05-USD-1-CONFORM.*")
    assert file.read_text() == text


def test_the_same_journals_make_the_same_bytes_in_any_order(tmp_path: Path) -> None:
    made = [journal_document(ACCOUNTS, [number], number=f"J-{number}") for number in (1, 2, 3)]
    for name, journals in (("one", made), ("other", made[::-1])):
        target = PlainTextTarget("ledger", PlainTextSettings(directory=tmp_path / name), FakeHost())
        for journal in journals:
            target.put_journal(journal, "key")
    assert _all_bytes(tmp_path / "one") == _all_bytes(tmp_path / "other")


def _all_bytes(root: Path) -> dict[Path, bytes]:
    return {file.relative_to(root): file.read_bytes() for file in root.rglob("*") if file.is_file()}


def test_of_two_that_make_a_journal_at_once_one_does(
    target: PlainTextTarget, root: Path, document: JournalDocument
) -> None:
    gate = threading.Barrier(4)

    def put() -> None:
        gate.wait()
        target.put_journal(document, "key")

    threads = [threading.Thread(target=put) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(list(root.glob("journals/*/*"))) == 1
    assert target.find_journal(document.number) is not None


def test_a_journal_is_on_disk_before_its_name_is(
    target: PlainTextTarget, document: JournalDocument, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    original_sync, original_link = files.os.fsync, files.os.link
    monkeypatch.setattr(files.os, "fsync", lambda handle: (done.append("sync"), original_sync(handle)))
    monkeypatch.setattr(files.os, "link", lambda *names: (done.append("link"), original_link(*names)))
    target.put_journal(document, "key")
    assert done[done.index("link") - 1] == "sync"
    assert done[-1] == "sync"


def test_what_kills_it_before_the_name_is_there_leaves_nothing(
    target: PlainTextTarget, document: JournalDocument, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(files.os, "link", lambda *_: (_ for _ in ()).throw(OSError("power cut")))
        with pytest.raises(OSError, match="power cut"):
            target.put_journal(document, "key")
    assert target.find_journal(document.number) is None
    target.put_journal(document, "key")
    assert target.find_journal(document.number) is not None


def test_a_file_that_was_changed_by_hand_is_named(
    target: PlainTextTarget, root: Path, document: JournalDocument
) -> None:
    target.put_journal(document, "key")
    (file,) = root.glob("journals/*/*")
    for text in ("hello\n", "", file.read_text().partition("Assets")[0], file.read_text().replace("16.49", "16.495")):
        file.write_text(text)
        with pytest.raises(NeedsAttention, match=r"CONFORM\.\w+ is not as the gateway wrote it"):
            target.find_journal(document.number)


def test_two_files_of_one_number_are_told(target: PlainTextTarget, root: Path, document: JournalDocument) -> None:
    target.put_journal(document, "key")
    (file,) = root.glob("journals/*/*")
    (root / "journals" / "2024").mkdir()
    (root / "journals" / "2024" / file.name).write_text(file.read_text())
    with pytest.raises(NeedsAttention, match="2 files for 2025-05-USD-1-CONFORM"):
        target.find_journal(document.number)


def test_a_folder_that_is_a_file_is_told(target: PlainTextTarget, root: Path, document: JournalDocument) -> None:
    root.write_text("no folder")
    with pytest.raises(NeedsAttention, match="no folder that the gateway may write"):
        target.check()
    with pytest.raises(NeedsAttention, match="name another `directory`"):
        target.put_journal(document, "key")


@pytest.mark.parametrize(
    ("format_", "name"),
    [
        (Format.BEANCOUNT, "Assets"),
        (Format.BEANCOUNT, "Assets:receivable"),
        (Format.BEANCOUNT, "Assets:Accounts receivable"),
        (Format.BEANCOUNT, "Money:Cash"),
        (Format.HLEDGER, "money:cash"),
        (Format.HLEDGER, "assets:a  b"),
        (Format.HLEDGER, "assets:"),
        (Format.HLEDGER, "assets:(cash)"),
        (Format.HLEDGER, "assets:cash;"),
    ],
)
def test_a_name_that_the_format_does_not_take_is_told_with_the_setting(root: Path, format_: Format, name: str) -> None:
    target = PlainTextTarget("ledger", PlainTextSettings(directory=root, format=format_), FakeHost())
    with pytest.raises(NeedsAttention) as raised:
        target.put_journal(journal_document(("Assets:Receivable", name)), "key")
    assert repr(name) in raised.value.reason
    assert "[journals.ledger.accounts]" in raised.value.remedy
    assert not root.exists()


def test_hledger_takes_names_with_blanks(root: Path) -> None:
    target = PlainTextTarget("ledger", PlainTextSettings(directory=root, format=Format.HLEDGER), FakeHost())
    made = target.put_journal(journal_document(("assets:accounts receivable", "revenues:usage")), "key")
    assert made.lines[0].account == "assets:accounts receivable"
    assert [account.name for account in target.accounts()] == ["assets:accounts receivable", "revenues:usage"]
