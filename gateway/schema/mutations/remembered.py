"""Idempotency keys for work that takes several transactions, each of which may run again."""

from collections.abc import Callable, Mapping

from gateway.core.ports.storage import UnitOfWork
from gateway.services.installation import Installation
from gateway.services.remember import once


class _Unknown(Exception):
    """Nothing is remembered for the key yet."""


def once_in_steps(
    installation: Installation, caller_id: str, key: str, request: Mapping[str, object], work: Callable[[], str]
) -> str:
    """The answer of `work`, which is remembered for ever; or the answer remembered for this caller's key.

    The key is claimed for the request before the work begins, and remembered after its end: if it breaks off in
    between, the same request goes on with it. Raises what `once` raises.
    """
    once(installation, f"{caller_id} claims", key, request, lambda _: "claimed")
    try:
        return once(installation, caller_id, key, request, _unknown)
    except _Unknown:
        answer = work()
    return once(installation, caller_id, key, request, lambda _: answer)


def _unknown(_unit: UnitOfWork) -> str:
    raise _Unknown
