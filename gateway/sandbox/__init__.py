"""A billing provider that is built in: it behaves like one, moves no money, and fails on demand."""

from gateway.plugin_api import BillingProvider, hookimpl
from gateway.sandbox.provider import SandboxProvider
from gateway.sandbox.settings import Faults, SandboxSettings

__all__ = ["Faults", "SandboxProvider", "SandboxSettings", "gateway_billing_providers"]


@hookimpl
def gateway_billing_providers() -> list[type[BillingProvider]]:
    """The provider called `sandbox`."""
    return [SandboxProvider]
