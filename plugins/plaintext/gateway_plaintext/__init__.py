"""Plain-text accounting as a place for journals."""

from gateway.plugin_api import JournalTarget, hookimpl
from gateway_plaintext.settings import PlainTextSettings
from gateway_plaintext.target import PlainTextTarget

__all__ = ["PlainTextSettings", "PlainTextTarget", "gateway_journal_targets"]


@hookimpl
def gateway_journal_targets() -> list[type[JournalTarget]]:
    """The accounting system called `plaintext`."""
    return [PlainTextTarget]
