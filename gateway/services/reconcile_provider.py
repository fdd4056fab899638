"""Compare our documents with what a provider holds: what is missing there, unknown here, or not the same."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from gateway.core.errors import NotFound
from gateway.core.ports.provider_differences import ProviderReconciliation
from gateway.core.ports.storage import UnitOfWork
from gateway.plugin_api import BillingProvider, ProviderError
from gateway.plugin_guard import guarded
from gateway.services.delivery_failures import reason_length_max
from gateway.services.installation import Installation
from gateway.services.reconciliation_run import ReconciliationRun

look_back = timedelta(days=90)
"""How far a run goes back by itself."""
every = timedelta(days=1)
after_failure = timedelta(hours=1)


def request_reconciliation(installation: Installation, connection: str, since: datetime | None) -> str:
    """Have the connection's worker compare at once, from `since` on. Answers with its name. Raises `NotFound`."""
    if connection not in (known := [each.connection for each in installation.connections]):
        raise NotFound(f"There is no connection {connection!r}; there are {', '.join(known)}")

    def request(unit: UnitOfWork) -> None:
        before = unit.differences.reconciliation(connection)
        now = installation.system_clock.now()
        unit.differences.set_reconciliation(replace(before, requested_at=now, requested_since=since))

    installation.storage.transact(request)
    return connection


def is_reconciliation_due(last: ProviderReconciliation, now: datetime) -> bool:
    """Whether a connection is to be compared: by request, a day after the last time, or an hour after it failed."""
    if last.requested_at is not None or last.began_at is None:
        return True
    return now >= last.began_at + (every if last.failure is None else after_failure)


def reconcile(
    installation: Installation, connection: str, provider: BillingProvider, since: datetime | None = None
) -> ProviderReconciliation:
    """Compare everything that was delivered since, or in the last 90 days. Raises `ProviderError`."""
    for _ in reconciling(installation, connection, provider, since):
        pass
    return installation.storage.read(lambda unit: unit.differences.reconciliation(connection))


def reconciling(
    installation: Installation, connection: str, provider: BillingProvider, since: datetime | None = None
) -> Iterator[None]:
    """The same step by step, for who has other work in between; each is a few requests and one transaction."""
    began_at = installation.system_clock.now()
    run = ReconciliationRun(installation, connection, guarded(provider), since or began_at - look_back)
    try:
        yield from run.listed_there()
        yield from run.held_here()
        yield from run.in_question()
    except ProviderError as error:
        _end(installation, run, began_at, f"{type(error).__name__}: {error}"[:reason_length_max])
        raise
    _end(installation, run, began_at, None)


def _end(installation: Installation, run: ReconciliationRun, began_at: datetime, failure: str | None) -> None:
    """Keep how the run went; what was requested meanwhile stays requested."""
    tally = run.tally
    done = ProviderReconciliation(
        run.connection,
        began_at=began_at,
        ended_at=installation.system_clock.now(),
        compared=len(tally.compared),
        found=tally.found,
        not_ours=tally.not_ours,
        failure=failure,
    )

    def end(unit: UnitOfWork) -> None:
        last = unit.differences.reconciliation(run.connection)
        is_wanted_again = last.requested_at is not None and last.requested_at > began_at
        again = replace(done, requested_at=last.requested_at, requested_since=last.requested_since)
        unit.differences.set_reconciliation(again if is_wanted_again else done)

    installation.storage.transact(end)
