"""Reading invoices: Chargebee cannot be asked for one by `po_number`, and renames it when it is closed."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from gateway.plugin_api import ExternalDocument, NeedsAttention, PaidBy, Permanent
from gateway_chargebee.mapping import (
    MARK,
    from_chargebee_invoice,
    our_id_of,
    page_size,
    paid_by,
    payments_of,
    split_ref,
)

if TYPE_CHECKING:
    from gateway_chargebee.client import ChargebeeClient

Invoice = dict[str, Any]


class Invoices:
    """The invoices of one site. `portal` is where customers pay them."""

    def __init__(self, client: "ChargebeeClient", portal: str) -> None:
        self._client = client
        self._portal = portal

    def get(self, ref: str) -> Invoice:
        """What a ref stands for, as it is now; a deleted one if there is no other. Raises `Permanent` if there is none.

        Raises `NeedsAttention` if there are two.
        """
        customer, our_id = split_ref(ref)
        found = self._newest(customer, our_id)
        alive = [invoice for invoice in found if not invoice.get("deleted")] or found[:1]
        invoice = _only(our_id, alive)
        if invoice is None:
            raise Permanent(f"Chargebee has no invoice {MARK}{our_id} of customer {customer}")
        return invoice

    def find(self, our_id: str, params: dict[str, Any]) -> ExternalDocument | None:
        """The one with our id among those that `params` list. Raises `NeedsAttention` if there are two."""
        invoice = _only(our_id, self._carrying(our_id, params))
        return None if invoice is None else self.document(invoice)

    def changed(self, since: datetime) -> Iterator[ExternalDocument]:
        """Ours that were updated since then, the oldest update first, and with the deleted ones."""
        params = {"updated_at": updated_since(since), "sort_by": {"asc": "updated_at"}, "include_deleted": True}
        for page in self._client.listed(self._client.sdk.Invoice.list, "invoice", params):
            yield from self.documents([invoice for invoice in page if our_id_of(invoice)])

    def document(self, invoice: Invoice) -> ExternalDocument:
        """An invoice as a document."""
        return self.documents([invoice])[0]

    def documents(self, invoices: Sequence[Invoice]) -> list[ExternalDocument]:
        """Invoices as documents, with one look at the transactions that paid a page of them."""
        paid = [ref for invoice in invoices for ref in payments_of(invoice)]
        offline = {ref for start in range(0, len(paid), page_size) for ref in self._offline(paid[start:][:page_size])}

        def payer(invoice: Invoice) -> PaidBy | None:
            return paid_by(invoice, offline)

        return [from_chargebee_invoice(invoice, self._portal, payer(invoice)) for invoice in invoices]

    def _newest(self, customer: str, our_id: str) -> list[Invoice]:
        """Those of the first page with one that counts: what changed lately is what is asked for."""
        params = {"customer_id": {"is": customer}, "include_deleted": True, "sort_by": {"desc": "updated_at"}}
        found: list[Invoice] = []
        for page in self._client.listed(self._client.sdk.Invoice.list, "invoice", params):
            found += [invoice for invoice in page if our_id_of(invoice) == our_id]
            if any(invoice["status"] != "voided" and not invoice.get("deleted") for invoice in found):
                break
        return found

    def _carrying(self, our_id: str, params: dict[str, Any]) -> list[Invoice]:
        pages = self._client.listed(self._client.sdk.Invoice.list, "invoice", params)
        return [invoice for page in pages for invoice in page if our_id_of(invoice) == our_id]

    def _offline(self, refs: Sequence[str]) -> Iterator[str]:
        """Those transactions that Chargebee has only recorded."""
        pages = self._client.listed(self._client.sdk.Transaction.list, "transaction", {"id": {"in": list(refs)}})
        return (each["id"] for page in pages for each in page if each["gateway"] == "not_applicable")


def updated_since(moment: datetime) -> dict[str, str]:
    """A filter for what changed at or after `moment`; what was made since has changed since."""
    # "After" leaves out the second itself. Chargebee takes ten digits, and there was none before 2001.
    return {"after": str(max(1_000_000_000, int(moment.timestamp()) - 1))}


def _only(our_id: str, invoices: Sequence[Invoice]) -> Invoice | None:
    """The one that is not void, or else one that is."""
    valid = [invoice for invoice in invoices if invoice["status"] != "voided"] or invoices[:1]
    if len(valid) > 1:
        raise NeedsAttention(
            f"Chargebee has {len(valid)} invoices for {our_id}: {', '.join(invoice['id'] for invoice in valid)}",
            "delete or void all but one at Chargebee, then resume the delivery",
        )
    return valid[0] if valid else None
