"""The one road from asynchronous resolvers to synchronous services: a thread, of which there are few."""

from collections.abc import Callable
from typing import TypeVar

from anyio import CapacityLimiter, to_thread

T = TypeVar("T")

threads_max = 16
_limiter = CapacityLimiter(threads_max)


async def hop(work: Callable[[], T]) -> T:
    """The result of `work`, which runs on one of `threads_max` threads.

    Who stops waiting, since its time is over, does not stop the work.
    """
    return await to_thread.run_sync(work, abandon_on_cancel=True, limiter=_limiter)
