"""`gateway serve`."""

from typing import Annotated

import typer

from gateway.app import built, tried_plugins
from gateway.cli.opening import Config, settings_of
from gateway.cli.serving import require_free_port, serve_until_stopped, served_alone
from gateway.services.bindings import require_connections
from gateway.settings import port_max


def serve(
    host: Annotated[str | None, typer.Option(help="Where to listen, instead of `http.host`.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=port_max, help="Where to listen, instead of `http.port`.")
    ] = None,
    with_workers: Annotated[
        bool, typer.Option("--workers/--no-workers", help="Also bill and deliver, in child processes.")
    ] = True,
    config: Config = None,
) -> None:
    """Serve the API and the pages, and run the workers."""
    changes = {"GATEWAY_HTTP__HOST": host, "GATEWAY_HTTP__PORT": None if port is None else str(port)}
    given = {name: value for name, value in changes.items() if value is not None}
    settings = settings_of(config, given)
    require_free_port(settings.http.host, settings.http.port)
    trial = tried_plugins(settings.plugins.load_seconds)
    with built(settings, trial=trial) as gateway, served_alone(gateway):
        require_connections(gateway.installation)
        serve_until_stopped(gateway, with_workers)
