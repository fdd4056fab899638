"""Finds plugins by entry point, checks them and reports the broken ones; knows nothing about any provider."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points

import pluggy

from gateway import hookspecs
from gateway.core.errors import GatewayError
from gateway.plugin_api import API_VERSION, BillingProvider

GROUP = "gateway.plugins"


class UnknownProvider(GatewayError):
    """The configuration names a provider that no installed plugin offers."""


@dataclass
class Plugins:
    """The plugins that loaded, the providers they offer, and by name what is wrong with the others."""

    manager: pluggy.PluginManager
    providers: dict[str, type[BillingProvider]] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)

    def provider(self, name: str) -> type[BillingProvider]:
        """The provider class called `name`. Raises `UnknownProvider`, naming those installed."""
        if name not in self.providers:
            broken = f" Plugins with faults: {self.faults}." if self.faults else ""
            raise UnknownProvider(
                f"Provider {name!r} is not installed; installed are {', '.join(sorted(self.providers))}."
                f" Install its plugin or correct `provider` in gateway.toml.{broken}"
            )
        return self.providers[name]


def load_plugins(found: Iterable[EntryPoint] | None = None) -> Plugins:
    """Load every installed plugin (or those `found`); one that fails is named in `faults` and left out."""
    plugins = Plugins(pluggy.PluginManager("gateway"))
    plugins.manager.add_hookspecs(hookspecs)
    for entry_point in entry_points(group=GROUP) if found is None else found:
        fault = _register(plugins, entry_point)
        if fault:
            plugins.faults[entry_point.name] = fault
    return plugins


def _register(plugins: Plugins, entry_point: EntryPoint) -> str | None:
    """Register one plugin with its providers; the fault if it cannot be used."""
    manager = plugins.manager
    if manager.has_plugin(entry_point.name):
        return f"another plugin is already called {entry_point.name!r}"
    try:
        module = entry_point.load()
        manager.register(module, name=entry_point.name)
        manager.check_pending()
        offered = manager.subset_hook_caller(
            "gateway_billing_providers", [p for p in manager.get_plugins() if p is not module]
        )()
    except Exception as error:  # a plugin may raise anything; it must not take the others down
        manager.unregister(name=entry_point.name)
        return f"{type(error).__name__}: {error}"
    return _accept_providers(plugins, entry_point.name, [provider for group in offered for provider in group])


def _accept_providers(plugins: Plugins, plugin: str, offered: list[type[BillingProvider]]) -> str | None:
    """Add the providers that a plugin offers; its first fault, and then nothing of it stays."""
    for provider in offered:
        fault = _provider_fault(plugins, provider)
        if fault:
            plugins.manager.unregister(name=plugin)
            return fault
    plugins.providers.update({provider.NAME: provider for provider in offered})
    return None


def _provider_fault(plugins: Plugins, provider: type[BillingProvider]) -> str | None:
    if provider.API_VERSION != API_VERSION:
        return f"provider {provider.NAME!r} is made for plugin API {provider.API_VERSION}, this is {API_VERSION}"
    if provider.NAME in plugins.providers:
        return f"another plugin already offers a provider called {provider.NAME!r}"
    return None
