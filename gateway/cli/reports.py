"""`gateway reports`: what finance people look at."""

import typer

from gateway.cli.reports_at_risk import at_risk
from gateway.cli.reports_forecast import forecast, forecast_backtest
from gateway.cli.reports_receivables import ageing, bridge, outstanding_credits, unbilled
from gateway.cli.reports_revenue import deferred, mrr, recognised, revenue, schedule

group = typer.Typer(name="reports", help="What the books come to, and what running periods will.", no_args_is_help=True)

group.command(name="deferred")(deferred)
group.command(name="recognised")(recognised)
group.command(name="schedule")(schedule)
group.command(name="mrr")(mrr)
group.command(name="revenue")(revenue)
group.command(name="bridge")(bridge)
group.command(name="ageing")(ageing)
group.command(name="unbilled")(unbilled)
group.command(name="credits")(outstanding_credits)
group.command(name="forecast")(forecast)
group.command(name="forecast-backtest")(forecast_backtest)
group.command(name="at-risk")(at_risk)
