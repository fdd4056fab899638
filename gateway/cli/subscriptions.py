"""`gateway subscriptions`."""

from collections.abc import Callable
from datetime import datetime
from secrets import token_hex
from typing import Annotated

import typer

from gateway.cli.opening import AsJson, Config, opened
from gateway.cli.output import note, print_json, print_table
from gateway.cli.subscription_names import Name, history_named
from gateway.core.subscriptions.phases import SubscriptionHistory
from gateway.core.time import instant_text, read_instant
from gateway.services.cancel_subscription import cancel_subscription
from gateway.services.change_plan import change_plan
from gateway.services.customers import SubscriptionRequest, subscribe
from gateway.services.end_trial import end_trial
from gateway.services.installation import Installation
from gateway.services.move_subscribers import Move, move_subscribers
from gateway.services.pause_subscription import pause_subscription
from gateway.services.reactivate_subscription import reactivate_subscription
from gateway.services.record_phases import Change, Moment, When
from gateway.services.resume_subscription import resume_subscription

group = typer.Typer(name="subscriptions", help="Who is billed by which plan.", no_args_is_help=True)

ACTOR = "cli"

At = Annotated[
    str, typer.Option("--at", metavar="WHEN", help="now, renewal (the end of the billing period), or a time.")
]
KeepFees = Annotated[bool, typer.Option("--keep-fees", help="Give nothing back of fees that were billed in advance.")]
Version = Annotated[int | None, typer.Option(help="The plan's version; the newest if not given.")]
Key = Annotated[
    str | None,
    typer.Option("--idempotency-key", metavar="TEXT", help="The same key with the same change makes it once."),
]

Act = Callable[[Installation, Change], str]
"""Makes a change of a subscription; its id."""


@group.command()
def create(
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER")],
    plan: Annotated[str, typer.Argument(metavar="PLAN")],
    starts_at: Annotated[str, typer.Option("--from", metavar="TIME", help="From then on, as 2026-01-31T00:00:00Z.")],
    ends_at: Annotated[str | None, typer.Option("--until", metavar="TIME", help="Before then.")] = None,
    time_zone: Annotated[str, typer.Option(help="Where its billing periods begin at midnight.")] = "UTC",
    version: Version = None,
    key: Annotated[str | None, typer.Option(help="Your own name for it; CUSTOMER/PLAN if not given.")] = None,
    anniversary: Annotated[bool, typer.Option("--anniversary", help="Periods from the day it starts.")] = False,
    billing_day: Annotated[int | None, typer.Option(help="Periods from this day of the month.")] = None,
    trial_ends_at: Annotated[str | None, typer.Option("--trial-until", metavar="TIME", help="No fees before.")] = None,
    bills_trial_usage: Annotated[bool, typer.Option("--bill-trial-usage", help="Bill usage of the trial.")] = False,
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
        by_anniversary=anniversary,
        billing_day=billing_day,
        trial_ends_at=read_instant(trial_ends_at) if trial_ends_at else None,
        bills_trial_usage=bills_trial_usage,
    )
    with opened(config) as gateway:
        subscription = subscribe(gateway.installation, request)
        history = gateway.database.read(lambda unit: history_named(unit, subscription.id))
        now = gateway.installation.business_clock.now()
    if as_json:
        print_json(_document(history, now))
    else:
        note(f"Subscription {subscription.key} has the id {subscription.id}")


@group.command("list")
def list_(
    customer: Annotated[str | None, typer.Option(help="Only this customer's.")] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """List the subscriptions, as they are now."""
    customers = None if customer is None else [customer]
    with opened(config) as gateway:
        found = gateway.database.read(lambda unit: unit.definitions.histories_of(customers))
        now = gateway.installation.business_clock.now()
    rows = [_document(each, now) for each in found]
    if as_json:
        print_json(rows)
    else:
        print_table(
            ["id", "key", "customer", "status", "plan", "from", "until", "time zone"],
            [list(row.values()) for row in rows],
        )


@group.command()
def show(name: Name, config: Config = None, as_json: AsJson = False) -> None:
    """Show the phases of a subscription: its history, and what is planned."""
    with opened(config) as gateway:
        history = gateway.database.read(lambda unit: history_named(unit, name))
    _show(history, as_json)


@group.command()
def change(
    name: Name,
    plan: Annotated[str, typer.Argument(metavar="PLAN")],
    version: Version = None,
    at: At = "now",
    keep_fees: KeepFees = False,
    key: Key = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Go on with another plan, or another version of it."""
    _act(name, at, keep_fees, key, config, as_json, lambda gateway, change: change_plan(gateway, change, plan, version))


def _with_fees(act: Act, default: str) -> Callable[..., None]:
    """The command of a change after which fees may be left that were billed in advance."""

    def run(
        name: Name,
        at: At = default,
        keep_fees: KeepFees = False,
        key: Key = None,
        config: Config = None,
        as_json: AsJson = False,
    ) -> None:
        _act(name, at, keep_fees, key, config, as_json, act)

    return run


def _without_fees(act: Act) -> Callable[..., None]:
    """The command of a change after which no fees are left."""

    def run(name: Name, at: At = "now", key: Key = None, config: Config = None, as_json: AsJson = False) -> None:
        _act(name, at, False, key, config, as_json, act)

    return run


group.command("pause", help="Pause a subscription: no events belong to it, and nothing is billed.")(
    _with_fees(pause_subscription, "now")
)
group.command("resume", help="Let a paused subscription go on in its cycle.")(_without_fees(resume_subscription))


@group.command("end-trial")
def end_trial_(name: Name, key: Key = None, config: Config = None, as_json: AsJson = False) -> None:
    """Let a subscription in its trial pay from now on."""
    _act(name, "now", False, key, config, as_json, end_trial)


group.command("cancel", help="End a subscription, by default with its billing period.")(
    _with_fees(cancel_subscription, "renewal")
)
group.command("reactivate", help="Take back an end to come, or begin again after one.")(
    _without_fees(reactivate_subscription)
)


@group.command()
def move(
    plan: Annotated[str, typer.Argument(metavar="PLAN")],
    version: Version = None,
    at: At = "renewal",
    keep_fees: KeepFees = False,
    key: Key = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Move the subscribers of a plan's other versions to this one; publishing a version moves nobody."""
    request = Move(plan, _when(at), ACTOR, key or token_hex(16), version, keep_fees)
    with opened(config) as gateway:
        found = move_subscribers(gateway.installation, request)
    refused = [{"id": each.subscription_id, "key": each.key, "reason": each.reason} for each in found.refused]
    if as_json:
        print_json({"version": found.version, "moved": list(found.moved), "refused": refused})
        return
    note(f"{len(found.moved)} subscriptions move to version {found.version} of {plan}")
    if refused:
        print_table(["id", "key", "stays, because"], [list(row.values()) for row in refused])


def _act(
    name: str,
    at: str,
    keep_fees: bool,
    key: str | None,
    config: Config,
    as_json: bool,
    act: Act,
) -> None:
    when = _when(at)
    with opened(config) as gateway:
        subscription_id = gateway.database.read(lambda unit: history_named(unit, name)).first.id
        act(gateway.installation, Change(subscription_id, when, ACTOR, key or token_hex(16), keep_fees))
        history = gateway.database.read(lambda unit: history_named(unit, subscription_id))
    _show(history, as_json)


def _when(text: str) -> When:
    return Moment(text) if text in set(Moment) else read_instant(text)


def _show(history: SubscriptionHistory, as_json: bool) -> None:
    rows = [
        {
            "status": phase.status.value,
            "plan": f"{phase.plan}:{phase.plan_version}",
            "starts_at": instant_text(phase.starts_at),
            "ends_at": instant_text(phase.ends_at) if phase.ends_at else "",
        }
        for phase in history.phases
    ]
    if as_json:
        print_json({"id": history.first.id, "key": history.first.key, "phases": rows})
    else:
        print_table(["status", "plan", "from", "until"], [list(row.values()) for row in rows])


def _document(history: SubscriptionHistory, now: datetime) -> dict[str, str]:
    first, phase = history.first, history.phase_at(now)
    return {
        "id": first.id,
        "key": first.key,
        "customer": first.customer,
        "status": history.status_at(now).value,
        "plan": f"{phase.plan}:{phase.plan_version}",
        "starts_at": instant_text(first.starts_at),
        "ends_at": instant_text(history.ends_at) if history.ends_at else "",
        "time_zone": first.time_zone,
    }
