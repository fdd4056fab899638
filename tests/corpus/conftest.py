"""Which cases a run is about."""

import pytest

from tests.corpus.cases import DATA, Case, doubted_ids, exempt_ids, read_cases


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for each case that is not exempt by name."""
    if "case" in metafunc.fixturenames:
        exempt = exempt_ids()
        cases = read_cases(metafunc.config.getoption("corpus") or DATA)
        metafunc.parametrize("case", [_parameter(case) for case in cases if case.id not in exempt])


def _parameter(case: Case) -> object:
    is_left_red = case.is_unbuilt or case.id in doubted_ids()
    return pytest.param(case, id=case.id, marks=[pytest.mark.unbuilt] if is_left_red else [])
