"""`gateway subscriptions`."""

from typing import Annotated

import typer

from gateway.cli.opening import AsJson, Config, opened
from gateway.cli.output import note, print_json, print_table
from gateway.core.subscriptions import Subscription
from gateway.core.time import instant_text, read_instant
from gateway.services.customers import SubscriptionRequest, subscribe

group = typer.Typer(name="subscriptions", help="Who is billed by which plan.", no_args_is_help=True)


@group.command()
def create(
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER")],
    plan: Annotated[str, typer.Argument(metavar="PLAN")],
    starts_at: Annotated[str, typer.Option("--from", metavar="TIME", help="From then on, as 2026-01-31T00:00:00Z.")],
    ends_at: Annotated[str | None, typer.Option("--until", metavar="TIME", help="Before then.")] = None,
    time_zone: Annotated[str, typer.Option(help="Where its billing periods begin at midnight.")] = "UTC",
    version: Annotated[int | None, typer.Option(help="The plan's version; the newest if not given.")] = None,
    key: Annotated[str | None, typer.Option(help="Your own name for it; CUSTOMER/PLAN if not given.")] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Put a customer on a plan."""
    request = SubscriptionRequest(
        customer=customer,
        plan=plan,
        starts_at=read_instant(starts_at),
        ends_at=read_instant(ends_at) if ends_at else None,
        time_zone=time_zone,
        plan_version=version,
        key=key,
    )
    with opened(config) as gateway:
        subscription = subscribe(gateway.installation, request)
    if as_json:
        print_json(_document(subscription))
    else:
        note(f"Subscription {subscription.key} has the id {subscription.id}")


@group.command("list")
def list_(
    customer: Annotated[str | None, typer.Option(help="Only this customer's.")] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """List the subscriptions."""
    customers = None if customer is None else [customer]
    with opened(config) as gateway:
        found = gateway.database.read(lambda unit: unit.definitions.subscriptions(customers))
    rows = [_document(each) for each in found]
    if as_json:
        print_json(rows)
    else:
        print_table(
            ["id", "key", "customer", "plan", "from", "until", "time zone"], [list(row.values()) for row in rows]
        )


def _document(subscription: Subscription) -> dict[str, str]:
    return {
        "id": subscription.id,
        "key": subscription.key,
        "customer": subscription.customer,
        "plan": f"{subscription.plan}:{subscription.plan_version}",
        "starts_at": instant_text(subscription.starts_at),
        "ends_at": instant_text(subscription.ends_at) if subscription.ends_at else "",
        "time_zone": subscription.time_zone,
    }
