"""Markdown as the documentation uses it: fenced blocks with the comment before them, headings, links."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_FENCE = re.compile(r"^(?P<indent> *)(?P<ticks>```+)(?P<language>[\w-]*)[^\n]*$")
_MARK = re.compile(r"^ *<!-- (?P<mark>[a-z]+(?:: [^\n]+)?) -->$")
_HEADING = re.compile(r"^#{1,6} (?P<text>.+?)\s*$")
_LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\[\]]*\])*\]\((?P<target>[^()\s]+(?:\([^()\s]*\))?)\)")
_HTML_LINK = re.compile(r'(?:src|href|srcset)="(?P<target>[^"]+)"')


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block; `mark` is the comment `<!-- run -->` or the like on the line before it, or empty."""

    file: Path
    line: int
    language: str
    text: str
    mark: str = ""

    def __str__(self) -> str:
        return f"{self.file.relative_to(ROOT)}:{self.line}"


def pages() -> list[Path]:
    """Every page of documentation in the repository."""
    folders = (ROOT / "docs", ROOT / "plugins", ROOT / "examples", ROOT / "benchmarks")
    found = [page for folder in folders for page in folder.rglob("*.md") if "node_modules" not in page.parts]
    return sorted([*ROOT.glob("*.md"), *found])


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    found: list[Block] = []
    lines = page.read_text(encoding="utf-8").splitlines()
    number = 0
    while number < len(lines):
        fence = _FENCE.match(lines[number])
        number += 1
        if fence is None:
            continue
        begins = number
        while lines[number].strip() != fence["ticks"]:
            number += 1
        text = "".join(f"{line.removeprefix(fence['indent'])}\n" for line in lines[begins:number])
        mark = _MARK.match(lines[begins - 2]) if begins > 1 else None
        found.append(Block(page, begins + 1, fence["language"], text, mark["mark"] if mark else ""))
        number += 1
    return found


def prose(page: Path) -> list[tuple[int, str]]:
    """The lines of a page outside of fenced blocks, with their numbers."""
    outside: list[tuple[int, str]] = []
    ticks = ""
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1):
        fence = _FENCE.match(line)
        if ticks:
            ticks = "" if line.strip() == ticks else ticks
        elif fence:
            ticks = fence["ticks"]
        else:
            outside.append((number, line))
    return outside


def links(page: Path) -> Iterator[tuple[int, str]]:
    """The targets of links and images, with the lines they stand on; code is left out."""
    for number, line in prose(page):
        for pattern in (_LINK, _HTML_LINK):
            for link in pattern.finditer(re.sub(r"`[^`]*`", "``", line)):
                yield number, link["target"]


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives to the headings of a page."""
    given: set[str] = set()
    for _, line in prose(page):
        heading = _HEADING.match(line)
        if heading:
            slug = _slug(heading["text"])
            repeats = sum(1 for number in range(len(given)) if f"{slug}-{number}" in given)
            given.add(f"{slug}-{repeats + (slug in given)}" if slug in given else slug)
    return given


def table_cells(page: Path, column: int = 0) -> Iterator[str]:
    """What stands in a column of every table of a page, without backticks around it."""
    for _, line in prose(page):
        cells = [cell.strip() for cell in line.strip().removeprefix("|").removesuffix("|").split("|")]
        if line.startswith("| ") and not line.startswith("| ---") and len(cells) > column:
            yield cells[column].strip("`")


def _slug(heading: str) -> str:
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
