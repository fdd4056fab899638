"""`POST /v1/events`: JSON, NDJSON or CloudEvents in, one outcome per event out.

Written straight on ASGI: at thousands of requests a second every layer between the socket and the recorder counts.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Any

import msgspec
from starlette.types import Receive, Scope, Send

from gateway.core.access import Scope as AccessScope
from gateway.core.errors import GatewayError
from gateway.core.events import Outcome
from gateway.http.auth import BearersCaller, bearer_of
from gateway.http.graphql_request import Refused
from gateway.services.group_commit import Receipt
from gateway.services.record_events import Answer, Recorder
from gateway.wire.events import MalformedBody, WireFormat, parse_events

_FORMATS = {
    "application/json": WireFormat.JSON,
    "application/x-ndjson": WireFormat.NDJSON,
    "application/ndjson": WireFormat.NDJSON,
    "application/cloudevents+json": WireFormat.CLOUDEVENT,
    "application/cloudevents-batch+json": WireFormat.CLOUDEVENTS,
}
_BINARY_MODE = (
    "The `ce-` headers say that this is a CloudEvent in binary mode, which is not taken; "
    "send structured mode: all attributes in the body, as application/cloudevents+json."
)
_JSON_HEADERS = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]


_OUTCOMES = tuple(Outcome)
_ONE = {one: {outcome: int(outcome == one) for outcome in _OUTCOMES} for one in _OUTCOMES}


class IngestAnswer(msgspec.Struct, frozen=True):
    """How many events ended how, and the receipt of each in the order sent."""

    accepted: int
    duplicate: int
    conflict: int
    quarantined: int
    rejected: int
    events: Sequence[Receipt]

    @classmethod
    def of(cls, receipts: Sequence[Receipt]) -> "IngestAnswer":
        """The answer with these receipts."""
        if len(receipts) == 1:
            return cls(**_ONE[receipts[0].outcome], events=receipts)
        outcomes = [receipt.outcome for receipt in receipts]
        return cls(**{outcome: outcomes.count(outcome) for outcome in _OUTCOMES}, events=receipts)


_encode = msgspec.json.Encoder().encode


class IngestEndpoint:
    """An ASGI application that records usage events.

    200 if any event was taken or repeats one; 422 if every event breaks a rule, with the item and field of each.
    """

    def __init__(self, recorder: Recorder, identify: BearersCaller, body_bytes_max: int = 5_000_000) -> None:
        self._recorder = recorder
        self._identify = identify
        self._body_bytes_max = body_bytes_max
        self._done: deque[tuple[asyncio.Future[list[Receipt]], Answer]] = deque()
        self._is_waking = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            status, body, headers = await self._answer(scope, receive)
        except Refused as refusal:
            status, body = refusal.status, _error(refusal.code, str(refusal))
            headers = [(name.lower().encode(), value.encode()) for name, value in refusal.headers.items()]
        await send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": [*_JSON_HEADERS, (b"content-length", b"%d" % len(body)), *headers],
            }
        )
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[int, bytes, list[tuple[bytes, bytes]]]:
        if scope["method"] != "POST":
            raise Refused(405, "METHOD_NOT_ALLOWED", "Send events by POST.", {"Allow": "POST"})
        await self._admit(scope)
        headers = dict(scope["headers"])
        wire_format = _format(headers)
        body = await self._read(headers, receive)
        try:
            batch = parse_events(body, wire_format)
        except MalformedBody as error:
            raise Refused(400, error.code, str(error)) from None
        try:
            receipts = await self._record(batch)
        except GatewayError as error:
            raise Refused(503, error.code, f"{error}; send the same events again", {"Retry-After": "1"}) from None
        answer = IngestAnswer.of(receipts)
        status = 422 if answer.rejected == len(receipts) else 200
        return status, _encode(answer), []

    async def _admit(self, scope: Scope) -> None:
        caller = await self._identify(bearer_of(scope))
        if not caller.may(AccessScope.INGEST):
            raise Refused(403, "FORBIDDEN", f"This needs a key with the scope '{AccessScope.INGEST}'.")

    async def _read(self, headers: dict[bytes, bytes], receive: Receive) -> bytes:
        if headers.get(b"content-encoding", b"identity") != b"identity":
            raise Refused(415, "UNSUPPORTED_MEDIA_TYPE", "Send the body without `Content-Encoding`.")
        declared = headers.get(b"content-length", b"0")
        if not declared.isdigit():
            raise Refused(400, "BAD_REQUEST", "`Content-Length` is no number.")
        if int(declared) > self._body_bytes_max:
            raise self._too_large()
        chunks: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Refused(400, "DISCONNECTED", "The body did not come whole.")
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > self._body_bytes_max:
                raise self._too_large()
            chunks.append(chunk)
            if not message.get("more_body"):
                return b"".join(chunks) if len(chunks) > 1 else chunks[0]

    def _too_large(self) -> Refused:
        message = f"The body is larger than body_bytes_max = {self._body_bytes_max}; send fewer events at once."
        return Refused(413, "CONTENT_TOO_LARGE", message, {"Connection": "close"})

    async def _record(self, batch: Any) -> list[Receipt]:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[list[Receipt]] = loop.create_future()

        def on_done(answer: Answer) -> None:
            # Told on the writer's thread; all that one commit answers wake the loop once.
            self._done.append((future, answer))
            if not self._is_waking:
                self._is_waking = True
                loop.call_soon_threadsafe(self._resolve)

        self._recorder.submit(batch, on_done)
        return await future

    def _resolve(self) -> None:
        self._is_waking = False
        while self._done:
            future, answer = self._done.popleft()
            if future.done():  # the client went away
                continue
            if isinstance(answer, BaseException):
                future.set_exception(answer)
            else:
                future.set_result(answer)


def _format(headers: dict[bytes, bytes]) -> WireFormat:
    media_type = headers.get(b"content-type", b"").partition(b";")[0].strip().lower().decode("latin-1")
    if b"ce-specversion" in headers and not media_type.startswith("application/cloudevents"):
        raise Refused(415, "UNSUPPORTED_MEDIA_TYPE", _BINARY_MODE)
    if media_type not in _FORMATS:
        raise Refused(415, "UNSUPPORTED_MEDIA_TYPE", f"Send events as one of {', '.join(_FORMATS)}.")
    return _FORMATS[media_type]


def _error(code: str, message: str) -> bytes:
    return msgspec.json.encode({"error": {"code": code, "message": message}})
