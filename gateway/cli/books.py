"""`gateway books`: accounting periods, the trial balance, and what it is made of."""

from typing import Annotated

import typer

from gateway.app import Gateway
from gateway.cli.books_output import (
    balance_document,
    difference_document,
    period_document,
    print_balances,
    print_differences,
    print_periods,
    print_transfers,
    transfer_document,
)
from gateway.cli.journals import add_journal_commands
from gateway.cli.opening import AsJson, Config, opened
from gateway.cli.output import bar_of, complain, counted, note, print_json, progress
from gateway.core.books.closing import NotReadyToClose
from gateway.core.books.months import month_of, read_month
from gateway.core.legal_entity import DEFAULT_ENTITY
from gateway.services.close_books import PeriodRequest, close_period, lock_period, reopen_period
from gateway.services.recognise import recognise_due
from gateway.services.show_books import accounts_of_kind, show_trial_balance
from gateway.services.verify_books import verify_books

rows_shown_max = 1_000
_ACTOR = "cli"

group = typer.Typer(name="books", help="Accounting periods, balances and transfers.", no_args_is_help=True)

Entity = Annotated[str, typer.Option("--entity", metavar="KEY", help="Whose books: the key of a legal entity.")]
Month = Annotated[str, typer.Argument(metavar="MONTH", help="The month, such as 2013-06.")]
OfMonth = Annotated[
    str | None, typer.Option("--month", metavar="MONTH", help="The month, such as 2013-06; this one without it.")
]


@group.command()
def balances(
    month: OfMonth = None,
    kind: Annotated[
        str | None,
        typer.Option(metavar="KIND", help="The accounts of this kind, such as receivables; every kind without."),
    ] = None,
    entity: Entity = DEFAULT_ENTITY,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Print the trial balance of a month, or the accounts of one kind."""
    with opened(config) as gateway:
        asked = _month(gateway, entity, month)
        if kind is None:
            shown = show_trial_balance(gateway.installation, entity, asked)
            rows, totals = shown.rows, shown.totals()
        else:
            rows, totals = accounts_of_kind(gateway.installation, entity, asked, kind, None, rows_shown_max), ()
    if as_json:
        print_json([balance_document(row) for row in rows])
    else:
        print_balances(rows, totals)


@group.command()
def transfers(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account, such as receivables:acme.")],
    month: OfMonth = None,
    entity: Entity = DEFAULT_ENTITY,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """List the transfers of a month that debit or credit an account."""
    with opened(config) as gateway:
        asked = _month(gateway, entity, month)
        found = gateway.database.read(lambda unit: unit.books.booked(entity, asked, account, None, rows_shown_max + 1))
    shown = found[:rows_shown_max]
    if as_json:
        print_json([transfer_document(each) for each in shown])
    else:
        print_transfers(shown)
    if len(found) > len(shown):
        note(f"More follow: GraphQL lists all of them, with `bookedTransfers`; here are the first {rows_shown_max:,}")


@group.command()
def periods(entity: Entity = DEFAULT_ENTITY, config: Config = None, as_json: AsJson = False) -> None:
    """List the months of the books: open, closed or locked, and who changed them last."""
    with opened(config) as gateway:
        found, changes = gateway.database.read(
            lambda unit: (unit.accounting_periods.periods(entity), unit.accounting_periods.changes(entity))
        )
    newest = {change.month: change for change in changes}
    if as_json:
        print_json([period_document(period, newest.get(period.month)) for period in found])
    else:
        print_periods(found, newest)


@group.command()
def recognise(config: Config = None) -> None:
    """Post what is earned by the end of the last month, as `gateway serve` does by itself; again posts nothing."""
    with opened(config) as gateway, progress() as bars:
        entries = recognise_due(gateway.installation, bar_of(bars, "Documents recognised"))
    note(f"Revenue is posted through the last month: {counted(entries, 'new record')} in the journal")


@group.command()
def close(
    month: Month,
    override: Annotated[
        str | None,
        typer.Option("--override", metavar="REASON", help="Close it with what is open, and why; kept for ever."),
    ] = None,
    entity: Entity = DEFAULT_ENTITY,
    config: Config = None,
) -> None:
    """Close a month: what comes later is booked in the first open one. 1 with all that is still to be done."""
    with opened(config) as gateway:
        try:
            close_period(gateway.installation, _request(gateway, entity, month), override)
        except NotReadyToClose as refused:
            for item in refused.items:
                complain(f"{month}: {item}")
            raise typer.Exit(1) from None
    note(f"Month {month} of {entity} is closed")


@group.command()
def lock(month: Month, entity: Entity = DEFAULT_ENTITY, config: Config = None) -> None:
    """Lock a closed month, which is never opened again."""
    with opened(config) as gateway:
        lock_period(gateway.installation, _request(gateway, entity, month))
    note(f"Month {month} of {entity} is locked")


@group.command()
def reopen(
    month: Month,
    reason: Annotated[str, typer.Option(help="Why; kept for ever.")],
    entity: Entity = DEFAULT_ENTITY,
    config: Config = None,
) -> None:
    """Open the latest closed month again."""
    with opened(config) as gateway:
        reopen_period(gateway.installation, _request(gateway, entity, month), reason)
    note(f"Month {month} of {entity} is open")


@group.command()
def verify(
    entity: Annotated[
        str | None, typer.Option("--entity", metavar="KEY", help="The books of this legal entity; all without it.")
    ] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Add up every transfer again and compare that with the balances; 1 if anything differs."""
    with opened(config) as gateway, progress() as bars:
        found = verify_books(gateway.installation, entity, bar_of(bars, "Months added up"))
    if as_json:
        differences = [difference_document(each) for each in found.differences]
        print_json({"transfers": found.transfers, "differing": found.differing, "differences": differences})
    elif found.differing:
        print_differences(found.differences)
    note(f"{counted(found.transfers, 'transfer')} added up, {counted(found.differing, 'balance')} differ from that")
    if found.differing:
        raise typer.Exit(1)


def _month(gateway: Gateway, entity: str, month: str | None) -> str:
    """The month that is asked for, or the running one of a legal entity. Raises `NotFound`, `InvalidValue`."""
    keeper = gateway.database.read(lambda unit: unit.legal_entities.get(entity))
    return (
        month_of(keeper.accounting_day(gateway.installation.business_clock.now()))
        if month is None
        else read_month(month)
    )


def _request(gateway: Gateway, entity: str, month: str) -> PeriodRequest:
    # A new key each time: a month is closed once by itself.
    return PeriodRequest(entity, month, _ACTOR, gateway.installation.ids.new("cli"))


add_journal_commands(group)
