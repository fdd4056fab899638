"""What every provider does with invoices: each is there once, whole, and unchanged."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from gateway.plugin_api import (
    BillingProvider,
    DocumentIssuer,
    DocumentKind,
    ExternalDocument,
    ExternalStatus,
    Money,
    NeedsAttention,
    Permanent,
    Unsupported,
    minor_unit_places,
)
from gateway.plugin_guard import GuardedProvider
from gateway.testing.conformance.account import LONG_AGO, Account, issue, put
from gateway.testing.conformance.suite import key_of
from gateway.testing.documents import INVOICE_ID, customer_document, invoice_document

TOTAL = Money(1649, "USD")
ISSUED = {ExternalStatus.OPEN, ExternalStatus.PAID}
pages_of = 25
"""More invoices than fit a page, if the provider under test is told to list in small ones."""


class InvoiceTests(Account):
    """A part of the suite."""

    def test_what_was_never_made_is_not_found(self, account: GuardedProvider, customer: ExternalDocument) -> None:
        put(account, customer)
        assert account.find(DocumentKind.CUSTOMER, "cus_unknown", LONG_AGO) is None
        assert account.find(DocumentKind.INVOICE, "inv_unknown", LONG_AGO, customer.ref) is None
        # The beginning of an id is another id.
        assert account.find(DocumentKind.INVOICE, INVOICE_ID[:-1], LONG_AGO, customer.ref) is None

    def test_an_invoice_comes_back_with_our_id_total_and_state(
        self, account: GuardedProvider, customer: ExternalDocument
    ) -> None:
        made = put(account, customer)
        assert (made.kind, made.our_id, made.total) == (DocumentKind.INVOICE, INVOICE_ID, TOTAL)
        assert made.status in ({ExternalStatus.DRAFT} if account.capabilities.drafts else ISSUED)
        assert account.fetch(DocumentKind.INVOICE, made.ref) == made

    @pytest.mark.parametrize("days", [0, 7, 60])
    def test_an_invoice_is_due_by_its_own_terms_before_those_of_the_settings(
        self, provider: BillingProvider, account: GuardedProvider, customer: ExternalDocument, days: int
    ) -> None:
        document = replace(invoice_document(customer.ref), payment_days=days)
        made = account.put_invoice(document, key_of("put"))
        account.issue_invoice(made.ref, document.total, key_of("issue"))
        assert self.days_to_pay(provider, made.ref) == days

    def test_an_invoice_is_found_by_our_id(self, account: GuardedProvider, customer: ExternalDocument) -> None:
        made = put(account, customer)
        assert account.find(DocumentKind.INVOICE, INVOICE_ID, LONG_AGO, customer.ref) == made
        assert account.find(DocumentKind.INVOICE, INVOICE_ID, LONG_AGO) == made
        an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
        assert account.find(DocumentKind.INVOICE, INVOICE_ID, an_hour_ago, customer.ref) == made

    def test_an_invoice_is_found_among_many(self, account: GuardedProvider, customer: ExternalDocument) -> None:
        first = put(account, customer, 100, name="inv_first")
        for number in range(12):
            put(account, customer, 100, name=f"inv_{number}")
        assert account.find(DocumentKind.INVOICE, "inv_first", LONG_AGO, customer.ref) == first

    def test_an_invoice_sent_twice_with_one_key_is_there_once(
        self, account: GuardedProvider, customer: ExternalDocument
    ) -> None:
        first = put(account, customer)
        if account.capabilities.idempotency_window_seconds:
            assert put(account, customer).ref == first.ref
        assert account.find(DocumentKind.INVOICE, INVOICE_ID, LONG_AGO, customer.ref) == first

    def test_a_key_with_another_invoice_is_refused(self, account: GuardedProvider, customer: ExternalDocument) -> None:
        if not account.capabilities.idempotency_window_seconds:
            return
        account.put_invoice(invoice_document(customer.ref), key_of("put"))
        with pytest.raises(Permanent):
            account.put_invoice(invoice_document(customer.ref, id="inv_other"), key_of("put"))

    def test_an_invoice_whose_answer_was_lost_is_found_and_made_once(
        self, provider: BillingProvider, account: GuardedProvider, customer: ExternalDocument
    ) -> None:
        document = invoice_document(customer.ref)
        self.lose_answer(provider, partial(account.put_invoice, document, key_of("put")))
        found = account.find(DocumentKind.INVOICE, INVOICE_ID, LONG_AGO, customer.ref)
        assert found is not None
        again = account.put_invoice(document, key_of("later"), existing=found)
        assert (again.ref, again.total) == (found.ref, document.total)
        assert account.find(DocumentKind.INVOICE, INVOICE_ID, LONG_AGO, customer.ref) == again

    def test_an_existing_invoice_is_completed_and_not_made_again(
        self, account: GuardedProvider, customer: ExternalDocument
    ) -> None:
        document = invoice_document(customer.ref)
        first = account.put_invoice(document, key_of("put"))
        again = account.put_invoice(document, key_of("another key"), existing=first)
        assert (again.ref, again.total) == (first.ref, document.total)
        assert account.find(DocumentKind.INVOICE, INVOICE_ID, LONG_AGO, customer.ref) == again

    def test_issuing_changes_the_state_and_nothing_else(
        self, account: GuardedProvider, customer: ExternalDocument
    ) -> None:
        made = put(account, customer)
        issued = account.issue_invoice(made.ref, TOTAL, key_of("issue"))
        assert issued.status in ISSUED
        assert (issued.ref, issued.our_id, issued.total) == (made.ref, made.our_id, made.total)
        assert account.fetch(DocumentKind.INVOICE, made.ref).status in ISSUED

    def test_an_issued_invoice_has_the_number_of_who_numbers_it(
        self, account: GuardedProvider, customer: ExternalDocument
    ) -> None:
        for issuer in sorted(account.capabilities.document_issuers):
            document = replace(invoice_document(customer.ref, id=f"inv_{issuer}"), numbered_by=issuer)
            made = account.put_invoice(document, key_of(f"put {issuer}"))
            number = account.issue_invoice(made.ref, document.total, key_of(f"issue {issuer}")).number
            assert number
            assert (number == document.number) == (issuer is DocumentIssuer.GATEWAY)

    def test_issuing_again_returns_what_is_issued(self, account: GuardedProvider, issued: ExternalDocument) -> None:
        assert account.issue_invoice(issued.ref, TOTAL, key_of("issue")) == issued
        assert account.issue_invoice(issued.ref, TOTAL, key_of("issue once more")) == issued

    def test_an_issue_whose_answer_was_lost_happens_once(
        self, provider: BillingProvider, account: GuardedProvider, customer: ExternalDocument
    ) -> None:
        made = put(account, customer)
        self.lose_answer(provider, partial(account.issue_invoice, made.ref, TOTAL, key_of("issue")))
        assert account.issue_invoice(made.ref, TOTAL, key_of("issue")).status in ISSUED

    def test_a_draft_with_another_total_is_not_issued(
        self, account: GuardedProvider, customer: ExternalDocument
    ) -> None:
        if not account.capabilities.drafts:
            return
        made = put(account, customer)
        for number, wrong in enumerate((Money(1650, "USD"), Money(1649, "EUR"))):
            with pytest.raises(NeedsAttention):
                account.issue_invoice(made.ref, wrong, key_of(f"issue {number}"))
        assert account.fetch(DocumentKind.INVOICE, made.ref).status is ExternalStatus.DRAFT

    def test_issuing_what_is_not_there_is_permanent(self, account: GuardedProvider) -> None:
        with pytest.raises(Permanent):
            account.issue_invoice("nothing", TOTAL, key_of("issue"))

    def test_a_page_to_pay_is_there_where_it_is_declared(
        self, account: GuardedProvider, issued: ExternalDocument
    ) -> None:
        assert issued.status is ExternalStatus.PAID or (issued.pay_url is not None) is account.capabilities.pay_links

    def test_lines_of_nothing_and_below_are_taken_where_declared(
        self, account: GuardedProvider, customer: ExternalDocument
    ) -> None:
        capabilities = account.capabilities
        for name, amounts, is_taken in (
            ("inv_negative", (500, -200), capabilities.negative_lines),
            ("inv_zero", (500, 0), capabilities.zero_lines),
        ):
            if is_taken:
                assert put(account, customer, *amounts, name=name).total == Money(sum(amounts), "USD")
            else:
                with pytest.raises(Unsupported):
                    put(account, customer, *amounts, name=name)

    def test_an_invoice_may_have_as_many_lines_as_declared(
        self, account: GuardedProvider, customer: ExternalDocument
    ) -> None:
        count = min(account.capabilities.lines_max, 1000)
        assert issue(account, customer, *[7] * count).total == Money(7 * count, "USD")

    def test_an_id_may_be_as_long_as_declared(self, account: GuardedProvider, customer: ExternalDocument) -> None:
        longest = "i" * min(account.capabilities.external_id_length_max, 200)
        made = account.put_invoice(invoice_document(customer.ref, [500], id=longest), key_of("put"))
        assert made.our_id == longest
        assert account.find(DocumentKind.INVOICE, longest, LONG_AGO, customer.ref) == made

    def test_amounts_keep_their_value_in_every_kind_of_currency(self, account: GuardedProvider) -> None:
        for number, currency in enumerate(_one_per_scale(account)):
            customer = account.put_customer(customer_document(id=f"cus_{number}"), key_of(f"customer {number}"))
            # Ten whole units, which any provider can hold.
            amount = 10 * 10 ** minor_unit_places(currency)
            issued = issue(account, customer, amount, currency=currency, name=f"inv_{number}")
            assert issued.total == Money(amount, currency)
            assert account.fetch(DocumentKind.INVOICE, issued.ref).total == Money(amount, currency)

    def test_a_total_of_thirteen_digits_keeps_every_one(
        self, account: GuardedProvider, customer: ExternalDocument
    ) -> None:
        amounts = (9_999_999_999_998, 1)
        assert issue(account, customer, *amounts).total == Money(9_999_999_999_999, "USD")

    def test_an_issued_invoice_is_among_the_changes(self, account: GuardedProvider, issued: ExternalDocument) -> None:
        changed = [document for document in account.changes(LONG_AGO) if document.our_id == INVOICE_ID]
        assert changed == [issued]
        assert list(account.changes(datetime.now(UTC) + timedelta(days=36_500))) == []

    def test_changes_are_listed_to_the_end_once_each_and_in_order(
        self, account: GuardedProvider, customer: ExternalDocument
    ) -> None:
        names = [f"inv_{number:02}" for number in range(pages_of)]
        for name in names:
            issue(account, customer, 500, name=name)
        assert [document.our_id for document in account.changes(LONG_AGO)] == names


def _one_per_scale(account: GuardedProvider) -> list[str]:
    """A currency with two, none and three places each, among those declared."""
    declared = account.capabilities.currencies
    groups = (("USD", "EUR"), ("JPY", "KRW"), ("KWD", "BHD"))
    known = [[code for code in group if declared is None or code in declared] for group in groups]
    return [codes[0] for codes in known if codes]
