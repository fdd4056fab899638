"""The audits of the `graphql-http` npm package: every MUST and SHOULD of the specification, over a real socket."""

import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import strawberry
import uvicorn
from starlette.requests import Request

from gateway.http.graphql_http import GraphQLEndpoint
from gateway.http.graphql_request import Unauthenticated
from gateway.schema.guarded_schema import GuardedSchema

AUDIT = Path(__file__).parents[1] / "graphql_http_audit"

pytestmark = pytest.mark.slow


@strawberry.type
class Query:
    hello: str = "world"


@strawberry.type
class Mutation:
    @strawberry.mutation
    def touch(self) -> str:
        return "touched"


async def context_for(request: Request) -> object:
    if request.headers.get("authorization") != "Bearer audit":
        raise Unauthenticated("Send the key of the audit.")
    return None


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A server on a free port of the loopback interface."""
    listener = socket.create_server(("127.0.0.1", 0))
    endpoint = GraphQLEndpoint(GuardedSchema(Query, Mutation), context_for)
    server = uvicorn.Server(uvicorn.Config(endpoint, lifespan="off", log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/graphql"
    server.should_exit = True
    thread.join()


def audit(url: str, key: str) -> subprocess.CompletedProcess[str]:
    node = shutil.which("node")
    assert node, "node is missing: run `make setup-system`"
    assert (AUDIT / "node_modules" / "graphql-http").is_dir(), "the audits are missing: run `make audit-graphql`"
    environment = os.environ | {"AUDIT_KEY": key}
    command = [node, "audit.mjs", url]
    return subprocess.run(command, cwd=AUDIT, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_every_must_and_should_and_may_is_met(url: str) -> None:
    finished = audit(url, "audit")

    results = [line.split(maxsplit=2) for line in finished.stdout.splitlines()[:-1]]
    required = [status for status, _, name in results if name.startswith(("MUST", "SHOULD"))]
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert len(required) >= 36
    assert {status for status, _, _ in results} == {"ok"}


def test_the_audit_fails_where_the_server_does_not_conform(url: str) -> None:
    assert audit(url, "wrong").returncode == 1
