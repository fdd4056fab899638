"""A provider that fails or answers as a test says."""

from typing import Any, cast

from gateway.plugin_api import (
    BillingProvider,
)
from gateway.sandbox import SandboxProvider
from tests.services.delivering import World


class Failing:
    """A provider whose named method raises or answers as told, and else does what the real one does."""

    def __init__(self, provider: SandboxProvider, **answers: Any) -> None:
        self._provider = provider
        self._answers = answers
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._provider, name)
        if not callable(value):
            return self._answers.get(name, value)

        def call(*arguments: Any, **options: Any) -> Any:
            self.calls.append(name)
            if name not in self._answers:
                return value(*arguments, **options)
            answer = self._answers[name]
            if isinstance(answer, Exception):
                raise answer
            return answer(*arguments, **options) if callable(answer) else answer

        return call


def failing(world: World, **answers: Any) -> BillingProvider:
    return cast(BillingProvider, Failing(world.provider, **answers))
