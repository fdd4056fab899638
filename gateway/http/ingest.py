"""`POST /v1/events`: JSON, NDJSON or CloudEvents in, one outcome per event out.

Written straight on ASGI: at thousands of requests a second every layer between the socket and the recorder counts.
"""

import asyncio
from collections import deque
from collections.abc import Sequence

import msgspec
from starlette.types import Receive, Scope, Send

from gateway.core.access import Scope as AccessScope
from gateway.core.errors import GatewayError
from gateway.core.events import Outcome
from gateway.http.auth import Callers, bearer_of
from gateway.http.direct import Fields, OnReply
from gateway.http.graphql_request import Refused
from gateway.http.replies import Reply, internal_error, send_reply
from gateway.services.group_commit import Receipt
from gateway.services.record_events import Answer, OnDone, Recorder
from gateway.wire.events import EventBatch, MalformedBody, WireFormat, parse_events

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
_JSON_HEADERS = ((b"content-type", b"application/json"), (b"cache-control", b"no-store"))


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
    """An ASGI application that records usage events, and takes small requests on the direct road too.

    200 if any event was taken or repeats one; 422 if every event breaks a rule, with the item and field of each.
    """

    def __init__(self, recorder: Recorder, callers: Callers, body_bytes_max: int = 5_000_000) -> None:
        self._recorder = recorder
        self._callers = callers
        self._body_bytes_max = body_bytes_max
        self._done: deque[tuple[OnDone, Answer]] = deque()
        self._is_waking = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            reply = await self._answer(scope, receive)
        except Refused as refusal:
            reply = _refusal(refusal)
        await send_reply(reply, send)

    def take(self, fields: Fields, body: bytes, answer: OnReply) -> bool:
        """See `Take`: not taken is what is refused, and what a caller sends who is not remembered."""
        if len(body) > self._body_bytes_max:
            return False
        try:
            caller = self._callers.remembered(bearer_of(fields.items()))
            if caller is None or not caller.may(AccessScope.INGEST):
                return False
            batch = parse_events(body, _format(fields))
        except (Refused, MalformedBody):
            return False
        self._submit(batch, lambda outcome: answer(_reply_or_error(outcome)))
        return True

    async def _answer(self, scope: Scope, receive: Receive) -> Reply:
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
        done: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._submit(batch, lambda outcome: None if done.done() else done.set_result(outcome))
        return _reply(await done)

    async def _admit(self, scope: Scope) -> None:
        caller = await self._callers.identify(bearer_of(scope["headers"]))
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

    def _submit(self, batch: EventBatch, on_done: OnDone) -> None:
        """Have `batch` recorded, and `on_done` told on this event loop."""
        loop = asyncio.get_running_loop()

        def tell(answer: Answer) -> None:
            # On the writer's thread; all that one commit answers wake the loop once.
            self._done.append((on_done, answer))
            if not self._is_waking:
                self._is_waking = True
                loop.call_soon_threadsafe(self._resolve)

        self._recorder.submit(batch, tell)

    def _resolve(self) -> None:
        self._is_waking = False
        while self._done:
            on_done, answer = self._done.popleft()
            on_done(answer)


def _reply(answer: Answer) -> Reply:
    """What is said of a batch that was recorded, or could not be. Raises what nobody expected."""
    if isinstance(answer, GatewayError):
        again = f"{answer}; send the same events again"
        return _refusal(Refused(503, answer.code, again, {"Retry-After": "1"}))
    if isinstance(answer, BaseException):
        raise answer
    counted = IngestAnswer.of(answer)
    return Reply(422 if counted.rejected == len(answer) else 200, _encode(counted), _JSON_HEADERS)


def _reply_or_error(answer: Answer) -> Reply:
    try:
        return _reply(answer)
    except Exception as error:
        return internal_error(error)


def _format(headers: dict[bytes, bytes]) -> WireFormat:
    media_type = headers.get(b"content-type", b"").partition(b";")[0].strip().lower().decode("latin-1")
    if b"ce-specversion" in headers and not media_type.startswith("application/cloudevents"):
        raise Refused(415, "UNSUPPORTED_MEDIA_TYPE", _BINARY_MODE)
    if media_type not in _FORMATS:
        raise Refused(415, "UNSUPPORTED_MEDIA_TYPE", f"Send events as one of {', '.join(_FORMATS)}.")
    return _FORMATS[media_type]


def _refusal(refused: Refused) -> Reply:
    body = msgspec.json.encode({"error": {"code": refused.code, "message": str(refused)}})
    headers = [(name.lower().encode(), value.encode()) for name, value in refused.headers.items()]
    return Reply(refused.status, body, (*_JSON_HEADERS, *headers))
