"""A small GraphQL API with everything that can go wrong in it, and how to ask it over HTTP."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any, NewType

import httpx
import strawberry
from starlette.requests import Request
from strawberry.scalars import JSON
from strawberry.schema.config import StrawberryConfig

from gateway.core.errors import NotFound
from gateway.http.graphql_http import GraphQLEndpoint
from gateway.http.graphql_request import Refused, Unauthenticated
from gateway.schema.guarded_schema import GuardedSchema

NEW = "application/graphql-response+json"


OLD = "application/json"


KEY = {"Authorization": "Bearer key"}


CANARY = "canary-4111111111111111"


Picky = NewType("Picky", str)


def never(value: object) -> str:
    raise ValueError("never")


@strawberry.type
class Thing:
    name: str = "thing"

    @strawberry.field
    def count(self) -> int:
        return 2**40

    @strawberry.field
    def lost(self) -> str:
        raise NotFound("Customer 'x' does not exist; check the id.")

    @strawberry.field
    def broken(self, text: str = "") -> str:
        try:
            raise KeyError(f"{text} in the cause")
        except KeyError as error:
            raise RuntimeError(f"password={text}") from error

    @strawberry.field
    def nothing(self) -> str:
        return None  # type: ignore[return-value]


@strawberry.type
class Query:
    @strawberry.field
    def hello(self, name: str = "world") -> str:
        return f"hello {name}"

    @strawberry.field
    def who(self, info: strawberry.Info) -> str:
        return info.context["who"]

    @strawberry.field
    def extension(self, info: strawberry.Info) -> str:
        return json.dumps(info.input_extensions)

    @strawberry.field
    def thing(self) -> Thing | None:
        return Thing()

    @strawberry.field
    def things(self, first: int = 3) -> list[Thing | None]:
        return [Thing()] * first

    @strawberry.field
    def required(self) -> Thing:
        return Thing()

    @strawberry.field
    async def slow(self) -> str:
        await asyncio.sleep(60)
        return "late"

    @strawberry.field
    def unwritable(self, kind: str) -> JSON:
        return JSON({"object": object(), "nan": float("nan"), "surrogate": "\ud800"}[kind])

    @strawberry.field
    def picky(self, value: Picky) -> str:
        return value

    @strawberry.field
    def greet(self, name: strawberry.Maybe[str]) -> str:
        return "hello"


@strawberry.type
class Mutation:
    @strawberry.mutation
    def touch(self) -> str:
        return "touched"


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def ticks(self) -> AsyncIterator[int]:
        yield 1


async def context_for(request: Request) -> object:
    match request.headers.get("authorization"):
        case "Bearer key":
            return {"who": "the key's owner"}
        case "Bearer blocked":
            raise Refused(403, "FORBIDDEN", "This key is blocked.")
        case "Bearer broken":
            raise RuntimeError(CANARY)
    raise Unauthenticated("Send an API key as `Authorization: Bearer ...`.")


SCALARS = {Picky: strawberry.scalar(name="Picky", parse_value=never)}


SCHEMA = GuardedSchema(Query, Mutation, subscription=Subscription, config=StrawberryConfig(scalar_map=SCALARS))


ENDPOINT = GraphQLEndpoint(SCHEMA, context_for, body_bytes_max=200_000, seconds_max=0.5)


def send(
    method: str = "POST", url: str = "/graphql", *, to: GraphQLEndpoint = ENDPOINT, headers: Any = None, **request: Any
) -> httpx.Response:
    async def sent() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(to), base_url="http://gateway") as client:
            del client.headers["accept"]
            return await client.request(method, url, headers=KEY | (headers or {}), **request)

    return asyncio.run(sent())


def post(body: bytes | str, **headers: str) -> httpx.Response:
    return send(content=body, headers={"Content-Type": OLD} | {k.replace("_", "-"): v for k, v in headers.items()})


def ask(query: str, accept: str = NEW, *, to: GraphQLEndpoint = ENDPOINT, **parameters: Any) -> httpx.Response:
    return send(to=to, json={"query": query} | parameters, headers={"Accept": accept})


def error_of(response: httpx.Response) -> dict[str, Any]:
    """The only error of a response without data."""
    body = response.json()
    assert "data" not in body
    [error] = body["errors"]
    return error


def code_of(response: httpx.Response) -> str:
    return error_of(response)["extensions"]["code"]
