"""Errors that the domain raises; expected refusals are return values instead."""


class GatewayError(Exception):
    """Base of every error whose message may be shown to the person who caused it."""

    code = "INVALID"


class InvalidValue(GatewayError):
    """A value that breaks a rule; the message names the thing, the value and the way out."""


class InvalidDefinition(GatewayError):
    """A meter, plan or price that could not be counted or rated, with every fault and its path."""

    code = "INVALID_DEFINITION"

    def __init__(self, faults: list[tuple[str, str]]) -> None:
        self.faults = faults
        super().__init__("; ".join(f"{path}: {fault}" for path, fault in faults))


class NotFound(GatewayError):
    """Something named that does not exist, or that the caller may not see: the same answer for both."""

    code = "NOT_FOUND"


class KeyReused(GatewayError):
    """An idempotency key that came back with another request."""

    code = "IDEMPOTENCY_KEY_REUSED"


class Forbidden(GatewayError):
    """The caller is known but may not do this."""

    code = "FORBIDDEN"


class IllegalTransition(GatewayError):
    """A document asked to move to a state that cannot follow the one it is in."""

    code = "ILLEGAL_TRANSITION"


class CurrencyMismatch(GatewayError):
    """Amounts of two currencies that were about to be combined."""

    code = "CURRENCY_MISMATCH"
