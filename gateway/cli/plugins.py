"""`gateway plugins`."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from gateway.app import tried_plugins
from gateway.cli.new_plugin import write_plugin
from gateway.cli.opening import AsJson, Config, settings_of
from gateway.cli.output import complain, counted, note, print_json, print_table
from gateway.connection_check import ConnectionFault, check_connection
from gateway.plugin_api import RatePolicy
from gateway.plugin_trial import PluginTrial
from gateway.settings import PluginSettings

group = typer.Typer(name="plugins", help="What connects to billing systems.", no_args_is_help=True)


@group.command("list")
def list_(config: Config = None, as_json: AsJson = False) -> None:
    """List the installed plugins, the providers they offer, and what is wrong with those that failed to load."""
    trial = tried_plugins(settings_of(config).plugins.load_seconds)
    if as_json:
        kinds = {"providers": sorted(trial.providers), "targets": sorted(trial.targets)}
        found = {"plugins": trial.plugins, **kinds, "observers": dict(trial.observers)}
        print_json({**found, "faults": dict(trial.faults)})
        return
    versions = {name: offered.api_version for name, offered in trial.providers.items()}
    versions |= {name: offered.api_version for name, offered in trial.targets.items()}
    rows = [[name, str(version)] for name, version in sorted(versions.items())]
    print_table(["provider", "plugin API"], rows)
    for name, fault in trial.faults.items():
        complain(f"plugin {name}: {fault}")


@group.command()
def check(config: Config = None, as_json: AsJson = False) -> None:
    """Try every configured connection with its credentials; makes nothing there."""
    settings = settings_of(config)
    connections = {name: settings.connections[name].provider for name in sorted(settings.connections)}
    connections |= {name: settings.journals[name].target for name in sorted(settings.journals)}
    trial = tried_plugins(settings.plugins.load_seconds)
    faults = {}
    for name in connections:
        try:
            check_connection(settings, name)
        except ConnectionFault as error:
            faults[name] = str(error)
    all_faults = {**trial.faults, **faults}
    if as_json:
        print_json({"connections": connections, "rates": _rates(connections, trial), "faults": all_faults})
    else:
        for name, provider in connections.items():
            note(f"{name} ({provider}{_rate(provider, trial)}): {faults.get(name, 'works')}")
        for name, fault in trial.faults.items():
            complain(f"plugin {name}: {fault}")
    if all_faults:
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
    folder = directory or Path(name)
    written = write_plugin(name, folder, tried_plugins(PluginSettings().load_seconds).names)
    if as_json:
        print_json({"folder": str(folder), "files": [str(path) for path in written]})
        return
    note(f"Wrote {counted(len(written), 'file')} to {folder}. Next:")
    note(f"  pip install -e {folder}")
    note(f"  pytest {folder}")


def _rate(provider: str, trial: PluginTrial) -> str:
    rate = _declared(trial).get(provider)
    return "" if rate is None else f", {rate.requests} requests in {rate.seconds} s"


def _rates(connections: dict[str, str], trial: PluginTrial) -> dict[str, dict[str, int]]:
    """The declared rates of those connections whose plugins are installed."""
    declared = _declared(trial)
    return {name: asdict(declared[plugin]) for name, plugin in connections.items() if plugin in declared}


def _declared(trial: PluginTrial) -> dict[str, RatePolicy]:
    """The rates of providers and of accounting systems, by name."""
    rates = {name: offered.rate for name, offered in trial.providers.items()}
    return rates | {name: offered.rate for name, offered in trial.targets.items()}
