"""Finds plugins by entry point, checks them and reports the broken ones; knows nothing about any provider."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import pluggy
from pydantic import ValidationError

from gateway import hookspecs
from gateway.core.errors import GatewayError
from gateway.plugin_api import API_VERSION, BillingProvider, Capabilities, ConnectionHost, ProviderSettings, RatePolicy

GROUP = "gateway.plugins"
_PREFIX = "gateway_"
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_METHODS = ("check", "put_customer", "put_invoice", "issue_invoice", "find", "fetch", "changes")
# A plugin may raise anything while it is loaded, and must not take the others down.
_ANYTHING = (Exception, SystemExit)


class UnknownProvider(GatewayError):
    """The configuration names a provider that no installed plugin offers."""


class InvalidConnection(GatewayError):
    """A connection whose settings its provider does not take; every fault is named, and no value is shown."""


@dataclass
class Plugins:
    """The plugins that loaded, the providers they offer, and by name what is wrong with the others."""

    manager: pluggy.PluginManager
    providers: dict[str, type[BillingProvider]] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)

    def provider(self, name: str) -> type[BillingProvider]:
        """The provider class called `name`. Raises `UnknownProvider`, naming those installed."""
        if name not in self.providers:
            raise UnknownProvider(unknown_provider(name, self.providers, self.faults))
        return self.providers[name]

    def provider_for(
        self, connection: str, table: Mapping[str, object], host_for: Callable[[RatePolicy], ConnectionHost]
    ) -> BillingProvider:
        """The provider of a configured connection: `table` has its name as `provider`, and the provider's settings.

        `host_for` makes what the gateway does for it, at the rate that it declares.
        Raises `UnknownProvider`, or `InvalidConnection` with every wrong or missing setting.
        """
        options = dict(table)
        kind = self.provider(str(options.pop("provider", "")))
        try:
            return kind(connection, kind.Settings.model_validate(options), host_for(kind.capabilities.rate))
        except ValidationError as error:
            raise InvalidConnection("\n".join(_setting_faults(connection, error))) from None
        except _ANYTHING as error:
            # The text is left out, because it may hold what was configured.
            raise InvalidConnection(
                f"Provider {kind.NAME!r} cannot be made for connection {connection!r}: it raised {type(error).__name__}"
            ) from None

    def names_with_commands(self) -> list[str]:
        """The plugins that add commands to the command line."""
        return sorted(hook.plugin_name for hook in self.manager.hook.gateway_commands.get_hookimpls())

    def add_commands(self, cli: Any, name: str) -> None:
        """Let a plugin add its commands; one that fails is named in `faults`."""
        try:
            _only(self.manager, self.manager.get_plugin(name), "gateway_commands")(cli=cli)
        except _ANYTHING as error:
            self.faults[name] = _told(error)


def unknown_provider(name: str, installed: Iterable[str], faults: Mapping[str, str]) -> str:
    """What to say of a provider that no plugin offers."""
    if name in faults:
        return f"Provider {name!r} is not there, because its plugin has a fault: {faults[name]}. Mend or update it."
    broken = "".join(f" Plugin {plugin} has a fault: {fault}." for plugin, fault in faults.items())
    return (
        f"Provider {name!r} is not installed; installed are {', '.join(sorted(installed))}."
        f" Install its plugin or correct `provider` in gateway.toml.{broken}"
    )


def installed() -> list[EntryPoint]:
    """Every installed plugin, what is built in first: nobody else's takes its names, wherever it is installed."""
    return sorted(entry_points(group=GROUP), key=lambda each: (not each.value.startswith("gateway."), each.name))


def load_plugins(found: Iterable[EntryPoint]) -> Plugins:
    """Load the plugins `found`; one that fails is named in `faults` and left out."""
    plugins = Plugins(pluggy.PluginManager("gateway"))
    plugins.manager.add_hookspecs(hookspecs)
    for entry_point in found:
        if plugins.manager.has_plugin(entry_point.name):
            place = f"{entry_point.name} ({entry_point.value})"
            plugins.faults[place] = f"another plugin is already called {entry_point.name!r}; uninstall one of them"
        elif fault := _register(plugins, entry_point):
            plugins.faults[entry_point.name] = fault
            if plugins.manager.has_plugin(entry_point.name):
                plugins.manager.unregister(name=entry_point.name)
    return plugins


def _register(plugins: Plugins, entry_point: EntryPoint) -> str | None:
    """Register one plugin with its providers; the fault if it cannot be used."""
    manager = plugins.manager
    try:
        plugin = entry_point.load()
        if unmarked := list(_unmarked_hooks(manager, plugin)):
            return f"{', '.join(unmarked)} has to be marked with @hookimpl"
        manager.register(plugin, name=entry_point.name)
        manager.check_pending()
        offered = [provider for group in _only(manager, plugin, "gateway_billing_providers")() for provider in group]
    except _ANYTHING as error:
        return _told(error)
    return _accept_providers(plugins, offered)


def _unmarked_hooks(manager: pluggy.PluginManager, plugin: object) -> Iterator[str]:
    """Functions that look like hooks and would silently never be called."""
    for name in dir(plugin):
        is_hook = name.startswith(_PREFIX) and callable(getattr(plugin, name))
        if is_hook and manager.parse_hookimpl_opts(plugin, name) is None:
            yield name


def _only(manager: pluggy.PluginManager, plugin: object, hook: str) -> pluggy.HookCaller:
    """The hook, called for one plugin alone."""
    return manager.subset_hook_caller(hook, [other for other in manager.get_plugins() if other is not plugin])


def _accept_providers(plugins: Plugins, offered: list[type[BillingProvider]]) -> str | None:
    """Add the providers that a plugin offers; its first fault, and then none of them."""
    accepted: dict[str, type[BillingProvider]] = {}
    for provider in offered:
        if fault := _provider_fault(provider):
            return fault
        if provider.NAME in plugins.providers or provider.NAME in accepted:
            return f"a provider called {provider.NAME!r} is offered already"
        accepted[provider.NAME] = provider
    plugins.providers.update(accepted)
    return None


def _provider_fault(provider: Any) -> str | None:
    """What keeps a provider class from being used."""
    if not isinstance(provider, type):
        return f"a provider has to be a class; {type(provider).__name__} is offered"
    who = f"provider class {provider.__name__}"
    missing = [name for name in ("NAME", "API_VERSION", "Settings", "capabilities") if not hasattr(provider, name)]
    missing += [name for name in _METHODS if not _has(provider, name)]
    if missing:
        return f"{who} lacks {', '.join(missing)}"
    return next((f"{who} {fault}" for is_right, fault in _claims(provider) if not is_right), None)


def _has(provider: Any, method: str) -> bool:
    """Whether a class has a method of its own, and not only what the contract says of it."""
    own = getattr(provider, method, None)
    return callable(own) and own is not getattr(BillingProvider, method)


def _claims(provider: Any) -> Iterator[tuple[bool, str]]:
    """What has to be true of a provider class that lacks nothing, with what to say if it is not."""
    version, name, settings = provider.API_VERSION, provider.NAME, provider.Settings
    yield version == API_VERSION, f"is made for plugin API {version}, this is {API_VERSION}; install one that fits"
    is_name = isinstance(name, str) and _NAME.fullmatch(name) is not None
    yield is_name, f"has the NAME {name!r}; use lower-case letters, digits, - and _"
    are_settings = isinstance(settings, type) and issubclass(settings, ProviderSettings)
    yield are_settings, "has Settings that are no subclass of ProviderSettings"
    capabilities = provider.capabilities
    yield isinstance(capabilities, Capabilities), "has capabilities that are no instance of Capabilities"
    undone = [name for name, is_declared in _asked_for(capabilities) if is_declared and not _has(provider, name)]
    yield not undone, f"declares what needs {', '.join(undone)}, and lacks that"


def _asked_for(capabilities: Capabilities) -> Iterator[tuple[str, bool]]:
    """The methods that a provider needs only where it declares what they are for."""
    yield "void_invoice", capabilities.voids
    yield "put_credit_note", bool(capabilities.credit_dispositions)
    yield "record_payment", capabilities.records_payments
    yield "quote_tax", capabilities.quotes
    yield "account", capabilities.tells_account
    yield "customer_standing", capabilities.tells_standing
    yield "verify_webhook", capabilities.webhook_auth is not None
    yield "parse_webhook", capabilities.webhook_auth is not None


def _setting_faults(connection: str, error: ValidationError) -> Iterator[str]:
    for detail in error.errors(include_input=False, include_url=False, include_context=False):
        place = ".".join(("connections", connection, *map(str, detail["loc"])))
        yield f"`{place}` {_WORDS.get(detail['type'], detail['msg'])}"


_WORDS = {"missing": "is missing; add it", "extra_forbidden": "is not a setting of this provider; remove it"}


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
