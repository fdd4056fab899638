"""The tutorial and the how-to guides happen as they are written: commands run, and what they print is compared."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from plugins.quickbooks.tests.fake_quickbooks import company, serving
from tests.docs.guide import Shell, free_port
from tests.docs.markdown import ROOT
from tests.postgres_server import PostgresServer

HOW_TO = ROOT / "docs" / "how-to"
POSTGRES_URL = "postgresql://gateway@db.internal:5432/gateway"


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """A reader's shell in an empty folder."""
    with ExitStack() as stack:
        yield Shell(tmp_path, stack)


@pytest.mark.slow
def test_the_tutorial_and_the_guides_that_continue_it_do_what_they_say(shell: Shell) -> None:
    shell.follow(ROOT / "docs" / "tutorial.md")
    for guide in ("send-events", "define-meters-and-plans", "operate"):
        shell.follow(HOW_TO / f"{guide}.md")


@pytest.mark.slow
def test_the_guide_to_switching_the_provider_does_what_it_says(shell: Shell) -> None:
    shell.follow(HOW_TO / "switch-provider.md")


@pytest.mark.slow
def test_the_guide_to_invoices_does_what_it_says(shell: Shell) -> None:
    shell.follow(HOW_TO / "issue-invoices.md")


@pytest.mark.slow
def test_the_guide_to_reviews_does_what_it_says(shell: Shell) -> None:
    shell.follow(HOW_TO / "review-a-held-invoice.md")


@pytest.mark.slow
def test_the_guide_to_closing_the_books_does_what_it_says(shell: Shell) -> None:
    shell.follow(HOW_TO / "close-the-books.md")


@pytest.mark.slow
def test_the_reference_of_finance_reports_shows_what_they_print(shell: Shell) -> None:
    shell.follow(ROOT / "docs" / "reference" / "reports.md")


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_guide_to_closing_june_does_what_it_says(shell: Shell) -> None:
    with serving(company()) as quickbooks:
        shell.replace("http://127.0.0.1:9001", quickbooks.url)
        shell.follow(HOW_TO / "close-june.md")


@pytest.mark.slow
def test_the_guide_to_journals_does_what_it_says(shell: Shell) -> None:
    shell.follow(HOW_TO / "send-journals.md")


@pytest.mark.slow
def test_the_guide_to_exports_does_what_it_says(shell: Shell) -> None:
    shell.follow(HOW_TO / "export-data.md")


@pytest.mark.slow
def test_the_guide_to_webhooks_does_what_it_says(shell: Shell) -> None:
    shell.replace("127.0.0.1:9000", f"127.0.0.1:{free_port()}")
    shell.follow(HOW_TO / "receive-webhooks.md")


@pytest.mark.slow
def test_the_guide_to_progressive_invoices_does_what_it_says(shell: Shell) -> None:
    shell.follow(HOW_TO / "bill-as-usage-grows.md")


def test_the_guide_to_postgresql_does_what_it_says(shell: Shell, postgres_server: PostgresServer) -> None:
    postgres_server.execute("CREATE DATABASE guide")
    shell.replace(POSTGRES_URL, postgres_server.url("guide"))
    shell.follow(HOW_TO / "run-on-postgresql.md")
    postgres_server.execute("DROP DATABASE guide WITH (FORCE)")


@pytest.mark.slow
def test_the_guide_to_repairing_a_meter_does_what_it_says(shell: Shell) -> None:
    shell.follow(HOW_TO / "repair-a-wrong-meter.md")
