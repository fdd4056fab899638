"""Every worked case comes out of the real core as its source says."""

from importlib import import_module

from tests.corpus.cases import DATA, Case, exempt_ids, read_cases
from tests.corpus.compare import differences
from tests.corpus.given import Given


def answer_to(case: Case) -> object:
    """What the core says to a case; everything that is given has been read."""
    given = Given(case.given)
    answer = import_module(f"tests.corpus.adapters.{case.area}").answer(given)
    given.require_all_read()
    return answer


def test_the_core_says_what_the_source_says(case: Case) -> None:
    assert list(differences(case.expect, answer_to(case))) == []


def test_only_another_systems_meaning_is_exempt() -> None:
    theirs = {case.id for case in read_cases(DATA) if not case.is_ours}
    assert exempt_ids() <= theirs
