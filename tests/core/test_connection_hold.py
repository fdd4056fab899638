"""How long a held connection is left before it is looked at again."""

from datetime import UTC, datetime, timedelta

from gateway.core.connection_hold import ConnectionHold, probe_after_max

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def test_a_hold_is_looked_at_after_a_minute_then_less_and_less_often() -> None:
    hold, waits = ConnectionHold.begun("refused", "another key", NOW), []
    waits.append(hold.probe_at - NOW)
    for _ in range(3):
        hold = hold.probed("refused", "another key", NOW)
        waits.append(hold.probe_at - NOW)
    assert waits == [timedelta(minutes=minutes) for minutes in (1, 2, 4, 8)]


def test_a_hold_is_looked_at_every_hour_at_least() -> None:
    hold = ConnectionHold("refused", "another key", NOW, NOW, probes=5_000)
    assert hold.probed("refused", "another key", NOW).probe_at == NOW + probe_after_max


def test_a_hold_says_what_was_found_last_and_since_when_it_is() -> None:
    later = ConnectionHold.begun("refused", "another key", NOW).probed("expired", "renew it", NOW + timedelta(hours=1))
    assert (later.reason, later.remedy, later.held_at, later.probes) == ("expired", "renew it", NOW, 1)
