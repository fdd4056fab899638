"""`gateway reports forecast` and `forecast-backtest`."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Annotated, Any

import typer

from gateway.cli.opening import AsJson, Config, opened
from gateway.cli.output import bar_of, note, print_json, print_table, progress
from gateway.core.forecasting.accuracy import Accuracy
from gateway.core.forecasting.range import ForecastRange
from gateway.core.numbers import round_half_up
from gateway.core.time import instant_text, read_instant
from gateway.services.forecast import Forecast
from gateway.services.forecast_backtest import ForecastBacktest, PastForecast, backtest_forecasts
from gateway.services.projected_revenue import ProjectedRevenue, forecasts_of_customers, projected_revenue

Customers = Annotated[list[str] | None, typer.Option("--customer", help="Only this one; give it once for each.")]

_AMOUNTS = ["low", "expected", "high"]


def forecast(customers: Customers = None, config: Config = None, as_json: AsJson = False) -> None:
    """Show what running billing periods will come to, with the range that holds it in four of five cases."""
    with opened(config) as gateway:
        found = forecasts_of_customers(gateway.installation, gateway.projector, customers or None)
    totals = projected_revenue(found)
    if as_json:
        print_json({"subscriptions": list(map(_document, found)), "totals": list(map(_total_document, totals))})
        return
    print_table(
        ["customer", "until", *_AMOUNTS, "currency", "method"], [_row(each) for each in found], numbers=_AMOUNTS
    )
    for each in totals:
        shown = each.range
        note(f"In all {shown.low} to {shown.high} {each.currency}, {shown.expected} expected")


def forecast_backtest(
    starts_at: Annotated[str, typer.Option("--from", metavar="TIME", help="Periods that begin then or later.")],
    ends_at: Annotated[str, typer.Option("--until", metavar="TIME", help="Periods that end then or earlier.")],
    days: Annotated[
        list[int] | None, typer.Option("--day", help="Forecast after so many days; once for each, 10 and 20 if none.")
    ] = None,
    customers: Customers = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Show how good forecasts of periods that are over would have been, beside a straight line."""
    asked = ForecastBacktest(
        read_instant(starts_at), read_instant(ends_at), tuple(days or (10, 20)), tuple(customers) if customers else None
    )
    with opened(config) as gateway, progress() as bars:
        found = backtest_forecasts(gateway.installation, gateway.projector, asked, bar_of(bars, "Forecasting"))
    groups = _grouped(found)
    if as_json:
        print_json({"forecasts": list(map(_past_document, found)), "accuracy": [_accuracy(*each) for each in groups]})
        return
    print_table(
        ["currency", "from", "day", "forecasts", "error", "straight line", "within range"],
        [_accuracy_row(*each) for each in groups],
        numbers=["day", "forecasts", "error", "straight line", "within range"],
    )


Group = tuple[tuple[str, str, str], Accuracy]
"""Currency, beginning and day, as they are shown; and how good the forecasts were."""


def _grouped(found: Sequence[PastForecast]) -> list[Group]:
    """By currency, the local day on which periods began, and the day of the forecast; then all of a day, then all."""
    groups: dict[tuple[str, str, str], list[PastForecast]] = {}
    for each in found:
        currency = each.judged.actual.currency
        for begun, day in ((each.begun_on.isoformat(), str(each.day)), ("all", str(each.day)), ("all", "all")):
            groups.setdefault((currency, begun, day), []).append(each)
    return [(key, Accuracy.of([each.judged for each in groups[key]])) for key in sorted(groups, key=_order)]


def _order(key: tuple[str, str, str]) -> tuple[str, str, int, str]:
    return key[0], key[1], len(key[2]), key[2]


def _accuracy_row(key: tuple[str, str, str], accuracy: Accuracy) -> list[str]:
    shares = (accuracy.error, accuracy.line_error, accuracy.within)
    return [*key, f"{accuracy.count:,}", *map(_percent, shares)]


def _accuracy(key: tuple[str, str, str], accuracy: Accuracy) -> dict[str, Any]:
    currency, begun, day = key
    return {
        "currency": currency,
        "from": begun,
        "day": day,
        "forecasts": accuracy.count,
        "error": str(round_half_up(accuracy.error, 4)),
        "straight_line_error": str(round_half_up(accuracy.line_error, 4)),
        "within_range": str(round_half_up(accuracy.within, 4)),
    }


def _percent(share: Fraction) -> str:
    return f"{round_half_up(share * 100, 1)} %"


def _row(each: Forecast) -> list[str]:
    found = each.range
    amounts = [str(found.low), str(found.expected), str(found.high)]
    return [each.customer, instant_text(each.period.end), *amounts, found.expected.currency, each.method.value]


def _document(each: Forecast) -> dict[str, Any]:
    return {
        "customer": each.customer,
        "subscription": each.subscription_id,
        "period": {"start": instant_text(each.period.start), "end": instant_text(each.period.end)},
        "at": instant_text(each.at),
        "method": each.method.value,
        "currency": each.range.expected.currency,
        **_range_document(each.range),
        "is_current": each.as_of.is_current,
    }


def _range_document(found: ForecastRange) -> dict[str, str]:
    return {"low": str(found.low), "expected": str(found.expected), "high": str(found.high)}


def _total_document(each: ProjectedRevenue) -> dict[str, Any]:
    return {
        "currency": each.currency,
        "subscriptions": len(each.forecasts),
        **_range_document(each.range),
        "expected_on_a_line": str(each.expected_on_a_line),
    }


def _past_document(each: PastForecast) -> dict[str, Any]:
    return {
        **_document(each.forecast),
        "day": each.day,
        "straight_line": str(each.judged.line),
        "came": str(each.judged.actual),
    }
