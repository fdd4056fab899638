"""Postings: what the books have to say of a document by some days, less what they say already."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from gateway.core.ledger import Transfer
from gateway.core.money import Money


class Route(NamedTuple):
    """What a transfer stems from, and between which accounts it moves."""

    source: str
    debit: str
    credit: str


Amounts = Mapping[Route, int]
"""What has moved in all, in minor units. What is below zero moved the other way."""


@dataclass(frozen=True, slots=True)
class Posted:
    """A transfer that the books have, and the day on which they have it."""

    day: date
    transfer: Transfer


def missing_transfers(
    target: Callable[[date], Amounts],
    posted: Iterable[Posted],
    days: Sequence[date],
    is_open: Callable[[date], bool],
    currency: str,
) -> Iterator[tuple[date, tuple[Transfer, ...]]]:
    """What to post on which of `days`, given in order, so that the books say the `target` of each of them.

    A day of a month that is not open gets nothing: what it lacks is posted on the next day that is open. A repeat finds
    nothing to post.
    """
    waiting = sorted(posted, key=lambda each: each.day, reverse=True)
    said: Counter[Route] = Counter()
    for day in days:
        while waiting and waiting[-1].day <= day:
            said.update(_one_way(_moved(waiting.pop().transfer)))
        if not is_open(day):
            continue
        wanted = _one_way(target(day))
        transfers = tuple(_transfers(wanted, said, currency))
        if transfers:
            yield day, transfers
        said = wanted


def _moved(transfer: Transfer) -> Amounts:
    return {Route(transfer.source, transfer.debit_account, transfer.credit_account): transfer.amount.amount_minor}


def _one_way(amounts: Amounts) -> Counter[Route]:
    """The same, with what moves between two accounts in one direction only."""
    one_way: Counter[Route] = Counter()
    for route, amount in amounts.items():
        if route.debit < route.credit:
            one_way[route] += amount
        else:
            one_way[Route(route.source, route.credit, route.debit)] -= amount
    return one_way


def _transfers(wanted: Counter[Route], said: Counter[Route], currency: str) -> Iterator[Transfer]:
    for route in {**wanted, **said}:
        amount = wanted[route] - said[route]
        if amount > 0:
            yield Transfer(route.debit, route.credit, Money(amount, currency), route.source)
        elif amount < 0:
            yield Transfer(route.credit, route.debit, Money(-amount, currency), route.source)
