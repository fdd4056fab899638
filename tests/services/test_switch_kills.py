"""A process that carries out a switch is killed, and so is the next: the third finishes, and each customer is once."""

import signal
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.core.switching import SwitchProgress
from gateway.plugin_api import DocumentKind
from gateway.services.installation import Installation
from tests.services.processes import exit_codes, start_switch
from tests.services.switch_process import new_provider
from tests.services.switching import TwoProviders
from tests.support import FixedClock

kills_first_max = 34
"""At how many points a process can be killed that switches three customers."""


def _pairs() -> list[object]:
    """Where the first and the second process are killed; all but a sample are slow."""
    found: list[object] = []
    for first in range(1, kills_first_max + 1):
        pair = (first, first * 5 % 11 + 1)
        found.append(pair if first in (8, 21) else pytest.param(pair, marks=pytest.mark.slow))
    return found


@pytest.mark.parametrize("kills", _pairs(), ids=str)
def test_after_two_kills_the_next_process_moves_each_customer_once(
    installation: Installation, clock: FixedClock, database_url: str, tmp_path: Path, kills: tuple[int, int]
) -> None:
    world, file = TwoProviders.of(installation, clock, customers=3), str(tmp_path / "new.db")
    ended = []
    for crash_at in (*kills, 0):
        ended += exit_codes(start_switch(database_url, file, crash_at, clock.now()))
        clock.advance(timedelta(seconds=61))

    assert ended == [-signal.SIGKILL, -signal.SIGKILL, 0]
    there = new_provider(file, clock).documents(DocumentKind.CUSTOMER)
    assert sorted(each.our_id for each in there) == ["cus_1", "cus_2", "cus_3"]
    assert [world.connection_of(number) for number in (1, 2, 3)] == ["new"] * 3
    refs = installation.storage.read(
        lambda unit: unit.deliveries.refs("new", DocumentKind.CUSTOMER, ["cus_1", "cus_2", "cus_3"])
    )
    assert refs == {each.our_id: each.ref for each in there}
    switches = installation.storage.read(lambda unit: unit.switches.page(None, 99))
    assert world.progress([each.id for each in switches]) == SwitchProgress(moved=3)
