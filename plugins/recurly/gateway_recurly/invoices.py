"""Reading invoices: found by our id, as they are now, and where their customers can pay them."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from gateway.plugin_api import DocumentKind, ExternalDocument, Permanent, only_valid
from gateway_recurly.client import RecurlyApi, is_absent
from gateway_recurly.mapping import from_recurly_invoice, kind_of, our_id_of
from gateway_recurly.refs import account_ref

page_size = 200
login_tokens_max = 10_000
_TYPES = {DocumentKind.INVOICE: "charge", DocumentKind.CREDIT_NOTE: "credit"}


class Invoices:
    """The invoices and credit invoices of one site. `hosted_url` is where its customers see them."""

    def __init__(self, api: RecurlyApi, hosted_url: str) -> None:
        self._api = api
        self._hosted_url = hosted_url
        self._login_tokens: dict[str, str] = {}

    def get(self, ref: str) -> Any:
        """One in Recurly's own words. Raises `Permanent` if there is none."""
        with self._api.reading() as client:
            return client.get_invoice(ref)

    def fetch(self, kind: DocumentKind, ref: str) -> ExternalDocument:
        """One as a document. Raises `Permanent` if there is none of that kind."""
        invoice = self.get(ref)
        if kind_of(invoice) is not kind:
            raise Permanent(f"Recurly's {ref} is a {invoice.type} invoice")
        return self.document(invoice)

    def find(
        self, kind: DocumentKind, our_id: str, created_since: datetime, customer_ref: str | None
    ) -> ExternalDocument | None:
        """The one with our id among those made since. Raises `NeedsAttention` if there are two."""
        try:
            found = list(self._listed(kind, our_id, created_since, customer_ref))
        except Permanent as error:
            if customer_ref and is_absent(error):
                return None
            raise
        return only_valid("Recurly", our_id, found, "mark all but one as failed at Recurly, then resume the delivery")

    def changed(self, since: datetime) -> Iterator[ExternalDocument]:
        """Those with a purchase order number, as ours have, that were updated since."""
        params = {"sort": "updated_at", "order": "asc", "begin_time": since, "limit": page_size, "type": "charge"}
        with self._api.reading() as client:
            changed = [each for each in client.list_invoices(params=params).items() if our_id_of(each)]
        for invoice in changed:
            yield self.document(invoice)

    def document(self, invoice: Any) -> ExternalDocument:
        """An invoice as a document, and where its customer can pay it."""
        with self._api.reading():
            pays = kind_of(invoice) is DocumentKind.INVOICE
            return from_recurly_invoice(invoice, self._pay_url(invoice.account.code, invoice.number) if pays else None)

    def _listed(
        self, kind: DocumentKind, our_id: str, created_since: datetime, customer_ref: str | None
    ) -> Iterator[ExternalDocument]:
        """Those that carry our id, newest first."""
        params = {"sort": "created_at", "begin_time": created_since, "limit": page_size, "type": _TYPES[kind]}
        with self._api.reading() as client:
            pages = (
                client.list_account_invoices(customer_ref, params=params)
                if customer_ref
                else client.list_invoices(params=params)
            )
            found = [each for each in pages.items() if our_id_of(each) == our_id]
        return map(self.document, found)

    def _pay_url(self, code: str, number: str) -> str | None:
        token = self._login_token(code)
        return f"{self._hosted_url}/account/invoices/{number}?ht={token}" if token else None

    def _login_token(self, code: str) -> str:
        """What opens an account's pages; it stays the same, so it is asked for once. Empty if there are none."""
        if code not in self._login_tokens:
            if len(self._login_tokens) >= login_tokens_max:
                self._login_tokens.clear()
            with self._api.reading() as client:
                account = client.get_account(account_ref(code))
                self._login_tokens[code] = getattr(account, "hosted_login_token", None) or ""
        return self._login_tokens[code]
