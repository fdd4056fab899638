"""Credit that customers have left, grant by grant."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from gateway.core.credits.wallet import WalletAccount
from gateway.core.legal_entity import LegalEntity
from gateway.core.money import Money
from gateway.core.time import instant_text


@dataclass(frozen=True, slots=True)
class OutstandingGrant:
    """What a grant has left; what was paid for that is owed to the customer, and stands on its account in the books."""

    customer: Annotated[str, "The customer."]
    currency: Annotated[str, "The currency; amounts of two currencies are never added."]
    wallet: Annotated[str, "The key of the wallet."]
    grant: Annotated[str, "The id of the grant."]
    category: Annotated[str, "`paid`, or `promotional` where nobody pays for it."]
    granted_on: Annotated[str, "The day on which it begins, in the books of the legal entity."]
    expires_at: Annotated[str, "When it counts no more; empty if it stays."]
    given: Annotated[Money, "How much it gave."]
    left: Annotated[Money, "What is left of it."]
    unearned: Annotated[Money, "What was paid for that which is left: a liability until it is used or expires."]


def outstanding_grants(accounts: Iterable[WalletAccount], issuer: LegalEntity, now: datetime) -> list[OutstandingGrant]:
    """The grants that have something left now, by currency, customer, wallet, category and id."""
    rows = (row for account in accounts for row in _rows(account.brought_to(now)[0], issuer))
    return sorted(rows, key=lambda row: (row.currency, row.customer, row.wallet, row.category, row.grant))


def _rows(account: WalletAccount, issuer: LegalEntity) -> Iterator[OutstandingGrant]:
    wallet = account.wallet
    for grant in account.grants:
        left = account.money(account.balances.of(grant.id))
        if left.amount_minor:
            yield OutstandingGrant(
                customer=wallet.customer,
                currency=wallet.currency,
                wallet=wallet.key,
                grant=grant.id,
                category=grant.category,
                granted_on=issuer.accounting_day(grant.effective_at).isoformat(),
                expires_at="" if grant.expires_at is None else instant_text(grant.expires_at),
                given=account.money(grant.amount),
                left=left,
                unearned=account.unearned(grant),
            )
