"""What holds for the sources of the web pages."""

import re
from pathlib import Path

import pytest

from gateway.http.pages import FOLDER

SCRIPTS = sorted((FOLDER / "usage").glob("*.js"))
FORBIDDEN = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|parseFloat")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_no_script_writes_markup_or_reads_floats(script: Path) -> None:
    assert FORBIDDEN.findall(script.read_text()) == []


def test_the_page_has_no_inline_script_or_style() -> None:
    page = (FOLDER / "index.html").read_text()

    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page) == []


def test_all_that_is_vendored_comes_with_its_licence() -> None:
    vendored = [path for path in (FOLDER / "vendor").iterdir() if path.is_dir()]

    assert vendored
    assert [path.name for path in vendored if not list(path.glob("LICENSE*"))] == []
