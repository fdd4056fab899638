"""Whatever happens to a contract, in any order: the books balance, and earn what is billed less what is credited."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gateway.core.errors import GatewayError
from gateway.core.invoicing.credit_notes import CreditItem, Disposition
from gateway.core.invoicing.invoice import Invoice, InvoiceStatus, PaidBy, PaymentStatus
from gateway.core.money import Money
from gateway.services.cancel_subscription import cancel_subscription
from gateway.services.credit_invoice import CreditRequest, credit_invoice
from gateway.services.follow_provider import note_payment
from gateway.services.installation import Installation
from gateway.services.recognise import recognise_due
from gateway.services.record_phases import Change
from gateway.services.void_invoice import void_invoice
from gateway.storage.database import open_database
from gateway.storage.migrate import migrate
from tests.services.billing import Company
from tests.services.reports_tie import assert_reports_tie
from tests.services.test_accrue_running import close
from tests.support import CountingIds, FixedClock

BEGIN = datetime(2026, 1, 15, tzinfo=UTC)
EARNED = ("revenue", "credit_notes", "voids", "bad_debt")
MONEY = st.sampled_from(
    [(PaymentStatus.PAID, PaidBy.PAYMENT), (PaymentStatus.PAID, PaidBy.OUT_OF_BAND), (PaymentStatus.UNPAID, None)]
)


class Contract(RuleBasedStateMachine):
    """Acme on a plan with a fee in advance, usage and a minimum, billed on the fifteenth."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        storage = open_database(f"sqlite:///{Path(self.folder.name)}/books.db", synchronous="OFF")
        migrate(storage)
        clock = FixedClock(BEGIN)
        self.company = Company(Installation(storage, clock, clock, CountingIds(), "main"), clock)
        self.company.define()
        self.subscription = self.company.sign(starts_at=BEGIN, by_anniversary=True)
        self.steps = 0
        self.is_cancelled = False
        self.closed: dict[str, list[object]] = {}

    def teardown(self) -> None:
        """End with all that was asked, and leave nothing behind."""
        try:
            self.end_the_contract()
        finally:
            self.company.installation.storage.close()  # type: ignore[attr-defined]
            self.folder.cleanup()

    def end_the_contract(self) -> None:
        """In the end all is billed and earned: what the books earned is what was billed, less what was credited."""
        if not self.is_cancelled:
            self.cancel()
        self.company.clock.set(self.company.clock.now() + timedelta(days=70))
        self.bill()
        self.recognise()
        kinds = self.by_kind()
        assert (kinds["deferred_revenue"], kinds["unbilled_receivables"]) == (0, 0)
        assert -sum(kinds[kind] for kind in EARNED) == self.billed_less_credited()

    @rule(days=st.integers(0, 20), calls=st.integers(0, 6))
    def pass_time_and_use(self, days: int, calls: int) -> None:
        now = self.company.clock.now() + timedelta(days=days, hours=1)
        self.company.clock.set(now)
        if calls:
            self.company.call(now.isoformat(), times=calls)

    @rule(days=st.integers(1, 40))
    def use_late(self, days: int) -> None:
        at = self.company.clock.now() - timedelta(days=days)
        if at >= BEGIN:
            self.company.call(at.isoformat(), user=f"late-{days}")

    @rule()
    def bill(self) -> None:
        assert not self.company.bill().failed

    @rule()
    def recognise(self) -> None:
        self.company.projector.catch_up()
        recognise_due(self.company.installation)
        assert recognise_due(self.company.installation) == 0

    @rule(which=st.integers(0, 9), cents=st.integers(1, 3000))
    def credit(self, which: int, cents: int) -> None:
        def work(invoice: Invoice) -> None:
            place = max(range(len(invoice.lines)), key=lambda each: invoice.lines[each].amount.amount_minor)
            items = (CreditItem(place, Money(cents, "USD")),)
            request = CreditRequest(invoice.id, "why not", Disposition.RECEIVABLE, items)
            credit_invoice(self.company.installation, request, "ada", self.key())

        self.try_on(which, work)

    @rule(which=st.integers(0, 9))
    def void(self, which: int) -> None:
        installation = self.company.installation
        self.try_on(which, lambda invoice: void_invoice(installation, invoice.id, "ada", "wrong", self.key()))

    @rule(which=st.integers(0, 9), told=MONEY)
    def pay(self, which: int, told: tuple[PaymentStatus, PaidBy | None]) -> None:
        installation = self.company.installation
        self.try_on(
            which,
            lambda invoice: installation.storage.transact(
                lambda unit: note_payment(unit, installation, unit.invoices.get(invoice.id), *told)
            ),
        )

    @precondition(lambda self: not self.is_cancelled)
    @rule()
    def cancel(self) -> None:
        # Later than what is billed by now.
        self.company.clock.set(self.company.clock.now() + timedelta(hours=1))
        change = Change(self.subscription.id, self.company.clock.now(), "ada", self.key())
        cancel_subscription(self.company.installation, change)
        self.is_cancelled = True

    @rule()
    def close_the_month_before_last(self) -> None:
        first = self.company.clock.now().replace(day=1)
        month = f"{(first - timedelta(days=20)).replace(day=1) - timedelta(days=1):%Y-%m}"
        if month >= f"{BEGIN:%Y-%m}" and month not in self.closed and month > max(self.closed, default=""):
            close(self.company, month, ordinal=len(self.closed) + 1)
            self.closed[month] = self.by_month(month)

    @invariant()
    def the_books_balance(self) -> None:
        assert sum(self.by_kind().values()) == 0

    @invariant()
    def reports_tie_to_the_trial_balance(self) -> None:
        assert_reports_tie(self.company.installation)

    @invariant()
    def closed_months_stay_as_they_are(self) -> None:
        assert {month: self.by_month(month) for month in self.closed} == self.closed

    def by_kind(self) -> Counter[str]:
        found: Counter[str] = Counter()
        for (account, _), left in self.company.read(lambda unit: unit.books.balances()).items():
            found[account.partition(":")[0]] += left
        return found

    def by_month(self, month: str) -> list[object]:
        rows = self.company.read(lambda unit: unit.books.balances_by_month("default", month))
        return [row for row in rows if row.month == month]

    def billed_less_credited(self) -> int:
        final = [each for each in self.company.invoices() if each.status is InvoiceStatus.FINALIZED]
        notes = self.company.read(lambda unit: unit.credit_notes.of_invoices([each.id for each in final]))
        credited = sum(note.net.amount_minor for each in notes.values() for note in each)
        return sum(each.net.amount_minor for each in final) - credited

    def try_on(self, which: int, work: Callable[[Invoice], object]) -> None:
        """Do something to an invoice; what cannot be done is refused, and changes nothing."""
        final = [each for each in self.company.invoices() if each.status is InvoiceStatus.FINALIZED and each.lines]
        if not final:
            return
        before = self.by_kind()
        try:
            work(final[which % len(final)])
        except GatewayError:
            assert self.by_kind() == before

    def key(self) -> str:
        self.steps += 1
        return f"k{self.steps}"


TestContract = Contract.TestCase
TestContract.settings = settings(
    max_examples=8, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
)
