"""`gateway entities`: who issues invoices and keeps books."""

from collections.abc import Callable, Mapping
from typing import Annotated

import typer

from gateway.cli.opening import AsJson, Config, opened
from gateway.cli.output import note, print_json, print_table
from gateway.core.definitions.legal_entities import legal_entity_document
from gateway.core.legal_entity import LegalEntity
from gateway.services.installation import Installation
from gateway.services.legal_entities import create_legal_entity, update_legal_entity

group = typer.Typer(name="entities", help="Who issues invoices and keeps books.", no_args_is_help=True)

Key = Annotated[str, typer.Argument(metavar="KEY", help="Its unique name; `default` is there from the start.")]
Name = Annotated[str | None, typer.Option(help="The name on its documents.")]
Address = Annotated[list[str] | None, typer.Option(help="A line of its address; give it once for each.")]
Country = Annotated[str | None, typer.Option(help="The ISO 3166-1 code of its country, such as DE.")]
TaxIds = Annotated[list[str] | None, typer.Option("--tax-id", help="A registration; give it once for each.")]
TimeZone = Annotated[str, typer.Option(help="The IANA zone whose days are its accounting days.")]
Currency = Annotated[str | None, typer.Option(help="The currency of its books.")]
Series = Annotated[str | None, typer.Option(help="What its invoice numbers begin with.")]
CreditNoteSeries = Annotated[str | None, typer.Option(help="The same for credit notes.")]
Footer = Annotated[str | None, typer.Option(help="What is at the foot of its documents.")]


Put = Callable[[Installation, Mapping[str, object]], LegalEntity]


def _command(put: Put) -> Callable[..., None]:
    """The command that puts a legal entity with everything that its options say."""

    def describe(
        key: Key,
        name: Name = None,
        address: Address = None,
        country: Country = None,
        tax_id: TaxIds = None,
        time_zone: TimeZone = "UTC",
        currency: Currency = None,
        invoice_series: Series = None,
        credit_note_series: CreditNoteSeries = None,
        footer: Footer = None,
        config: Config = None,
    ) -> None:
        document: dict[str, object] = {
            "key": key,
            "name": name,
            "address": address,
            "country": country,
            "tax_ids": tax_id,
            "time_zone": time_zone,
            "currency": currency,
            "invoice_series": invoice_series,
            "credit_note_series": credit_note_series,
            "footer": footer,
        }
        with opened(config) as gateway:
            entity = put(gateway.installation, document)
            series = entity.series(gateway.installation.number_series)
        kept = f"version {entity.version} of legal entity {entity.key}"
        note(f"{series.invoices} and {series.credit_notes} are the series of {kept}")

    return describe


group.command("create", help="Create a legal entity; the same one again changes nothing.")(
    _command(create_legal_entity)
)
group.command("update", help="Describe one anew, whole; what it issued keeps what it says.")(
    _command(update_legal_entity)
)


@group.command("list")
def list_(config: Config = None, as_json: AsJson = False) -> None:
    """List the legal entities."""
    with opened(config) as gateway:
        found = gateway.database.read(lambda unit: unit.legal_entities.newest())
        own = gateway.installation.number_series
    entities = [(entity, entity.series(own)) for _, entity in sorted(found.items())]
    if as_json:
        print_json(
            [
                {
                    **legal_entity_document(entity),
                    "invoice_series": series.invoices,
                    "credit_note_series": series.credit_notes,
                }
                for entity, series in entities
            ]
        )
        return
    print_table(
        ["key", "name", "invoices", "credit notes", "zone", "currency"],
        [
            [each.key, each.name or "", series.invoices, series.credit_notes, each.time_zone, each.currency or ""]
            for each, series in entities
        ],
    )
