"""Plain-text books keep the contract of accounting systems, in both formats."""

from pathlib import Path

import pytest
from gateway_plaintext import PlainTextSettings, PlainTextTarget
from gateway_plaintext.settings import Format

from gateway.testing import FakeHost, JournalTargetConformance


class TestPlainText(JournalTargetConformance):
    failures = frozenset()
    secrets = ()
    account_names = ("Assets:Receivable", "Income:Usage", "Liabilities:Tax")
    closes_periods = False

    @pytest.fixture(params=Format)
    def target(self, request: pytest.FixtureRequest, tmp_path: Path) -> PlainTextTarget:
        return PlainTextTarget("ledger", PlainTextSettings(directory=tmp_path, format=request.param), FakeHost())
