"""Webhooks: what arrived, and what it is about. A webhook is a hint: what it is about is fetched before it counts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from gateway.core.faults import Fault, require_none
from gateway.plugin_api.external import DocumentKind, ref_length_max


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """What arrived: the names of `headers` in lower case, the body as its raw bytes, and when."""

    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    received_at: datetime


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """What a webhook says: by its `id` a repeat is known, and `kind` and `ref` name the document to fetch.

    `kind` is None for an event about nothing that the gateway follows. An event about a payment or a refund names its
    invoice.
    """

    id: str
    type: str
    """The provider's name for what happened, such as `invoice.paid`."""
    kind: DocumentKind | None = None
    ref: str = ""
    version: str = ""
    """The document's version as of the event, comparable with `ExternalDocument.version`, if the provider says so."""

    def __post_init__(self) -> None:
        require_none(self._faults())

    def _faults(self) -> Iterator[Fault]:
        for name in ("id", "type", "ref", "version"):
            value = getattr(self, name)
            if not isinstance(value, str) or len(value) > ref_length_max:
                yield name, f"is no text of at most {ref_length_max} characters"
        if not self.id:
            yield "id", "is empty"
        if self.kind is not None and not isinstance(self.kind, DocumentKind):
            yield "kind", f"is of type {type(self.kind).__name__}"
        if (self.kind is None) == bool(self.ref):
            yield "ref", "goes with `kind`: either both are given or none"
