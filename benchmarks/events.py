"""The events of a benchmark: each a pure function of a seed and its number, so that what they add up to is known."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

SOURCE = "api"
EVENT_TYPE = "api.request"
CUSTOMERS = tuple(f"c-{number:04}" for number in range(1_000))
MODELS = ("small", "large", "turbo", "embed")
METER_REQUESTS = "requests"
METER_TOKENS = "tokens"
METER_TOKENS_BY_MODEL = "tokens-by-model"

tokens_min, tokens_max = 1_000, 9_999
_ids_from_ms = 1_767_225_600_000  # only the order of ids matters, so their times need not be today's
_ids_per_millisecond = 100

Numbers = NDArray[np.uint64]
Places = NDArray[np.intp]


class IdStyle(StrEnum):
    """How senders make ids: in the order of time (UUIDv7) or at random (UUIDv4)."""

    TIME_ORDERED = "time_ordered"
    RANDOM = "random"


class CountKey(NamedTuple):
    """Which quantity; `model` is empty for meters without that dimension."""

    meter: str
    customer: str
    model: str


Counts = dict[CountKey, int]


class Fields(NamedTuple):
    """What varies from event to event: places in `CUSTOMERS` and `MODELS`, tokens above `tokens_min`, milliseconds."""

    customer: Places
    model: Places
    tokens: Places
    occurred_ms: Numbers


@dataclass(frozen=True, slots=True)
class Stream:
    """An endless, reproducible row of events, numbered from 0, that occurred in `[occurred_from, occurred_before)`."""

    seed: int
    ids: IdStyle
    occurred_from: datetime
    occurred_before: datetime

    def fields(self, event: Numbers) -> Fields:
        """The varying fields of the events with these numbers."""
        noise = self.noise("fields", event)
        first, end = (int(edge.timestamp() * 1_000) for edge in (self.occurred_from, self.occurred_before))
        return Fields(
            customer=(noise % np.uint64(len(CUSTOMERS))).astype(np.intp),
            model=(noise >> np.uint64(48)).astype(np.intp) % len(MODELS),
            tokens=((noise >> np.uint64(20)) % np.uint64(tokens_max - tokens_min + 1)).astype(np.intp),
            occurred_ms=np.uint64(first) + self.noise("time", event) % np.uint64(end - first),
        )

    def id_halves(self, event: Numbers) -> tuple[Numbers, Numbers]:
        """The upper and the lower 64 bits of the events' UUIDs."""
        high, low = self.noise("id", event), self.noise("id tail", event)
        version = 4
        if self.ids is IdStyle.TIME_ORDERED:
            version = 7
            milliseconds = np.uint64(_ids_from_ms) + event // np.uint64(_ids_per_millisecond)
            high = (milliseconds << np.uint64(16)) | (high & np.uint64(0x0FFF))
        high = (high & ~np.uint64(0xF000)) | np.uint64(version << 12)
        return high, (low >> np.uint64(2)) | np.uint64(1 << 63)

    def noise(self, purpose: str, number: Numbers) -> Numbers:
        """64 bits that look random (SplitMix64), a pure function of the seed, a purpose and a number."""
        salt = int.from_bytes(purpose.encode().ljust(8)[:8]) * 0x5851_F42D_4C95_7F2D + self.seed
        state = (number + np.uint64(salt % 2**64)) * np.uint64(0x9E37_79B9_7F4A_7C15)
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58_476D_1CE4_E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D0_49BB_1331_11EB)
        return state ^ (state >> np.uint64(31))

    def counts(self, events: int) -> Counts:
        """What the three meters count over events 0 to `events` - 1, exactly: the truth a recount must equal."""
        shape = (len(CUSTOMERS), len(MODELS))
        number, tokens = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        for start in range(0, events, 1_000_000):
            fields = self.fields(np.arange(start, min(start + 1_000_000, events), dtype=np.uint64))
            np.add.at(number, (fields.customer, fields.model), 1)
            np.add.at(tokens, (fields.customer, fields.model), fields.tokens + tokens_min)
        return dict(_quantities(number, tokens))


def this_month(now: datetime) -> tuple[datetime, datetime]:
    """The current month so far; in its first hour, the whole month before too."""
    start = (now - timedelta(hours=1)).astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return start, now.astimezone(UTC).replace(microsecond=0)


def _quantities(number: NDArray[np.int64], tokens: NDArray[np.int64]) -> Iterator[tuple[CountKey, int]]:
    for row, customer in enumerate(CUSTOMERS):
        yield CountKey(METER_REQUESTS, customer, ""), int(number[row].sum())
        yield CountKey(METER_TOKENS, customer, ""), int(tokens[row].sum())
        for column, model in enumerate(MODELS):
            yield CountKey(METER_TOKENS_BY_MODEL, customer, model), int(tokens[row, column])
