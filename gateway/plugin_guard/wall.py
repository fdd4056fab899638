"""The wall between the gateway and a plugin: every call goes through here, whatever the plugin is for.

What a plugin raises or answers becomes one of the errors of the plugin API, so that nothing of it surprises the code
that called.
"""

import traceback
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from gateway.core.errors import GatewayError
from gateway.plugin_api import Ambiguous, ProviderError, Retryable

T = TypeVar("T")


class Wall:
    """How calls to the plugin called `name` are made, and their answers believed."""

    def __init__(self, name: str) -> None:
        self.name = name

    def _write(self, method: str, call: Callable[[], T]) -> T:
        return self._call(method, call, Ambiguous)

    def _read(self, method: str, call: Callable[[], T]) -> T:
        return self._call(method, call, Retryable)

    def _call(self, method: str, call: Callable[[], T], otherwise: type[ProviderError]) -> T:
        try:
            return call()
        except (ProviderError, KeyboardInterrupt):
            raise
        except BaseException as error:  # `sys.exit`, or the panic of a library, would end the worker
            raise otherwise(f"{self._who(method)} raised {_told(error)}") from error

    def _each(self, method: str, call: Callable[[], Iterable[object]], kind: type[T]) -> Iterator[T]:
        """What a method that reads yields, one after the other."""
        answers = self._read(method, lambda: iter(call()))
        end = object()
        while (answer := self._read(method, lambda: next(answers, end))) is not end:
            yield self._typed(method, answer, kind)

    def _typed(self, method: str, answer: Any, kind: type[T], otherwise: type[ProviderError] = Retryable) -> T:
        if not isinstance(answer, kind):
            raise otherwise(f"{self._who(method)} answered with {type(answer).__name__} instead of {kind.__name__}")
        return answer

    def _who(self, method: str) -> str:
        return f"Plugin {self.name!r}, asked to {method},"


def _told(error: BaseException) -> str:
    """What a plugin raised that it should not have. Only our own words are repeated: nobody vouches for others'."""
    if isinstance(error, GatewayError):
        return f"{type(error).__name__}: {error}"
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {Path(place.filename).name}, line {place.lineno}"
