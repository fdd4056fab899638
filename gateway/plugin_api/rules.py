"""What every provider does alike: how an unknown outcome is told, and what is compared before it goes on."""

from collections.abc import Iterable

from gateway.core.money import Money
from gateway.plugin_api.errors import Ambiguous, NeedsAttention, Retryable
from gateway.plugin_api.external import ExternalDocument, ExternalStatus


def unknown_outcome(message: str, is_write: bool, key_is_spent: bool = False) -> Ambiguous | Retryable:
    """The error of a request whose answer is lost or broken: a read has changed nothing, and is simply done again."""
    return Ambiguous(message, key_is_spent) if is_write else Retryable(message)


def retry_after_seconds(header: str | None) -> int | None:
    """What a `Retry-After` says, if it says seconds."""
    return int(header) if header and header.isdecimal() else None


def require_total(what: str, found: Money | None, expected: Money, remedy: str) -> None:
    """Raise `NeedsAttention` if `what` is there does not total what it has to."""
    if found != expected:
        told = f"{found} {found.currency}" if found else "nothing"
        raise NeedsAttention(f"{what} totals {told}, not {expected} {expected.currency}", remedy)


def only_valid(who: str, our_id: str, found: Iterable[ExternalDocument], remedy: str) -> ExternalDocument | None:
    """Of the documents that carry `our_id` the one that is not void, or else one that is, or None.

    Raises `NeedsAttention` if several are not void; `who` is the provider's name.
    """
    documents = list(found)
    valid = [document for document in documents if document.status is not ExternalStatus.VOID] or documents[:1]
    if len(valid) > 1:
        refs = ", ".join(document.ref for document in valid)
        raise NeedsAttention(f"{who} has {len(valid)} documents for {our_id}: {refs}", remedy)
    return valid[0] if valid else None
