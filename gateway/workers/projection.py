"""The projector's own rhythm: live counts follow the log although nobody reads them.

It is a process of its own, because folding takes as much of an interpreter as receiving does; a reader who needs what
it has not come to yet has the API's own projector do the rest.
"""

from gateway.services.project import Projector
from gateway.workers.repeat import Step

# In a transaction of its own every so often: each one costs the writer as much as a few requests.
pause_seconds = 0.25


def projection(projector: Projector) -> Step:
    """A step that brings live counts up to the log."""

    def step() -> float:
        return pause_seconds if projector.bring_up().is_current else 0.0

    return step
