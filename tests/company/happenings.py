"""What becomes of invoices: they are paid, credited, void, given up or charged back; each of it happens to some."""

from collections.abc import Callable
from contextlib import suppress
from datetime import date
from random import Random

from gateway.core.errors import IllegalTransition
from gateway.core.invoicing.credit_notes import CreditItem, Disposition
from gateway.core.invoicing.invoice import Invoice, PaidBy, PaymentStatus
from gateway.core.money import Money
from gateway.core.revenue.accounts import Account
from gateway.core.revenue.facts import ChargebackWon, FeeCharged, RecordedFact, Reduced
from gateway.services.amounts_due import due_of
from gateway.services.book_payment import record_fact
from gateway.services.credit_invoice import CreditRequest, credit_invoice
from gateway.services.follow_provider import note_payment
from gateway.services.installation import Installation
from gateway.services.record_payment import PaymentRequest, record_payment
from gateway.services.void_invoice import void_invoice

Happening = Callable[["Documents", Invoice], None]


class Documents:
    """Deals out what happens to each invoice that becomes final, in the order that the seed gave."""

    def __init__(self, installation: Installation, random: Random) -> None:
        self._installation = installation
        self._deck = list(HAPPENINGS)
        random.shuffle(self._deck)
        self._dealt: set[str] = set()
        self.happened: set[str] = set()

    def happen(self, invoices: list[Invoice]) -> None:
        """Let something happen to each that nothing has happened to."""
        for invoice in invoices:
            is_owed = invoice.payment_status is PaymentStatus.UNPAID and self._due(invoice) > 0
            if invoice.id not in self._dealt and is_owed:
                happening = self._deck[len(self._dealt) % len(self._deck)]
                self._dealt.add(invoice.id)
                self.happened.add(happening.__name__)
                happening(self, invoice)

    def pay(self, invoice: Invoice) -> None:
        """The card is charged."""
        self._is(invoice, PaymentStatus.PAID, PaidBy.PAYMENT)

    def pay_elsewhere(self, invoice: Invoice) -> None:
        """It is settled by something else than a payment."""
        self._is(invoice, PaymentStatus.PAID, PaidBy.OUT_OF_BAND)

    def pay_a_part_by_transfer(self, invoice: Invoice) -> None:
        """Half of it comes by bank transfer, the rest by card."""
        part = (self._due(invoice) + 1) // 2
        request = PaymentRequest(invoice.id, self._today(), part, "bank transfer", "thanks")
        record_payment(self._installation, request, "ada", f"transfer {invoice.id}")
        self.pay(invoice)

    def take_a_payment_back(self, invoice: Invoice) -> None:
        """A payment bounces."""
        self.pay(invoice)
        self._is(self._again(invoice), PaymentStatus.UNPAID, None)

    def give_up(self, invoice: Invoice) -> None:
        """Nobody will pay it."""
        self._is(invoice, PaymentStatus.UNCOLLECTIBLE, None)

    def recover(self, invoice: Invoice) -> None:
        """It was given up, and is paid after all."""
        self.give_up(invoice)
        self.pay(self._again(invoice))

    def credit_what_is_owed(self, invoice: Invoice) -> None:
        """A third of the largest line is not owed any more."""
        self._credit(invoice, Disposition.RECEIVABLE)

    def credit_to_the_wallet(self, invoice: Invoice) -> None:
        """The same is given as credit."""
        self.pay(invoice)
        self._credit(invoice, Disposition.WALLET)

    def credit_by_refund(self, invoice: Invoice) -> None:
        """The same is paid back."""
        self.pay(invoice)
        self._credit(invoice, Disposition.REFUND)

    def credit_elsewhere(self, invoice: Invoice) -> None:
        """The same is given back outside of this system."""
        self.pay(invoice)
        self._credit(invoice, Disposition.OUT_OF_BAND)

    def void(self, invoice: Invoice) -> None:
        """It was wrong, and is billed again."""
        with suppress(IllegalTransition):
            # One that a later one takes something off stays as it is.
            void_invoice(self._installation, invoice.id, "ada", "Wrong address", f"void {invoice.id}")

    def refund(self, invoice: Invoice) -> None:
        """A part is paid back without any document, out of the cash."""
        self.pay(invoice)
        part = max(1, invoice.total.amount_minor // 4)
        self._record(invoice, Reduced(self._today(), part, Account.REFUNDS, Account.CASH))

    def charge_back(self, invoice: Invoice) -> None:
        """The card network takes all of it back, for good."""
        self.pay(invoice)
        amount = invoice.total.amount_minor
        self._record(invoice, Reduced(self._today(), amount, Account.CHARGEBACKS, Account.CASH))
        self._record(invoice, FeeCharged(self._today(), 15))

    def win_a_chargeback(self, invoice: Invoice) -> None:
        """The card network gives back what it took."""
        self.charge_back(invoice)
        self._record(invoice, ChargebackWon(self._today(), invoice.total.amount_minor))

    def pay_back_twice(self, invoice: Invoice) -> None:
        """What was refunded is charged back too, and lost."""
        self.refund(invoice)
        amount = invoice.total.amount_minor
        self._record(invoice, Reduced(self._today(), amount, Account.CHARGEBACKS, Account.CASH))

    def stay_unpaid(self, invoice: Invoice) -> None:
        """Nothing happens."""

    def _credit(self, invoice: Invoice, how: Disposition) -> None:
        place = max(range(len(invoice.lines)), key=lambda each: invoice.lines[each].amount.amount_minor)
        # Lines below zero leave less of the invoice than of its largest line.
        left = min(invoice.lines[place].amount.amount_minor, invoice.total.amount_minor)
        item = CreditItem(place, Money(max(1, left // 3), invoice.currency))
        request = CreditRequest(invoice.id, "Outage", how, (item,))
        credit_invoice(self._installation, request, "ada", f"credit {invoice.id}")

    def _is(self, invoice: Invoice, status: PaymentStatus, paid_by: PaidBy | None) -> None:
        self._installation.storage.transact(
            lambda unit: note_payment(unit, self._installation, invoice, status, paid_by)
        )

    def _record(self, invoice: Invoice, fact: RecordedFact) -> None:
        now = self._installation.business_clock.now()
        self._installation.storage.transact(lambda unit: record_fact(unit, invoice, fact, now))

    def _due(self, invoice: Invoice) -> int:
        return self._installation.storage.read(lambda unit: due_of(unit, invoice)).amount_minor

    def _again(self, invoice: Invoice) -> Invoice:
        return self._installation.storage.read(lambda unit: unit.invoices.get(invoice.id))

    def _today(self) -> date:
        return self._installation.business_clock.now().date()


HAPPENINGS: tuple[Happening, ...] = (
    Documents.pay,
    Documents.credit_what_is_owed,
    Documents.pay_elsewhere,
    Documents.credit_to_the_wallet,
    Documents.void,
    Documents.pay_a_part_by_transfer,
    Documents.charge_back,
    Documents.give_up,
    Documents.credit_by_refund,
    Documents.take_a_payment_back,
    Documents.refund,
    Documents.recover,
    Documents.win_a_chargeback,
    Documents.credit_elsewhere,
    Documents.pay_back_twice,
    Documents.stay_unpaid,
)
