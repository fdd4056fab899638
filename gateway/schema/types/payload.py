"""What mutations answer with: what was done, or why not."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, Self, TypeVar

import strawberry

from gateway.core.errors import GatewayError, InvalidDefinition
from gateway.core.events import Outcome
from gateway.schema.paths import parts_of
from gateway.schema.scalars import Long
from gateway.schema.threads import hop
from gateway.schema.types.enums import UserErrorCode
from gateway.services.group_commit import Receipt

V = TypeVar("V")
W = TypeVar("W")

_CODES = frozenset(UserErrorCode)


@strawberry.type
class UserError:
    """Why a mutation did not do what was asked; something that its sender can put right."""

    code: UserErrorCode = strawberry.field(description="The kind of refusal.")
    message: str = strawberry.field(description="The thing, the value and the way out.")
    path: list[str] = strawberry.field(description="Where in the arguments; empty if it is not one place.")


@strawberry.interface
class Payload:
    """The answer of a mutation."""

    user_errors: list[UserError] = strawberry.field(description="Why it was refused; empty if it was done.")


@dataclass(frozen=True, slots=True)
class Attempt(Generic[V]):
    """A value, or why there is none."""

    value: V | None = None
    errors: list[UserError] = field(default_factory=list)

    def shown(self, from_core: Callable[[V], W]) -> W | None:
        """The value as a type of the schema."""
        return None if self.value is None else from_core(self.value)


async def attempt(work: Callable[[], V], place: Callable[[str], list[str]] = parts_of) -> Attempt[V]:
    """Run `work` on a thread; a refusal becomes data. `place` says where in the arguments a fault's path is.

    Raises what is no refusal of what is asked, such as `Forbidden`, which is of who asks.
    """
    try:
        return Attempt(await hop(work))
    except InvalidDefinition as error:
        code = UserErrorCode.INVALID_DEFINITION
        return Attempt(errors=[UserError(code=code, message=fault, path=place(path)) for path, fault in error.faults])
    except GatewayError as error:
        if error.code not in _CODES:
            raise
        return Attempt(errors=[UserError(code=UserErrorCode(error.code), message=str(error), path=[])])


@strawberry.type
class EventOutcome:
    """What became of one event."""

    ordinal: int = strawberry.field(description="Its place in what was sent, from 0.")
    outcome: Outcome = strawberry.field(description="What became of it.")
    position: Long | None = strawberry.field(description="Its place in the log; for a repeat, of what it repeats.")
    reason: str | None = strawberry.field(description="Why it was not accepted.")

    @classmethod
    def from_core(cls, ordinal: int, receipt: Receipt) -> Self:
        """The receipt of event `ordinal`."""
        position = None if receipt.position is None else Long(receipt.position)
        return cls(ordinal=ordinal, outcome=receipt.outcome, position=position, reason=receipt.reason)

    @classmethod
    def list_from(cls, receipts: list[Receipt]) -> list[Self]:
        """The receipts in the order sent."""
        return [cls.from_core(ordinal, receipt) for ordinal, receipt in enumerate(receipts)]
