"""A document as PDF: typeset by Typst in a font of our own, the same bytes on every machine."""

import json
import re
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import typst

from gateway.documents.sheet import GRAND_TOTALS, Sheet

_FOLDER = Path(__file__).parent
_DRAFTED_AT = datetime(1970, 1, 1, tzinfo=UTC)
_LONG_WORD = re.compile(r"\S{30}(?=\S)")
_ZERO_WIDTH_SPACE = "\N{ZERO WIDTH SPACE}"


def pdf_of(sheet: Sheet) -> bytes:
    """The PDF of a document, tagged for screen readers; the same sheet always gives the same bytes.

    The font has Latin, Greek and Cyrillic letters; others are shown as boxes. Takes about a second for 1,000 lines.
    """
    numbers = ["Quantity", "Amount"] if sheet.has_quantities else ["Amount"]
    words = _breakable({**asdict(sheet), "issued_at": None, "numbers": numbers, "grand_totals": sorted(GRAND_TOTALS)})
    inputs = {"sheet": json.dumps(words, ensure_ascii=False)}
    compiler = typst.Compiler(input=_FOLDER / "sheet.typ", root=_FOLDER, font_paths=_fonts(), sys_inputs=inputs)
    issued_at = (sheet.issued_at or _DRAFTED_AT).replace(microsecond=0)
    return _bytes(compiler.compile(format="pdf", timestamp=issued_at))


def _breakable(words: object) -> object:
    """The same words, where no long one runs out of its column: it may go on in the next line."""
    match words:
        case str():
            return _LONG_WORD.sub(lambda word: word[0] + _ZERO_WIDTH_SPACE, words)
        case dict():
            return {name: _breakable(value) for name, value in words.items()}
        case list() | tuple():
            return [_breakable(value) for value in words]
        case _:
            return words


@cache
def _fonts() -> typst.Fonts:
    """Only what we bring, so that fonts of the machine change nothing."""
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[_FOLDER / "fonts"])


def _bytes(compiled: object) -> bytes:
    assert isinstance(compiled, bytes), "one PDF is one file"
    return compiled
