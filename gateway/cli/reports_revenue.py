"""`gateway reports deferred`, `recognised`, `schedule`, `mrr` and `revenue`."""

from typing import Annotated

import typer

from gateway.cli.books import Entity
from gateway.cli.opening import Config, opened
from gateway.cli.reports_output import AsFormat, OutFile, ReportFormat, show_report
from gateway.core.legal_entity import DEFAULT_ENTITY
from gateway.core.reports.deferred import DeferredMonth
from gateway.core.reports.recognised import RecognisedMonth
from gateway.core.reports.recurring import RecurringMonth
from gateway.core.reports.schedule import ScheduledMonth
from gateway.core.reports.split import RevenueSplit, SplitRevenue
from gateway.services.report_recurring import recurring_revenue
from gateway.services.report_revenue import deferred_revenue, recognised_revenue
from gateway.services.report_schedule import deferred_schedule
from gateway.services.report_split import revenue_by

FirstMonth = Annotated[
    str | None, typer.Option("--from", metavar="MONTH", help="The first month; a year before the last without it.")
]
LastMonth = Annotated[str | None, typer.Option("--to", metavar="MONTH", help="The last month; this one without it.")]


def deferred(
    first: FirstMonth = None,
    last: LastMonth = None,
    entity: Entity = DEFAULT_ENTITY,
    form: AsFormat = ReportFormat.TABLE,
    out: OutFile = None,
    config: Config = None,
) -> None:
    """Show by month what was deferred, billed, recognised and released."""
    with opened(config) as gateway:
        rows = deferred_revenue(gateway.installation, entity, first, last)
    show_report("deferred_revenue", DeferredMonth, rows, form, out, bar="closing")


def recognised(
    first: FirstMonth = None,
    last: LastMonth = None,
    entity: Entity = DEFAULT_ENTITY,
    form: AsFormat = ReportFormat.TABLE,
    out: OutFile = None,
    config: Config = None,
) -> None:
    """Show the revenue of each month: where it came from, and what was given back."""
    with opened(config) as gateway:
        rows = recognised_revenue(gateway.installation, entity, first, last)
    show_report("recognised_revenue", RecognisedMonth, rows, form, out, bar="net_revenue")


def mrr(
    first: FirstMonth = None,
    last: LastMonth = None,
    entity: Entity = DEFAULT_ENTITY,
    form: AsFormat = ReportFormat.TABLE,
    out: OutFile = None,
    config: Config = None,
) -> None:
    """Show monthly recurring revenue and how it changed, with the revenue of usage beside it."""
    with opened(config) as gateway:
        rows = recurring_revenue(gateway.installation, entity, first, last)
    show_report("recurring_revenue", RecurringMonth, rows, form, out, bar="closing")


def revenue(
    by: Annotated[RevenueSplit, typer.Option("--by", help="What it is told by.")],
    first: FirstMonth = None,
    last: LastMonth = None,
    entity: Entity = DEFAULT_ENTITY,
    form: AsFormat = ReportFormat.TABLE,
    out: OutFile = None,
    config: Config = None,
) -> None:
    """Show the revenue of each month by customer, plan, price, meter or dimension, and for each customer on average."""
    with opened(config) as gateway:
        rows = revenue_by(gateway.installation, entity, by, first, last)
    show_report(f"revenue_by_{by}", SplitRevenue, rows, form, out, bar="revenue")


def schedule(
    month: Annotated[
        str | None,
        typer.Option("--month", metavar="MONTH", help="As of the end of this month; the running one without."),
    ] = None,
    entity: Entity = DEFAULT_ENTITY,
    form: AsFormat = ReportFormat.TABLE,
    out: OutFile = None,
    config: Config = None,
) -> None:
    """Show by which month what is deferred will be earned."""
    with opened(config) as gateway:
        rows = deferred_schedule(gateway.installation, entity, month)
    show_report("deferred_schedule", ScheduledMonth, rows, form, out, bar="earned")
