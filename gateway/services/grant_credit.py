"""Open wallets, and grant credit to customers."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from gateway.core.credits.grant import CreditCategory, CreditGrant, RollOver, priority_default
from gateway.core.credits.purchases import grants_of_purchase
from gateway.core.credits.settlement import CreditScope
from gateway.core.credits.terms import Term, prorated_credits
from gateway.core.credits.wallet import Wallet, WalletAccount, own_wallet_key
from gateway.core.errors import InvalidValue
from gateway.core.faults import text_fault
from gateway.core.money import Money
from gateway.core.numbers import plain
from gateway.core.periods.period import BillingPeriod, BillingSchedule, Interval
from gateway.core.ports.storage import UnitOfWork
from gateway.core.time import read_zone, utc
from gateway.services.customers import KeyTaken
from gateway.services.installation import Installation
from gateway.services.move_credit import brought_up_to_date
from gateway.services.remember import once

_UTC = read_zone("UTC")


@dataclass(frozen=True, slots=True)
class WalletRequest:
    """Which wallet to open; the one called after the currency, for everything, by default."""

    customer: str
    currency: str
    key: str | None = None
    name: str = "Credit"
    priority: int = priority_default
    scope: CreditScope = field(default_factory=CreditScope)
    rate: Decimal = Decimal(1)
    resets: BillingSchedule | None = None
    overage_max: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class GrantRequest:
    """How much credit to grant, in credits of the wallet, and for what.

    The wallet `key` must exist, unless it is the one called after the currency. Effective now without `effective_at`;
    for ever without `expires_at` or `expires_after`, which is a term from the start. Counted from there, the grant is
    full again after every `refill_every`. With `prorated_over` a period's credits are granted for what is left of it.
    `paid` is the money, in major units, that the customer pays for it all, where that is less than it gives.
    """

    customer: str
    currency: str
    amount: Decimal
    reason: str
    category: CreditCategory = CreditCategory.PAID
    key: str | None = None
    priority: int = priority_default
    effective_at: datetime | None = None
    expires_at: datetime | None = None
    expires_after: Term | None = None
    refill_every: Interval | None = None
    roll_over: RollOver | None = None
    prorated_over: BillingPeriod | None = None
    paid: Decimal | None = None


def open_wallet(installation: Installation, request: WalletRequest) -> Wallet:
    """A new wallet, or the one that exists with the same data.

    Raises `NotFound` for an unknown customer, and `KeyTaken` if its key names a wallet with other data.
    """
    wallet = _wallet(installation, request)

    def work(unit: UnitOfWork) -> Wallet:
        unit.definitions.lock_customer(request.customer)
        if unit.credits.add_wallet(wallet):
            return wallet
        known = _by_key(unit, wallet.customer, wallet.key)
        if known is None or replace(wallet, id=known.wallet.id, created_at=known.wallet.created_at) != known.wallet:
            raise KeyTaken(f"Wallet {wallet.key!r} of {wallet.customer!r} exists with other data; use another key")
        return known.wallet

    return installation.storage.transact(work)


def grant_credit(installation: Installation, caller_id: str, request: GrantRequest, idempotency_key: str) -> str:
    """Grant credit once for each key; the id of the grant.

    Its movements are booked when it begins: at once, unless `effective_at` is later. Then what the wallet owes already
    is paid at once, from a grant beside it if it gives more than that. Raises `NotFound` for an unknown
    customer, `InvalidValue` for what cannot be granted, and what `once` raises.
    """
    asked = {name: str(getattr(request, name)) for name in GrantRequest.__slots__}
    if request.paid is None:
        # Asked before anybody could say what was paid, it is the same request.
        del asked["paid"]

    def work(unit: UnitOfWork) -> str:
        return _grant(unit, installation, request)

    return once(installation, caller_id, idempotency_key, {"mutation": "grantCredit", **asked}, work)


def top_up(
    installation: Installation,
    caller_id: str,
    wallet_id: str,
    amount: Decimal,
    reason: str,
    idempotency_key: str,
    expires_at: datetime | None = None,
    paid: Decimal | None = None,
) -> str:
    """Add `amount` credits that the customer pays for to a wallet, once for each key; the id of the grant.

    `paid` is what it pays for them, where that is less than they are worth.

    Raises `NotFound` for an unknown wallet, and what `grant_credit` raises.
    """
    asked = {"mutation": "topUpWallet", "wallet": wallet_id, "amount": amount, "reason": reason, "until": expires_at}
    asked |= {} if paid is None else {"paid": paid}

    def work(unit: UnitOfWork) -> str:
        wallet = unit.credits.lock_wallet(wallet_id).wallet
        request = GrantRequest(
            wallet.customer, wallet.currency, amount, reason, key=wallet.key, expires_at=expires_at, paid=paid
        )
        return _grant_to(unit, installation, request, wallet_id)

    return once(installation, caller_id, idempotency_key, asked, work)


def give_to_wallet(unit: UnitOfWork, installation: Installation, customer: str, amount: Money, reason: str) -> str:
    """Grant what was given back to a customer as paid credit, in the transaction that gives it back; the grant's id."""
    request = GrantRequest(customer, amount.currency, amount.amount, reason)
    return _grant(unit, installation, request, amount)


def add_to_wallet(
    unit: UnitOfWork, installation: Installation, customer: str, currency: str, grant: CreditGrant, reason: str
) -> None:
    """Add a grant to the customer's own wallet in a currency, in the transaction of what it is given for."""
    unit.definitions.lock_customer(customer)
    wallet_id = _wallet_id(unit, installation, GrantRequest(customer, currency, grant.amount, reason))
    _add(unit, installation, unit.credits.lock_wallet(wallet_id), grant, reason)


def _add(
    unit: UnitOfWork, installation: Installation, account: WalletAccount, grant: CreditGrant, reason: str
) -> WalletAccount:
    unit.credits.add_grant(account.wallet.id, grant, reason)
    return brought_up_to_date(unit, account.granted(grant), installation.business_clock.now())


def _grant(unit: UnitOfWork, installation: Installation, request: GrantRequest, worth: Money | None = None) -> str:
    unit.definitions.lock_customer(request.customer)
    return _grant_to(unit, installation, request, _wallet_id(unit, installation, request), worth)


def _grant_to(
    unit: UnitOfWork, installation: Installation, request: GrantRequest, wallet_id: str, worth: Money | None = None
) -> str:
    now, account = installation.business_clock.now(), unit.credits.lock_wallet(wallet_id)
    effective_at = utc(request.effective_at or now)
    worth = worth or _worth(request, account.wallet, effective_at)
    grant = _credit_grant(installation.ids.new("cgr"), request, account.wallet, worth, effective_at, now)
    owed = account.brought_to(now)[0].balances.overage
    for one in grants_of_purchase(grant, owed, now):
        account = _add(unit, installation, account, one, request.reason)
    return grant.id


def _wallet_id(unit: UnitOfWork, installation: Installation, request: GrantRequest) -> str:
    """The wallet that was asked for; the customer's own, for everything, is opened where it is missing."""
    wanted = _wallet(installation, WalletRequest(request.customer, request.currency, request.key))
    known = _by_key(unit, wanted.customer, wanted.key)
    if known is None and request.key is not None:
        raise InvalidValue(f"Customer {request.customer!r} has no wallet {request.key!r}; open it first")
    if known is None:
        unit.credits.add_wallet(wanted)
    elif known.wallet.currency != request.currency:
        wrong = f"Wallet {known.wallet.key!r} is in {known.wallet.currency}, not in {request.currency}"
        raise InvalidValue(f"{wrong}; grant in its currency, or to another wallet")
    return known.wallet.id if known else wanted.id


def _wallet(installation: Installation, request: WalletRequest) -> Wallet:
    return Wallet(
        id=installation.ids.new("wal"),
        customer=request.customer,
        key=own_wallet_key(request.currency) if request.key is None else request.key,
        currency=request.currency,
        created_at=installation.business_clock.now(),
        name=request.name,
        priority=request.priority,
        scope=request.scope,
        rate=request.rate,
        resets=request.resets,
        overage_max=Money.named(request.overage_max, request.currency).amount_minor,
    )


def _credit_grant(
    grant_id: str, request: GrantRequest, wallet: Wallet, worth: Money, effective_at: datetime, now: datetime
) -> CreditGrant:
    if fault := text_fault(request.reason):
        raise InvalidValue(f"The reason of a grant {fault}")
    is_paid = request.category is CreditCategory.PAID
    if is_paid and (request.refill_every or (request.roll_over and request.roll_over.minimum)):
        raise InvalidValue(
            "A paid grant is paid once and gives no more by itself; grant the rest as promotional credit"
        )
    return CreditGrant(
        id=grant_id,
        amount=Decimal(worth.amount_minor),
        effective_at=effective_at,
        expires_at=_expires_at(request, effective_at),
        priority=request.priority,
        category=request.category,
        created_at=now,
        refills=None if request.refill_every is None else BillingSchedule(effective_at, request.refill_every, _UTC),
        roll_over=_in_minor_units(request.roll_over, wallet),
        paid=_paid(request, wallet),
    )


def _paid(request: GrantRequest, wallet: Wallet) -> Decimal | None:
    if request.paid is None:
        return None
    paid = Money.named(request.paid, wallet.currency)
    if paid.amount_minor <= 0:
        raise InvalidValue(
            f"{plain(request.paid)} is paid for a grant; grant what nobody pays for as promotional credit"
        )
    return Decimal(paid.amount_minor)


def _worth(request: GrantRequest, wallet: Wallet, effective_at: datetime) -> Money:
    over = request.prorated_over
    if over is None:
        amount = request.amount
        worth = wallet.worth_of_named(amount)
    else:
        amount = prorated_credits(request.amount, over, effective_at)
        worth = wallet.worth(amount)
    if worth.amount_minor <= 0:
        raise InvalidValue(f"A grant of {plain(amount)} comes to {worth} {worth.currency}; grant more than 0")
    return worth


def _expires_at(request: GrantRequest, effective_at: datetime) -> datetime | None:
    if request.expires_at is not None and request.expires_after is not None:
        raise InvalidValue("A grant expires at an instant or after a term; give only one of them")
    expires_at = None if request.expires_at is None else utc(request.expires_at)
    if request.expires_after is not None:
        expires_at = request.expires_after.after(effective_at)
    if expires_at is not None and expires_at <= effective_at:
        raise InvalidValue(f"A grant from {effective_at} on cannot expire at {expires_at}; let it expire later")
    return expires_at


def _in_minor_units(kept: RollOver | None, wallet: Wallet) -> RollOver | None:
    if kept is None:
        return None
    maximum, minimum = wallet.worth_of_named(kept.maximum), wallet.worth_of_named(kept.minimum)
    return RollOver(Decimal(maximum.amount_minor), Decimal(minimum.amount_minor))


def _by_key(unit: UnitOfWork, customer: str, key: str) -> WalletAccount | None:
    found = unit.credits.wallets_of([customer]).get(customer, [])
    return next((account for account in found if account.wallet.key == key), None)
