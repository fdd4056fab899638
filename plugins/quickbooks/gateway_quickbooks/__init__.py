"""QuickBooks Online as an accounting system."""

from gateway.plugin_api import JournalTarget, hookimpl
from gateway_quickbooks.settings import QuickBooksSettings
from gateway_quickbooks.target import QuickBooksTarget

__all__ = ["QuickBooksSettings", "QuickBooksTarget", "gateway_journal_targets"]


@hookimpl
def gateway_journal_targets() -> list[type[JournalTarget]]:
    """The accounting system called `quickbooks`."""
    return [QuickBooksTarget]
