"""`gateway reports`: what finance people look at."""

import typer

from gateway.cli.reports_at_risk import at_risk
from gateway.cli.reports_forecast import forecast, forecast_backtest

group = typer.Typer(name="reports", help="What running periods come to, and who is at risk.", no_args_is_help=True)

group.command(name="forecast")(forecast)
group.command(name="forecast-backtest")(forecast_backtest)
group.command(name="at-risk")(at_risk)
