"""The worker that tells one plugin what happened, so that a slow or broken observer keeps nobody else waiting."""

from collections.abc import Callable

from gateway.plugin_manager import Plugins
from gateway.services.installation import Installation
from gateway.services.observe import Observation, tell_next

pause_seconds = 1.0
Report = Callable[[str | None], None]


class Observing:
    """The work of telling; `step` is repeated."""

    def __init__(self, installation: Installation, plugin: str, plugins: Plugins, report: Report) -> None:
        self._installation = installation
        self._plugin = plugin
        self._plugins = plugins
        self._report = report

    def step(self) -> float:
        """Tell what waits longest; the seconds to wait."""
        return 0.0 if tell_next(self._installation, self._plugin, self._tell) else pause_seconds

    def _tell(self, hook: str, event: Observation) -> None:
        self._report(hook)
        try:
            self._plugins.tell(self._plugin, hook, event)
        finally:
            self._report(None)
