"""The server: the API, the pages and ingest as one ASGI application, which runs the workers beside it.

Apart from `gateway.app`, because workers and commands have no use for a schema and routes: half of a process's memory.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

import anyio
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.routing import Mount, Route, request_response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.app import Gateway
from gateway.http.auth import KnownCallers, caller_of
from gateway.http.direct import Take, counted
from gateway.http.documents import DocumentEndpoint
from gateway.http.edge import Edge
from gateway.http.graphql_http import GraphQLEndpoint
from gateway.http.health import healthz, readyz
from gateway.http.ingest import IngestEndpoint
from gateway.http.metrics import Metrics, RequestCounts, metrics_endpoint
from gateway.http.pages import FOLDER, Guarded, PageOrAnswer, graphiql_page, usage_page
from gateway.http.refusals import refused_by_router
from gateway.http.webhooks import WebhookReceiver
from gateway.schema.build import build_schema
from gateway.schema.context import GatewayContext
from gateway.services.receive_webhook import keep_webhook
from gateway.settings import Mode
from gateway.storage.revision import require_current
from gateway.workers.kinds import WorkerKind, worker_command
from gateway.workers.provers import Provers, call_seconds_max
from gateway.workers.supervisor import Supervisor


@dataclass(frozen=True, slots=True)
class Application:
    """An ASGI application, and who takes those of its requests that need no task."""

    asgi: ASGIApp
    direct: Mapping[bytes, Take]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.asgi(scope, receive, send)


def create_app(gateway: Gateway, supervisors: Sequence[Supervisor] = ()) -> Application:
    """The application; while it runs, so do the child processes of `supervisors`."""
    counts = RequestCounts()
    installation, body_bytes_max = gateway.installation, gateway.settings.ingest.body_bytes_max
    connections = sorted([*gateway.settings.connections, *gateway.settings.journals])
    provers = _provers(gateway)
    keep = partial(keep_webhook, installation)
    webhooks = WebhookReceiver(provers.prove, keep, installation.system_clock)
    metrics = Metrics(installation, gateway.database, gateway.recorder.outcomes, counts, connections)
    routes = [
        Route("/healthz", healthz),
        Route("/readyz", readyz(lambda: _require_ready(gateway, supervisors))),
        Route("/", usage_page),
        Route("/webhooks/{connection}", webhooks.answer, methods=["POST"]),
        Mount("/static", StaticFiles(directory=FOLDER)),
        Route("/v1/documents/{name}", DocumentEndpoint(gateway.database, caller_of(gateway.authenticator)).answer),
    ]
    pages = Starlette(
        routes=routes,
        exception_handlers={HTTPException: refused_by_router},
        lifespan=lambda _: _running(supervisors, provers),
    )
    ingest = IngestEndpoint(gateway.recorder, KnownCallers(gateway.authenticator), body_bytes_max)
    applications: dict[str, ASGIApp] = {
        "/graphql": _graphql(gateway),
        "/v1/events": ingest,
        "/metrics": request_response(metrics_endpoint(metrics)),
    }
    return Application(
        _opened_to(gateway.settings.http.allowed_origins, Edge(applications, Guarded(pages), counts)),
        {b"/v1/events": counted(ingest.take, "/v1/events", counts)},
    )


def _opened_to(origins: Sequence[str], application: ASGIApp) -> ASGIApp:
    """`application`, which browsers let pages of these origins ask, without cookies: keys come in a header."""
    if not origins:
        return application
    return CORSMiddleware(
        application,
        allow_origins=origins,
        allow_methods=("GET", "POST"),
        allow_headers=("Authorization", "Content-Type"),
        expose_headers=("Retry-After",),
    )


def _require_ready(gateway: Gateway, supervisors: Sequence[Supervisor]) -> dict[str, list[str]]:
    """The connections that do not work, by why. Raises what keeps the gateway from its work."""
    require_current(gateway.database)
    for each in supervisors:
        each.require_at_work()
    held = sorted(gateway.database.read(lambda unit: unit.connections.holds()))
    return {"held_connections": held, "faulty_connections": list(gateway.installation.faults.known())}


def _graphql(gateway: Gateway) -> ASGIApp:
    """The API; where suggestions and a page to try it out are welcome, both."""
    is_demo = gateway.settings.deployment.mode is Mode.DEMO
    identify = caller_of(gateway.authenticator)

    async def context_for(request: Request) -> GatewayContext:
        return GatewayContext(gateway.installation, gateway.projector, gateway.recorder, await identify(request))

    endpoint = GraphQLEndpoint(build_schema(is_demo=is_demo), context_for)
    return PageOrAnswer(Guarded(request_response(graphiql_page)), endpoint) if is_demo else endpoint


def _provers(gateway: Gateway) -> Provers:
    """What has webhooks proven by the plugins of their connections, in processes that are watched."""
    settings, limits = gateway.settings.model_dump_json().encode(), gateway.settings.plugins

    def supervise(connection: str, listener: int) -> Supervisor:
        command = worker_command(WorkerKind.PROOF, connection, settings, listener)
        tell = partial(gateway.installation.faults.tell, connection, command.name)
        return Supervisor(command, min(limits.call_seconds, call_seconds_max), limits.load_seconds, tell)

    return Provers(gateway.settings.connections, supervise)


@asynccontextmanager
async def _running(supervisors: Sequence[Supervisor], provers: Provers) -> AsyncIterator[None]:
    for each in supervisors:
        each.start()
    try:
        yield
    finally:
        async with anyio.create_task_group() as stopping:
            for stop in [each.stop for each in supervisors] + [each.stop for each in provers.started()]:
                stopping.start_soon(run_in_threadpool, stop)
