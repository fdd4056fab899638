"""`gateway reports bridge`, `ageing`, `unbilled` and `credits`."""

from datetime import date, datetime
from typing import Annotated

import typer

from gateway.cli.books import Entity
from gateway.cli.opening import Config, opened
from gateway.cli.reports_output import AsFormat, OutFile, ReportFormat, show_report
from gateway.cli.reports_revenue import FirstMonth, LastMonth
from gateway.core.legal_entity import DEFAULT_ENTITY
from gateway.core.reports.ageing import AgedReceivables, AgedUnbilled
from gateway.core.reports.bridge import BridgeMonth
from gateway.core.reports.credits import OutstandingGrant
from gateway.services.report_ageing import receivables_ageing, unbilled_ageing
from gateway.services.report_bridge import revenue_bridge
from gateway.services.report_credits import credits_outstanding

AsOfDay = Annotated[
    datetime | None,
    typer.Option("--as-of", metavar="DAY", formats=["%Y-%m-%d"], help="At the end of this day; today without it."),
]


def bridge(
    first: FirstMonth = None,
    last: LastMonth = None,
    entity: Entity = DEFAULT_ENTITY,
    form: AsFormat = ReportFormat.TABLE,
    out: OutFile = None,
    config: Config = None,
) -> None:
    """Show how billings became revenue, and revenue cash, by month."""
    with opened(config) as gateway:
        rows = revenue_bridge(gateway.installation, entity, first, last)
    show_report("revenue_bridge", BridgeMonth, rows, form, out)


def ageing(
    as_of: AsOfDay = None,
    entity: Entity = DEFAULT_ENTITY,
    form: AsFormat = ReportFormat.TABLE,
    out: OutFile = None,
    config: Config = None,
) -> None:
    """Show what customers owe, by how long it is overdue."""
    with opened(config) as gateway:
        rows = receivables_ageing(gateway.installation, entity, _day(as_of))
    show_report("receivables_ageing", AgedReceivables, rows, form, out, bar="total", has_total=True)


def unbilled(
    as_of: AsOfDay = None,
    entity: Entity = DEFAULT_ENTITY,
    form: AsFormat = ReportFormat.TABLE,
    out: OutFile = None,
    config: Config = None,
) -> None:
    """Show what was earned and is not invoiced, by how long ago."""
    with opened(config) as gateway:
        rows = unbilled_ageing(gateway.installation, entity, _day(as_of))
    show_report("unbilled_ageing", AgedUnbilled, rows, form, out, bar="total", has_total=True)


def outstanding_credits(
    entity: Entity = DEFAULT_ENTITY,
    form: AsFormat = ReportFormat.TABLE,
    out: OutFile = None,
    config: Config = None,
) -> None:
    """Show what customers have left of credit, grant by grant."""
    with opened(config) as gateway:
        rows = credits_outstanding(gateway.installation, entity)
    show_report("credits_outstanding", OutstandingGrant, rows, form, out, has_total=True)


def _day(given: datetime | None) -> date | None:
    return None if given is None else given.date()
