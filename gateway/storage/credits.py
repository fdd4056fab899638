"""Wallets, grants and movements, as `Credits` asks for them."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, func, insert, select, update

from gateway.core.credits.grant import CreditCategory, CreditGrant, Ending, RollOver
from gateway.core.credits.movements import CreditBalances, CreditMovement, MovementKind
from gateway.core.credits.settlement import CreditScope, LineKind
from gateway.core.credits.wallet import Wallet, WalletAccount
from gateway.core.errors import NotFound
from gateway.core.periods.period import BillingSchedule, Interval, IntervalUnit
from gateway.core.time import instant_text, read_instant, read_zone
from gateway.storage.rows import CreditGrantRow, CreditMovementRow, WalletRow, table_of
from gateway.storage.statements import insert_unless_taken, one_of

_WALLETS = table_of(WalletRow)
_GRANTS = table_of(CreditGrantRow)
_MOVEMENTS = table_of(CreditMovementRow)
_USES = {MovementKind.USED: 1, MovementKind.RECOVERED: 1, MovementKind.RETURNED: -1}
_PAYS = {MovementKind.USED: 1, MovementKind.OVERDRAWN: 1, MovementKind.RETURNED: -1}


class SqlCredits:
    """See `Credits`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add_wallet(self, wallet: Wallet) -> bool:
        """See `Credits.add_wallet`."""
        return insert_unless_taken(self._connection, _WALLETS, _wallet_values(wallet))

    def lock_wallet(self, wallet_id: str, grants: Iterable[str] = ()) -> WalletAccount:
        """See `Credits.lock_wallet`."""
        found = self._load(select(_WALLETS).where(_WALLETS.c.id == wallet_id).with_for_update(), grants)
        if not found:
            raise NotFound(f"Wallet {wallet_id!r} does not exist")
        return found[0]

    def lock_wallets(self, customer: str) -> list[WalletAccount]:
        """See `Credits.lock_wallets`."""
        of_customer = select(_WALLETS).where(_WALLETS.c.customer == customer).order_by(_WALLETS.c.id)
        return self._load(of_customer.with_for_update())

    def wallets_of(self, customers: Sequence[str]) -> dict[str, list[WalletAccount]]:
        """See `Credits.wallets_of`."""
        return self._wallets_of(customers, ())

    def wallets_before(self, customers: Sequence[str], instant: datetime) -> dict[str, list[WalletAccount]]:
        """See `Credits.wallets_before`."""
        settled = select(_WALLETS.c.id).where(one_of(self._connection, _WALLETS.c.customer, customers))
        of_these = _MOVEMENTS.c.wallet_id.in_(settled.where(_WALLETS.c.settled_at >= instant))
        since: defaultdict[str, list[CreditMovement]] = defaultdict(list)
        for row in self._connection.execute(select(_MOVEMENTS).where(of_these, _MOVEMENTS.c.moved_at >= instant)):
            since[row.wallet_id].append(_movement(row))
        # A grant that was spent since moved since.
        moved = {one.grant for movements in since.values() for one in movements if one.grant is not None}
        return {
            customer: [one.before(instant, since[one.wallet.id]) for one in wallets]
            for customer, wallets in self._wallets_of(customers, moved).items()
        }

    def wallets_by_id(self, ids: Sequence[str]) -> dict[str, WalletAccount]:
        """See `Credits.wallets_by_id`."""
        found = self._load(select(_WALLETS).where(one_of(self._connection, _WALLETS.c.id, ids)))
        return {account.wallet.id: account for account in found}

    def wallet_of_grant(self, grant_id: str) -> str:
        """See `Credits.wallet_of_grant`."""
        found = self._connection.execute(select(_GRANTS.c.wallet_id).where(_GRANTS.c.id == grant_id)).scalar()
        if found is None:
            raise NotFound(f"Credit grant {grant_id!r} does not exist")
        return str(found)

    def due_wallets(self, now: datetime, limit: int) -> list[str]:
        """See `Credits.due_wallets`."""
        query = select(_WALLETS.c.id).where(_WALLETS.c.next_due_at <= now).order_by(_WALLETS.c.next_due_at)
        return list(self._connection.execute(query.limit(limit)).scalars())

    def add_grant(self, wallet_id: str, grant: CreditGrant, reason: str) -> None:
        """See `Credits.add_grant`."""
        self._connection.execute(insert(_GRANTS), _grant_values(wallet_id, grant) | {"reason": reason})

    def end_grant(self, grant_id: str, at: datetime, ending: Ending) -> None:
        """See `Credits.end_grant`."""
        place = _GRANTS.c.revoked_at if ending is Ending.REVOKED else _GRANTS.c.voided_at
        self._connection.execute(update(_GRANTS).where(_GRANTS.c.id == grant_id).values({place: at}))

    def used_of(self, wallet_id: str, grant_id: str) -> int:
        """See `Credits.used_of`."""
        query = (
            select(_MOVEMENTS.c.kind, func.sum(_MOVEMENTS.c.amount_minor).label("amount"))
            .where(_MOVEMENTS.c.wallet_id == wallet_id, _MOVEMENTS.c.grant_id == grant_id)
            .where(_MOVEMENTS.c.kind.in_(_USES))
            .group_by(_MOVEMENTS.c.kind)
        )
        return sum(_USES[MovementKind(kind)] * int(amount) for kind, amount in self._connection.execute(query))

    def grants(self, wallet_ids: Sequence[str], after: str, limit: int) -> dict[str, list[CreditGrant]]:
        """See `Credits.grants`."""
        of_wallets = one_of(self._connection, _GRANTS.c.wallet_id, wallet_ids)
        place = func.row_number().over(partition_by=_GRANTS.c.wallet_id, order_by=_GRANTS.c.id).label("place")
        numbered = select(_GRANTS, place).where(of_wallets, _GRANTS.c.id > after).subquery()
        page = select(numbered).where(numbered.c.place <= limit).order_by(numbered.c.wallet_id, numbered.c.id)
        found: defaultdict[str, list[CreditGrant]] = defaultdict(list)
        for row in self._connection.execute(page):
            found[row.wallet_id].append(_grant(row))
        return dict(found)

    def grant_counts(self, wallet_ids: Sequence[str]) -> dict[str, int]:
        """See `Credits.grant_counts`."""
        of_wallets = one_of(self._connection, _GRANTS.c.wallet_id, wallet_ids)
        query = select(_GRANTS.c.wallet_id, func.count().label("grants")).where(of_wallets)
        return {row.wallet_id: row.grants for row in self._connection.execute(query.group_by(_GRANTS.c.wallet_id))}

    def reasons(self, grant_ids: Sequence[str]) -> dict[str, str]:
        """See `Credits.reasons`."""
        query = select(_GRANTS.c.id, _GRANTS.c.reason).where(one_of(self._connection, _GRANTS.c.id, grant_ids))
        return {row.id: row.reason for row in self._connection.execute(query)}

    def record(self, account: WalletAccount, movements: Sequence[CreditMovement], at: datetime) -> int:
        """See `Credits.record`."""
        wallet_id, balances = account.wallet.id, account.balances
        of_wallet = _WALLETS.c.id == wallet_id
        first = int(self._connection.execute(select(_WALLETS.c.movements).where(of_wallet)).scalar_one()) + 1
        if movements:
            rows = [_movement_values(wallet_id, n, one, at) for n, one in enumerate(movements, start=first)]
            self._connection.execute(insert(_MOVEMENTS), rows)
        self._connection.execute(
            update(_WALLETS)
            .where(of_wallet)
            .values(
                movements=first - 1 + len(movements),
                settled_at=balances.at,
                next_due_at=account.next_due_at(),
                overage_by_cause=json.dumps({name: int(owed) for name, owed in balances.overage_by_cause.items()}),
            )
        )
        self._store_balances(account)
        return first

    def movements(
        self, wallet_ids: Sequence[str], after: int, limit: int
    ) -> dict[str, list[tuple[int, CreditMovement]]]:
        """See `Credits.movements`."""
        of_wallets = one_of(self._connection, _MOVEMENTS.c.wallet_id, wallet_ids)
        is_asked = _MOVEMENTS.c.ordinal.between(after + 1, after + limit)
        query = select(_MOVEMENTS).where(of_wallets, is_asked).order_by(_MOVEMENTS.c.wallet_id, _MOVEMENTS.c.ordinal)
        found: defaultdict[str, list[tuple[int, CreditMovement]]] = defaultdict(list)
        for row in self._connection.execute(query):
            found[row.wallet_id].append((row.ordinal, _movement(row)))
        return dict(found)

    def movement_counts(self, wallet_ids: Sequence[str]) -> dict[str, int]:
        """See `Credits.movement_counts`."""
        query = select(_WALLETS.c.id, _WALLETS.c.movements).where(one_of(self._connection, _WALLETS.c.id, wallet_ids))
        return {row.id: row.movements for row in self._connection.execute(query)}

    def movements_for(self, cause: str) -> dict[str, list[CreditMovement]]:
        """See `Credits.movements_for`."""
        query = select(_MOVEMENTS).where(_MOVEMENTS.c.cause == cause)
        found: defaultdict[str, list[CreditMovement]] = defaultdict(list)
        for row in self._connection.execute(query.order_by(_MOVEMENTS.c.wallet_id, _MOVEMENTS.c.ordinal)):
            found[row.wallet_id].append(_movement(row))
        return dict(found)

    def paid_for(self, causes: Sequence[str]) -> dict[str, int]:
        """See `Credits.paid_for`."""
        paid: defaultdict[str, int] = defaultdict(int)
        is_paid = _GRANTS.c.category.is_distinct_from(CreditCategory.PROMOTIONAL)
        query = (
            select(_MOVEMENTS.c.cause, _MOVEMENTS.c.kind, _MOVEMENTS.c.amount_minor)
            .outerjoin_from(_MOVEMENTS, _GRANTS, _GRANTS.c.id == _MOVEMENTS.c.grant_id)
            .where(one_of(self._connection, _MOVEMENTS.c.cause, causes), _MOVEMENTS.c.kind.in_(_PAYS), is_paid)
        )
        for cause, kind, amount in self._connection.execute(query):
            paid[cause] += _PAYS[MovementKind(kind)] * amount
        return dict(paid)

    def _store_balances(self, account: WalletAccount) -> None:
        """One statement for all grants."""
        left = account.balances.by_grant
        rows = [
            {
                "name": grant.id,
                "left": int(left[grant.id]) if grant.id in left else None,
                "spent": int(account.is_spent(grant)),
            }
            for grant in account.grants
        ]
        if rows:
            changed = update(_GRANTS).where(_GRANTS.c.id == bindparam("name"))
            self._connection.execute(changed.values(balance_minor=bindparam("left"), is_spent=bindparam("spent")), rows)

    def _wallets_of(self, customers: Sequence[str], grants: Iterable[str]) -> dict[str, list[WalletAccount]]:
        query = select(_WALLETS).where(one_of(self._connection, _WALLETS.c.customer, customers))
        found: defaultdict[str, list[WalletAccount]] = defaultdict(list)
        for account in self._load(query.order_by(_WALLETS.c.customer, _WALLETS.c.id), grants):
            found[account.wallet.customer].append(account)
        return dict(found)

    def _load(self, query: Select[Any], named: Iterable[str] = ()) -> list[WalletAccount]:
        """Wallets with the grants that can still give something, and those named."""
        rows = self._connection.execute(query).all()
        of_wallets = one_of(self._connection, _GRANTS.c.wallet_id, [row.id for row in rows])
        wanted = _GRANTS.c.is_spent == 0
        if names := sorted(named):
            wanted |= one_of(self._connection, _GRANTS.c.id, names)
        grants: defaultdict[str, list[Row[Any]]] = defaultdict(list)
        for grant in self._connection.execute(select(_GRANTS).where(of_wallets, wanted).order_by(_GRANTS.c.id)):
            grants[grant.wallet_id].append(grant)
        return [_account(row, grants[row.id]) for row in rows]


def _account(row: Row[Any], grants: Iterable[Row[Any]]) -> WalletAccount:
    begun = {grant.id: Decimal(grant.balance_minor) for grant in grants if grant.balance_minor is not None}
    overage = {cause: Decimal(owed) for cause, owed in json.loads(row.overage_by_cause).items()}
    balances = CreditBalances(row.settled_at, begun, overage)
    return WalletAccount(_wallet(row), tuple(map(_grant, grants)), balances)


def _wallet_values(wallet: Wallet) -> dict[str, object]:
    return {
        "id": wallet.id,
        "customer": wallet.customer,
        "key": wallet.key,
        "currency": wallet.currency,
        "name": wallet.name,
        "line_kinds": json.dumps(sorted(wallet.scope.kinds)),
        "meters": json.dumps(sorted(wallet.scope.meters)),
        "overage_by_cause": "{}",
        "priority": wallet.priority,
        "overage_max": wallet.overage_max,
        "movements": 0,
        "rate": wallet.rate,
        "resets": _schedule_text(wallet.resets),
        "created_at": wallet.created_at,
        "settled_at": wallet.created_at,
        "next_due_at": None,
    }


def _wallet(row: Row[Any]) -> Wallet:
    return Wallet(
        id=row.id,
        customer=row.customer,
        key=row.key,
        currency=row.currency,
        created_at=row.created_at,
        name=row.name,
        priority=row.priority,
        scope=CreditScope(frozenset(map(LineKind, json.loads(row.line_kinds))), frozenset(json.loads(row.meters))),
        rate=row.rate,
        resets=_schedule(row.resets),
        overage_max=row.overage_max,
    )


def _grant_values(wallet_id: str, grant: CreditGrant) -> dict[str, object]:
    kept = grant.roll_over
    return {
        "id": grant.id,
        "wallet_id": wallet_id,
        "amount_minor": int(grant.amount),
        "paid_minor": None if grant.paid is None else int(grant.paid),
        "priority": grant.priority,
        "balance_minor": None,
        "category": grant.category,
        "effective_at": grant.effective_at,
        "created_at": grant.created_at or grant.effective_at,
        "expires_at": grant.expires_at,
        "voided_at": grant.voided_at,
        "revoked_at": grant.revoked_at,
        "refills": _schedule_text(grant.refills),
        "roll_over": None if kept is None else json.dumps([int(kept.maximum), int(kept.minimum)]),
    }


def _grant(row: Row[Any]) -> CreditGrant:
    return CreditGrant(
        id=row.id,
        amount=Decimal(row.amount_minor),
        paid=None if row.paid_minor is None else Decimal(row.paid_minor),
        effective_at=row.effective_at,
        expires_at=row.expires_at,
        voided_at=row.voided_at,
        revoked_at=row.revoked_at,
        priority=row.priority,
        category=CreditCategory(row.category),
        created_at=row.created_at,
        refills=_schedule(row.refills),
        roll_over=None if row.roll_over is None else RollOver(*map(Decimal, json.loads(row.roll_over))),
    )


def _movement_values(wallet_id: str, ordinal: int, movement: CreditMovement, at: datetime) -> dict[str, object]:
    return {
        "wallet_id": wallet_id,
        "ordinal": ordinal,
        "moved_at": movement.at,
        "recorded_at": at,
        "kind": movement.kind,
        "amount_minor": int(movement.amount),
        "grant_id": movement.grant,
        "cause": movement.cause,
    }


def _movement(row: Row[Any]) -> CreditMovement:
    return CreditMovement(row.moved_at, MovementKind(row.kind), Decimal(row.amount_minor), row.grant_id, row.cause)


def _schedule_text(schedule: BillingSchedule | None) -> str | None:
    if schedule is None:
        return None
    interval = schedule.interval
    return json.dumps([instant_text(schedule.anchor), interval.unit, interval.count, schedule.zone.key])


def _schedule(text: str | None) -> BillingSchedule | None:
    if text is None:
        return None
    anchor, unit, count, zone = json.loads(text)
    return BillingSchedule(read_instant(anchor), Interval(IntervalUnit(unit), count), read_zone(zone))
