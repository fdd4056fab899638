"""What has to be true of a class that a plugin offers, before anything is made of it."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from gateway.plugin_api import (
    API_VERSION,
    BillingProvider,
    Capabilities,
    JournalCapabilities,
    JournalTarget,
    ProviderSettings,
)

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_ATTRIBUTES = ("NAME", "API_VERSION", "Settings", "capabilities")


def _asked_of_provider(capabilities: Capabilities) -> Iterator[tuple[str, bool]]:
    """The methods that a provider needs only where it declares what they are for."""
    yield "void_invoice", capabilities.voids
    yield "put_credit_note", bool(capabilities.credit_dispositions)
    yield "record_payment", capabilities.records_payments
    yield "quote_tax", capabilities.quotes
    yield "account", capabilities.tells_account
    yield "customer_standing", capabilities.tells_standing
    yield "verify_webhook", capabilities.webhook_auth is not None
    yield "parse_webhook", capabilities.webhook_auth is not None


def _asked_of_target(capabilities: JournalCapabilities) -> Iterator[tuple[str, bool]]:
    """The same of an accounting system."""
    yield "account", capabilities.tells_account


@dataclass(frozen=True, slots=True)
class Contract:
    """What classes of one kind are offered by `hook`, have to have, and are called in words."""

    hook: str
    noun: str
    protocol: type
    capabilities: type
    methods: tuple[str, ...]
    asked_for: Callable[[Any], Iterator[tuple[str, bool]]]

    def fault(self, offered: Any) -> str | None:
        """What keeps a class from being used."""
        if not isinstance(offered, type):
            return f"a {self.noun} has to be a class; {type(offered).__name__} is offered"
        who = f"{self.noun} class {offered.__name__}"
        missing = [name for name in _ATTRIBUTES if not hasattr(offered, name)]
        missing += [name for name in self.methods if not self._has(offered, name)]
        if missing:
            return f"{who} lacks {', '.join(missing)}"
        return next((f"{who} {fault}" for is_right, fault in self._claims(offered) if not is_right), None)

    def _has(self, offered: Any, method: str) -> bool:
        """Whether a class has a method of its own, and not only what the contract says of it."""
        own = getattr(offered, method, None)
        return callable(own) and own is not getattr(self.protocol, method)

    def _claims(self, offered: Any) -> Iterator[tuple[bool, str]]:
        """What has to be true of a class that lacks nothing, with what to say if it is not."""
        version, name, settings = offered.API_VERSION, offered.NAME, offered.Settings
        yield version == API_VERSION, f"is made for plugin API {version}, this is {API_VERSION}; install one that fits"
        is_name = isinstance(name, str) and _NAME.fullmatch(name) is not None
        yield is_name, f"has the NAME {name!r}; use lower-case letters, digits, - and _"
        are_settings = isinstance(settings, type) and issubclass(settings, ProviderSettings)
        yield are_settings, "has Settings that are no subclass of ProviderSettings"
        declared, kind = offered.capabilities, self.capabilities
        yield isinstance(declared, kind), f"has capabilities that are no instance of {kind.__name__}"
        undone = [
            name for name, is_declared in self.asked_for(declared) if is_declared and not self._has(offered, name)
        ]
        yield not undone, f"declares what needs {', '.join(undone)}, and lacks that"


PROVIDERS = Contract(
    "gateway_billing_providers",
    "provider",
    BillingProvider,
    Capabilities,
    ("check", "put_customer", "put_invoice", "issue_invoice", "find", "fetch", "changes"),
    _asked_of_provider,
)
JOURNAL_TARGETS = Contract(
    "gateway_journal_targets",
    "journal target",
    JournalTarget,
    JournalCapabilities,
    ("check", "accounts", "put_journal", "find_journal", "fetch_journal", "reverse_journal", "journals"),
    _asked_of_target,
)
