"""GraphiQL in a browser: every example is answered, nothing is loaded from elsewhere, no policy is broken."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright
from rich.progress import Progress
from starlette.testclient import TestClient

from gateway.app import Gateway
from gateway.cli.demo_run import run_demo
from gateway.cli.examples import load_example
from gateway.core.access import Scope
from gateway.server import create_app
from gateway.services.keys import create_key
from tests.flights.demo_runs import demo_gateway
from tests.web.conftest import CHROMIUM


@contextmanager
def serving(gateway: Gateway) -> Iterator[str]:
    """The address of a server in a thread of this process."""
    server = uvicorn.Server(uvicorn.Config(create_app(gateway), port=0, log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


@contextmanager
def chromium() -> Iterator[Browser]:
    assert CHROMIUM.exists(), f"{CHROMIUM} is missing; install it with `make setup-system`"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


def answers_of(page: Page) -> Iterator[dict[str, object]]:
    """Press play in each tab whose question has no variables."""
    tabs = page.get_by_role("tab").filter(has_not_text="ExplainLine")
    for index in range(tabs.count()):
        tabs.nth(index).click()
        page.wait_for_timeout(500)  # GraphiQL looks for the operation's name a little after its text has changed
        with page.expect_response("**/graphql") as response:
            page.get_by_role("button", name="Execute query (Ctrl-Enter)").click()
        yield json.loads(response.value.body())


@pytest.mark.slow
def test_every_example_is_answered_and_nothing_comes_from_elsewhere(sqlite_url: str) -> None:
    example = load_example("flights").only(["HA", "UA"], date(2013, 1, 3))
    requests: list[str] = []
    complaints: list[str] = []

    with demo_gateway(sqlite_url, example) as gateway:
        run_demo(gateway, example, Progress(disable=True))
        _, key = create_key(gateway.installation, "test", [Scope.READ])
        with serving(gateway) as address, chromium() as browser:
            page = browser.new_page()
            page.on("request", lambda request: requests.append(request.url))
            page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.goto(f"{address}/graphql#key={key}")
            page.get_by_role("button", name="Execute query (Ctrl-Enter)").wait_for()
            address_shown = page.url
            answers = list(answers_of(page))

    assert key not in address_shown
    assert len(answers) >= 5
    assert [answer.get("errors") for answer in answers] == [None] * len(answers)
    assert answers[0]["data"]["customers"]["totalCount"] == "2"  # type: ignore[index]
    assert complaints == []
    assert all(url.startswith((address, "data:")) for url in requests)


@pytest.mark.parametrize("accept", ["application/json", "*/*", "application/graphql-response+json"])
def test_a_client_that_is_no_browser_gets_an_answer(sqlite_url: str, accept: str) -> None:
    with demo_gateway(sqlite_url, load_example("flights")) as gateway:
        _, key = create_key(gateway.installation, "test", [Scope.READ])
        client = TestClient(create_app(gateway))

        answer = client.get("/graphql?query={__typename}", headers={"Accept": accept, "Authorization": f"Bearer {key}"})

    assert answer.json() == {"data": {"__typename": "Query"}}
