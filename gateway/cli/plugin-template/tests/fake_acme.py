"""An Acme on loopback, which holds everything in memory and breaks requests on demand.

`python tests/fake_acme.py 8099` serves one for a gateway to talk to.
"""

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from gateway.testing import Failure

API_KEY = "acme_key_of_the_fake"
REFUSALS = {Failure.THROTTLED: 429, Failure.UNAUTHORIZED: 401, Failure.REJECTED: 422}
Fields = dict[str, Any]


class Refused(Exception):
    """An answer that is an error."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Lost(Exception):
    """No answer at all."""


class FakeAcme:
    """What the account holds, what was asked under which key, and what is to go wrong next."""

    def __init__(self) -> None:
        self.url = ""
        self.objects: dict[str, dict[str, Fields]] = {"customers": {}, "invoices": {}}
        self.answers: dict[str, tuple[Fields, Fields]] = {}
        self.failing: tuple[Failure, bool] | None = None
        self.lock = threading.Lock()

    def fail_next(self, failure: Failure, is_write: bool) -> None:
        """Let the next request, or the next that writes, go wrong."""
        self.failing = (failure, is_write)

    def pay(self, ref: str) -> None:
        """Let a customer pay an invoice."""
        invoice = self.objects["invoices"][ref]
        invoice.update(status="paid", paid=invoice["total"], changed_at=now())

    def failure_of(self, is_write: bool) -> Failure | None:
        """What is to go wrong with a request."""
        if self.failing is None or (self.failing[1] and not is_write):
            return None
        failure, self.failing = self.failing[0], None
        return failure

    def read(self, path: list[str], query: dict[str, str]) -> Fields:
        """One object, or a page of a list."""
        objects = self.objects.get(path[0])
        if objects is None or (len(path) == 2 and path[1] not in objects):
            raise Refused(404)
        return objects[path[1]] if len(path) == 2 else page(list(objects.values()), query)

    def write(self, path: list[str], body: Fields, key: str) -> Fields:
        """What is made or changed; the same answer again for the same key."""
        asked = {"path": path, "body": body}
        if key in self.answers:
            earlier, answer = self.answers[key]
            if earlier != asked:
                raise Refused(422)
            return answer
        answer = self.issue(path[1]) if path[2:] == ["issue"] else self.put(path, body)
        self.answers[key] = (asked, dict(answer))
        return answer

    def put(self, path: list[str], body: Fields) -> Fields:
        """Make an object, or change it."""
        objects = self.objects[path[0]]
        ref = path[1] if len(path) == 2 else f"{path[0][:3]}_{len(objects) + 1:06}"
        made_at = objects[ref]["made_at"] if ref in objects else now()
        objects[ref] = {**body, "id": ref, "made_at": made_at, "changed_at": now()}
        if path[0] == "invoices":
            total = sum(line["amount"] for line in body["lines"])
            pay_url = f"https://pay.acme.example/{ref}"
            objects[ref].update(status="draft", paid=0, total=total, pay_url=pay_url)
        return objects[ref]

    def issue(self, ref: str) -> Fields:
        """A draft becomes an invoice."""
        if ref not in self.objects["invoices"]:
            raise Refused(404)
        self.objects["invoices"][ref].update(status="open", changed_at=now())
        return self.objects["invoices"][ref]


def page(objects: list[Fields], query: dict[str, str]) -> Fields:
    """A page of what is asked for, the oldest change first."""
    by = "changed_at" if "changed_since" in query else "made_at"
    since = query.get("changed_since", query.get("made_since", ""))
    listed = sorted((each for each in objects if each[by] >= since), key=lambda each: str(each[by]))
    if "customer" in query:
        listed = [each for each in listed if each["customer"] == query["customer"]]
    start, limit = int(query.get("after", 0)), int(query["limit"])
    return {"items": listed[start:][:limit], "next": start + limit if start + limit < len(listed) else None}


def now() -> str:
    """The time, as it is compared here."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


@contextmanager
def serving(fake: FakeAcme, port: int = 0) -> Iterator[FakeAcme]:
    """The fake on a port of loopback; any free one, if none is named."""
    server = ThreadingHTTPServer(("127.0.0.1", port), type("Bound", (Handler,), {"fake": fake}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    fake.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield fake
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Handler(BaseHTTPRequestHandler):
    """One request."""

    fake: FakeAcme

    def do_GET(self) -> None:
        """A read."""
        self.answer(is_write=False)

    def do_POST(self) -> None:
        """A write."""
        self.answer(is_write=True)

    def answer(self, is_write: bool) -> None:
        """Carry it out and answer, unless something is to go wrong."""
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"null")
        url = urlsplit(self.path)
        path, query = url.path.strip("/").split("/"), dict(parse_qsl(url.query))
        try:
            with self.fake.lock:
                failure = self.fake.failure_of(is_write)
                self.refuse(failure)
                key = self.headers.get("Idempotency-Key", "")
                done = self.fake.write(path, body, key) if is_write else self.fake.read(path, query)
                text = json.dumps(done).encode()
            self.send(*spoiled(failure, text))
        except Refused as refused:
            self.send(refused.status, b"{}")
        except Lost:
            self.close_connection = True

    def refuse(self, failure: Failure | None) -> None:
        """Whatever goes wrong before anything is done."""
        if self.headers.get("Authorization") != f"Bearer {API_KEY}":
            raise Refused(401)
        if failure in REFUSALS:
            raise Refused(REFUSALS[failure])
        if failure is Failure.LOST_REQUEST:
            raise Lost

    def send(self, status: int, text: bytes) -> None:
        """An answer."""
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.send_header("Retry-After", "7")
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        """Say nothing."""


def spoiled(failure: Failure | None, text: bytes) -> tuple[int, bytes]:
    """An answer, or what is left of it after it was carried out."""
    if failure is Failure.LOST_ANSWER:
        raise Lost
    if failure is Failure.GARBLED_ANSWER:
        return 200, b'{"id": "in'
    return (502, b"<html>") if failure is Failure.SERVER_ERROR else (200, text)


if __name__ == "__main__":
    with serving(FakeAcme(), int(sys.argv[1])) as running:
        print(f"{running.url}, api_key {API_KEY!r}", flush=True)
        threading.Event().wait()
