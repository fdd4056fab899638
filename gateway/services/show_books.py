"""Show the books of a legal entity: the trial balance of a month, and what it is made of."""

from gateway.core.books.chart import CHART
from gateway.core.books.months import read_month
from gateway.core.books.trial_balance import Balance, TrialBalance, trial_balance
from gateway.core.errors import InvalidValue
from gateway.services.installation import Installation


def show_trial_balance(installation: Installation, legal_entity: str, month: str) -> TrialBalance:
    """What every kind of account held before a month, what moved in it, and what it holds after it.

    Raises `NotFound` for an unknown legal entity and `InvalidValue` for what is not a month.
    """
    read_month(month)
    kinds = installation.storage.read(
        lambda unit: unit.books.kind_balances(unit.legal_entities.get(legal_entity).key, month)
    )
    return trial_balance(legal_entity, month, kinds)


def accounts_of_kind(
    installation: Installation, legal_entity: str, month: str, kind: str, after: tuple[str, str] | None, limit: int
) -> tuple[Balance, ...]:
    """The same of the accounts of a kind, by account and currency, behind a pair of those.

    Raises `NotFound` and `InvalidValue` as above, and `InvalidValue` for a kind that the chart does not have.
    """
    read_month(month)
    if kind not in CHART:
        raise InvalidValue(f"{kind[:40]!r} is not a kind of account; choose one of {', '.join(CHART)}")
    found = installation.storage.read(
        lambda unit: unit.books.account_balances(unit.legal_entities.get(legal_entity).key, month, kind, after, limit)
    )
    return tuple(found)
