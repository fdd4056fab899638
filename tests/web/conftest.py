"""A browser on the pages of a running gateway."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.web.airports import Airports, served_airports
from tests.web.usage_page import UsagePage

CHROMIUM = Path("/usr/bin/chromium")
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
patience_milliseconds = 15_000


@pytest.fixture(scope="module")
def airports(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Airports]:
    """A gateway with real data; the tests of a module only read."""
    path = tmp_path_factory.mktemp("airports") / "gateway.db"
    shutil.copyfile(sqlite_template, path)
    with served_airports(f"sqlite:///{path}") as airports:
        yield airports


# Not for the whole session: as long as Playwright runs, this thread has a running event loop that others trip over.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, with a new and empty profile."""
    assert CHROMIUM.exists(), f"{CHROMIUM} is missing; install it with `make setup-system`"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser, airports: Airports) -> Iterator[BrowserContext]:
    """A session of its own for every test."""
    context = browser.new_context(base_url=airports.address, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(patience_milliseconds)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """An empty tab."""
    return context.new_page()


@pytest.fixture
def usage_page(page: Page, airports: Airports) -> Iterator[UsagePage]:
    """The usage page, whose console stays empty and which asks nobody but the gateway."""
    usage_page = UsagePage(page)
    yield usage_page
    assert usage_page.complaints == []
    assert usage_page.strangers(airports.address) == []
