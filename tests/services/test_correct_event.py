"""Voiding and amending one event: it no longer counts as it was, from the position of the correction on."""

from decimal import Decimal

import pytest

from gateway.core.errors import IllegalTransition, InvalidValue, KeyReused, NotFound
from gateway.core.time import read_instant
from gateway.services.correct_event import CorrectionRequest, amend_event, void_event
from gateway.services.events import customer_events
from gateway.services.installation import Installation
from gateway.services.project import Projector
from gateway.services.read_log import LogSpan
from gateway.services.record_events import Recorder
from tests.reading import logged_events
from tests.services.recording import batch, define, event, subscription
from tests.services.test_project import ACME, live


def asked(number: int, key: str = "k", reason: str = "sent twice") -> CorrectionRequest:
    return CorrectionRequest("api", f"e-{number}", reason, "key_1", key)


def recorded(installation: Installation) -> Projector:
    """Three calls of 100 bytes, projected."""
    define(installation)
    recorder = Recorder(installation)
    projector = Projector(installation, recorder.recent)
    recorder.record(batch(event(1), event(2), event(3, occurred_at="2026-02-10T12:00:00Z")))
    projector.bring_up()
    return projector


def calls(installation: Installation) -> dict[int, Decimal]:
    """The calls counted live, by month."""
    counts = live(installation, [ACME]).items()
    return {key.period_start.month: quantity for key, (quantity, _) in counts if key.meter == "calls"}


def test_a_void_event_counts_no_longer(installation):
    projector = recorded(installation)

    position = void_event(installation, asked(2))
    projector.bring_up()

    assert position == 4
    assert calls(installation) == {1: 1, 2: 1}


def test_an_amended_event_counts_as_it_is_now(installation):
    projector = recorded(installation)

    amend_event(installation, asked(3), {"bytes": 7, "zone": "us"}, read_instant("2026-01-20T00:00:00Z"))
    projector.bring_up()

    found = {(key.meter, key.dimensions): quantity for key, (quantity, _) in live(installation, [ACME]).items()}
    assert calls(installation) == {1: 3}
    assert found["bytes", (("zone", "us"),)] == 7


def test_an_amendment_can_be_amended_and_voided(installation):
    projector = recorded(installation)
    amend_event(installation, asked(1, "a"), {"bytes": 1, "zone": "eu"})
    amend_event(installation, asked(1, "b"), {"bytes": 2, "zone": "eu"})

    void_event(installation, asked(1, "c"))
    projector.bring_up()

    assert calls(installation) == {1: 1, 2: 1}
    with pytest.raises(IllegalTransition, match="is void; send another one"):
        void_event(installation, asked(1, "d"))


def test_a_corrected_event_of_nobody_is_no_longer_listed_as_it_was(installation):
    define(installation, ["acme", "initech"], subscriptions=[subscription("acme")])
    recorder = Recorder(installation)
    projector = Projector(installation, recorder.recent)
    recorder.record(batch(*(event(number, customer="initech") for number in (1, 2, 3))))
    projector.bring_up()

    void_event(installation, asked(1, "a"))
    amend_event(installation, asked(2, "b"), {"bytes": 7, "zone": "us"})
    projector.bring_up()

    listed = installation.storage.read(lambda unit: unit.live.unattributed(0, 10))
    assert [(each.position, each.type) for each in listed] == [(3, "call"), (5, "call")]


def test_what_voids_an_event_is_nobodys_usage(installation):
    projector = recorded(installation)

    void_event(installation, asked(2))
    projector.bring_up()

    assert installation.storage.read(lambda unit: unit.live.unattributed_count()) == 0


def test_the_same_key_corrects_once(installation):
    recorded(installation)

    assert void_event(installation, asked(1)) == void_event(installation, asked(1)) == 4
    with pytest.raises(KeyReused):
        void_event(installation, asked(2))


def test_an_event_that_was_never_recorded_cannot_be_corrected(installation):
    recorded(installation)

    with pytest.raises(NotFound, match="There is no recorded event 'e-9' of source 'api'"):
        void_event(installation, asked(9))


def test_an_event_is_not_amended_into_the_future(sqlite_installation):
    recorded(sqlite_installation)

    with pytest.raises(InvalidValue, match="is in the future"):
        amend_event(sqlite_installation, asked(1), {}, read_instant("2027-01-01T00:00:00Z"))
    with pytest.raises(InvalidValue, match="The reason of a correction is empty"):
        void_event(sqlite_installation, asked(1, reason=" "))


def test_what_was_counted_before_a_correction_can_be_counted_again(installation):
    recorded(installation)
    void_event(installation, asked(2))

    def read(unit):
        return [[one.position for one in logged_events(unit, LogSpan(0, up_to))] for up_to in (3, 4)]

    assert installation.storage.read(read) == [[1, 2, 3], [1, 3, 4]]


def test_a_corrected_event_is_still_shown(installation):
    recorded(installation)
    void_event(installation, asked(2))

    shown = [[one.position for one in customer_events(installation, who, 0, 9)] for who in (None, "acme")]

    assert shown == [[1, 2, 3, 4], [1, 2, 3, 4]]


def test_a_projection_from_the_start_honours_corrections(installation):
    recorded(installation)
    void_event(installation, asked(2))
    installation.storage.transact(lambda unit: unit.live.reset())

    Projector(installation).catch_up()

    assert calls(installation) == {1: 1, 2: 1}
