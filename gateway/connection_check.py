"""Tries a connection in a child process, so that a plugin that hangs, or holds the interpreter, is ended and named.

`python -m gateway.connection_check CONNECTION` is the child: settings come in on standard input, the fault goes out.
"""

import json
import os
import subprocess
import sys

from gateway.app import provider_of, storage_if_there, target_of
from gateway.core.errors import GatewayError
from gateway.plugin_api import ProviderError
from gateway.plugin_guard import guarded, guarded_target
from gateway.services.bindings import require_books_bound, require_bound
from gateway.settings import Settings


class ConnectionFault(GatewayError):
    """A connection that does not work, in words that hold no secret."""


def check_connection(settings: Settings, connection: str) -> None:
    """Load the plugin and try the credentials; makes nothing there. Raises `ConnectionFault`."""
    seconds = settings.plugins.load_seconds + settings.plugins.call_seconds
    try:
        child = subprocess.run(  # noqa: S603
            [sys.executable, "-m", __name__, connection],
            input=settings.model_dump_json().encode(),
            stdout=subprocess.PIPE,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ConnectionFault(f"its plugin did not answer in {seconds} s, and was ended") from None
    if child.returncode != 0 or not child.stdout:
        raise ConnectionFault(f"its plugin ended the process that tries it (code {child.returncode})")
    if fault := json.loads(child.stdout)["fault"]:
        raise ConnectionFault(fault)


def _fault_of(settings: Settings, connection: str) -> str | None:
    try:
        with storage_if_there(settings) as storage:
            if connection in settings.journals:
                target = target_of(settings, connection, storage)
                guarded_target(target).check()
                if storage is not None:
                    require_books_bound(storage, connection, target)
                return None
            provider = provider_of(settings, connection, storage)
            guarded(provider).check()
            if storage is not None:
                require_bound(storage, connection, provider)
    except (GatewayError, ProviderError) as error:
        return str(error)
    return None


def _answer(connection: str) -> None:
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
    # Whatever a plugin prints must not be taken for the answer.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    settings = Settings.model_validate_json(sys.stdin.buffer.read())
    answers.write(json.dumps({"fault": _fault_of(settings, connection)}).encode())
    # A plugin may have left a thread behind that never ends.
    os._exit(0)


if __name__ == "__main__":
    _answer(sys.argv[1])
