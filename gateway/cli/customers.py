"""`gateway customers`."""

from typing import Annotated

import typer

from gateway.cli.opening import AsJson, Config, opened
from gateway.cli.output import note, print_json, print_table
from gateway.services.customers import create_customer
from gateway.services.legal_entities import assign_customer

customers_shown_max = 1_000

group = typer.Typer(name="customers", help="Who uses and pays.", no_args_is_help=True)


@group.command()
def create(
    key: Annotated[str, typer.Argument(metavar="KEY", help="Your own name for them, the one that events carry.")],
    name: Annotated[str, typer.Option(help="What they are called on invoices.")],
    email: Annotated[str | None, typer.Option(help="Where invoices go.")] = None,
    legal_entity: Annotated[str | None, typer.Option(help="Who issues them; `default` without it.")] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Create a customer; the same one again changes nothing."""
    with opened(config) as gateway:
        customer = create_customer(gateway.installation, key, name, email, legal_entity)
    if as_json:
        print_json({"id": customer.id, "key": customer.key, "name": customer.name, "email": customer.email})
    else:
        note(f"Customer {customer.key} has the id {customer.id}")


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
