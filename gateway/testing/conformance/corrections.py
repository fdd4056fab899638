"""What a provider does after an invoice is issued, as far as it declares it: void, credit, payments, quotes."""

from dataclasses import replace
from functools import partial

import pytest

from gateway.plugin_api import (
    BillingProvider,
    CreditDisposition,
    DocumentKind,
    ExternalDocument,
    ExternalStatus,
    Money,
    NeedsAttention,
    PaidBy,
    Permanent,
    TaxMode,
)
from gateway.plugin_guard import GuardedProvider
from gateway.testing.conformance.account import LONG_AGO, Account, issue
from gateway.testing.conformance.suite import key_of
from gateway.testing.documents import INVOICE_ID, credit_note_document, invoice_document, payment_document

_GIVEN = {ExternalStatus.OPEN, ExternalStatus.PAID}


class CorrectionTests(Account):
    """A part of the suite."""

    def test_a_void_invoice_is_void_for_good(self, account: GuardedProvider, issued: ExternalDocument) -> None:
        if not account.capabilities.voids:
            return
        void = account.void_invoice(issued.ref, "made in error", key_of("void"))
        assert (void.ref, void.our_id, void.status) == (issued.ref, INVOICE_ID, ExternalStatus.VOID)
        assert account.void_invoice(issued.ref, "made in error", key_of("void again")) == void
        assert account.fetch(DocumentKind.INVOICE, issued.ref) == void
        assert [document.status for document in account.changes(LONG_AGO)] == [ExternalStatus.VOID]

    def test_a_void_whose_answer_was_lost_happens_once(
        self, provider: BillingProvider, account: GuardedProvider, issued: ExternalDocument
    ) -> None:
        if not account.capabilities.voids:
            return
        self.lose_answer(provider, partial(account.void_invoice, issued.ref, "made in error", key_of("void")))
        void = account.void_invoice(issued.ref, "made in error", key_of("void"))
        assert void.status is ExternalStatus.VOID

    def test_a_paid_invoice_is_not_voided(
        self, provider: BillingProvider, account: GuardedProvider, issued: ExternalDocument
    ) -> None:
        if not account.capabilities.voids:
            return
        self.pay(provider, issued.ref)
        with pytest.raises(NeedsAttention):
            account.void_invoice(issued.ref, "made in error", key_of("void"))
        assert account.fetch(DocumentKind.INVOICE, issued.ref).status is ExternalStatus.PAID

    def test_voiding_what_is_not_there_is_permanent(self, account: GuardedProvider) -> None:
        if account.capabilities.voids:
            with pytest.raises(Permanent):
                account.void_invoice("nothing", "made in error", key_of("void"))

    def test_a_payment_says_what_paid(
        self, provider: BillingProvider, account: GuardedProvider, issued: ExternalDocument
    ) -> None:
        self.pay(provider, issued.ref)
        paid = account.fetch(DocumentKind.INVOICE, issued.ref)
        assert (paid.status, paid.paid_by, paid.amount_paid) == (ExternalStatus.PAID, PaidBy.PAYMENT, issued.total)

    @pytest.mark.parametrize("disposition", CreditDisposition)
    def test_credit_is_given_back_in_each_declared_way(
        self,
        provider: BillingProvider,
        account: GuardedProvider,
        customer: ExternalDocument,
        issued: ExternalDocument,
        disposition: CreditDisposition,
    ) -> None:
        if disposition not in account.capabilities.credit_dispositions:
            return
        self.pay(provider, issued.ref)
        document = credit_note_document(issued, customer.ref, 500, disposition)
        note = account.put_credit_note(document, key_of("credit"))
        assert (note.kind, note.our_id, note.total) == (DocumentKind.CREDIT_NOTE, document.id, Money(500, "USD"))
        assert note.status in _GIVEN
        assert account.fetch(DocumentKind.CREDIT_NOTE, note.ref) == note
        assert account.find(DocumentKind.CREDIT_NOTE, document.id, LONG_AGO, customer.ref) == note
        assert account.find(DocumentKind.CREDIT_NOTE, document.id[:-1], LONG_AGO, customer.ref) is None

    @pytest.mark.parametrize("disposition", CreditDisposition)
    def test_a_credit_note_whose_answer_was_lost_is_given_back_once(
        self,
        provider: BillingProvider,
        account: GuardedProvider,
        customer: ExternalDocument,
        issued: ExternalDocument,
        disposition: CreditDisposition,
    ) -> None:
        if disposition not in account.capabilities.credit_dispositions:
            return
        self.pay(provider, issued.ref)
        document = credit_note_document(issued, customer.ref, 1000, disposition)
        self.lose_answer(provider, partial(account.put_credit_note, document, key_of("credit")))
        found = account.find(DocumentKind.CREDIT_NOTE, document.id, LONG_AGO, customer.ref)
        assert found is not None
        # A second one of 10.00 would be more than the 16.49 that were paid.
        again = account.put_credit_note(document, key_of("credit later"), existing=found)
        assert (again.ref, again.total) == (found.ref, document.total)
        assert again.status in _GIVEN

    def test_credit_lowers_what_is_due(
        self, account: GuardedProvider, customer: ExternalDocument, issued: ExternalDocument
    ) -> None:
        if CreditDisposition.BALANCE not in account.capabilities.credit_dispositions:
            return
        assert issued.total is not None
        document = replace(credit_note_document(issued, customer.ref, 1250))
        account.put_credit_note(document, key_of("credit"))
        still = account.fetch(DocumentKind.INVOICE, issued.ref)
        assert (still.status, still.total) == (ExternalStatus.OPEN, issued.total)

    def test_more_than_was_billed_is_not_given_back(
        self, provider: BillingProvider, account: GuardedProvider, customer: ExternalDocument, issued: ExternalDocument
    ) -> None:
        if not account.capabilities.credit_dispositions:
            return
        self.pay(provider, issued.ref)
        for disposition in account.capabilities.credit_dispositions:
            document = credit_note_document(issued, customer.ref, 1650, disposition, id=f"cn_{disposition}")
            with pytest.raises((NeedsAttention, Permanent)):
                account.put_credit_note(document, key_of(f"credit {disposition}"))

    def test_a_refund_needs_a_payment(
        self, account: GuardedProvider, customer: ExternalDocument, issued: ExternalDocument
    ) -> None:
        if CreditDisposition.REFUND in account.capabilities.credit_dispositions:
            document = credit_note_document(issued, customer.ref, 500, CreditDisposition.REFUND)
            with pytest.raises(NeedsAttention):
                account.put_credit_note(document, key_of("credit"))

    def test_a_payment_by_another_way_is_recorded_once(
        self, provider: BillingProvider, account: GuardedProvider, issued: ExternalDocument
    ) -> None:
        if not account.capabilities.records_payments:
            return
        payment = payment_document(issued)
        self.lose_answer(provider, partial(account.record_payment, issued.ref, payment, key_of("pay")))
        paid = account.record_payment(issued.ref, payment, key_of("pay later"))
        assert (paid.status, paid.paid_by) == (ExternalStatus.PAID, PaidBy.OUT_OF_BAND)
        assert account.fetch(DocumentKind.INVOICE, issued.ref) == paid

    def test_a_second_payment_of_what_is_paid_is_refused(
        self, account: GuardedProvider, issued: ExternalDocument
    ) -> None:
        if account.capabilities.records_payments:
            account.record_payment(issued.ref, payment_document(issued), key_of("pay"))
            with pytest.raises(NeedsAttention):
                account.record_payment(issued.ref, payment_document(issued, id="pay_other"), key_of("pay twice"))

    def test_a_part_is_recorded_where_that_is_declared(
        self, account: GuardedProvider, issued: ExternalDocument
    ) -> None:
        if account.capabilities.partial_payments:
            part = account.record_payment(issued.ref, payment_document(issued, 1000), key_of("pay"))
            assert (part.status, part.amount_paid) == (ExternalStatus.OPEN, Money(1000, "USD"))

    def test_a_quote_leaves_nothing_behind(self, account: GuardedProvider, customer: ExternalDocument) -> None:
        if not account.capabilities.quotes:
            return
        mode = TaxMode.QUOTED if TaxMode.QUOTED in account.capabilities.tax_modes else TaxMode.OURS
        quote = account.quote_tax(replace(invoice_document(customer.ref), tax_mode=mode))
        assert [(line.id, line.amount.amount_minor) for line in quote.lines] == [
            (f"{INVOICE_ID}:0", 1250),
            (f"{INVOICE_ID}:1", 399),
        ]
        assert account.find(DocumentKind.INVOICE, INVOICE_ID, LONG_AGO, customer.ref) is None
        assert list(account.changes(LONG_AGO)) == []

    def test_a_quoted_invoice_comes_to_what_was_quoted(
        self, account: GuardedProvider, customer: ExternalDocument
    ) -> None:
        if TaxMode.QUOTED not in account.capabilities.tax_modes:
            return
        document = replace(invoice_document(customer.ref), tax_mode=TaxMode.QUOTED)
        quote = account.quote_tax(document)
        adopted = replace(document, taxes=tuple(quote.taxes), total=quote.total)
        made = account.put_invoice(adopted, key_of("put"))
        assert account.issue_invoice(made.ref, quote.total, key_of("issue")).total == quote.total

    def test_an_invoice_paid_in_parts_of_credit_says_so(
        self, account: GuardedProvider, customer: ExternalDocument
    ) -> None:
        if CreditDisposition.BALANCE not in account.capabilities.credit_dispositions:
            return
        invoice = issue(account, customer, 500, name="inv_small")
        account.put_credit_note(credit_note_document(invoice, customer.ref, 500), key_of("credit"))
        settled = account.fetch(DocumentKind.INVOICE, invoice.ref)
        assert (settled.status, settled.paid_by) == (ExternalStatus.PAID, PaidBy.CREDIT)
