"""Guides that are run: their files are written, their commands typed into one shell, and the answers compared.

What a comment on the line before a block says:
- `<!-- file: NAME -->` write the block to a file;
- `<!-- run -->` type the commands (lines that begin with `$ `) and compare what follows; they have to succeed;
- `<!-- fails -->` the same, and they have to fail;
- `<!-- serve -->` start the command beside the others and wait until it is ready, instead of the one before.

In an expected answer `…` stands for any text, and a line of nothing but `…` for any lines.
"""

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tests.docs.markdown import Block, blocks
from tests.docs.warm_gateway import executable

seconds_max = 60.0
_END = "--- end of answer"


class Differs(AssertionError):
    """A guide that says something else than what happens."""


@dataclass(frozen=True, slots=True)
class Command:
    """A line to type, and what the guide says comes back."""

    text: str
    expected: str


class Shell:
    """One shell in a folder, whose `gateway` starts fast and whose server listens on a port of its own."""

    def __init__(self, folder: Path, stack: ExitStack, **variables: str) -> None:
        self._folder = folder
        self._stack = stack
        self._port = free_port()
        self._replacements = {"127.0.0.1:8000": f"127.0.0.1:{self._port}"}
        self._environment = {**_environment(folder, self._port), **variables}
        self._server: subprocess.Popen[bytes] | None = None
        self._warm()
        self._bash = stack.enter_context(self._process(["bash", "--noprofile", "--norc"], stderr=subprocess.STDOUT))

    def follow(self, page: Path) -> None:
        """Do all that a guide says. Raises `Differs`."""
        for block in blocks(page):
            kind, _, name = block.mark.partition(": ")
            match kind:
                case "file":
                    (self._folder / name).write_text(self._meant(block.text), encoding="utf-8")
                case "serve":
                    self.serve(*_words_after("gateway serve", block))
                case "run" | "fails":
                    for command in _commands(block):
                        self._type(block, command, is_to_fail=kind == "fails")

    def replace(self, written: str, meant: str) -> None:
        """Type `meant`, or write it to a file, wherever a guide has `written`."""
        self._replacements[written] = meant

    def set(self, **variables: str) -> None:
        """Give the shell variables that a guide takes as known."""
        for name, value in variables.items():
            self._ask(f"{name}={shlex.quote(value)}")

    def serve(self, *arguments: str) -> None:
        """Start the server in the folder, in place of the one before, and wait until it is ready."""
        self.stop_server()
        log = self._stack.enter_context((self._folder / "server.log").open("ab"))
        command = [sys.executable, "-m", "gateway.cli", "serve", *arguments]
        self._server = self._stack.enter_context(self._process(command, stdout=log, stderr=log))
        self._stack.callback(self.stop_server)
        _await(lambda: _is_ready(self._port), f"{command} is not ready")

    def stop_server(self) -> None:
        """End the server, if there is one."""
        if self._server is not None:
            self._server.terminate()
            self._server.wait(seconds_max)
            self._server = None

    def _type(self, block: Block, command: Command, is_to_fail: bool) -> None:
        answer, code = self._ask(self._meant(command.text))
        if (code != 0) is not is_to_fail:
            raise Differs(f"{block}: {command.text!r} ended with {code} and said:\n{answer}")
        if not _pattern(command.expected).fullmatch(answer):
            raise Differs(f"{block}: {command.text!r}\nis to say:\n{command.expected}\nsaid:\n{answer}{self._log()}")

    def _meant(self, text: str) -> str:
        for written, meant in self._replacements.items():
            text = text.replace(written, meant)
        return text

    def _log(self) -> str:
        """The end of what the server has logged."""
        log = self._folder / "server.log"
        return f"\nThe server says:\n{log.read_text(encoding='utf-8')[-2_000:]}" if log.exists() else ""

    def _ask(self, command: str) -> tuple[str, int]:
        assert self._bash.stdin is not None
        assert self._bash.stdout is not None
        self._bash.stdin.write(f'{{\n{command}\n}} </dev/null\nprintf "\\n{_END} %d\\n" $?\n'.encode())
        self._bash.stdin.flush()
        lines: list[str] = []
        for line in self._bash.stdout:
            text = line.decode().rstrip()
            if text.startswith(_END):
                return _without_bars(lines), int(text.rpartition(" ")[2])
            lines.append(text)
        raise Differs(f"the shell ended in {command!r}")

    def _warm(self) -> None:
        address, programs = self._folder / ".warm", self._folder / ".bin"
        programs.mkdir()
        executable(programs / "gateway", address)
        if shutil.which("curl") is None:
            curl = Path(__file__).with_name("curl.py").read_text(encoding="utf-8")
            (programs / "curl").write_text(f"#!{sys.executable} -I\n{curl}", encoding="utf-8")
            (programs / "curl").chmod(0o755)
        script = Path(__file__).with_name("warm_gateway.py")
        warm = self._stack.enter_context(self._process([sys.executable, str(script), str(address)]))
        self._stack.callback(warm.kill)
        _await(address.exists, "the warm gateway does not start")

    @contextmanager
    def _process(self, arguments: list[str], **streams: object) -> Iterator["subprocess.Popen[bytes]"]:
        given = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, **streams}
        with subprocess.Popen(arguments, cwd=self._folder, env=self._environment, **given) as process:  # type: ignore[call-overload]
            yield process


def _words_after(beginning: str, block: Block) -> list[str]:
    [command] = _commands(block)
    assert command.text.startswith(beginning), f"{block}: only the server runs beside other commands"
    return shlex.split(command.text.removeprefix(beginning))


def _commands(block: Block) -> list[Command]:
    """The commands of a block; a line may go on after a backslash, or up to the quote that closes it."""
    commands: list[Command] = []
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        lines = part.splitlines()
        size = next(n for n in range(1, len(lines) + 1) if _is_whole("\n".join(lines[:n])))
        commands.append(Command("\n".join(lines[:size]), "\n".join(lines[size:])))
    return commands


def _is_whole(text: str) -> bool:
    try:
        shlex.split(text)
    except ValueError:
        return False
    return not text.endswith("\\")


def _pattern(expected: str) -> "re.Pattern[str]":
    lines = [line.rstrip() for line in expected.strip("\n").splitlines()]
    parts = [r"(?:.*\n)*?" if line == "…" else f"{re.escape(line).replace('…', '.*?')}\n" for line in lines]
    return re.compile("".join(parts))


def _without_bars(lines: list[str]) -> str:
    """The answer without progress bars, which nobody quotes."""
    kept = "\n".join(line for line in lines if "━" not in line).strip("\n")
    return f"{kept}\n" if kept else ""


def _environment(folder: Path, port: int) -> dict[str, str]:
    """What a reader's shell has, and nothing that colours or reconfigures."""
    path = f"{folder / '.bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    return {"PATH": path, "HOME": str(folder), "LANG": "C.UTF-8", "COLUMNS": "110", "GATEWAY_HTTP__PORT": str(port)}


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


def _is_ready(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (URLError, ConnectionError, TimeoutError):
        return False


def _await(is_done: object, otherwise: str) -> None:
    assert callable(is_done)
    deadline = time.monotonic() + seconds_max
    while not is_done():
        if time.monotonic() > deadline:
            raise Differs(otherwise)
        time.sleep(0.05)
