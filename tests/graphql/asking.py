"""Asking the API as a client does: a document and variables in, what the transport would show out."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from gateway.core.access import Caller, Scope
from gateway.http.graphql_errors import show
from gateway.schema.build import build_schema
from gateway.schema.context import GatewayContext
from gateway.schema.guarded_schema import GuardedSchema
from gateway.services.installation import Installation
from gateway.services.project import Projector
from gateway.services.record_events import Recorder

ADMIN = Caller("key_admin", frozenset({Scope.ADMIN}))

schema = cache(build_schema)


def token_of(customer: str) -> Caller:
    """Whoever shows a customer token."""
    return Caller(f"customer:{customer}", frozenset({Scope.READ}), customer)


@dataclass(frozen=True)
class Answer:
    """What a client is told."""

    data: Any
    errors: list[Any]

    @property
    def codes(self) -> list[str]:
        """The codes of its errors."""
        return [error["extensions"]["code"] for error in self.errors]


class Api:
    """The API of one installation."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.recorder = Recorder(installation)
        self.projector = Projector(installation, self.recorder.recent)
        self.schema: GuardedSchema = schema()

    def answer(self, document: str, caller: Caller = ADMIN, **variables: object) -> Answer:
        """What `caller` is told."""
        return asyncio.run(self._answer(document, caller, variables))

    def ask(self, document: str, caller: Caller = ADMIN, **variables: object) -> Any:
        """The data of an answer without errors."""
        answer = self.answer(document, caller, **variables)
        assert not answer.errors, answer.errors
        return answer.data

    def do(self, document: str, caller: Caller = ADMIN, **variables: object) -> Any:
        """The payload of the one mutation in `document`, which is not refused."""
        (payload,) = self.ask(document, caller, **variables).values()
        assert not payload["userErrors"], payload["userErrors"]
        return payload

    def refusals(self, document: str, caller: Caller = ADMIN, **variables: object) -> list[Any]:
        """Why the one mutation in `document` is refused."""
        (payload,) = self.ask(document, caller, **variables).values()
        errors: list[Any] = payload["userErrors"]
        return errors

    async def _answer(self, document: str, caller: Caller, variables: Mapping[str, object]) -> Answer:
        context = GatewayContext(self.installation, self.projector, self.recorder, caller)
        result = await self.schema.execute(document, variable_values=dict(variables), context_value=context)
        return Answer(result.data, show(result.errors or [], "BAD_USER_INPUT"))
