"""What the event log hands out: blocks of events at positions without a gap."""

from gateway.core.ports.event_log import EventBlock
from tests.core.samples import at


def test_a_block_ends_at_the_position_of_its_last_event() -> None:
    noon = at("2026-01-01 12:00")

    assert EventBlock(11, 3, noon, "json", b"[]", (), noon, noon).last_position == 13
