"""Tries every installed plugin in a child process, so that one that hangs, or takes its process down, is only named.

`python -m gateway.plugin_trial` is the child: it loads the plugins, says before each which one comes, and at the end
what they offer and what is wrong with them.
"""

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from importlib.metadata import EntryPoint
from typing import Any, Self

from gateway.plugin_api import BillingProvider, DocumentIssuer, JournalTarget, RatePolicy, TaxMode
from gateway.plugin_manager import Plugins, installed, load_plugins

start_seconds_max = 60.0
"""How long the child may take before it comes to the first plugin."""
_grace_seconds = 1.0
_line_bytes_max = 1 << 16


@dataclass(frozen=True, slots=True)
class OfferedProvider:
    """What is known of a provider without loading it: its API version, and some of what it declares."""

    api_version: int
    rate: RatePolicy
    computes_taxes: bool
    document_issuers: tuple[DocumentIssuer, ...] = ()
    previews: bool = False

    @classmethod
    def of(cls, provider: type[BillingProvider]) -> Self:
        """What a loaded one offers."""
        declared = provider.capabilities
        issuers = tuple(sorted(declared.document_issuers))
        computes_taxes = TaxMode.QUOTED in declared.tax_modes
        return cls(provider.API_VERSION, declared.rate, computes_taxes, issuers, declared.shadow_by_preview)


@dataclass(frozen=True, slots=True)
class OfferedTarget:
    """What is known of an accounting system without loading it: version, rate, and what it calls our accounts."""

    api_version: int
    rate: RatePolicy
    default_accounts: Mapping[str, str]

    @classmethod
    def of(cls, target: type[JournalTarget]) -> Self:
        """What a loaded one offers."""
        declared = target.capabilities
        return cls(target.API_VERSION, declared.rate, dict(declared.default_accounts))


@dataclass(frozen=True, slots=True)
class PluginTrial:
    """The plugins that work, the providers they offer, and by name what is wrong with the others."""

    plugins: tuple[str, ...] = ()
    providers: Mapping[str, OfferedProvider] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)
    observers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The hooks by which plugins hear of what happens."""
    targets: Mapping[str, OfferedTarget] = field(default_factory=dict)

    @property
    def names(self) -> set[str]:
        """What plugins and providers are called, also those that have faults."""
        return {*self.plugins, *self.providers, *self.targets, *self.faults}


NOT_TRIED = PluginTrial()


def try_plugins(seconds: float) -> PluginTrial:
    """What there is; each plugin has so many seconds to load. Those that hang, or end their process, are named too."""
    ended: dict[str, str] = {}
    while True:
        last, told = _try_without(ended, seconds)
        if not isinstance(told, str):
            return _read(told, ended)
        if last in ended or last is None:
            raise RuntimeError("Plugins cannot be tried: the process that tries them ends before it begins")
        ended[last] = f"{told}, and was left out"


def _try_without(left_out: Iterable[str], seconds: float) -> tuple[str | None, dict[str, Any] | str]:
    """The plugin that a child came to last, and what it found in the end; if it did not get so far, why not."""
    with subprocess.Popen(  # noqa: S603
        [sys.executable, "-m", __name__, str(seconds), *left_out],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        bufsize=0,
    ) as child:
        assert child.stdout is not None
        place, received, deadline = None, b"", time.monotonic() + start_seconds_max
        with selectors.DefaultSelector() as ready:
            ready.register(child.stdout, selectors.EVENT_READ)
            while ready.select(max(deadline - time.monotonic(), 0.0)):
                part = child.stdout.read(_line_bytes_max)
                if not part:
                    return place, _ending(child)
                *lines, received = (received + part).split(b"\n")
                for line in map(json.loads, lines):
                    if "found" in line:
                        return place, line["found"]
                    place, deadline = line["loading"], time.monotonic() + seconds
        child.kill()
    return place, f"it took over {seconds:g} s to load"


def _ending(child: "subprocess.Popen[bytes]") -> str:
    """How a child ended that says no more; one that goes on in silence is ended."""
    with suppress(subprocess.TimeoutExpired):
        code = child.wait(_grace_seconds)
        return f"it ended the process that loads it ({f'signal {-code}' if code < 0 else f'code {code}'})"
    child.kill()
    return "it cut off the process that loads it"


def _read(found: dict[str, Any], ended: Mapping[str, str]) -> PluginTrial:
    providers = {
        name: OfferedProvider(
            each["api_version"],
            RatePolicy(**each["rate"]),
            each["computes_taxes"],
            tuple(map(DocumentIssuer, each["document_issuers"])),
            each["previews"],
        )
        for name, each in found["providers"].items()
    }
    observers = {plugin: tuple(hooks) for plugin, hooks in found["observers"].items()}
    targets = {
        name: OfferedTarget(each["api_version"], RatePolicy(**each["rate"]), each["default_accounts"])
        for name, each in found["targets"].items()
    }
    return PluginTrial(tuple(found["plugins"]), providers, {**found["faults"], **ended}, observers, targets)


def try_loaded(plugins: Plugins) -> PluginTrial:
    """What plugins offer that are loaded already."""
    names = tuple(sorted(name for name, _ in plugins.manager.list_name_plugin()))
    providers = {name: OfferedProvider.of(kind) for name, kind in plugins.providers.items()}
    targets = {name: OfferedTarget.of(kind) for name, kind in plugins.targets.items()}
    return PluginTrial(names, providers, plugins.faults, plugins.observers(), targets)


def _nothing_else() -> Any:
    """A command line to add commands to, in vain."""
    import typer  # noqa: PLC0415 (a third of the time that all this takes, for what few plugins do)

    return typer.Typer()


def _tell_what_loads(seconds: float, left_out: Iterable[str]) -> None:
    reports = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
    # Whatever a plugin prints must not be taken for a report.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    def say(**line: object) -> None:
        reports.write(json.dumps(line).encode() + b"\n")

    def announce(name: str) -> None:
        say(loading=name)
        # Should nobody be left who ends this process: the system does it, whoever holds the interpreter.
        signal.setitimer(signal.ITIMER_REAL, seconds + _grace_seconds)

    def announced() -> Iterable[EntryPoint]:
        for each in installed():
            if each.name not in left_out:
                announce(each.name)
                yield each

    plugins = load_plugins(announced())
    for name in plugins.names_with_commands():
        announce(name)
        plugins.add_commands(_nothing_else(), name)
    say(found=asdict(try_loaded(plugins)))
    # A plugin may have left a thread behind that never ends.
    os._exit(0)


if __name__ == "__main__":
    _tell_what_loads(float(sys.argv[1]), sys.argv[2:])
