"""Which tests noticed changes of a module before: those most likely to notice the next one come first."""

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

_FOLDER = Path("noticed")


class Noticing:
    """The tests that noticed changes of a module, in a file beside the mutants; processes add to it side by side."""

    def __init__(self, module: str) -> None:
        self._file = _FOLDER / module

    def likeliest_first(self, tests: Iterable[str], durations: Mapping[str, float]) -> list[str]:
        """Tests in the order in which a change is found soonest: by the time each takes for one that it notices."""
        noticed = Counter(self._file.read_text().splitlines() if self._file.exists() else ())
        return sorted(tests, key=lambda test: (durations[test] / (1 + noticed[test]), test))

    def remember(self, test: str) -> None:
        """Another change was noticed by this test."""
        _FOLDER.mkdir(exist_ok=True)
        with self._file.open("a") as file:
            file.write(f"{test}\n")
