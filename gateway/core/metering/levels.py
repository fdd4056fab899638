"""Levels that are held for a time: units times minutes, hours or days."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from gateway.core.metering.meter import TimeUnit
from gateway.core.numbers import EXACT
from gateway.core.time import MICROSECOND

_LENGTHS: Mapping[TimeUnit, timedelta] = {
    TimeUnit.MINUTE: timedelta(minutes=1),
    TimeUnit.HOUR: timedelta(hours=1),
    TimeUnit.DAY: timedelta(days=1),
}


def held(level: Decimal, time: timedelta) -> Decimal:
    """A level times the microseconds for which it is held."""
    return EXACT.multiply(level, time // MICROSECOND)


def level_time(levels: Iterable[tuple[Decimal, timedelta]], unit: TimeUnit) -> Fraction:
    """Levels times the time for which each is held, such as 12 for 4 hours and 4 for 6: 72 unit-hours, 3 unit-days."""
    total = Decimal(0)
    for level, time in levels:
        total = EXACT.add(total, held(level, time))
    return in_time_units(total, unit)


def in_time_units(level_microseconds: Decimal, unit: TimeUnit) -> Fraction:
    """A level times microseconds as a level times `unit`."""
    return average_level(level_microseconds, _LENGTHS[unit])


def average_level(level_microseconds: Decimal, span: timedelta) -> Fraction:
    """The level that comes to the same if it is held for all of `span`."""
    return Fraction(level_microseconds) / (span // MICROSECOND)
