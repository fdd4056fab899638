"""Idempotency keys: a request that comes again gets the answer it got first."""

import hashlib
import json
from collections.abc import Callable, Mapping

from gateway.core.errors import InvalidValue, KeyReused
from gateway.core.faults import text_fault
from gateway.core.ports.storage import UnitOfWork
from gateway.services.installation import Installation

attempts_max = 10


class _Overtaken(Exception):
    """Another request with the same key was remembered in the meantime; this one's work is undone."""


def once(
    installation: Installation,
    caller_id: str,
    key: str,
    request: Mapping[str, object],
    work: Callable[[UnitOfWork], str],
) -> str:
    """Do `work` and remember its answer for ever, in one transaction; or the answer remembered for this caller's key.

    What `work` raises is not remembered. Raises `KeyReused` if the key came with another request before, and
    `InvalidValue` for a key that is empty or too long.
    """
    if fault := text_fault(key):
        raise InvalidValue(f"The idempotency key {fault}")
    remembered_as = json.dumps([caller_id, key])
    request_hash = hashlib.sha256(json.dumps(request, sort_keys=True, default=str).encode()).hexdigest()

    def step(unit: UnitOfWork) -> str:
        known = unit.access.recall(remembered_as)
        if known is not None:
            return _answer(key, request_hash, *known)
        answer = work(unit)
        if not unit.access.remember(remembered_as, request_hash, answer, installation.system_clock.now()):
            raise _Overtaken
        return answer

    for _ in range(attempts_max):
        try:
            return installation.storage.transact(step)
        except _Overtaken:
            continue
    raise AssertionError(f"the answer for {remembered_as} is taken, but cannot be recalled")


def _answer(key: str, request_hash: str, known_hash: str, answer: str) -> str:
    if known_hash != request_hash:
        raise KeyReused(f"The idempotency key {key!r} came with another request before; use a new key for a new one")
    return answer
