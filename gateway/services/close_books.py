"""Close months of a legal entity's books, lock them, and open them again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gateway.core.books.accounting_periods import AccountingPeriod, ClosedBooks, PeriodChange, PeriodStatus
from gateway.core.books.closing import NotReadyToClose, OpenItem, closed, locked, reopened
from gateway.core.books.months import month_of, read_month
from gateway.core.faults import require, text_fault
from gateway.core.legal_entity import LegalEntity
from gateway.core.ports.storage import UnitOfWork
from gateway.services.closing_checklist import closing_checklist
from gateway.services.installation import Installation
from gateway.services.post_journals import post_within, targets_of
from gateway.services.remember import once


@dataclass(frozen=True, slots=True)
class PeriodRequest:
    """Which month of whose books, who asks, and under which key; a repeat of the key changes nothing more."""

    legal_entity: str
    month: str
    actor: str
    idempotency_key: str


def close_period(
    installation: Installation, request: PeriodRequest, override_reason: str | None = None
) -> AccountingPeriod:
    """Book nothing more in a month: what belongs to it and comes later is booked in the first open one.

    What accounting systems have not been sent of it is posted to them, in the same transaction.

    With `override_reason` what the checklist finds is passed over, and kept with the reason. Raises `NotReadyToClose`
    with everything that is open, `IllegalTransition` for a month that has not ended, is not open or has an open one
    before it, `UnmappedAccounts`, `NotFound`, `InvalidValue` and `KeyReused`.
    """
    if override_reason is not None:
        _require_reason(override_reason)
    entity = _entity_of(installation, request)
    running = month_of(entity.accounting_day(installation.business_clock.now()))
    found: tuple[OpenItem, ...] = ()
    if request.month < running:
        found = installation.storage.read(lambda unit: closing_checklist(unit, entity, request.month))

    def step(unit: UnitOfWork, books: ClosedBooks) -> ClosedBooks:
        after = closed(books, request.month, running, _posted(unit, request))
        if found and override_reason is None:
            raise NotReadyToClose(request.month, found)
        if targets_of(installation, request.legal_entity):
            post_within(unit, installation, request.legal_entity, request.month)
        return after

    return _changed(installation, request, "close period", override_reason, step, tuple(map(str, found)))


def lock_period(installation: Installation, request: PeriodRequest) -> AccountingPeriod:
    """Keep a closed month closed for ever. Raises `IllegalTransition` for one that is not closed or has a closed one
    before it that is not locked, `NotFound`, `InvalidValue` and `KeyReused`.
    """
    return _changed(
        installation,
        request,
        "lock period",
        None,
        lambda unit, books: locked(books, request.month, _posted(unit, request)),
    )


def reopen_period(installation: Installation, request: PeriodRequest, reason: str) -> AccountingPeriod:
    """Open the latest closed month again. Raises `IllegalTransition` for one that is not closed or has a closed one
    behind it, `NotFound`, `InvalidValue` without a reason, and `KeyReused`.
    """
    _require_reason(reason)
    return _changed(installation, request, "reopen period", reason, lambda _unit, books: reopened(books, request.month))


def _entity_of(installation: Installation, request: PeriodRequest) -> LegalEntity:
    read_month(request.month)
    return installation.storage.read(lambda unit: unit.legal_entities.get(request.legal_entity))


def _require_reason(reason: str) -> None:
    require(("reason", text_fault(reason)))


def _posted(unit: UnitOfWork, request: PeriodRequest) -> set[str]:
    return unit.books.months(request.legal_entity)


def _changed(
    installation: Installation,
    request: PeriodRequest,
    verb: str,
    reason: str | None,
    step: Callable[[UnitOfWork, ClosedBooks], ClosedBooks],
    passed_over: tuple[str, ...] = (),
) -> AccountingPeriod:
    """The month after `step` has decided what becomes of the books, and that was written down."""
    _entity_of(installation, request)
    asked: Mapping[str, object] = {
        "request": verb,
        "legal_entity": request.legal_entity,
        "month": request.month,
        "reason": reason,
    }
    now = installation.business_clock.now()

    def change(unit: UnitOfWork) -> str:
        before = unit.accounting_periods.lock_to_change(request.legal_entity)
        after = step(unit, before)
        ordinal = len(unit.accounting_periods.changes(request.legal_entity)) + 1
        statuses = before.status(request.month), after.status(request.month)
        unit.accounting_periods.change(
            after,
            PeriodChange(
                request.legal_entity, ordinal, request.month, *statuses, request.actor, reason, now, passed_over
            ),
        )
        return statuses[1].value

    status = once(installation, request.actor, request.idempotency_key, asked, change)
    return AccountingPeriod(request.legal_entity, request.month, PeriodStatus(status))
