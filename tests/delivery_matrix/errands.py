"""What is delivered: an invoice, and what may follow it; how it is prepared, and what has to be true in the end."""

from typing import ClassVar

from gateway.core.invoicing.credit_notes import CreditItem, Disposition
from gateway.core.invoicing.invoice import Invoice, PaymentStatus
from gateway.core.money import Money
from gateway.plugin_api import DocumentKind, ExternalStatus
from gateway.services.credit_invoice import CreditRequest, credit_invoice
from gateway.services.follow_provider import apply_changes
from gateway.services.void_invoice import void_invoice
from tests.delivery_matrix.case import Case
from tests.vendors.accounts import Held

TOTAL = 1600
CREDITED = 500


class Errand:
    """An invoice on its way."""

    name: ClassVar[str] = "invoice"
    expected: ClassVar[Held] = Held("inv_1", ExternalStatus.OPEN, TOTAL, TOTAL)

    def prepare(self, case: Case) -> Invoice:
        """Put into the outbox what is to be delivered."""
        return case.world.finalize()

    def after_the_end(self, case: Case, final: Invoice) -> None:
        """What people do while no worker is alive."""

    def check(self, case: Case, final: Invoice) -> None:
        """Raise unless the vendor has one of each, as it should be, and we know it."""
        case.require_all_delivered()
        case.require_there(case.account.customers(), ["cus_1"])
        case.require_there(case.account.invoices(), [self.expected])
        case.require_known(DocumentKind.CUSTOMER, "cus_1")
        case.require_known(DocumentKind.INVOICE, final.id)


class Voiding(Errand):
    """An invoice that is there is void by now."""

    name = "voiding"

    def prepare(self, case: Case) -> Invoice:
        final = super().prepare(case)
        case.deliver()
        _void(case, final)
        return final

    def check(self, case: Case, final: Invoice) -> None:
        case.require_all_delivered()
        _require_void(case, final)
        case.require_known(DocumentKind.INVOICE, final.id)


class Withdrawal(Errand):
    """An invoice becomes void while its worker is dead, wherever that was."""

    name = "withdrawal"

    def after_the_end(self, case: Case, final: Invoice) -> None:
        _void(case, final)

    def check(self, case: Case, final: Invoice) -> None:
        case.require_all_delivered()
        if case.account.invoices():
            _require_void(case, final)


class Credit(Errand):
    """A part of what is due is credited."""

    name = "credit"
    disposition: ClassVar[Disposition] = Disposition.RECEIVABLE
    expected = Held("inv_1", ExternalStatus.OPEN, TOTAL, TOTAL - CREDITED)

    def prepare(self, case: Case) -> Invoice:
        final = super().prepare(case)
        case.deliver()
        self.pay(case, final)
        items = (CreditItem(0, Money(CREDITED, final.currency)),)
        request = CreditRequest(final.id, "Outage", self.disposition, items)
        self.note = credit_invoice(case.world.installation, request, "ada", "credit")
        return final

    def pay(self, case: Case, final: Invoice) -> None:
        """What was paid before."""

    def check(self, case: Case, final: Invoice) -> None:
        super().check(case, final)
        case.require_there(case.account.credit_notes(), [Held(self.note, ExternalStatus.PAID, CREDITED)])
        case.require_known(DocumentKind.CREDIT_NOTE, self.note)


class Refund(Credit):
    """A part of what was paid is given back outside of the provider, which is told so."""

    name = "refund"
    disposition = Disposition.OUT_OF_BAND
    expected = Held("inv_1", ExternalStatus.PAID, TOTAL, 0)

    def pay(self, case: Case, final: Invoice) -> None:
        case.account.pay(final.id)
        apply_changes(case.world.installation, "main", case.plugin)


ERRANDS: dict[str, type[Errand]] = {each.name: each for each in (Errand, Voiding, Withdrawal, Credit, Refund)}


def _void(case: Case, final: Invoice) -> None:
    void_invoice(case.world.installation, final.id, "ada", "Made in error", "void")


def _require_void(case: Case, final: Invoice) -> None:
    held = [(each.our_id, each.status) for each in case.account.invoices()]
    case.require_there(held, [(final.id, ExternalStatus.VOID)])
    assert case.world.stored(final).payment_status is PaymentStatus.VOID
