"""What a command loads: itself, and not what others need."""

import subprocess
import sys

import pytest
from typer.main import get_group

from gateway.cli.commands import command_line

LOADED = """
import sys
from gateway.cli import asked_command

sys.argv = ["gateway", "invoices"]
asked_command()
print(*sorted(sys.modules))
"""
OF_OTHERS = {"alembic", "gateway.cli.demo", "gateway.cli.serving", "gateway.server", "strawberry", "uvicorn"}


def names(asked: str = "") -> list[str]:
    return list(get_group(command_line(asked)).commands)


def test_each_command_comes_alone_when_it_is_asked_for() -> None:
    alone = {name: names(name) for name in names()}

    assert alone == {name: [name] for name in alone}


@pytest.mark.parametrize("asked", ["--help", "invoicez"])
def test_all_commands_come_where_none_of_them_is_asked_for(asked: str) -> None:
    assert names(asked) == names()


def test_a_command_does_not_load_what_only_others_need() -> None:
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, check=True, text=True)

    loaded = set(done.stdout.split())
    assert "gateway.cli.invoices" in loaded
    assert loaded & OF_OTHERS == set()
