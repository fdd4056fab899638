"""What accounting plugins call our accounts fits the chart."""

import pytest
from gateway_plaintext import PlainTextTarget

from gateway.core.books.chart import CHART, AccountClass
from gateway.plugin_api import JournalTarget
from tests.plugins.test_readmes import TARGETS

SENT = {kind for kind, each in CHART.items() if each.account_class is not AccountClass.MEMORANDUM}


def test_plain_text_books_need_no_mapping() -> None:
    assert set(PlainTextTarget.capabilities.default_accounts) == SENT


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.NAME)
def test_no_default_is_for_an_account_that_is_never_sent(target: type[JournalTarget]) -> None:
    assert set(target.capabilities.default_accounts) <= SENT
