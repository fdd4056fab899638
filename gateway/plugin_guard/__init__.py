"""The wall between the gateway and the plugins: every call to one goes through `guarded` or `guarded_target`."""

from gateway.plugin_guard.provider import GuardedProvider, guarded
from gateway.plugin_guard.target import GuardedTarget, guarded_target

__all__ = ["GuardedProvider", "GuardedTarget", "guarded", "guarded_target"]
