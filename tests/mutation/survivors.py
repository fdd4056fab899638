"""The changes that no test notices: those of a run, and those that are explained."""

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code
from mutmut.utils.file_utils import walk_mutatable_files
from mutmut.utils.format_utils import get_module_from_key, orig_function_and_class_names_from_key

unexplained_percent_max = 2
_NOTICED = frozenset({"killed", "timeout", "caught by type check"})
_NOT_TRIED = "not checked"


@dataclass(frozen=True, order=True, slots=True)
class Change:
    """A change of a function, named by the lines that it replaces: mutmut's numbers shift with the code."""

    module: str
    function: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.module}.{self.function}\n    - {self.before}\n    + {self.after}"


def survivors_of_the_run() -> tuple[Counter[str], list[Change]]:
    """How many mutants mutmut tried of each module, and those that no test noticed."""
    found = [each for each in _results() if each[2] != _NOT_TRIED]
    tried = Counter(get_module_from_key(name) for _, name, _ in found)
    return tried, sorted(_change(path, name) for path, name, status in found if status not in _NOTICED)


def explained(path: Path) -> Mapping[Change, str]:
    """The survivors that are listed, and why each may be one."""
    return {
        Change(one["module"], one["function"], one["before"], after): one["why"]
        for one in tomllib.loads(path.read_text())["survivors"]
        for after in one["after"]
    }


def report(
    tried: Counter[str], survived: list[Change], known: Mapping[Change, str], *, is_whole: bool
) -> tuple[list[str], bool]:
    """What to tell of a run, and whether few enough survivors are unexplained."""
    unexplained = [change for change in survived if change not in known]
    outdated = sorted(set(known) - set(survived)) if is_whole else []
    percent = 100 * len(unexplained) / tried.total()
    lines = [*_table(tried, survived, unexplained), ""]
    lines += [f"{count} x {change}" for change, count in Counter(unexplained).items()]
    lines += [f"noticed or gone, to be taken off the list: {change}" for change in outdated]
    lines.append(
        f"{tried.total()} mutants, {len(survived)} survived, {len(unexplained)} of them unexplained: {percent:.2f} %"
    )
    return lines, percent <= unexplained_percent_max


def _table(tried: Counter[str], survived: list[Change], unexplained: list[Change]) -> Iterator[str]:
    of_all, of_unexplained = (Counter(change.module for change in changes) for changes in (survived, unexplained))
    yield f"{'module':40}{'mutants':>9}{'noticed':>9}{'explained':>11}{'unexplained':>13}"
    for name, count in sorted(tried.items()):
        left, open_ones = of_all[name], of_unexplained[name]
        yield f"{name:40}{count:9}{count - left:9}{left - open_ones:11}{open_ones:13}"


def _results() -> Iterator[tuple[Path, str, str]]:
    for path in walk_mutatable_files():
        file = SourceFileMutationData(path=path)
        file.load()
        yield from ((path, name, status_by_exit_code[code]) for name, code in file.exit_code_by_key.items())


def _change(path: Path, name: str) -> Change:
    function, class_name = orig_function_and_class_names_from_key(name)
    lines = get_diff_for_mutant(name, path=path).splitlines()[3:]
    before, after = ("\n".join(line[1:].strip() for line in lines if line.startswith(sign)) for sign in "-+")
    return Change(get_module_from_key(name), f"{class_name}.{function}" if class_name else function, before, after)
