"""The projector's own rhythm: live counts follow the log although nobody reads them.

It is a process of its own, because folding takes as much of an interpreter as receiving does; a reader who needs what
it has not come to yet has the API's own projector do the rest.
"""

import time

from gateway.services.project import Projector
from gateway.workers.repeat import Step

# A transaction of its own every so often, since each one costs the writer as much as a few requests; where the work
# takes longer than that it goes on at once.
round_seconds = 0.3


def projection(projector: Projector) -> Step:
    """A step that brings live counts up to the log, once a round."""

    def step() -> float:
        began = time.monotonic()
        as_of = projector.bring_up()
        return max(0.0, round_seconds - (time.monotonic() - began)) if as_of.is_current else 0.0

    return step
