"""A provider whose documents somebody has changed by hand."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from gateway.plugin_api import BillingProvider, DocumentKind, ExternalDocument, Permanent


class Altered:
    """The same provider, but for what `changes` say of documents by ref; None is gone. It lists nothing if told so."""

    def __init__(self, provider: BillingProvider) -> None:
        self._provider = provider
        self.altered: dict[str, dict[str, Any] | None] = {}
        self.more: list[ExternalDocument] = []
        self.lists = True
        self.fetched: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._provider, name)

    @property
    def provider(self) -> BillingProvider:
        """The same, as the services take it."""
        return cast(BillingProvider, self)

    def alter(self, ref: str, **changes: Any) -> None:
        """Let a document be another."""
        self.altered[ref] = changes

    def remove(self, ref: str) -> None:
        """Let a document be gone."""
        self.altered[ref] = None

    def fetch(self, kind: DocumentKind, ref: str) -> ExternalDocument:
        """See `BillingProvider.fetch`."""
        self.fetched.append(ref)
        for document in self.more:
            if document.ref == ref and ref not in self.altered:
                return document
        if self.altered.get(ref, {}) is None:
            raise Permanent(f"There is no {kind} {ref}")
        return self._changed(self._provider.fetch(kind, ref))

    def changes(self, since: datetime) -> Iterator[ExternalDocument]:
        """See `BillingProvider.changes`."""
        if self.lists:
            listed = (each for each in self._provider.changes(since) if self.altered.get(each.ref, {}) is not None)
            yield from map(self._changed, listed)
            yield from (each for each in self.more if self.altered.get(each.ref, {}) is not None)

    def _changed(self, document: ExternalDocument) -> ExternalDocument:
        return replace(document, **(self.altered.get(document.ref) or {}))
