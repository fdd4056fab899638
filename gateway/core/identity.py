"""What becomes of events that are sent again: the first one with an identity counts, for ever."""

from collections.abc import Iterable, Iterator

from gateway.core.events import Outcome, UsageEvent, canonical


def outcome_of_repeat(again: UsageEvent, first: UsageEvent) -> Outcome:
    """What becomes of an event whose source and id were taken by `first`: it is the same event, or a conflict."""
    return Outcome.DUPLICATE if canonical(again) == canonical(first) else Outcome.CONFLICT


def outcomes(events: Iterable[UsageEvent]) -> Iterator[Outcome]:
    """What becomes of each event, sent in this order."""
    first: dict[tuple[str, str], UsageEvent] = {}
    for event in events:
        known = first.setdefault((event.source, event.id), event)
        yield Outcome.ACCEPTED if known is event else outcome_of_repeat(event, known)
