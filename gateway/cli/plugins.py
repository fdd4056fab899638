"""`gateway plugins`."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from gateway.app import installed_plugins, provider_of
from gateway.cli.new_plugin import write_plugin
from gateway.cli.opening import AsJson, Config, settings_of, storage_if_there
from gateway.cli.output import complain, counted, note, print_json, print_table
from gateway.core.errors import GatewayError
from gateway.plugin_api import ProviderError
from gateway.plugin_guard import guarded

group = typer.Typer(name="plugins", help="What connects to billing systems.", no_args_is_help=True)


@group.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the installed plugins, the providers they offer, and what is wrong with those that failed to load."""
    plugins = installed_plugins()
    names = sorted({name for name, _ in plugins.manager.list_name_plugin()})
    if as_json:
        print_json({"plugins": names, "providers": sorted(plugins.providers), "faults": plugins.faults})
        return
    print_table(
        ["provider", "plugin API"], [[n, str(kind.API_VERSION)] for n, kind in sorted(plugins.providers.items())]
    )
    for name, fault in plugins.faults.items():
        complain(f"plugin {name}: {fault}")


@group.command()
def check(config: Config = None, as_json: AsJson = False) -> None:
    """Try every configured connection with its credentials; makes nothing there."""
    settings = settings_of(config)
    connections = {name: settings.connections[name].provider for name in sorted(settings.connections)}
    faults = dict(installed_plugins().faults)
    with storage_if_there(settings) as storage:
        for name in connections:
            try:
                guarded(provider_of(settings, name, storage)).check()
            except (GatewayError, ProviderError) as error:
                faults[name] = str(error)
    if as_json:
        print_json({"connections": connections, "rates": _rates(connections), "faults": faults})
    else:
        for name, provider in connections.items():
            note(f"{name} ({provider}{_rate(provider)}): {faults.get(name, 'works')}")
    if faults:
        raise typer.Exit(1)


@group.command()
def new(
    name: Annotated[str, typer.Argument(help="What `provider` in gateway.toml will say, such as acme.")],
    directory: Annotated[
        Path | None, typer.Option(help="The folder to write, which must not exist; by default one of that name here.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write a complete plugin to begin with: a provider, a server that fakes its system, and tests that pass."""
    plugins = installed_plugins()
    folder = directory or Path(name)
    written = write_plugin(
        name, folder, {*plugins.providers, *(each for each, _ in plugins.manager.list_name_plugin())}
    )
    if as_json:
        print_json({"folder": str(folder), "files": [str(path) for path in written]})
        return
    note(f"Wrote {counted(len(written), 'file')} to {folder}. Next:")
    note(f"  pip install -e {folder}")
    note(f"  pytest {folder}")


def _rate(provider: str) -> str:
    kind = installed_plugins().providers.get(provider)
    if kind is None:
        return ""
    rate = kind.capabilities.rate
    return f", {rate.requests} requests in {rate.seconds} s"


def _rates(connections: dict[str, str]) -> dict[str, dict[str, int]]:
    """The declared rates of those connections whose plugins are installed."""
    providers = installed_plugins().providers
    return {
        name: asdict(providers[provider].capabilities.rate)
        for name, provider in connections.items()
        if provider in providers
    }
