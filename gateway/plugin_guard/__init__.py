"""The wall between the gateway and the plugins: every call to a provider goes through `guarded`."""

from gateway.plugin_guard.provider import GuardedProvider, guarded

__all__ = ["GuardedProvider", "guarded"]
