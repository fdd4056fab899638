"""What every suite has: what can go wrong, what is secret, and that no test of it is left out without a reason."""

from collections.abc import Callable, Iterator
from enum import Enum, auto
from typing import Any, ClassVar, TypeVar

from gateway.plugin_api import Ambiguous, CredentialsRefused, Permanent, ProviderError, Retryable

T = TypeVar("T")


class Failure(Enum):
    """What goes wrong with one request to the outside system."""

    THROTTLED = auto()
    """It is refused, because there were too many."""
    UNAUTHORIZED = auto()
    """It is refused, because the credentials are wrong or revoked."""
    REJECTED = auto()
    """It is refused, because something in it is not valid."""
    LOST_REQUEST = auto()
    """It never arrives, and nobody answers."""
    LOST_ANSWER = auto()
    """It is carried out, and the answer is lost."""
    GARBLED_ANSWER = auto()
    """It is carried out, and the answer cannot be read."""
    SERVER_ERROR = auto()
    """The system fails while it carries it out."""


ON_WRITING: dict[Failure, type[ProviderError]] = {
    Failure.THROTTLED: Retryable,
    Failure.UNAUTHORIZED: CredentialsRefused,
    Failure.REJECTED: Permanent,
    Failure.LOST_REQUEST: Ambiguous,
    Failure.LOST_ANSWER: Ambiguous,
    Failure.GARBLED_ANSWER: Ambiguous,
    Failure.SERVER_ERROR: Ambiguous,
}
ON_READING: dict[Failure, type[ProviderError]] = {
    failure: Retryable if kind is Ambiguous else kind for failure, kind in ON_WRITING.items()
}


class SuiteIncomplete(TypeError):
    """A suite that leaves out what it has to say, or a test of it without a reason."""


def departs(reason: str) -> Callable[[T], T]:
    """Mark a test that replaces one of the suite; `reason` says why the plugin cannot do what the suite asks."""
    if not reason.strip():
        raise SuiteIncomplete("A test that departs from the suite needs a reason")

    def mark(test: T) -> T:
        test.departs_because = reason  # type: ignore[attr-defined]
        return test

    return mark


class Suite:
    """The base of all suites."""

    failures: ClassVar[frozenset[Failure]]
    secrets: ClassVar[tuple[str, ...]]
    has_to_say: ClassVar[tuple[str, ...]] = ("failures", "secrets")

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        for name, test in vars(cls).items():
            is_override = name.startswith("test_") and any(hasattr(base, name) for base in cls.__mro__[1:])
            if is_override and not hasattr(test, "departs_because"):
                raise SuiteIncomplete(f"{cls.__name__}.{name} replaces a test of the suite; mark it @departs(reason)")
        if cls.__name__.startswith("Test"):
            missing = [name for name in cls.has_to_say if not hasattr(cls, name)]
            if missing:
                raise SuiteIncomplete(f"{cls.__name__} does not say {' and '.join(missing)}; an empty one is an answer")

    def fail_next(self, plugin: Any, failure: Failure, is_write: bool) -> None:
        """Let the next request, or the next that makes or changes something, go wrong.

        Override it for what `failures` names.
        """
        raise NotImplementedError(f"{type(self).__name__} names {failure} in `failures`; make it happen in fail_next")

    def assert_nothing_secret(self, error: BaseException) -> None:
        """No error, nor any that led to it, tells a secret."""
        texts = [f"{each} {each!r}" for each in errors_of(error)]
        assert not [secret for secret in self.secrets if any(secret in text for text in texts)]


def key_of(text: str) -> str:
    """A key as long as the gateway's."""
    return f"{text:_<32}"[:32]


def errors_of(error: BaseException) -> Iterator[BaseException]:
    """An error and those that led to it."""
    found: BaseException | None = error
    while found is not None:
        yield found
        found = found.__cause__ or found.__context__
