"""How a seed is tempered: what happens often in it, what fails, and how small its limits are.

Seeds differ on purpose: one that never crashes gets far enough to show what one with many crashes never reaches.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from random import Random
from unittest.mock import patch

from gateway.services import follow_provider, project
from gateway.storage import live_counts

_SELDOM_TO_OFTEN = (0.3, 1.0, 1.0, 2.5)


@dataclass(frozen=True, slots=True)
class Temper:
    """The temper of one seed. Rates are chances from 0 to 1, per transaction, call or operation."""

    processes: int
    transaction_mishaps: float
    delivery_mishaps: float
    provider_faults: float
    pauses: float
    """The share of mishaps that are a worker's pause."""
    reads: float
    """How often an operation is followed by a read that has to show what it did."""
    recent_events_max: int
    is_projector_apart: bool
    """Whether projectors share the memory of what was recorded, as in the API process, or have none."""
    weights: Mapping[str, float]
    limits: Mapping[str, int]

    @classmethod
    def drawn(cls, random: Random, weights: Mapping[str, float]) -> "Temper":
        """A temper by chance; `weights` are those of the operations in the middle of the road."""
        mishaps = random.choice((0.0, 0.01, 0.03, 0.06))
        return cls(
            processes=random.choice((2, 3)),
            transaction_mishaps=mishaps,
            delivery_mishaps=random.choice((mishaps, 0.1, 0.2)),
            provider_faults=random.choice((0.0, 0.15, 0.3)),
            pauses=random.choice((0.3, 0.7)),
            reads=random.choice((0.05, 0.2)),
            recent_events_max=random.choice((10, 100_000)),
            is_projector_apart=random.random() < 0.5,
            weights={name: weight * random.choice(_SELDOM_TO_OFTEN) for name, weight in weights.items()},
            limits={
                "chunk_events_max": random.choice((5, 40, 60_000)),
                "rebuild_events_max": random.choice((1, 20_000)),
                "rebuild_share_max": random.choice((2, 1_000_000)),
                "remembered_states_max": random.choice((8, 200_000)),
                "documents_per_transaction_max": random.choice((1, 100)),
            },
        )

    @contextmanager
    def in_force(self) -> Iterator[None]:
        """Run the gateway with the limits of this seed."""
        with ExitStack() as patches:
            for module in (project, live_counts, follow_provider):
                for name, limit in self.limits.items():
                    if hasattr(module, name):
                        patches.enter_context(patch.object(module, name, limit))
            yield
