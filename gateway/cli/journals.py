"""`gateway books journals`, `post`, `deliver`, `reverse`, `compare`, `comparisons` and `export`: what is sent on."""

from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from gateway.app import Gateway, journals_of
from gateway.cli.journals_output import (
    comparison_document,
    journal_document,
    print_comparisons,
    print_journals,
    print_last_comparisons,
)
from gateway.cli.opening import AsJson, Config, opened
from gateway.cli.output import complain, counted, note, print_json
from gateway.cli.provider_calls import targets_in_time
from gateway.core.books.journal_comparison import JournalComparison
from gateway.core.books.journals import Journal
from gateway.core.books.months import read_month
from gateway.core.delivery import Delivery, DeliveryStatus
from gateway.core.errors import GatewayError
from gateway.core.legal_entity import DEFAULT_ENTITY
from gateway.core.ports.journals import JournalFilter
from gateway.plugin_api import ProviderError
from gateway.services.bind_connection import bind_books
from gateway.services.compare_journals import compare_journals
from gateway.services.deliver import deliver_next_journal
from gateway.services.delivery_errand import DeliveryReport
from gateway.services.export_books import EXPORT, export_books
from gateway.services.post_journals import no_books, post_journals, reverse_journal, targets_of
from gateway.settings import JournalSettings

journals_shown_max = 1_000

Entity = Annotated[str, typer.Option("--entity", metavar="KEY", help="Whose books: the key of a legal entity.")]
Month = Annotated[str, typer.Argument(metavar="MONTH", help="The month, such as 2013-06.")]


class ExportFormat(StrEnum):
    """Which program reads what is exported."""

    BEANCOUNT = "beancount"
    HLEDGER = "hledger"


class FolderInUse(GatewayError):
    """A folder to export to that holds something already."""

    code = "FOLDER_IN_USE"


def add_journal_commands(group: typer.Typer) -> None:
    """Add the commands to `gateway books`."""
    for command in (journals, post, deliver, reverse, compare, comparisons, export):
        group.command()(command)


def journals(
    month: Annotated[str | None, typer.Option(metavar="MONTH", help="Only those of this month.")] = None,
    entity: Entity = DEFAULT_ENTITY,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """List the journals that accounting systems are sent, how far they are, and what keeps them."""
    matching = JournalFilter(legal_entity=entity, month=None if month is None else read_month(month))
    with opened(config) as gateway:
        found = gateway.database.read(lambda unit: unit.journals.page(matching, None, journals_shown_max))
        deliveries = _deliveries(gateway, found)
    if as_json:
        print_json([journal_document(each, deliveries.get(each.id)) for each in found])
    else:
        print_journals(found, deliveries)


def post(month: Month, entity: Entity = DEFAULT_ENTITY, config: Config = None, as_json: AsJson = False) -> None:
    """Let accounting systems be sent what they have not of a month that has ended; again posts nothing."""
    with opened(config) as gateway:
        made = post_journals(gateway.installation, entity, month)
        deliveries = _deliveries(gateway, made)
    if as_json:
        print_json([journal_document(each, deliveries.get(each.id)) for each in made])
    else:
        print_journals(made, deliveries)
    note(f"{counted(len(made), 'new journal')} of {month}; `gateway serve` delivers, or `gateway books deliver`")


def deliver(config: Config = None) -> None:
    """Bring journals that are due to accounting systems, as `gateway serve` does by itself; 1 if one did not arrive."""
    reports: list[DeliveryReport] = []
    with opened(config) as gateway, targets_in_time(gateway) as targets:
        for name in sorted(gateway.settings.journals):
            target = targets(name)
            bind_books(gateway.installation, name, target)
            while (report := deliver_next_journal(gateway.installation, name, target)) is not None:
                reports.append(report)
                note(f"{name}: {report}{'' if report.reason is None else f' ({report.reason})'}")
    if any(report.status is not DeliveryStatus.DELIVERED for report in reports):
        raise typer.Exit(1)
    note(f"{counted(len(reports), 'journal')} delivered")


def reverse(
    journal: Annotated[str, typer.Argument(metavar="JOURNAL", help="Its id.")],
    day: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The day to undo it on there; that of the journal without."),
    ] = None,
    config: Config = None,
) -> None:
    """Undo a journal there; what it summed can be posted again."""
    with opened(config) as gateway:
        undoing = reverse_journal(gateway.installation, journal, None if day is None else day.date())
    note(f"Journal {undoing.number} undoes it; `gateway serve` delivers it")


def compare(month: Month, entity: Entity = DEFAULT_ENTITY, config: Config = None, as_json: AsJson = False) -> None:
    """Compare what accounting systems hold of a month with what they were sent; 1 if anything differs."""
    faults: dict[str, str] = {}
    found: list[JournalComparison] = []
    with opened(config) as gateway, targets_in_time(gateway) as targets:
        names = [books.connection for books in targets_of(gateway.installation, entity)]
        if not names:
            raise no_books(entity)
        for name in names:
            try:
                found.append(compare_journals(gateway.installation, name, targets(name), entity, read_month(month)))
            except ProviderError as error:
                faults[name] = str(error)
    if as_json:
        print_json({"comparisons": [comparison_document(each) for each in found], "faults": faults})
    else:
        print_comparisons(found)
    for each in found:
        note(f"{each.connection}: {counted(each.compared, 'journal')} compared, {len(each.differences)} differ")
    for name, fault in faults.items():
        complain(f"{name}: {fault}")
    if faults or any(each.differences for each in found):
        raise typer.Exit(1)


def comparisons(
    month: Annotated[str | None, typer.Option(metavar="MONTH", help="Only this month.")] = None,
    entity: Entity = DEFAULT_ENTITY,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Show what comparing months last found, which `gateway serve` does once a day; 1 if anything differs."""
    asked = None if month is None else read_month(month)
    with opened(config) as gateway:
        found = gateway.database.read(lambda unit: unit.journals.comparisons(entity, asked))
    if as_json:
        print_json([comparison_document(each) for each in found])
    else:
        print_last_comparisons(found)
        print_comparisons(found)
    if any(each.differences or each.fault for each in found):
        raise typer.Exit(1)


def export(
    format_: Annotated[ExportFormat, typer.Option("--format", help="Which program is to read it.")],
    out: Annotated[Path, typer.Option(help="The folder to write, which must not exist or be empty.")],
    entity: Entity = DEFAULT_ENTITY,
    config: Config = None,
) -> None:
    """Write all books as plain text: a transaction for each day and currency, down to the keys of its entries."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise FolderInUse(f"{out} holds something already; name a folder that does not exist")
    with opened(config) as gateway:
        exporting = _exporting(gateway, out, format_)
        (books,) = journals_of(exporting.settings)
        with targets_in_time(exporting) as targets:
            months = list(export_books(gateway.installation, entity, books.mapping, targets(EXPORT)))
    note(f"{counted(len(months), 'month')} of {entity} in {out}")


def _exporting(gateway: Gateway, out: Path, format_: ExportFormat) -> Gateway:
    """The gateway with plain-text books in a folder, with the accounts of those that are configured, if any are."""
    configured = [each for _, each in sorted(gateway.settings.journals.items()) if each.target == "plaintext"]
    accounts = configured[0].accounts if configured else {}
    table = {"target": "plaintext", "directory": str(out), "format": format_.value}
    books = JournalSettings.model_validate(table).model_copy(update={"accounts": accounts})
    return replace(gateway, settings=gateway.settings.model_copy(update={"journals": {EXPORT: books}}))


def _deliveries(gateway: Gateway, found: list[Journal]) -> dict[str, Delivery]:
    by_document = gateway.database.read(lambda unit: unit.deliveries.by_document([each.id for each in found]))
    return {document: each[0] for document, each in by_document.items()}
