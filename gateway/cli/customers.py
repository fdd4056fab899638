"""`gateway customers`."""

from typing import Annotated

import typer

from gateway.cli.customer_links import link
from gateway.cli.opening import AsJson, Config, opened
from gateway.cli.output import note, print_json, print_table
from gateway.core.subscriptions.subscription import Customer
from gateway.services.customers import CustomerDetails, create_customer, update_customer
from gateway.services.legal_entities import assign_customer

customers_shown_max = 1_000

group = typer.Typer(name="customers", help="Who uses and pays.", no_args_is_help=True)

Address = Annotated[list[str] | None, typer.Option(help="A line of the address; give it once for each.")]
Country = Annotated[str | None, typer.Option(help="The ISO 3166-1 code of the country, such as DE.")]
TaxIds = Annotated[list[str] | None, typer.Option("--tax-id", help="A registration; give it once for each.")]
PaymentDays = Annotated[
    int | None, typer.Option(help="How many days they have to pay, instead of `billing.payment_days`.")
]


@group.command()
def create(
    key: Annotated[str, typer.Argument(metavar="KEY", help="Your own name for them, the one that events carry.")],
    name: Annotated[str, typer.Option(help="What they are called on invoices.")],
    email: Annotated[str | None, typer.Option(help="Where invoices go.")] = None,
    legal_entity: Annotated[str | None, typer.Option(help="Who issues them; `default` without it.")] = None,
    address: Address = None,
    country: Country = None,
    tax_id: TaxIds = None,
    payment_days: PaymentDays = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Create a customer; the same one again changes nothing."""
    details = _details(address, country, tax_id, payment_days)
    with opened(config) as gateway:
        customer = create_customer(gateway.installation, key, name, email, legal_entity, details)
    if as_json:
        print_json(_shown(customer))
    else:
        note(f"Customer {customer.key} has the id {customer.id}")


@group.command()
def update(
    key: Annotated[str, typer.Argument(metavar="KEY", help="The customer.")],
    name: Annotated[str, typer.Option(help="What they are called on invoices.")],
    email: Annotated[str | None, typer.Option(help="Where invoices go.")] = None,
    address: Address = None,
    country: Country = None,
    tax_id: TaxIds = None,
    payment_days: PaymentDays = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Describe a customer anew, whole; invoices that are final keep what they say."""
    details = _details(address, country, tax_id, payment_days)
    with opened(config) as gateway:
        customer = update_customer(gateway.installation, key, name, email, details)
    if as_json:
        print_json(_shown(customer))
    else:
        note(f"The next invoices of customer {customer.key} are for {customer.name}")


def _details(
    address: list[str] | None, country: str | None, tax_ids: list[str] | None, payment_days: int | None
) -> CustomerDetails:
    return CustomerDetails(tuple(address or ()), country, tuple(tax_ids or ()), payment_days)


def _shown(customer: Customer) -> dict[str, object]:
    return {
        "id": customer.id,
        "key": customer.key,
        **customer.addressee.document,
        "payment_days": customer.payment_days,
    }


@group.command()
def assign(
    key: Annotated[str, typer.Argument(metavar="KEY", help="The customer.")],
    legal_entity: Annotated[str, typer.Argument(metavar="ENTITY", help="The legal entity's key.")],
    config: Config = None,
) -> None:
    """Let a legal entity issue a customer's invoices that are drafted from now on."""
    with opened(config) as gateway:
        assign_customer(gateway.installation, key, legal_entity)
    note(f"Legal entity {legal_entity} issues the next invoices of customer {key}")


group.command()(link)


@group.command("list")
def list_(config: Config = None, as_json: AsJson = False) -> None:
    """List the customers."""
    with opened(config) as gateway:
        found = gateway.database.read(lambda unit: unit.definitions.customers(None, customers_shown_max))
    rows = [
        {
            "key": each.key,
            "name": each.name,
            "email": each.email or "",
            "legal_entity": each.legal_entity,
            "id": each.id,
        }
        for each in found
    ]
    if as_json:
        print_json(rows)
    else:
        print_table(["key", "name", "email", "entity", "id"], [list(row.values()) for row in rows])
