"""Promises 1, 2 and 7 of the log: what was acknowledged is there, once, and nothing else is."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from sqlite3 import Connection

from gateway.core.events import LoggedEvent, UsageEvent
from gateway.core.metering.meter import UncountableReason
from gateway.core.ports.storage import UnitOfWork
from gateway.services.read_log import LogSpan, logged_events_of
from tests.reading import logged_events
from tests.simulator.log_model import LogModel, Sent
from tests.simulator.promises import require, require_same

page = 40
quarantine_max = 10_000
_IDENTITY = """
    SELECT i.position FROM event_identity AS i JOIN event_source AS s ON s.id = i.source_id
    WHERE s.name = ? AND i.id = ?
    """


def check_identities(raw: Connection, model: LogModel, events: Iterable[Sent | None]) -> None:
    """Every event of a batch is known under its id, with its position or as one that waits."""
    for sent in events:
        if sent is not None:
            found = raw.execute(_IDENTITY, sent.identity).fetchall()
            require_same(1, found, [(model.positions.get(sent.identity),)], f"what is stored of {sent.identity}")
    check_head(raw, model)


def check_head(raw: Connection, model: LogModel) -> None:
    """The log ends where the last acknowledged event is."""
    require_same(2, raw.execute("SELECT position FROM log_head").fetchall(), [(model.head,)], "the head of the log")


def check_log(raw: Connection, model: LogModel) -> None:
    """The identities are those that were acknowledged; blocks, quarantine and tallies agree with them."""
    check_head(raw, model)
    rows = raw.execute("SELECT s.name, i.id, i.position FROM event_identity AS i JOIN event_source AS s"
                       " ON s.id = i.source_id").fetchall()  # fmt: skip
    found = {(source, event_id): position for source, event_id, position in rows}
    require_same(7, found, model.positions | dict.fromkeys(model.waiting), "identities")
    require(7, len(found) == model.acknowledged, f"{len(found)} identities of {model.acknowledged} acknowledged events")
    _check_blocks(raw, model)
    accepted = raw.execute("SELECT coalesce(sum(accepted), 0) FROM intake_count").fetchone()[0]
    require_same(7, accepted, model.accepted_at_once, "the tally of accepted events")


def _check_blocks(raw: Connection, model: LogModel) -> None:
    position = 0
    for first, count in raw.execute("SELECT first_position, event_count FROM event_block ORDER BY first_position"):
        require_same(2, first, position + 1, "the first position of a block")
        position += count
    require_same(2, position, model.head, "the last position of the blocks")


def check_quarantine(unit: UnitOfWork, model: LogModel) -> None:
    """What waits is shown, with the reason."""
    found = unit.log.quarantined(None, quarantine_max)
    shown = {(event.source, event.event_id): event.reason for event in found}
    require_same(7, shown, {name: item.reason for name, item in model.waiting.items()}, "what is shown of quarantine")


def check_contents(unit: UnitOfWork, model: LogModel, after: int = 0) -> None:
    """The log reads back as what was sent, in the order of positions."""
    found = list(logged_events(unit, LogSpan(after, unit.log.head())))
    require_same(1, [logged.position for logged in found], list(range(after + 1, model.head + 1)), "positions read")
    for logged in found:
        _check_content(logged, model.events[logged.position - 1])


def check_customer(
    unit: UnitOfWork, model: LogModel, customer: str, positions: Sequence[int], is_whole: bool = True
) -> None:
    """A customer's events read back by their index, the newest or the whole of them."""
    after = 0 if is_whole or len(positions) <= page else positions[-page]
    found = list(logged_events_of(unit, customer, LogSpan(after, unit.log.head())))
    expected = [position for position in positions if position > after]
    require_same(1, [logged.position for logged in found], expected, f"the positions of {customer}")
    for logged in found:
        _check_content(logged, model.events[logged.position - 1])


def _check_content(logged: LoggedEvent, sent: Sent) -> None:
    event = logged.event
    told = (event.source, event.id, event.type, event.customer, event.occurred_at, event.subscription)
    expected = (sent.source, sent.id, sent.type, sent.customer, sent.occurred_at, sent.subscription)
    require_same(1, told, expected, f"the event at {logged.position}")
    texts = {name: value.text for name, value in sent.values if value.number is not UncountableReason.MISSING}
    require_same(1, _texts(event), texts, f"the properties of the event at {logged.position}")


def _texts(event: UsageEvent) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for name, value in event.properties.items():
        if isinstance(value, str):
            found[name] = value
        elif isinstance(value, bool):
            found[name] = str(value).lower()
        elif isinstance(value, int | Decimal):
            found[name] = _shortest(Decimal(value))
        elif value is not None:
            found[name] = None
    return found


def _shortest(number: Decimal) -> str:
    text = f"{number:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text
