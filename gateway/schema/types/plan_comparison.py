"""What publishing a plan would change."""

import json
from collections.abc import Sequence
from typing import Self

import strawberry

from gateway.core.definitions.difference import Difference
from gateway.schema.types.payload import UserError
from gateway.services.define import DefinitionChange


@strawberry.type
class PlanDifference:
    """One value of a plan that differs."""

    path: str = strawberry.field(
        description="Where in the plan as a definitions file has it, such as `prices[calls].unit_amount`."
    )
    before: str | None = strawberry.field(description="In the newest version, as JSON; null if it is not there.")
    after: str | None = strawberry.field(description="In the plan that was given, as JSON; null if it is not there.")

    @classmethod
    def from_core(cls, difference: Difference) -> Self:
        """The difference as texts."""
        return cls(path=difference.path, before=_json(difference.before), after=_json(difference.after))


@strawberry.type
class PlanComparison:
    """What publishing a plan would do."""

    version: int | None = strawberry.field(
        description="The version that it would be; null if nothing would change, or it would be refused."
    )
    differences: list[PlanDifference] = strawberry.field(
        description="From the newest version; empty for a plan that there is not yet."
    )
    user_errors: list[UserError] = strawberry.field(description="Every fault of the plan; empty if it has none.")

    @classmethod
    def from_core(cls, changes: Sequence[DefinitionChange], errors: list[UserError]) -> Self:
        """Of the changes that a document with one plan would make, that of the plan."""
        change = next(iter(changes), None)
        told = () if change is None else change.differences
        return cls(
            version=None if change is None else change.version,
            differences=[PlanDifference.from_core(each) for each in told],
            user_errors=errors,
        )


def _json(value: object) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)
