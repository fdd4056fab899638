"""Writes the folder of a new plugin: the template, whose name is acme, under another name."""

import re
from collections.abc import Iterator, Set
from importlib.resources import files
from importlib.resources.abc import Traversable
from importlib.util import find_spec
from pathlib import Path

from gateway.core.errors import GatewayError

name_length_max = 20
_NAME = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")
_ACME = re.compile(r"_acme|Acme|acme")
_LEFT_OUT = {"__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache"}


class UnfitPlugin(GatewayError):
    """A new plugin that cannot be written as asked for."""

    code = "UNFIT_PLUGIN"


def write_plugin(name: str, folder: Path, taken: Set[str]) -> list[Path]:
    """Write the files of a plugin called `name` into a new folder, and return them.

    Raises `UnfitPlugin`, with nothing written, for a name that is none or one of those `taken`, or if the folder is
    there.
    """
    _require_name(name, taken)
    if folder.exists():
        raise UnfitPlugin(f"{folder} exists already; name another folder with --directory")
    written = []
    for parts, text in _template(files("gateway.cli") / "plugin-template"):
        path = folder.joinpath(*(_renamed(part, name) for part in parts))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_renamed(text, name), encoding="utf-8")
        written.append(path)
    return written


def module_of(name: str) -> str:
    """The Python module of a plugin."""
    return f"gateway_{name.replace('-', '_')}"


def _require_name(name: str, taken: Set[str]) -> None:
    if not _NAME.fullmatch(name) or len(name) > name_length_max:
        raise UnfitPlugin(
            f"{name!r} cannot be a plugin's name: use lower-case letters and digits, with - or _ between them, a letter"
            f" first and at most {name_length_max}, such as acme or acme-billing"
        )
    if alike := sorted(each for each in taken if module_of(each) == module_of(name)):
        raise UnfitPlugin(f"A plugin or provider called {alike[0]!r} is installed already; choose another name")
    if find_spec(module_of(name)) is not None:
        raise UnfitPlugin(f"The module {module_of(name)} exists already; choose another name")


def _template(folder: Traversable, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    for entry in sorted(folder.iterdir(), key=lambda each: each.name):
        if entry.name in _LEFT_OUT:
            continue
        if entry.is_dir():
            yield from _template(entry, (*above, entry.name))
        else:
            yield (*above, entry.name), entry.read_text(encoding="utf-8")


def _renamed(text: str, name: str) -> str:
    words = re.split("[-_]", name)
    names = {"_acme": f"_{'_'.join(words)}", "Acme": "".join(map(str.capitalize, words)), "acme": name}
    return _ACME.sub(lambda found: names[found.group()], text)
