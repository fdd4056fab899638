"""`gateway customers link`."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.app import Gateway
from gateway.cli.opening import AsJson, Config, opened
from gateway.cli.output import bar_of, complain, counted, note, print_json, print_table, progress
from gateway.cli.provider_calls import providers_in_time
from gateway.core.errors import GatewayError, InvalidValue
from gateway.plugin_api import ProviderError
from gateway.plugin_guard import GuardedProvider, guarded
from gateway.services.bind_connection import bind
from gateway.services.bindings import require_bound
from gateway.services.installation import Installation
from gateway.services.link_customer import CustomerThere, look_up, new_link, store_link
from gateway.services.switch_terms import require_connection

_actor = "command line"
_columns = ("customer", "ref")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file: a customer of ours, and what it is called there."""

    number: int
    customer: str
    ref: str


def link(
    connection: Annotated[str, typer.Option("--connection", metavar="NAME", help="Where they are.")],
    customer: Annotated[
        str | None, typer.Argument(metavar="CUSTOMER", help="The customer's key.", show_default=False)
    ] = None,
    ref: Annotated[str | None, typer.Option("--ref", metavar="ID", help="What they are called there.")] = None,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="CSV", help="Many at once: a file with columns customer and ref.")
    ] = None,
    is_dry_run: Annotated[bool, typer.Option("--dry-run", help="Only look them up and show them.")] = False,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Say what a provider has of a customer under an id of its own; it is looked up there before it is kept."""
    lines = _lines(customer, ref, file)
    found: list[dict[str, Any]] = []
    faults: list[dict[str, Any]] = []
    with _connected(config, connection) as (gateway, provider), progress() as bars:
        show = bar_of(bars, f"Linking at {connection}")
        for done, line in enumerate(lines):
            show(done, len(lines))
            try:
                there = _linked(gateway.installation, provider, connection, line, is_dry_run)
                found.append(_shown(line, there))
            except (GatewayError, ProviderError) as error:
                faults.append({"line": line.number, "customer": line.customer, "ref": line.ref, "fault": str(error)})
        show(len(lines), len(lines))
    _tell(connection, found, faults, is_dry_run=is_dry_run, as_json=as_json)
    if faults:
        raise typer.Exit(1)


def _lines(customer: str | None, ref: str | None, file: Path | None) -> list[Line]:
    """What to link. Raises `InvalidValue` for a file without the columns, `BadParameter` for anything half said."""
    if file is None:
        if customer is None or ref is None:
            raise typer.BadParameter("Name CUSTOMER and --ref, or a --file with many")
        return [Line(1, customer, ref)]
    if customer is not None or ref is not None:
        raise typer.BadParameter("CUSTOMER and --ref are for one customer, --file is for many; use one of them")
    with file.open(newline="", encoding="utf-8-sig") as stream:
        rows = csv.DictReader(stream)
        if missing := [name for name in _columns if name not in (rows.fieldnames or ())]:
            raise InvalidValue(f"{file} has no column {missing[0]!r}; its first line has to name customer and ref")
        return [Line(rows.line_num, *((row[name] or "").strip() for name in _columns)) for row in rows]


@contextmanager
def _connected(config: Path | None, connection: str) -> Iterator[tuple[Gateway, GuardedProvider]]:
    """The gateway and the provider, whose account the connection stands for from now on, or did before."""
    with opened(config) as gateway, providers_in_time(gateway) as providers:
        require_connection(gateway.installation, connection)
        provider = providers(connection)
        try:
            require_bound(gateway.database, connection, provider)
            bind(gateway.installation, connection, provider)
        except ProviderError as error:
            complain(f"{connection}: {error}")
            raise typer.Exit(1) from None
        yield gateway, guarded(provider)


def _linked(
    installation: Installation, provider: GuardedProvider, connection: str, line: Line, is_dry_run: bool
) -> CustomerThere:
    asked = new_link(installation, line.customer, connection, line.ref, _actor)
    there = look_up(installation, provider, asked)
    if not is_dry_run:
        installation.storage.transact(lambda unit: store_link(unit, installation, asked))
    return there


def _shown(line: Line, there: CustomerThere) -> dict[str, Any]:
    standing = there.standing
    method = None if standing is None or standing.payment_method is None else standing.payment_method.type
    balances = [] if standing is None else [f"{each} {each.currency}" for each in standing.balances]
    return {
        "customer": line.customer,
        "ref": there.ref,
        "payment_method": method,
        "balances": balances,
        "was_linked": there.is_linked,
    }


def _tell(
    connection: str, found: list[dict[str, Any]], faults: list[dict[str, Any]], *, is_dry_run: bool, as_json: bool
) -> None:
    if as_json:
        print_json({"connection": connection, "links": found, "faults": faults})
    else:
        rows = [
            [each["customer"], each["ref"], each["payment_method"] or "", ", ".join(each["balances"])] for each in found
        ]
        print_table(["customer", f"at {connection}", "pays by", "balance"], rows)
    for fault in faults:
        complain(f"line {fault['line']}, {fault['customer']}: {fault['fault']}")
    before = sum(each["was_linked"] for each in found)
    verb = "would be linked" if is_dry_run else "linked"
    note(f"{counted(len(found) - before, 'customer')} {verb}, {before:,} linked before, {len(faults):,} refused")
