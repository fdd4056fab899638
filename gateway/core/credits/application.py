"""Credit on an invoice: promotional credit takes off before tax, paid credit pays what is left with its tax."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from gateway.core.credits.burn_down import BurnDown, CreditUse
from gateway.core.credits.grant import CreditCategory
from gateway.core.credits.settlement import (
    CreditScope,
    LineKind,
    PayableLine,
    WalletBalance,
    paid_by_wallet,
    pay_from_wallets,
)
from gateway.core.credits.wallet import WalletAccount
from gateway.core.invoicing.discounts import Discount, DiscountReason, Fixed
from gateway.core.invoicing.invoice import Invoice, InvoiceLine
from gateway.core.invoicing.totals import with_terms, without_terms
from gateway.core.money import Money

PROMOTIONAL, PAID = CreditCategory.PROMOTIONAL, CreditCategory.PAID


@dataclass(frozen=True, slots=True)
class AppliedCredit:
    """An invoice after credit, what moved in each wallet that took part, and how much paid credit pays of it."""

    invoice: Invoice
    accounts: tuple[WalletAccount, ...]
    runs: Mapping[str, BurnDown]
    paid: Money

    @property
    def due(self) -> Money:
        """What is left to be paid by other means."""
        return self.invoice.payable - self.paid


def apply_credit(invoice: Invoice, accounts: Sequence[WalletAccount]) -> AppliedCredit:
    """Pay an invoice from a customer's wallets, all brought to the same instant; those in another currency stay.

    Wallets pay by priority, then the oldest, each what its scope covers. Promotional grants become discounts after all
    others, pinned in the terms of the invoice, so that tax is on what they leave. Paid grants, and the overage that a
    wallet allows, then pay lines with their tax. An invoice that comes to nothing takes nothing.
    """
    usable = sorted((one for one in accounts if one.wallet.currency == invoice.currency), key=_order)
    book = _Book(invoice, usable)
    book.discount()
    book.pay()
    return AppliedCredit(book.invoice, tuple(book.accounts.values()), book.runs, book.paid)


def payable(line: InvoiceLine) -> PayableLine:
    """A line as wallets see it, with its tax."""
    kind = LineKind.FEE if line.meter is None else LineKind.USAGE
    tax = Decimal(line.tax.amount_minor)
    return PayableLine(Decimal(line.net.amount_minor), kind, line.meter, tax)


def _payable_lines(lines: Iterable[InvoiceLine]) -> list[PayableLine]:
    """The lines as wallets see them, each usage less what was billed of it before."""
    found: dict[tuple[object, ...], PayableLine] = {}
    for ordinal, line in enumerate(lines):
        usage = (line.price, line.dimensions) if line.meter else (ordinal,)
        paid = payable(line)
        known = found.get(usage, replace(paid, amount=Decimal(0), tax=Decimal(0)))
        found[usage] = replace(paid, amount=known.amount + paid.amount, tax=known.tax + paid.tax)
    return list(found.values())


def _order(account: WalletAccount) -> tuple[int, object, str]:
    return account.wallet.priority, account.wallet.created_at, account.wallet.id


class _Book:
    """The invoice and the wallets while one is paid from the others."""

    def __init__(self, invoice: Invoice, accounts: Sequence[WalletAccount]) -> None:
        self.invoice = invoice
        self.accounts = {account.wallet.id: account for account in accounts}
        self.runs: dict[str, BurnDown] = {}
        self.paid = Money.zero(invoice.currency)

    def discount(self) -> None:
        """Take promotional credit off, wallet by wallet."""
        for ordinal, account in enumerate(list(self.accounts.values()), start=1):
            prices = _prices(self.invoice.lines, account.wallet.scope)
            available = min(account.balance_of(PROMOTIONAL).amount_minor, self._left(prices))
            if available > 0:
                credit = Money(available, self.invoice.currency)
                self._discount(account, f"promotional-credit-{ordinal}", credit, prices or frozenset())

    def _left(self, prices: frozenset[str] | None) -> int:
        """What lines of some prices, or all, come to before tax, less what is given back: no more is taken off."""
        covered = (line for line in self.invoice.lines if prices is None or line.price in prices)
        return min(sum(line.net.amount_minor for line in covered), self.invoice.net.amount_minor)

    def _discount(self, account: WalletAccount, key: str, available: Money, prices: frozenset[str]) -> None:
        most = _discounted(self.invoice, _credit(key, available, prices))
        taken = most.discount - self.invoice.discount
        # Pinned as what was taken, so that the invoice replays without the wallet.
        self.invoice = _discounted(self.invoice, _credit(key, taken, prices))
        self._use(account, taken.amount_minor, PROMOTIONAL)

    def pay(self) -> None:
        """Pay what is left, lines with their tax, from paid credit."""
        lines = _payable_lines(self.invoice.lines)
        if not lines or self.invoice.total.amount_minor <= 0:
            return
        balances = [_wallet_balance(account) for account in self.accounts.values()]
        payments = pay_from_wallets(lines, balances, self.invoice.currency, self.invoice.total.amount_minor)
        for wallet, amount in paid_by_wallet(payments).items():
            self._use(self.accounts[wallet], amount, PAID)
            self.paid += Money(amount, self.invoice.currency)

    def _use(self, account: WalletAccount, amount: int, category: CreditCategory) -> None:
        name = account.wallet.id
        use = CreditUse(self.invoice.id, account.balances.at, Decimal(amount))
        self.accounts[name], run = self.accounts[name].used(use, category)
        self.runs[name] = self.runs[name].followed_by(run) if name in self.runs else run


def _prices(lines: Sequence[InvoiceLine], scope: CreditScope) -> frozenset[str] | None:
    """The prices of the lines that a scope covers; None if it covers everything."""
    if scope == CreditScope():
        return None
    return frozenset(line.price for line in lines if scope.covers(payable(line)))


def _credit(key: str, amount: Money, prices: frozenset[str]) -> Discount:
    return Discount(key, Fixed(amount.amount, amount.currency), prices, DiscountReason.PROMOTIONAL_CREDIT)


def _discounted(invoice: Invoice, discount: Discount) -> Invoice:
    terms = replace(invoice.terms, discounts=(*invoice.terms.discounts, discount))
    return replace(invoice, lines=with_terms(without_terms(invoice.lines), terms), terms=terms)


def _wallet_balance(account: WalletAccount) -> WalletBalance:
    wallet = account.wallet
    overdraft = max(0, wallet.overage_max - account.overage.amount_minor)
    balance = account.balance_of(PAID).amount_minor + overdraft
    return WalletBalance(wallet.id, wallet.currency, balance, wallet.priority, wallet.created_at, wallet.scope)
