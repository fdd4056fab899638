"""Report the credit that customers have left."""

from collections.abc import Iterator

from gateway.core.credits.wallet import WalletAccount
from gateway.core.ports.storage import UnitOfWork
from gateway.core.reports.credits import OutstandingGrant, outstanding_grants
from gateway.services.installation import Installation

customers_per_read = 1_000


def credits_outstanding(installation: Installation, legal_entity: str) -> list[OutstandingGrant]:
    """What grants of the customers of a legal entity have left now, by business time. Raises `NotFound`."""

    def work(unit: UnitOfWork) -> list[OutstandingGrant]:
        issuer = unit.legal_entities.get(legal_entity)
        return outstanding_grants(_accounts(unit, legal_entity), issuer, installation.business_clock.now())

    return installation.storage.read(work)


def _accounts(unit: UnitOfWork, legal_entity: str) -> Iterator[WalletAccount]:
    after: str | None = None
    while customers := unit.definitions.customers(after, customers_per_read):
        own = [customer.key for customer in customers if customer.legal_entity == legal_entity]
        for accounts in unit.credits.wallets_of(own).values():
            yield from accounts
        after = customers[-1].key
