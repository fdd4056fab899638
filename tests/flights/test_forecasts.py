"""Forecasts of the flights: a straight line is no better, and the range holds what it promises."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from rich.progress import Progress

from gateway.app import Gateway
from gateway.cli.demo_run import run_demo
from gateway.cli.examples import load_example
from gateway.core.forecasting.accuracy import Accuracy
from gateway.core.time import read_instant
from gateway.services.forecast_backtest import ForecastBacktest, PastForecast, backtest_forecasts
from tests.flights.demo_runs import demo_gateway

NEW_YEAR, JULY, SEPTEMBER, NEXT_YEAR = map(
    read_instant, ("2013-01-01T05:00:00Z", "2013-07-01T04:00:00Z", "2013-09-01T04:00:00Z", "2014-01-01T05:00:00Z")
)
DAYS = (10, 20)


@pytest.fixture
def gateway(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Gateway]:
    """The year of all airlines, or what the test names of it."""
    example = load_example("flights").only(*getattr(request, "param", (None, None)))
    with demo_gateway(f"sqlite:///{tmp_path}/gateway.db", example) as opened:
        run_demo(opened, example, Progress(disable=True))
        yield opened


def accuracy(found: list[PastForecast]) -> Accuracy:
    return Accuracy.of([each.judged for each in found])


@pytest.mark.timeout(400)
@pytest.mark.parametrize("gateway", [(["AS", "F9", "YV"], date(2013, 9, 1))], indirect=True, ids=["three airlines"])
def test_forecasts_of_some_airlines_are_no_worse_than_a_straight_line(gateway: Gateway) -> None:
    asked = ForecastBacktest(JULY, SEPTEMBER, DAYS)

    found = accuracy(backtest_forecasts(gateway.installation, gateway.projector, asked))

    assert found.count == 12
    assert found.error < found.line_error


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_forecasts_of_the_second_half_are_no_worse_and_four_of_five_in_range(gateway: Gateway) -> None:
    """What was chosen was chosen on January to June."""
    asked = ForecastBacktest(NEW_YEAR, NEXT_YEAR, DAYS)

    found = backtest_forecasts(gateway.installation, gateway.projector, asked)

    for day in DAYS:
        first, second = (
            accuracy([each for each in found if each.day == day and (each.begun_on.month > 6) is is_judged])
            for is_judged in (False, True)
        )
        assert (first.count, second.count) == (96, 96)
        assert first.error < first.line_error
        assert second.error < second.line_error
    judged = accuracy([each for each in found if each.begun_on.month > 6])
    assert (judged.error < judged.line_error / 5, 0.7 < judged.within < 0.9) == (True, True)
