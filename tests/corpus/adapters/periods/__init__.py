"""Cases of billing periods and proration: a question about a schedule, put to the schedule of the core."""

from collections.abc import Callable, Mapping

from tests.corpus.adapters.periods import billing, prorating, schedules
from tests.corpus.given import Given, UnknownKind

Answer = Mapping[str, object]

_QUESTIONS: dict[str, Callable[[Given], Answer]] = {**schedules.QUESTIONS, **billing.QUESTIONS, **prorating.QUESTIONS}


def answer(given: Given) -> Answer:
    """What the core says to the question of a case."""
    question = given.take("question")
    if question not in _QUESTIONS:
        raise UnknownKind(f"The question {question!r} is not one about periods")
    return _QUESTIONS[question](given)
