"""The Acme provider: invoices are made as drafts with all their lines, compared, and then issued."""

from collections.abc import Iterator
from datetime import datetime
from typing import ClassVar

from gateway.plugin_api import (
    API_VERSION,
    BillingProvider,
    Capabilities,
    ConnectionHost,
    CustomerDocument,
    DocumentKind,
    ExternalDocument,
    ExternalStatus,
    InvoiceDocument,
    Money,
    ProviderSettings,
    RatePolicy,
    only_valid,
    require_total,
)

from gateway_acme import mapping
from gateway_acme.client import AcmeClient
from gateway_acme.settings import AcmeSettings

_PATHS = {DocumentKind.CUSTOMER: "/customers", DocumentKind.INVOICE: "/invoices"}
_READERS = {DocumentKind.CUSTOMER: mapping.from_their_customer, DocumentKind.INVOICE: mapping.from_their_invoice}


class AcmeProvider(BillingProvider):
    """One Acme account. See `BillingProvider` for what each method promises."""

    NAME: ClassVar[str] = "acme"
    API_VERSION: ClassVar[int] = API_VERSION
    Settings: ClassVar[type[ProviderSettings]] = AcmeSettings
    capabilities: ClassVar[Capabilities] = Capabilities(
        drafts=True,
        lines_max=200,
        negative_lines=True,
        zero_lines=True,
        external_id_field="our_id",
        external_id_length_max=100,
        idempotency_window_seconds=24 * 3600,
        rate=RatePolicy(requests=10, seconds=1, burst=10),
    )

    def __init__(self, connection: str, settings: AcmeSettings, host: ConnectionHost) -> None:  # noqa: ARG002
        self._settings = settings
        self._api = AcmeClient(settings, host)

    def check(self) -> None:
        """Read one customer."""
        self._api.read("/customers", limit=1)

    def put_customer(
        self, customer: CustomerDocument, key: str, existing: ExternalDocument | None = None
    ) -> ExternalDocument:
        """Create the customer, or update it."""
        path = f"/customers/{existing.ref}" if existing else "/customers"
        return mapping.from_their_customer(self._api.write(path, mapping.to_their_customer(customer), key))

    def put_invoice(
        self, invoice: InvoiceDocument, key: str, existing: ExternalDocument | None = None
    ) -> ExternalDocument:
        """Make a draft with all its lines in one request, so that what exists is complete."""
        if existing is not None:
            return self.fetch(DocumentKind.INVOICE, existing.ref)
        fields = mapping.to_their_invoice(invoice, invoice.days_until_due(self._settings.days_until_due))
        return mapping.from_their_invoice(self._api.write("/invoices", fields, key))

    def issue_invoice(self, ref: str, expected_total: Money, key: str) -> ExternalDocument:
        """Issue the draft once its total is ours; what is issued already stays as it is."""
        draft = self.fetch(DocumentKind.INVOICE, ref)
        if draft.status is not ExternalStatus.DRAFT:
            return draft
        remedy = "remove what was changed on it there, then resume the delivery"
        require_total(f"Acme's draft {ref}", draft.total, expected_total, remedy)
        return mapping.from_their_invoice(self._api.write(f"/invoices/{ref}/issue", {}, key))

    def find(
        self, kind: DocumentKind, our_id: str, created_since: datetime, customer_ref: str | None = None
    ) -> ExternalDocument | None:
        """List what was made since, and match our id: a search index may lag, a list may not."""
        query = {"customer": customer_ref} if customer_ref and kind is DocumentKind.INVOICE else {}
        listed = self._api.listed(_PATHS[kind], made_since=created_since.isoformat(), **query)
        found = [_READERS[kind](fields) for fields in listed if fields["our_id"] == our_id]
        return only_valid("Acme", our_id, found, "void all but one there, then resume the delivery")

    def fetch(self, kind: DocumentKind, ref: str) -> ExternalDocument:
        """Read one object by Acme's id."""
        return _READERS[kind](self._api.read(f"{_PATHS[kind]}/{ref}"))

    def changes(self, since: datetime) -> Iterator[ExternalDocument]:
        """Our invoices that changed since then; Acme lists them by the time of their last change."""
        for fields in self._api.listed("/invoices", changed_since=since.isoformat()):
            if fields["our_id"]:
                yield mapping.from_their_invoice(fields)
