"""What the server asks a process that proves webhooks, and what that answers, as bytes on a socket."""

import json
import logging
import socket
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from gateway.plugin_api import DocumentKind, ProviderError, Unsupported, WebhookEvent, WebhookRefused, WebhookRequest
from gateway.services.receive_webhook import Proof, Unreadable

logger = logging.getLogger(__name__)

_EVENT, _UNREADABLE, _REFUSED, _UNSUPPORTED = "event", "unreadable", "refused", "unsupported"


def request_bytes(request: WebhookRequest) -> bytes:
    """A webhook as it is sent: a line of JSON, then its body."""
    head = {
        "headers": dict(request.headers),
        "received_at": request.received_at.isoformat(),
        "length": len(request.body),
    }
    return json.dumps(head).encode() + b"\n" + request.body


def read_request(asked: socket.socket) -> WebhookRequest | None:
    """The webhook that was sent; None if whoever sent it does not wait any more."""
    with asked.makefile("rb") as stream:
        head = json.loads(stream.readline() or b"null")
        body = b"" if head is None else stream.read(head["length"])
    if head is None or len(body) < head["length"] or _has_hung_up(asked):
        return None
    return WebhookRequest(head["headers"], body, datetime.fromisoformat(head["received_at"]))


def _has_hung_up(asked: socket.socket) -> bool:
    seconds = asked.gettimeout()
    asked.setblocking(False)
    try:
        return not asked.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return False
    finally:
        asked.settimeout(seconds)


def answer_bytes(prove: Callable[[], Proof]) -> bytes:
    """What `prove` answers or raises, as it is sent: an object of JSON with one member, or nothing for later."""
    try:
        proof = prove()
    except WebhookRefused as error:
        return _answer(_REFUSED, error.reason)
    except Unsupported as error:
        return _answer(_UNSUPPORTED, error.capability)
    except ProviderError as error:
        logger.warning("A webhook cannot be proven for now: %s", type(error).__name__)
        return b""
    if isinstance(proof, Unreadable):
        return _answer(_UNREADABLE, proof.reason)
    return _answer(_EVENT, asdict(proof))


def _answer(what: str, content: object) -> bytes:
    return json.dumps({what: content}).encode()


def read_answer(answer: bytes) -> Proof:
    """What was proven. Raises `WebhookRefused` and `Unsupported`, and `ValueError` if it is no answer."""
    said: dict[str, Any] = json.loads(answer)
    ((what, content),) = said.items()
    if what == _REFUSED:
        raise WebhookRefused(content)
    if what == _UNSUPPORTED:
        raise Unsupported(content)
    if what == _UNREADABLE:
        return Unreadable(content)
    kind = content.pop("kind")
    return WebhookEvent(kind=None if kind is None else DocumentKind(kind), **content)
