"""What credit pays of a charge, and wallets of an invoice."""

from collections.abc import Mapping
from decimal import Decimal

from gateway.core.credits.burn_down import BeyondBalance
from gateway.core.credits.cost_basis import CostBasis
from gateway.core.credits.grant import priority_default
from gateway.core.credits.settlement import (
    CreditScope,
    LineKind,
    PayableLine,
    Settlement,
    WalletBalance,
    paid_by_wallet,
    pay_from_wallets,
    settle_charge,
)
from gateway.core.money import Money, minor_unit_places
from gateway.core.time import from_microseconds
from tests.corpus.given import Given, UnknownKind

_LARGE = 1_000_000_000_000
_KINDS = {"subscription": LineKind.FEE, "charge": LineKind.USAGE}


def settled(given: Given) -> Mapping[str, object]:
    """How much of a charge credit pays, and what remains."""
    # Whatever the currency, the parts of a charge are exact.
    given.take("currency")
    settlement = Settlement(given.take("settlement"))
    found = settle_charge("charge", given.number("charge"), given.number("credit_balance"), settlement)
    if isinstance(found, BeyondBalance):
        return {"error": True, "credits_consumed": Decimal(0), "invoice_remainder": Decimal(0)}
    return {"credits_consumed": found.from_credit, "invoice_remainder": found.to_invoice}


def cost_basis(given: Given) -> Mapping[str, object]:
    """What is invoiced for credit at a price, and what one credit cost."""
    unit, credits_ = _Unit("major", given.take("currency", "USD")), given.number("credits")
    if given.has("cost_per_credit"):
        basis = CostBasis.at_price(credits_, unit.minor(given.number("cost_per_credit")))
        return {"purchase_invoice": unit.told(int(basis.paid))}
    return {"cost_basis_per_credit": CostBasis(given.number("paid"), credits_).per_credit}


def allocated(given: Given) -> Mapping[str, object]:
    """What each wallet pays, or the priority of one that was given none."""
    if given.has("top_up"):
        return {"priority": given.part("top_up").take("priority") or priority_default}
    unit = _Unit(given.take("unit", "major"), given.take("invoice_currency", "EUR"))
    lines = _lines(given, unit)
    total = given.decimal("invoice_total")
    whole = None if total is None else int(unit.minor(total))
    if given.has("wallets"):
        wallets = [_wallet(one, unit) for one in given.parts("wallets")]
        payments = pay_from_wallets(lines, wallets, unit.currency, whole)
        paid = {name: unit.told(amount) for name, amount in paid_by_wallet(payments).items()}
        return {"consumed": paid}
    # One wallet for everything; large enough where its balance is not given.
    balance = int(unit.minor(given.number("wallet_balance", str(_LARGE))))
    payments = pay_from_wallets(lines, [WalletBalance("wallet", unit.currency, balance)], unit.currency, whole)
    consumed = unit.told(paid_by_wallet(payments).get("wallet", 0))
    return {"consumed": consumed, "consumed_total": consumed}


class _Unit:
    """Amounts of a case in minor or major units, and minor units of the core."""

    def __init__(self, name: str, currency: str) -> None:
        if name not in ("minor", "major"):
            raise UnknownKind(f"unit {name!r}")
        self.currency = currency
        self._is_minor = name == "minor"

    def minor(self, amount: Decimal) -> Decimal:
        return amount if self._is_minor else amount.scaleb(minor_unit_places(self.currency))

    def told(self, amount_minor: int) -> Decimal:
        return Decimal(amount_minor) if self._is_minor else Money(amount_minor, self.currency).amount


def _lines(given: Given, unit: _Unit) -> list[PayableLine]:
    """The fees with their tax, or one line over the amount of an invoice."""
    if given.has("amount"):
        return [PayableLine(unit.minor(given.number("amount")), LineKind.USAGE)]
    rounded = given.decimal("fee_tax_rounded")
    return [_line(fee, unit, rounded) for fee in given.parts("fees")]


def _line(fee: Given, unit: _Unit, rounded_tax: Decimal | None) -> PayableLine:
    tax = fee.number("tax")
    return PayableLine(
        unit.minor(fee.number("amount")),
        _KINDS[fee.take("type")],
        fee.take("metric"),
        unit.minor(tax if rounded_tax is None else rounded_tax),
    )


def _wallet(given: Given, unit: _Unit) -> WalletBalance:
    created = given.take("created_order")
    return WalletBalance(
        id=given.take("id"),
        currency=given.take("currency", unit.currency),
        balance=int(unit.minor(given.number("balance"))),
        priority=given.take("priority") or priority_default,
        created_at=None if created is None else from_microseconds(int(created)),
        scope=CreditScope(
            frozenset(_KINDS[kind] for kind in given.take("fee_types") or ()), frozenset(given.take("metrics") or ())
        ),
    )
