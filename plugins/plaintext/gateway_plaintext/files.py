"""Files that are made once, whole, and never changed."""

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import NamedTemporaryFile


def make_once(file: Path, text: str) -> bool:
    """Make a file with this text, and have it on disk; False, with nothing changed, if there is one.

    Of several that make it at once, one does; whoever reads sees all of it or nothing.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.exists():
        return False
    with NamedTemporaryFile(dir=file.parent, prefix=".", suffix=".new") as draft:
        draft.write(text.encode())
        draft.flush()
        os.fsync(draft.fileno())
        Path(draft.name).chmod(0o644)
        try:
            os.link(draft.name, file)
        except FileExistsError:
            return False
    _sync_folders(file.parent)
    return True


def texts_in(folder: Path, pattern: str) -> Iterator[tuple[Path, str]]:
    """The files there, in the order of their names, with what they hold."""
    for file in sorted(folder.glob(pattern)):
        yield file, file.read_bytes().decode()


def _sync_folders(folder: Path) -> None:
    """Have the names of new files, and of the folders that they are in, on disk."""
    for each in (folder, *folder.parents[:2]):
        handle = os.open(each, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
