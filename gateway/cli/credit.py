"""`gateway credits`."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated

import typer

from gateway.app import Gateway
from gateway.cli.opening import AsJson, Config, opened
from gateway.cli.output import note, print_json, print_table
from gateway.core.credits.grant import CreditCategory, CreditGrant, priority_default
from gateway.core.credits.wallet import WalletAccount
from gateway.core.errors import NotFound
from gateway.core.numbers import read_decimal
from gateway.core.ports.storage import UnitOfWork
from gateway.core.time import instant_text
from gateway.services.grant_credit import GrantRequest, grant_credit
from gateway.services.move_credit import settle_due_credit
from gateway.services.revoke_grant import revoke_grant
from gateway.services.void_credit import void_credit

_CALLER = "command line"
_page = 1_000

group = typer.Typer(name="credits", help="Credit of customers.", no_args_is_help=True)

Customer = Annotated[str, typer.Argument(metavar="CUSTOMER", help="The customer's key.")]
Amount = Annotated[str, typer.Argument(metavar="AMOUNT", help="How many credits; with a rate of 1, the money.")]
Reason = Annotated[str, typer.Option(help="What for; kept for ever.")]
Key = Annotated[str | None, typer.Option(help="The same key again changes nothing; every run counts without it.")]


@group.command()
def grant(
    customer: Customer,
    amount: Amount,
    currency: Annotated[str, typer.Option(help="The currency of the wallet.")],
    reason: Reason,
    category: Annotated[
        CreditCategory, typer.Option(help="Whether the customer pays for it.")
    ] = CreditCategory.PROMOTIONAL,
    wallet: Annotated[str | None, typer.Option(help="The wallet's key; the currency's by default.")] = None,
    priority: Annotated[int, typer.Option(help="A lower one is used first: 1 to 255.")] = priority_default,
    expires: Annotated[datetime | None, typer.Option(help="When it ends, in UTC; never by default.")] = None,
    paid: Annotated[
        str | None, typer.Option(help="The money that is paid for all of it; what it gives by default.")
    ] = None,
    key: Key = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Grant credit to a customer."""
    request = GrantRequest(
        customer=customer,
        currency=currency,
        amount=read_decimal(amount),
        reason=reason,
        category=category,
        key=wallet,
        priority=priority,
        expires_at=expires.replace(tzinfo=UTC) if expires else None,
        paid=None if paid is None else read_decimal(paid),
    )
    with opened(config) as gateway:
        grant_id = grant_credit(gateway.installation, _CALLER, request, key or gateway.installation.ids.new("run"))
        account = _account_of(gateway, grant_id)
    if as_json:
        print_json({"grant": grant_id, "wallet": account.wallet.id, "balance": str(account.balance)})
    else:
        note(f"{_told(account)} The grant is {grant_id}.")


@group.command("list")
def list_(customer: Customer, config: Config = None, as_json: AsJson = False) -> None:
    """List a customer's grants, wallet by wallet, with what they have left now."""
    with opened(config) as gateway:
        now = gateway.installation.business_clock.now()
        found = gateway.database.read(lambda unit: unit.credits.wallets_of([customer])).get(customer, [])
        grants = gateway.database.read(lambda unit: _every_grant(unit, [each.wallet.id for each in found]))
        if not found and not gateway.database.read(lambda unit: unit.definitions.customers_by_key([customer])):
            raise NotFound(f"Customer {customer!r} does not exist")
    rows = [row for account in found for row in _rows(account.brought_to(now)[0], grants[account.wallet.id])]
    if as_json:
        print_json(rows)
    else:
        names = [
            "wallet",
            "grant",
            "category",
            "amount",
            "balance",
            "paid",
            "unearned",
            "currency",
            "priority",
            "effective",
            "expires",
        ]
        print_table(names, [list(row.values()) for row in rows])


@group.command()
def void(
    wallet: Annotated[str, typer.Argument(metavar="WALLET", help="The id of the wallet.")],
    reason: Reason,
    amount: Annotated[str | None, typer.Option(help="How many credits; all that --grant has left by default.")] = None,
    grant: Annotated[str | None, typer.Option(help="The id of a grant; in the order of use by default.")] = None,
    key: Key = None,
    config: Config = None,
) -> None:
    """Take credit back, at most what there is."""
    taken: Decimal | None = None if amount is None else read_decimal(amount)
    with opened(config) as gateway:
        run = key or gateway.installation.ids.new("run")
        void_credit(gateway.installation, _CALLER, wallet, reason, run, taken, grant)
        account = gateway.database.read(lambda unit: unit.credits.wallets_by_id([wallet]))[wallet]
    note(_told(account))


@group.command()
def revoke(
    grant: Annotated[str, typer.Argument(metavar="GRANT", help="The id of a grant that was paid for.")],
    reason: Reason,
    key: Key = None,
    config: Config = None,
) -> None:
    """Take a grant back whole, as when its payment failed: what was used of it is owed."""
    with opened(config) as gateway:
        run = key or gateway.installation.ids.new("run")
        revoke_grant(gateway.installation, _CALLER, grant, reason, run)
        account = _account_of(gateway, grant)
    note(f"{_told(account)} {account.overage} {account.wallet.currency} of overage is owed.")


@group.command()
def settle(config: Config = None) -> None:
    """Book what is due: grants that begin, refills, resets and expiries."""
    with opened(config) as gateway:
        settled = settle_due_credit(gateway.installation)
    note(f"{settled} wallet{'' if settled == 1 else 's'} had something due")


def _account_of(gateway: Gateway, grant_id: str) -> WalletAccount:
    def find(wallet_id: str) -> WalletAccount:
        return gateway.database.read(lambda unit: unit.credits.wallets_by_id([wallet_id]))[wallet_id]

    return find(gateway.database.read(lambda unit: unit.credits.wallet_of_grant(grant_id)))


def _told(account: WalletAccount) -> str:
    wallet = account.wallet
    return f"Wallet {wallet.id} of {wallet.customer} has {account.balance} {wallet.currency}."


def _every_grant(unit: UnitOfWork, wallet_ids: Sequence[str]) -> dict[str, list[CreditGrant]]:
    """All grants of wallets, page by page."""
    found: dict[str, list[CreditGrant]] = {name: [] for name in wallet_ids}
    for name, known in found.items():
        while page := unit.credits.grants([name], known[-1].id if known else "", _page).get(name):
            known.extend(page)
    return found


def _rows(account: WalletAccount, grants: Sequence[CreditGrant]) -> Iterator[dict[str, str]]:
    for grant in grants:
        yield _row(account, grant)


def _row(account: WalletAccount, grant: CreditGrant) -> dict[str, str]:
    wallet = account.wallet
    return {
        "wallet": wallet.id,
        "grant": grant.id,
        "category": grant.category,
        "amount": str(account.money(grant.amount)),
        "balance": str(account.money(account.balances.of(grant.id))),
        "paid": str(account.money(grant.cost)),
        "unearned": str(account.unearned(grant)),
        "currency": wallet.currency,
        "priority": str(grant.priority),
        "effective_at": instant_text(grant.effective_at),
        "expires_at": instant_text(grant.expires_at) if grant.expires_at else "",
    }
