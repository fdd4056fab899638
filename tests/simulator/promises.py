"""The promises of the design, and what is raised when one of them is broken."""

from collections.abc import Mapping, Set

PROMISES = {
    1: "acknowledged is durable, and visible in the next read",
    2: "an event counts at most once, for ever",
    3: "one live invoice per subscription, boundary, kind and sequence; one provider document per invoice",
    5: "debits equal credits at every instant, and the books equal the finalized invoices",
    6: "a finalized invoice never changes and replays to the same lines",
    7: "nothing is silently dropped",
}
shown_max = 5


class PromiseBroken(BaseException):
    """A promise does not hold. No `Exception`, so that no code under test can take it for a fault of a plugin."""

    def __init__(self, promise: int, what: str) -> None:
        super().__init__(f"Promise {promise}, {PROMISES[promise]}: {what}")
        self.promise = promise


def require(promise: int, claim: bool, what: str) -> None:
    """Raise `PromiseBroken` unless `claim` is true."""
    if not claim:
        raise PromiseBroken(promise, what)


def require_same(promise: int, found: object, expected: object, what: str) -> None:
    """Raise `PromiseBroken`, with what differs, unless `found` equals `expected`."""
    if found != expected:
        raise PromiseBroken(promise, f"{what}: {_difference(found, expected)}")


def _difference(found: object, expected: object) -> str:
    if isinstance(found, Mapping) and isinstance(expected, Mapping):
        changed = {key for key in found.keys() & expected.keys() if found[key] != expected[key]}
        shown = [f"{key!r} is {found[key]!r} instead of {expected[key]!r}" for key in _first(changed)]
        return "; ".join([*shown, _sets(set(found), set(expected))])
    if isinstance(found, Set) and isinstance(expected, Set):
        return _sets(found, expected)
    return f"{found!r} instead of {expected!r}"


def _sets(found: Set[object], expected: Set[object]) -> str:
    return f"missing {_first(expected - found)}, too many {_first(found - expected)}"


def _first(items: Set[object]) -> list[object]:
    return sorted(items, key=repr)[:shown_max]
