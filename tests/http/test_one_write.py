"""Answers go out whole, in order, and none is lost when a connection closes."""

import asyncio

from gateway.http.one_write import GatheringTransport


class Written:
    """A transport that remembers what was written to it."""

    def __init__(self) -> None:
        self.writes: list[bytes] = []
        self.is_closed = False

    def write(self, data: bytes) -> None:
        assert not self.is_closed
        self.writes.append(data)

    def close(self) -> None:
        self.is_closed = True

    def is_closing(self) -> bool:
        return self.is_closed


def test_what_one_turn_writes_goes_out_at_once() -> None:
    async def run() -> list[bytes]:
        inner = Written()
        transport = GatheringTransport(inner, asyncio.get_running_loop())  # type: ignore[arg-type]
        transport.write(b"head ")
        transport.write(b"body")
        await asyncio.sleep(0)
        transport.write(b"next")
        await asyncio.sleep(0)
        return inner.writes

    assert asyncio.run(run()) == [b"head body", b"next"]


def test_what_was_written_before_a_connection_closes_goes_out() -> None:
    async def run() -> Written:
        inner = Written()
        transport = GatheringTransport(inner, asyncio.get_running_loop())  # type: ignore[arg-type]
        transport.write(b"last words")
        transport.close()
        await asyncio.sleep(0)
        return inner

    closed = asyncio.run(run())
    assert closed.writes == [b"last words"]
    assert closed.is_closed


def test_all_else_is_the_transports_own() -> None:
    async def run() -> bool:
        return bool(GatheringTransport(Written(), asyncio.get_running_loop()).is_closing())  # type: ignore[arg-type]

    assert asyncio.run(run()) is False
