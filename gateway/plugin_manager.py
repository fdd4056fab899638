"""Finds plugins by entry point, checks them and reports the broken ones; knows nothing about any provider."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from typing import Any, TypeVar

import pluggy
from pydantic import ValidationError

from gateway import hookspecs
from gateway.core.errors import GatewayError
from gateway.plugin_api import BillingProvider, ConnectionHost, JournalTarget, RatePolicy
from gateway.plugin_contracts import JOURNAL_TARGETS, PROVIDERS, Contract

GROUP = "gateway.plugins"
_PREFIX = "gateway_"
OBSERVERS = ("invoice_finalized", "delivery_finished", "provider_event")
"""The hooks by which a plugin hears of what happened."""
# A plugin may raise anything while it is loaded, and must not take the others down.
_ANYTHING = (Exception, SystemExit)
T = TypeVar("T")
HostFor = Callable[[RatePolicy], ConnectionHost]


class UnknownProvider(GatewayError):
    """The configuration names a provider that no installed plugin offers."""


class UnknownTarget(GatewayError):
    """The configuration names an accounting system that no installed plugin offers."""


class InvalidConnection(GatewayError):
    """A connection whose settings its provider does not take; every fault is named, and no value is shown."""


@dataclass
class Plugins:
    """The plugins that loaded, the providers they offer, and by name what is wrong with the others."""

    manager: pluggy.PluginManager
    providers: dict[str, type[BillingProvider]] = field(default_factory=dict)
    targets: dict[str, type[JournalTarget]] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)

    def provider(self, name: str) -> type[BillingProvider]:
        """The provider class called `name`. Raises `UnknownProvider`, naming those installed."""
        if name not in self.providers:
            raise UnknownProvider(unknown_provider(name, self.providers, self.faults))
        return self.providers[name]

    def target(self, name: str) -> type[JournalTarget]:
        """The class for the accounting system called `name`. Raises `UnknownTarget`, naming those installed."""
        if name not in self.targets:
            raise UnknownTarget(unknown_target(name, self.targets, self.faults))
        return self.targets[name]

    def provider_for(self, connection: str, table: Mapping[str, object], host_for: HostFor) -> BillingProvider:
        """The provider of a configured connection: `table` has its name as `provider`, and the provider's settings.

        `host_for` makes what the gateway does for it, at the rate that it declares.
        Raises `UnknownProvider`, or `InvalidConnection` with every wrong or missing setting.
        """
        options = dict(table)
        kind = self.provider(str(options.pop("provider", "")))
        return _made(_Place("connections", connection, "provider"), kind, options, host_for)

    def target_for(self, name: str, table: Mapping[str, object], host_for: HostFor) -> JournalTarget:
        """The accounting system of `[journals.NAME]`, by `target` in `table`; otherwise as `provider_for`."""
        options = dict(table)
        kind = self.target(str(options.pop("target", "")))
        return _made(_Place("journals", name, "journal target"), kind, options, host_for)

    def names_with_commands(self) -> list[str]:
        """The plugins that add commands to the command line."""
        return sorted(hook.plugin_name for hook in self.manager.hook.gateway_commands.get_hookimpls())

    def add_commands(self, cli: Any, name: str) -> None:
        """Let a plugin add its commands; one that fails is named in `faults`."""
        try:
            _only(self.manager, self.manager.get_plugin(name), "gateway_commands")(cli=cli)
        except _ANYTHING as error:
            self.faults[name] = _told(error)

    def observers(self) -> dict[str, tuple[str, ...]]:
        """The plugins that observe, with the hooks they do it by."""
        found: dict[str, tuple[str, ...]] = {}
        for hook in OBSERVERS:
            for each in getattr(self.manager.hook, hook).get_hookimpls():
                found[each.plugin_name] = (*found.get(each.plugin_name, ()), hook)
        return found

    def tell(self, name: str, hook: str, event: object) -> None:
        """Tell one plugin what happened. Raises whatever it does."""
        _only(self.manager, self.manager.get_plugin(name), hook)(event=event)


def unknown_provider(name: str, installed: Iterable[str], faults: Mapping[str, str]) -> str:
    """What to say of a provider that no plugin offers."""
    return _unknown("Provider", "provider", name, installed, faults)


def unknown_target(name: str, installed: Iterable[str], faults: Mapping[str, str]) -> str:
    """What to say of an accounting system that no plugin offers."""
    return _unknown("Journal target", "target", name, installed, faults)


def _unknown(noun: str, setting: str, name: str, installed: Iterable[str], faults: Mapping[str, str]) -> str:
    if name in faults:
        return f"{noun} {name!r} is not there, because its plugin has a fault: {faults[name]}. Mend or update it."
    broken = "".join(f" Plugin {plugin} has a fault: {fault}." for plugin, fault in faults.items())
    return (
        f"{noun} {name!r} is not installed; installed are {', '.join(sorted(installed)) or 'none'}."
        f" Install its plugin or correct `{setting}` in gateway.toml.{broken}"
    )


@dataclass(frozen=True, slots=True)
class _Place:
    """The table of the configuration that something is made for, and what that is in words."""

    section: str
    name: str
    noun: str


def _made(place: _Place, kind: Callable[..., T], options: Mapping[str, object], host_for: HostFor) -> T:
    """An instance of a class that was accepted, for a table of the configuration."""
    offered: Any = kind
    try:
        return kind(place.name, offered.Settings.model_validate(options), host_for(offered.capabilities.rate))
    except ValidationError as error:
        raise InvalidConnection("\n".join(_setting_faults(place, error))) from None
    except _ANYTHING as error:
        # The text is left out, because it may hold what was configured.
        raise InvalidConnection(
            f"{place.noun.capitalize()} {offered.NAME!r} cannot be made for"
            f" {'connection' if place.section == 'connections' else 'journals'} {place.name!r}:"
            f" it raised {type(error).__name__}"
        ) from None


def installed() -> list[EntryPoint]:
    """Every installed plugin, what is built in first: nobody else's takes its names, wherever it is installed."""
    return sorted(entry_points(group=GROUP), key=lambda each: (not each.value.startswith("gateway."), each.name))


def load_plugins(found: Iterable[EntryPoint], names: Collection[str] | None = None) -> Plugins:
    """Load the plugins `found`; one that fails is named in `faults` and left out.

    `names` are what all plugins are called, by default those installed: a provider of such a name is its plugin's.
    """
    plugins = Plugins(pluggy.PluginManager("gateway"))
    names = {each.name for each in installed()} if names is None else names
    plugins.manager.add_hookspecs(hookspecs)
    for entry_point in found:
        if plugins.manager.has_plugin(entry_point.name):
            place = f"{entry_point.name} ({entry_point.value})"
            plugins.faults[place] = f"another plugin is already called {entry_point.name!r}; uninstall one of them"
        elif fault := _register(plugins, entry_point, names):
            plugins.faults[entry_point.name] = fault
            if plugins.manager.has_plugin(entry_point.name):
                plugins.manager.unregister(name=entry_point.name)
    return plugins


def _register(plugins: Plugins, entry_point: EntryPoint, names: Collection[str]) -> str | None:
    """Register one plugin with its providers; the fault if it cannot be used."""
    manager = plugins.manager
    try:
        plugin = entry_point.load()
        if unmarked := list(_unmarked_hooks(manager, plugin)):
            return f"{', '.join(unmarked)} has to be marked with @hookimpl"
        manager.register(plugin, name=entry_point.name)
        manager.check_pending()
        providers, targets = (_offered(manager, plugin, contract) for contract in (PROVIDERS, JOURNAL_TARGETS))
    except _ANYTHING as error:
        return _told(error)
    known, others = dict(plugins.targets), set(names) - {entry_point.name}
    fault = _accept(JOURNAL_TARGETS, known, targets, others) or _accept(PROVIDERS, plugins.providers, providers, others)
    if fault is None:
        plugins.targets = known
    return fault


def _offered(manager: pluggy.PluginManager, plugin: object, contract: Contract) -> list[Any]:
    """What one plugin offers of a kind."""
    return [each for group in _only(manager, plugin, contract.hook)() for each in group]


def _unmarked_hooks(manager: pluggy.PluginManager, plugin: object) -> Iterator[str]:
    """Functions that look like hooks and would silently never be called."""
    for name in dir(plugin):
        is_hook = (name.startswith(_PREFIX) or name in OBSERVERS) and callable(getattr(plugin, name))
        if is_hook and manager.parse_hookimpl_opts(plugin, name) is None:
            yield name


def _only(manager: pluggy.PluginManager, plugin: object, hook: str) -> pluggy.HookCaller:
    """The hook, called for one plugin alone."""
    return manager.subset_hook_caller(hook, [other for other in manager.get_plugins() if other is not plugin])


def _accept(
    contract: Contract, known: dict[str, type[T]], offered: list[type[Any]], names_of_others: Collection[str]
) -> str | None:
    """Add the classes that a plugin offers to those `known`; its first fault, and then none of them."""
    accepted: dict[str, type[T]] = {}
    for each in offered:
        if fault := contract.fault(each):
            return fault
        if each.NAME in names_of_others:
            return f"it offers a {contract.noun} called {each.NAME!r}, another plugin's name; give it one of its own"
        if each.NAME in known or each.NAME in accepted:
            return f"a {contract.noun} called {each.NAME!r} is offered already"
        accepted[each.NAME] = each
    known.update(accepted)
    return None


def _setting_faults(table: _Place, error: ValidationError) -> Iterator[str]:
    for detail in error.errors(include_input=False, include_url=False, include_context=False):
        place = ".".join((table.section, table.name, *map(str, detail["loc"])))
        words = {
            "missing": "is missing; add it",
            "extra_forbidden": f"is not a setting of this {table.noun}; remove it",
        }
        yield f"`{place}` {words.get(detail['type'], detail['msg'])}"


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
