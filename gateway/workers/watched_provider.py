"""A provider whose calls somebody watches, so that one which never returns can be ended from outside."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar, cast

T = TypeVar("T")
Report = Callable[[str | None], None]
"""Told the name of a call to the provider when it begins, and None when it has ended."""


def watched(provider: T, report: Report) -> T:
    """The same provider, or accounting system; each of its calls, and each document that it yields, is reported."""
    return cast(T, _Watched(provider, report))


class _Watched:
    def __init__(self, provider: Any, report: Report) -> None:
        self._provider = provider
        self._report = report

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._provider, name)
        return self._reported(name, value) if callable(value) and not isinstance(value, type) else value

    def _reported(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            answer = self._call(name, method, *arguments, **options)
            return self._each(name, answer) if isinstance(answer, Iterator) else answer

        return call

    def _each(self, name: str, answers: Iterator[Any]) -> Iterator[Any]:
        end = object()
        while (answer := self._call(name, next, answers, end)) is not end:
            yield answer

    def _call(self, name: str, method: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        self._report(name)
        try:
            return method(*arguments, **options)
        finally:
            self._report(None)
