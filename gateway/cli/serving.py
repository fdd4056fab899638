"""Running the server until it is told to stop."""

import logging
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from errno import EACCES, EADDRINUSE

import uvicorn

from gateway.app import Gateway, sqlite_file, tried_plugins
from gateway.core.errors import GatewayError
from gateway.http.protocol import protocol_with
from gateway.plugin_manager import unknown_provider, unknown_target
from gateway.services.observe import register_observers
from gateway.storage.migrate import migrate
from gateway.storage.revision import require_current
from gateway.workers.interpreter import loading, tune_the_interpreter
from gateway.workers.kinds import WorkerKind, worker_command, worker_name
from gateway.workers.logs import log_to_stderr
from gateway.workers.sole_server import sole_server_of
from gateway.workers.supervisor import Supervisor, WorkerCommand

logger = logging.getLogger(__name__)

graceful_seconds_max = 8
backlog_max = 2_048


def serve_until_stopped(gateway: Gateway, with_workers: bool) -> None:
    """Serve, and when told to stop (SIGTERM, SIGINT) answer what is under way first."""
    # Here, because commands that serve nothing have no use for a schema, which takes half a second to build.
    with loading():
        from gateway.server import create_app  # noqa: PLC0415

    log_to_stderr(gateway.settings.log.level)
    report_faults(gateway)
    if with_workers:
        trial = tried_plugins(gateway.settings.plugins.load_seconds)
        register_observers(gateway.installation, trial.observers, trial.faults)
    tune_the_interpreter()
    supervisors = [_supervisor(gateway, command) for command in worker_commands(gateway, with_workers)]
    application = create_app(gateway, supervisors)
    config = uvicorn.Config(
        application,
        host=gateway.settings.http.host,
        port=gateway.settings.http.port,
        http=protocol_with(application.direct),
        proxy_headers=False,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="on",
        backlog=backlog_max,
        timeout_graceful_shutdown=graceful_seconds_max,
    )
    # uvicorn raises the signal again once it has stopped, to whoever listened before; nobody has to die of it then.
    signal.signal(signal.SIGTERM, lambda *_: None)
    with suppress(KeyboardInterrupt):
        uvicorn.Server(config).run()


def _supervisor(gateway: Gateway, command: WorkerCommand) -> Supervisor:
    def tell(fault: str | None) -> None:
        if command.connection:
            gateway.installation.faults.tell(command.connection, command.name, fault)

    limits = gateway.settings.plugins
    return Supervisor(command, limits.call_seconds, limits.load_seconds, tell)


def report_faults(gateway: Gateway) -> None:
    """Log what is wrong with plugins, and note the connections that cannot work for it; the others do."""
    trial = tried_plugins(gateway.settings.plugins.load_seconds)
    for name, fault in trial.faults.items():
        logger.error("Plugin %s: %s", name, fault)
    for name, table in gateway.settings.connections.items():
        if table.provider not in trial.providers:
            fault = unknown_provider(table.provider, trial.providers, trial.faults)
            logger.error("Connection %s: %s", name, fault)
            gateway.installation.faults.tell(name, worker_name(WorkerKind.DELIVERY, name), fault)
    for name, books in gateway.settings.journals.items():
        if books.target not in trial.targets:
            fault = unknown_target(books.target, trial.targets, trial.faults)
            logger.error("Journals %s: %s", name, fault)
            gateway.installation.faults.tell(name, worker_name(WorkerKind.DELIVERY, name), fault)


class CannotListen(GatewayError):
    """Nobody can listen there: somebody does already, or the host is not this machine."""

    code = "CANNOT_LISTEN"


def require_free_port(host: str, port: int) -> None:
    """Raise `CannotListen` unless the server could listen there, before any work is done in vain."""
    try:
        family, kind, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(place)
    except OSError as error:
        option = "--port" if error.errno in (EADDRINUSE, EACCES) else "--host"
        raise CannotListen(f"Cannot listen at {host}:{port}: {error.strerror}; choose another with {option}") from None


@contextmanager
def served_alone(gateway: Gateway) -> Iterator[None]:
    """Be the only server of a SQLite file, its schema brought up to date; on PostgreSQL only look at the schema."""
    file = sqlite_file(gateway.settings)
    with nullcontext() if file is None else sole_server_of(file):
        if file is None:
            require_current(gateway.database)
        else:
            migrate(gateway.database)
        yield


def worker_commands(gateway: Gateway, with_workers: bool) -> list[WorkerCommand]:
    """The child processes of a server: the projector always; with workers the billing clock, the sender of webhooks,
    one for each plugin that observes, and one for each connection whose plugin is installed, even if it did not load:
    it may yet."""
    settings = gateway.settings.model_dump_json().encode()
    kinds = [(WorkerKind.PROJECTION, "")]
    if with_workers:
        kinds += [(WorkerKind.BILLING, ""), (WorkerKind.WEBHOOKS, "")]
        trial = tried_plugins(gateway.settings.plugins.load_seconds)
        kinds += [(WorkerKind.OBSERVER, plugin) for plugin in sorted(trial.observers)]
        connections = sorted(gateway.settings.connections.items())
        kinds += [(WorkerKind.DELIVERY, name) for name, table in connections if table.provider in trial.names]
        books = sorted(gateway.settings.journals.items())
        kinds += [(WorkerKind.DELIVERY, name) for name, table in books if table.target in trial.names]
    return [worker_command(kind, connection, settings) for kind, connection in kinds]
