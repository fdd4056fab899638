"""The `gateway` command without the second that its imports take: a process that did them forks for each call.

`python warm_gateway.py SOCKET` serves. `executable(...)` is a script that passes its arguments, folder, environment and
standard streams to it; everything else is the command itself, in a process of its own.
"""

import array
import json
import os
import signal
import socket
import sys
from pathlib import Path

_request_bytes_max = 1 << 20

_CLIENT = """\
#!{python} -IS
import array, json, os, socket, sys
request = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
with socket.socket(socket.AF_UNIX) as server:
    server.connect({socket!r})
    streams = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0, 1, 2]))]
    server.sendmsg([request], streams)
    server.shutdown(socket.SHUT_WR)
    sys.exit(int(server.recv(16) or b"70"))
"""


def executable(path: Path, address: Path) -> None:
    """Write the script that stands in for `gateway`."""
    path.write_text(_CLIENT.format(python=sys.executable, socket=str(address)), encoding="utf-8")
    path.chmod(0o755)


def serve(address: str) -> None:
    """Answer until standard input ends."""
    from gateway.cli import main  # noqa: PLC0415 (its client has no time for that)
    from gateway.cli.commands import command_line  # noqa: PLC0415

    command_line()

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(address)
        listening.listen()
        while True:
            connection, _ = listening.accept()
            if os.fork() == 0:
                listening.close()
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                _answer(connection, main)


def _answer(connection: socket.socket, main: object) -> None:
    code = 70
    try:
        arguments, folder, environment = _receive(connection)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        sys.argv = ["gateway", *arguments]
        assert callable(main)
        main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        connection.sendall(str(code).encode())
        os._exit(code)


def _receive(connection: socket.socket) -> tuple[list[str], str, dict[str, str]]:
    request, streams = b"", array.array("i")
    while True:
        part, ancillary, _, _ = connection.recvmsg(_request_bytes_max, socket.CMSG_SPACE(3 * streams.itemsize))
        for _, _, descriptors in ancillary:
            streams.frombytes(descriptors)
        if not part:
            break
        request += part
    for number, descriptor in enumerate(streams):
        os.dup2(descriptor, number)
        os.close(descriptor)
    arguments, folder, environment = json.loads(request)
    return arguments, folder, environment


if __name__ == "__main__":
    serve(sys.argv[1])
