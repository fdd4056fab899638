"""Plugins are found, checked and contained: a broken one is named and the others work."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import EntryPoint
from types import ModuleType
from typing import Any

import pytest
from pydantic import SecretStr, field_validator

from gateway.core.errors import GatewayError
from gateway.plugin_api import (
    API_VERSION,
    BillingProvider,
    Capabilities,
    JournalCapabilities,
    JournalReversal,
    JournalTarget,
    ProviderSettings,
    RatePolicy,
    WebhookAuth,
    hookimpl,
)
from gateway.plugin_manager import (
    GROUP,
    InvalidConnection,
    Plugins,
    UnknownProvider,
    UnknownTarget,
    installed,
    load_plugins,
)
from gateway.sandbox import SandboxProvider
from gateway.testing import FakeHost

SANDBOX = EntryPoint("sandbox", "gateway.sandbox", GROUP)
CANARY = "sk_live_canary"


class StubSettings(ProviderSettings):
    api_key: SecretStr
    days: int = 30

    @field_validator("days")
    @classmethod
    def _is_short(cls, days: int) -> int:
        if days > 60:
            raise ValueError("must not be more than 60")
        return days


class Stub(SandboxProvider):
    """A provider that works."""

    NAME = "stub"
    Settings = StubSettings

    def __init__(self, connection: str, settings: Any, host: Any) -> None:
        self.connection, self.settings, self.host = connection, settings, host


class Books(JournalTarget):
    """An accounting system that could take journals."""

    NAME = "books"
    API_VERSION = API_VERSION
    Settings = StubSettings
    capabilities = JournalCapabilities(
        reversal=JournalReversal.NATIVE,
        lines_max=2,
        number_field="number",
        number_length_max=21,
        idempotency_window_seconds=0,
        rate=RatePolicy(1, 1, 1),
    )

    def __init__(self, connection: str, settings: Any, host: Any) -> None:
        self.connection, self.settings, self.host = connection, settings, host

    def check(self) -> None: ...
    def accounts(self) -> Any: ...
    def put_journal(self, journal: Any, key: str) -> Any: ...
    def find_journal(self, number: str) -> Any: ...
    def fetch_journal(self, ref: str) -> Any: ...
    def reverse_journal(self, ref: str, reversal: Any, key: str) -> Any: ...
    def journals(self, start: Any, end: Any) -> Any: ...


def targets(*offered: Any) -> dict[str, Any]:
    """The hook of a plugin that offers accounting systems."""
    return {"gateway_journal_targets": hookimpl(lambda: list(offered))}


def changed(**attributes: object) -> type:
    """The working provider with something else about it."""
    return type("Changed", (Stub,), attributes)


def lacking(*names: str) -> type:
    """The working provider without some of its attributes."""
    kept = {name: getattr(Stub, name) for name in dir(Stub) if not name.startswith("__") and name not in names}
    return type("Lacking", (), kept)


def declaring(**capabilities: object) -> Capabilities:
    """The capabilities of the working provider with others declared."""
    return replace(Stub.capabilities, **capabilities)


@pytest.fixture
def plug() -> Iterator[Any]:
    """Makes entry points of stub modules, which are gone afterwards."""
    made: list[str] = []

    def make(name: str, *providers: Any, **hooks: Any) -> EntryPoint:
        module = ModuleType(f"stub_plugin_{name}_{len(made)}")
        hooks = hooks or {"gateway_billing_providers": hookimpl(lambda: list(providers))}
        for hook, function in hooks.items():
            if callable(function) and not isinstance(function, type):
                function.__name__ = hook
            setattr(module, hook, function)
        sys.modules[module.__name__] = module
        made.append(module.__name__)
        return EntryPoint(name, module.__name__, GROUP)

    yield make
    for name in made:
        del sys.modules[name]


def host(_: RatePolicy) -> FakeHost:
    return FakeHost()


def load(*found: EntryPoint) -> Plugins:
    """The plugins `found`, with the sandbox, which has to work whatever the others do."""
    plugins = load_plugins([*found, SANDBOX], {each.name for each in (*found, SANDBOX)})
    assert plugins.provider("sandbox") is SandboxProvider
    return plugins


def test_the_built_in_sandbox_is_installed() -> None:
    plugins = load_plugins(installed())
    assert plugins.provider("sandbox") is SandboxProvider
    assert "sandbox" not in plugins.faults


def test_a_working_plugin_offers_its_provider(plug: Any) -> None:
    plugins = load(plug("ours", Stub))
    assert plugins.faults == {}
    assert sorted(plugins.providers) == ["sandbox", "stub"]


def test_a_plugin_may_offer_nothing(plug: Any) -> None:
    assert load(plug("ours", nothing=1)).faults == {}


@pytest.mark.parametrize("error", [ImportError("no module named vendor"), RuntimeError("boom"), SystemExit(3)])
def test_a_plugin_that_raises_on_import_is_named(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: EntryPoint) -> Any:
        if self.name == "ours":
            raise error
        return original(self)

    original = EntryPoint.load
    monkeypatch.setattr(EntryPoint, "load", fail)
    assert load(EntryPoint("ours", "whatever", GROUP)).faults == {"ours": f"{type(error).__name__}: {error}"}


def test_a_plugin_whose_module_is_missing_is_named() -> None:
    faults = load(EntryPoint("ours", "no_such_module_at_all", GROUP)).faults
    assert "no_such_module_at_all" in faults["ours"]


def test_a_plugin_whose_hook_raises_is_named(plug: Any) -> None:
    @hookimpl
    def explode() -> list[type]:
        raise ValueError("boom")

    plugins = load(plug("ours", gateway_billing_providers=explode))
    assert plugins.faults == {"ours": "ValueError: boom"}
    assert not plugins.manager.has_plugin("ours")


def test_a_misspelt_hook_is_named(plug: Any) -> None:
    plugins = load(plug("ours", gateway_biling_providers=hookimpl(lambda: [Stub])))
    assert "gateway_biling_providers" in plugins.faults["ours"]


def test_a_hook_that_is_not_marked_is_named(plug: Any) -> None:
    plugins = load(plug("ours", gateway_billing_providers=lambda: [Stub]))
    assert plugins.faults == {"ours": "gateway_billing_providers has to be marked with @hookimpl"}


def test_a_hook_with_other_arguments_is_named(plug: Any) -> None:
    plugins = load(plug("ours", gateway_billing_providers=hookimpl(lambda settings: [Stub])))
    assert "settings" in plugins.faults["ours"]


def test_two_plugins_of_one_name_are_told_apart(plug: Any) -> None:
    first, second = plug("ours", Stub), plug("ours", changed(NAME="other"))
    plugins = load(first, second)
    assert list(plugins.faults) == [f"ours ({second.value})"]
    assert sorted(plugins.providers) == ["sandbox", "stub"]


def test_the_first_of_two_providers_with_one_name_stays(plug: Any) -> None:
    plugins = load(plug("first", Stub), plug("second", changed()))
    assert plugins.faults == {"second": "a provider called 'stub' is offered already"}
    assert plugins.provider("stub") is Stub


def test_a_provider_belongs_to_the_plugin_of_its_name_whichever_comes_first(plug: Any) -> None:
    own, thief = plug("stub", Stub), plug("another", changed())
    for plugins in (load(thief, own), load(own, thief)):
        assert list(plugins.faults) == ["another"]
        assert plugins.faults["another"].startswith("it offers a provider called 'stub', another plugin's name")
        assert plugins.provider("stub") is Stub


def test_a_provider_of_a_plugin_with_a_fault_is_nobody_elses(plug: Any) -> None:
    plugins = load(plug("another", changed()), plug("stub", lacking("find")))
    assert sorted(plugins.faults) == ["another", "stub"]
    with pytest.raises(UnknownProvider, match="lacks find"):
        plugins.provider("stub")


def test_the_names_of_installed_plugins_are_kept_for_them(plug: Any) -> None:
    plugins = load_plugins([plug("another", changed(NAME="sandbox"))])
    assert "another plugin's name" in plugins.faults["another"]


def test_a_plugin_with_one_bad_provider_offers_none(plug: Any) -> None:
    plugins = load(plug("ours", Stub, changed(NAME="bad", API_VERSION=0)))
    assert list(plugins.faults) == ["ours"]
    assert list(plugins.providers) == ["sandbox"]


@pytest.mark.parametrize(
    ("provider", "fault"),
    [
        (changed(API_VERSION=API_VERSION + 1), "is made for plugin API 2, this is 1"),
        (changed(API_VERSION="1"), "is made for plugin API 1, this is 1"),
        (lacking("find"), "lacks find"),
        (changed(find=BillingProvider.find), "lacks find"),
        (changed(capabilities=declaring(voids=True), void_invoice=None), "declares what needs void_invoice, and lacks"),
        (
            changed(
                capabilities=declaring(webhook_auth=WebhookAuth.BASIC), parse_webhook=BillingProvider.parse_webhook
            ),
            "parse_webhook, and lacks that",
        ),
        (lacking("NAME", "capabilities", "check"), "lacks NAME, capabilities, check"),
        (changed(fetch=None), "lacks fetch"),
        (changed(NAME=""), "has the NAME ''"),
        (changed(NAME="Our Provider"), "has the NAME 'Our Provider'"),
        (changed(NAME=None), "has the NAME None"),
        (changed(Settings=dict), "Changed has Settings"),
        (changed(capabilities={"drafts": True}), "Changed has capabilities"),
        (object(), "a provider has to be a class; object is offered"),
        ("stub", "a provider has to be a class; str is offered"),
    ],
)
def test_a_provider_that_does_not_keep_to_the_contract_is_named(plug: Any, provider: Any, fault: str) -> None:
    plugins = load(plug("ours", provider))
    assert fault in plugins.faults["ours"]
    assert list(plugins.providers) == ["sandbox"]


@pytest.mark.parametrize("answer", [None, 7, Stub])
def test_a_hook_that_returns_no_list_is_named_or_offers_nothing(plug: Any, answer: Any) -> None:
    plugins = load(plug("ours", gateway_billing_providers=hookimpl(lambda: answer)))
    assert list(plugins.providers) == ["sandbox"]
    assert list(plugins.faults) == ([] if answer is None else ["ours"])


def test_an_unknown_provider_is_answered_with_those_installed_and_those_broken(plug: Any) -> None:
    plugins = load(plug("broken", lacking("find")))
    with pytest.raises(UnknownProvider, match=r"'broken' is not there, because its plugin has a fault: .*lacks find"):
        plugins.provider("broken")
    with pytest.raises(UnknownProvider, match=r"'stripe' is not installed; installed are sandbox.*broken.*lacks find"):
        plugins.provider("stripe")


def test_a_connection_gets_its_provider_with_its_settings(plug: Any) -> None:
    made = load(plug("ours", Stub)).provider_for("main", {"provider": "stub", "api_key": CANARY, "days": "14"}, host)
    assert isinstance(made, Stub)
    assert (made.connection, made.settings.days) == ("main", 14)
    assert made.settings.api_key.get_secret_value() == CANARY


@pytest.mark.parametrize(
    ("options", "faults"),
    [
        ({}, ["`connections.main.api_key` is missing; add it"]),
        ({"api_key": CANARY, "dayz": 3}, ["`connections.main.dayz` is not a setting of this provider; remove it"]),
        ({"api_key": CANARY, "days": 61}, ["`connections.main.days` Value error, must not be more than 60"]),
        ({"api_key": 5, "days": CANARY}, ["`connections.main.api_key`", "`connections.main.days`"]),
        ({"api_key": [CANARY]}, ["`connections.main.api_key` Input should be a valid string"]),
    ],
)
def test_every_wrong_setting_is_named_and_no_value_is_shown(
    plug: Any, options: dict[str, object], faults: list[str]
) -> None:
    plugins = load(plug("ours", Stub))
    with pytest.raises(InvalidConnection) as refused:
        plugins.provider_for("main", {"provider": "stub", **options}, host)
    assert all(fault in str(refused.value) for fault in faults)
    assert "canary" not in str(refused.value)
    assert isinstance(refused.value, GatewayError)
    assert refused.value.__cause__ is None


def test_a_provider_that_cannot_be_made_is_named_without_its_words(plug: Any) -> None:
    def explode(self: Any, connection: str, settings: Any, host: Any) -> None:
        raise RuntimeError(f"cannot use {CANARY}")

    plugins = load(plug("ours", changed(__init__=explode)))
    with pytest.raises(
        InvalidConnection, match=r"'stub' cannot be made for connection 'main': it raised RuntimeError$"
    ):
        plugins.provider_for("main", {"provider": "stub", "api_key": CANARY}, host)


def test_a_connection_without_a_provider_is_refused() -> None:
    with pytest.raises(UnknownProvider):
        load().provider_for("main", {}, host)


def test_changing_one_line_changes_the_provider(plug: Any) -> None:
    plugins = load(plug("ours", changed(Settings=SandboxProvider.Settings)))
    names = [type(plugins.provider_for("main", {"provider": name}, host)).NAME for name in ("sandbox", "stub")]
    assert names == ["sandbox", "stub"]


def test_a_plugin_offers_accounting_systems_as_it_does_providers(plug: Any) -> None:
    plugins = load(plug("ours", **targets(Books)))
    assert plugins.faults == {}
    made = plugins.target_for("ledger", {"target": "books", "api_key": CANARY}, host)
    assert isinstance(made, Books)
    assert (made.connection, made.settings.days) == ("ledger", 30)


@pytest.mark.parametrize(
    ("offered", "fault"),
    [
        (
            type("Lacking", (Books,), {"fetch_journal": JournalTarget.fetch_journal}),
            "class Lacking lacks fetch_journal",
        ),
        (type("Changed", (Books,), {"capabilities": Stub.capabilities}), "no instance of JournalCapabilities"),
        (type("Changed", (Books,), {"API_VERSION": 2}), "journal target class Changed is made for plugin API 2"),
        (object(), "a journal target has to be a class"),
    ],
)
def test_an_accounting_system_that_does_not_keep_to_the_contract_is_named(plug: Any, offered: Any, fault: str) -> None:
    plugins = load(plug("ours", **targets(Books, offered)))
    assert fault in plugins.faults["ours"]
    assert plugins.targets == {}


def test_a_plugin_with_a_bad_provider_offers_no_accounting_system_either(plug: Any) -> None:
    providers = {"gateway_billing_providers": hookimpl(lambda: [lacking("find")])}
    plugins = load(plug("ours", **targets(Books), **providers))
    assert list(plugins.faults) == ["ours"]
    assert plugins.targets == {}


def test_the_first_of_two_accounting_systems_with_one_name_stays(plug: Any) -> None:
    plugins = load(plug("first", **targets(Books)), plug("second", **targets(type("Other", (Books,), {}))))
    assert plugins.faults == {"second": "a journal target called 'books' is offered already"}
    assert plugins.target("books") is Books


def test_an_unknown_accounting_system_is_answered_with_those_installed(plug: Any) -> None:
    with pytest.raises(UnknownTarget, match=r"Journal target 'xero' is not installed; installed are books\..*`target`"):
        load(plug("ours", **targets(Books))).target("xero")
    with pytest.raises(UnknownTarget, match="installed are none"):
        load().target("xero")


def test_a_wrong_setting_of_an_accounting_system_is_named_by_its_table(plug: Any) -> None:
    plugins = load(plug("ours", **targets(Books)))
    with pytest.raises(InvalidConnection, match=r"`journals\.ledger\.api_key` is missing; add it"):
        plugins.target_for("ledger", {"target": "books"}, host)
    with pytest.raises(InvalidConnection, match="is not a setting of this journal target"):
        plugins.target_for("ledger", {"target": "books", "api_key": CANARY, "dayz": 1}, host)


def test_plugins_add_commands_and_one_that_fails_is_named(plug: Any) -> None:
    added: list[object] = []

    @hookimpl
    def add(cli: Any) -> None:
        added.append(cli)

    @hookimpl
    def explode(cli: Any) -> None:
        raise RuntimeError("boom")

    plugins = load(plug("bad", gateway_commands=explode), plug("good", gateway_commands=add))
    assert plugins.names_with_commands() == ["bad", "good"]
    for name in ("bad", "good"):
        plugins.add_commands("the command line", name)
    assert added == ["the command line"]
    assert plugins.faults == {"bad": "RuntimeError: boom"}


def test_observers_are_known_by_their_hooks_and_told_alone(plug: Any) -> None:
    heard: list[tuple[str, object]] = []

    @hookimpl
    def note(event: object) -> None:
        heard.append(("audit", event))

    @hookimpl
    def note_too(event: object) -> None:
        heard.append(("other", event))

    plugins = load(plug("audit", invoice_finalized=note, provider_event=hookimpl(lambda: None)))
    assert plugins.observers() == {"audit": ("invoice_finalized", "provider_event")}
    both = load(plug("audit", invoice_finalized=note), plug("other", invoice_finalized=note_too))
    both.tell("other", "invoice_finalized", "it")
    assert heard == [("other", "it")]


def test_an_observer_that_is_not_marked_is_named(plug: Any) -> None:
    plugins = load(plug("ours", delivery_finished=lambda event: None))
    assert plugins.faults == {"ours": "delivery_finished has to be marked with @hookimpl"}


def test_a_misspelt_observer_is_named(plug: Any) -> None:
    plugins = load(plug("ours", invoice_finalised=hookimpl(lambda event: None)))
    assert "invoice_finalised" in plugins.faults["ours"]


def test_nothing_above_a_plugins_module_is_a_package() -> None:
    import stripe  # noqa: PLC0415

    assert stripe.__file__ is not None
    assert "site-packages" in stripe.__file__
