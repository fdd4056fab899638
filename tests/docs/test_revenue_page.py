"""The page on revenue: a customer's month posts the transfers that it shows, on the days and of the amounts."""

import re
import tomllib
from datetime import UTC, datetime
from decimal import Decimal

from sqlalchemy import text

from gateway.core.invoicing.credit_notes import CreditItem, Disposition
from gateway.core.invoicing.invoice import PaidBy, PaymentStatus
from gateway.core.invoicing.taxes import TaxRate
from gateway.core.money import Money
from gateway.core.ports.billing_terms import TaxScope
from gateway.core.ports.storage import UnitOfWork
from gateway.services.bill import bill_due
from gateway.services.coupons_and_taxes import set_tax_rates
from gateway.services.credit_invoice import CreditRequest, credit_invoice
from gateway.services.customers import SubscriptionRequest, create_customer, subscribe
from gateway.services.define import apply_definitions
from gateway.services.follow_provider import note_payment
from gateway.services.installation import Installation
from gateway.services.recognise import recognise_due
from tests.docs.markdown import ROOT, blocks
from tests.services.billing import Company
from tests.support import FixedClock

PAGE = ROOT / "docs" / "explanation" / "revenue.md"
_ROW = re.compile(r"^\| (\d{4}-\d\d-\d\d) \| `(\S+)` \| `(\S+)` \| ([\d.]+) \|", re.MULTILINE)
_TRANSFERS = """
    SELECT accounting_day, debit_account, credit_account, amount_minor FROM transfer
    JOIN journal_entry ON journal_entry.key = transfer.entry_key
    """


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(hour=12, tzinfo=UTC)


def told() -> list[tuple[str, str, str, str]]:
    """The rows of the page: day, debit, credit, amount."""
    return list(_ROW.findall(PAGE.read_text(encoding="utf-8")))


def posted(company: Company) -> list[tuple[str, str, str, str]]:
    """The same of the books, with what was taken back within a day left out."""

    def read(unit: UnitOfWork) -> list[tuple[str, str, str, int]]:
        return [tuple(row) for row in unit.connection.execute(text(_TRANSFERS))]  # type: ignore[attr-defined]

    net: dict[tuple[str, str, str], int] = {}
    for on, debit, credit, amount in company.read(read):
        key, signed = (on, debit, credit), amount
        if (on, credit, debit) in net:
            key, signed = (on, credit, debit), -amount
        net[key] = net.get(key, 0) + signed
    return sorted(
        (on, debit, credit, str(Decimal(amount).scaleb(-2))) for (on, debit, credit), amount in net.items() if amount
    )


def test_a_customers_month_is_in_the_books_as_the_page_tells(
    sqlite_installation: Installation, clock: FixedClock
) -> None:
    company = Company(sqlite_installation, clock)
    [definitions] = [each.text for each in blocks(PAGE) if each.language == "toml"]
    clock.set(day("2026-03-15"))
    apply_definitions(company.installation, tomllib.loads(definitions))
    create_customer(company.installation, "acme", "Acme")
    rates = [TaxRate("vat", Decimal(20))]
    set_tax_rates(company.installation, TaxScope.CUSTOMER, "acme", rates, "ada", "t")
    starts = datetime(2026, 3, 15, tzinfo=UTC)
    subscribe(company.installation, SubscriptionRequest("acme", "team", starts, by_anniversary=True))
    bill_due(company.installation, company.projector)
    [first] = company.invoices()
    clock.set(day("2026-03-20"))
    company.installation.storage.transact(
        lambda unit: note_payment(unit, company.installation, first, PaymentStatus.PAID, PaidBy.PAYMENT)
    )
    company.call("2026-03-20T12:00:00Z", times=300)
    clock.set(day("2026-04-01"))
    company.projector.catch_up()
    recognise_due(company.installation)
    clock.set(day("2026-04-10"))
    company.call("2026-04-10T12:00:00Z", times=200)
    clock.set(day("2026-04-15"))
    bill_due(company.installation, company.projector)
    later = company.invoices()[-1]
    clock.set(day("2026-04-20"))
    calls = next(place for place, line in enumerate(later.lines) if line.price == "calls")
    item = CreditItem(calls, Money(500, "EUR"))
    credit_invoice(company.installation, CreditRequest(later.id, "Outage", Disposition.RECEIVABLE, (item,)), "ada", "c")
    clock.set(day("2026-05-01"))
    company.projector.catch_up()
    recognise_due(company.installation)

    assert told() == posted(company)


def test_the_page_tells_what_the_months_come_to() -> None:
    page = PAGE.read_text(encoding="utf-8")
    earned = {"2026-03": Decimal(0), "2026-04": Decimal(0)}
    for on, debit, credit, amount in told():
        for account, signed in ((credit, Decimal(amount)), (debit, -Decimal(amount))):
            if account.startswith(("revenue:", "credit_notes:")):
                earned[on[:7]] += signed

    for month, amount in earned.items():
        assert f"**{amount}**" in page, (month, amount)
