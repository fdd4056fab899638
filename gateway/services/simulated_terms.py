"""What discounts, taxes and credit make of invoices that are not stored: each finds what those before it left."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from gateway.core.credits.application import AppliedCredit, apply_credit
from gateway.core.credits.carried_over import carried_over_grant, is_carried_over
from gateway.core.credits.movements import CreditBalances
from gateway.core.credits.wallet import Wallet, WalletAccount, own_wallet_key
from gateway.core.invoicing.invoice import Invoice
from gateway.core.invoicing.terms import Terms
from gateway.core.ports.billing_terms import Redemption
from gateway.core.ports.storage import UnitOfWork
from gateway.core.time import instant_text
from gateway.services.due_boundaries import DueBoundary
from gateway.services.installation import Installation
from gateway.services.invoice_terms import coupons_used, terms_from


class SimulatedTerms:
    """The coupons, taxes and credit of customers while their invoices are simulated, in the order of boundaries.

    It begins with what was there right before `since`: coupons count on what was billed before, and wallets have what
    they had. Tax rates are those of now. Each invoice is taken to be made when its grace period is over.
    """

    def __init__(
        self,
        unit: UnitOfWork,
        installation: Installation,
        customers: Sequence[str],
        plans: Sequence[str],
        since: datetime,
    ) -> None:
        self._installation = installation
        self._rates = {plan: unit.terms.tax_rates_for(customers, plan) for plan in plans}
        self._redeemed = unit.terms.redeemed_by(customers, since)
        found = unit.credits.wallets_before(customers, since)
        self._wallets = {name: [_given(each, since) for each in wallets] for name, wallets in found.items()}
        self._counted: defaultdict[tuple[str, str], set[datetime]] = defaultdict(set)

    def terms_of(self, due: DueBoundary) -> Terms:
        """The terms of the invoice at a boundary."""
        customer = due.subscription.customer
        redeemed = [
            self._so_far(customer, each) for each in self._redeemed.get(customer, ()) if each.redeemed_at <= due.due_at
        ]
        return terms_from(self._installation, redeemed, self._rates[due.plan.plan], customer, due.plan)

    def charge(self, due: DueBoundary, invoice: Invoice) -> AppliedCredit:
        """The invoice less promotional credit, and what paid credit pays of it; both are gone for the next one."""
        for coupon in coupons_used(invoice):
            self._counted[invoice.customer, coupon].add(due.boundary.at)
        accounts = [each.brought_to(due.due_at)[0] for each in self._wallets.get(invoice.customer, ())]
        applied = apply_credit(invoice, accounts)
        used = {each.wallet.id: each for each in applied.accounts}
        left = [used.get(each.wallet.id, each) for each in accounts]
        self._wallets[invoice.customer] = _carried_over(left, due, invoice)
        return applied

    def _so_far(self, customer: str, redemption: Redemption) -> Redemption:
        counted = self._counted[customer, redemption.coupon.key]
        return Redemption(redemption.coupon, redemption.redeemed_at, redemption.boundaries + len(counted))


def _given(account: WalletAccount, since: datetime) -> WalletAccount:
    """A wallet without what invoices left in it since: the simulated ones take their place."""
    kept = (grant for grant in account.grants if grant.effective_at < since or not is_carried_over(grant))
    return replace(account, grants=tuple(kept))


def _carried_over(accounts: list[WalletAccount], due: DueBoundary, invoice: Invoice) -> list[WalletAccount]:
    """The wallets with what an invoice below zero leaves the customer."""
    name = f"{due.subscription.id} {instant_text(due.boundary.at)}"
    grant = carried_over_grant(replace(invoice, id=name), due.due_at)
    if grant is None:
        return accounts
    key = own_wallet_key(invoice.currency)
    own = next((each for each in accounts if each.wallet.key == key), None)
    opened = Wallet(key, invoice.customer, key, invoice.currency, due.due_at)
    richer, _ = (own or WalletAccount(opened, (), CreditBalances(due.due_at))).granted(grant).brought_to(due.due_at)
    return [*(each for each in accounts if each is not own), richer]
