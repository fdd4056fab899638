"""`gateway terms`: coupons and tax rates."""

from typing import Annotated

import typer

from gateway.cli.opening import AsJson, Config, opened
from gateway.cli.output import note, print_json, print_table
from gateway.core.errors import InvalidValue
from gateway.core.invoicing.discounts import Coupon, CouponDuration, Discount, Fixed, Percent
from gateway.core.invoicing.taxes import Exemption, TaxRate
from gateway.core.invoicing.terms_documents import coupon_document, rates_document
from gateway.core.numbers import read_decimal
from gateway.core.ports.billing_terms import TaxScope
from gateway.core.time import read_instant
from gateway.services.coupons_and_taxes import create_coupon, redeem_coupon, set_tax_rates

group = typer.Typer(name="terms", help="Coupons and tax rates of invoices.", no_args_is_help=True)

_ACTOR = "command line"
_REVERSE_CHARGE = "reverse-charge"
Key = Annotated[str, typer.Option("--key", help="An idempotency key: the same request with it is done once.")]


@group.command()
def coupon(
    name: Annotated[str, typer.Argument(metavar="COUPON", help="Its unique name.")],
    key: Key,
    percent: Annotated[str | None, typer.Option(help="How many percent it takes off.")] = None,
    amount: Annotated[str | None, typer.Option(help="What it takes off, as 12.50.")] = None,
    currency: Annotated[str | None, typer.Option(help="The currency of the amount.")] = None,
    price: Annotated[list[str] | None, typer.Option(help="For this price alone; give it once for each.")] = None,
    duration: Annotated[CouponDuration, typer.Option(help="On how many invoices it counts.")] = CouponDuration.ONCE,
    repeats: Annotated[int | None, typer.Option(help="On how many, if it is repeating.")] = None,
    redemptions_max: Annotated[int | None, typer.Option(help="How often it can be redeemed.")] = None,
    redeem_by: Annotated[str | None, typer.Option(metavar="TIME", help="From when it cannot be redeemed.")] = None,
    config: Config = None,
) -> None:
    """Offer a coupon, which never changes."""
    made = Coupon(
        discount=Discount(name, _value(percent, amount, currency), frozenset(price or ())),
        duration=duration,
        repeats=repeats,
        redemptions_max=redemptions_max,
        redeem_by=read_instant(redeem_by) if redeem_by else None,
    )
    with opened(config) as gateway:
        create_coupon(gateway.installation, made, _ACTOR, key)
    note(f"Coupon {name} can be redeemed")


@group.command()
def redeem(
    name: Annotated[str, typer.Argument(metavar="COUPON")],
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER")],
    key: Key,
    config: Config = None,
) -> None:
    """Let a customer have a coupon from the next draft on."""
    with opened(config) as gateway:
        redeem_coupon(gateway.installation, name, customer, _ACTOR, key)
    note(f"Customer {customer} has coupon {name}")


@group.command()
def tax(
    scope: Annotated[TaxScope, typer.Argument(help="What the rates are for.")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its key, or PLAN/PRICE for a price.")],
    key: Key,
    rate: Annotated[
        list[str] | None, typer.Option(help="TAX=PERCENT, such as vat=20, or vat=reverse-charge; none ends them.")
    ] = None,
    config: Config = None,
) -> None:
    """Tax lines of a customer, a plan or a price from the next draft on."""
    rates = [_rate(text) for text in rate or ()]
    with opened(config) as gateway:
        set_tax_rates(gateway.installation, scope, name, rates, _ACTOR, key)
    note(f"{scope.value} {name} has {len(rates)} tax {'rate' if len(rates) == 1 else 'rates'}")


@group.command("list")
def list_(config: Config = None, as_json: AsJson = False) -> None:
    """List coupons and tax rates."""
    with opened(config) as gateway:
        coupons, rules = gateway.database.read(lambda unit: (unit.terms.coupons(), unit.terms.tax_rates()))
    if as_json:
        taxes = [
            {"scope": scope.value, "name": name, "rates": rates_document(rates)}
            for (scope, name), rates in rules.items()
        ]
        print_json({"coupons": [coupon_document(each) for each in coupons], "taxes": taxes})
        return
    print_table(
        ["kind", "for", "what"],
        [
            *(["coupon", ", ".join(sorted(each.discount.applies_to)) or "all", each.key] for each in coupons),
            *(
                [f"tax of a {scope.value}", name, ", ".join(f"{rate.key} {rate.percent:f} %" for rate in rates)]
                for (scope, name), rates in rules.items()
            ),
        ],
    )


def _value(percent: str | None, amount: str | None, currency: str | None) -> Fixed | Percent:
    if percent is not None and amount is None and currency is None:
        return Percent(read_decimal(percent))
    if percent is None and amount is not None and currency is not None:
        return Fixed(read_decimal(amount), currency)
    raise InvalidValue("A coupon takes off --percent, or --amount with its --currency; give one")


def _rate(text: str) -> TaxRate:
    name, _, percent = text.partition("=")
    if percent == _REVERSE_CHARGE:
        return TaxRate(name, read_decimal("0"), Exemption.REVERSE_CHARGE)
    return TaxRate(name, read_decimal(percent))
