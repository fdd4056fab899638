"""`gateway usage`."""

from typing import Annotated

import typer

from gateway.cli.opening import AsJson, Config, opened
from gateway.cli.output import dimensions_text, note, print_json, print_table
from gateway.core.numbers import plain
from gateway.core.periods.windows import Window
from gateway.core.time import instant_text, read_instant
from gateway.services.usage import UsageQuery, UsageReport
from gateway.services.usage import usage as usage_of


def usage(
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER")],
    starts_at: Annotated[str, typer.Option("--from", metavar="TIME", help="From then on, as 2026-01-31T00:00:00Z.")],
    ends_at: Annotated[str, typer.Option("--until", metavar="TIME", help="Before then.")],
    meters: Annotated[list[str] | None, typer.Option("--meter", help="Only this one; give it once for each.")] = None,
    window: Annotated[Window | None, typer.Option(help="Split by time.")] = None,
    group_by: Annotated[list[str] | None, typer.Option(help="Split by a dimension of the meters.")] = None,
    time_zone: Annotated[str, typer.Option(help="Whose hours, days and months the windows are.")] = "UTC",
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Show what a customer has used, live."""
    query = UsageQuery(
        customer=customer,
        starts_at=read_instant(starts_at),
        ends_at=read_instant(ends_at),
        meters=tuple(meters) if meters else None,
        window=window,
        group_by=tuple(group_by or ()),
        time_zone=time_zone,
    )
    with opened(config) as gateway:
        report = usage_of(gateway.installation, gateway.projector, query)
    if as_json:
        print_json(_document(report))
        return
    print_table(
        ["meter", "from", "until", "dimensions", "quantity", "events"],
        [
            [
                point.meter,
                instant_text(point.starts_at),
                instant_text(point.ends_at),
                dimensions_text(dict(point.dimensions)),
                plain(point.quantity),
                f"{point.events:,}",
            ]
            for point in report.points
        ],
        numbers=["quantity", "events"],
    )
    if not report.as_of.is_current:
        note(f"Counted up to event {report.as_of.position:,} of {report.as_of.head:,}; ask again for the rest")


def _document(report: UsageReport) -> dict[str, object]:
    points = [
        {
            "meter": point.meter,
            "starts_at": instant_text(point.starts_at),
            "ends_at": instant_text(point.ends_at),
            "dimensions": dict(point.dimensions),
            "quantity": plain(point.quantity),
            "events": point.events,
        }
        for point in report.points
    ]
    as_of = {"position": report.as_of.position, "head": report.as_of.head, "at": instant_text(report.as_of.at)}
    return {"points": points, "as_of": as_of}
