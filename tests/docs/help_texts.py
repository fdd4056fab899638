"""What `--help` prints, in the reference of the command line: `python -m tests.docs.help_texts` writes it there.

In the page a comment `<!-- help: gateway keys create -->` stands before the block that holds the text.
"""

import os
import re
from collections.abc import Iterator
from unittest.mock import patch

import click
from typer.main import get_command
from typer.testing import CliRunner

from gateway.cli.commands import command_line
from tests.docs.markdown import ROOT

PAGE = ROOT / "docs" / "reference" / "cli.md"
columns = 100

_BLOCK = re.compile(r"(?<=<!-- help: )(?P<command>gateway(?: [a-z-]+)*)(?P<open> -->\n```text\n)[^`]*(?=```\n)")


def command_names() -> list[str]:
    """Every command that people may give, groups too: `gateway`, `gateway serve`, `gateway keys`, ..."""
    return [" ".join(words) for words in _walk(get_command(command_line()), ("gateway",))]


def help_text(command: str) -> str:
    """What `command --help` prints on a terminal of 100 columns without colours."""
    plain = {name: value for name, value in os.environ.items() if not name.endswith("_COLOR")}
    plain.pop("GITHUB_ACTIONS", None)
    with patch.dict(os.environ, {**plain, "COLUMNS": str(columns), "TERM": "dumb"}, clear=True):
        answer = CliRunner().invoke(command_line(), [*command.split()[1:], "--help"], prog_name="gateway")
    assert answer.exit_code == 0, answer.output
    return "".join(f"{line.rstrip()}\n" for line in answer.output.strip("\n").splitlines())


def rewritten(page: str) -> str:
    """The page with what the commands print now."""
    return _BLOCK.sub(lambda block: f"{block['command']}{block['open']}{help_text(block['command'])}", page)


def _walk(command: click.Command, words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if not command.hidden:
        yield words
    for name, inner in getattr(command, "commands", {}).items():
        if not inner.hidden:
            yield from _walk(inner, (*words, name))


if __name__ == "__main__":
    PAGE.write_text(rewritten(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
