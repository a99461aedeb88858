"""How long our own reading of IMAP takes for one message: bytes through the engine to values, without a server."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from typing import Final

from bench.mail import Shape, Writer
from bench.measure import ContestantFailedError
from bench.results import Row
from sterna.imap.content import digest
from sterna.imap.engine import Engine, Untagged
from sterna.imap.fetch import fetched

CHUNK_BYTES: Final = 256 << 10
"""As much as one read of a socket brings."""


def rows(runs: int, messages: int) -> list[Row]:
    """Measure what a listing costs, and what bodies cost with their digest."""
    facts = b"".join(
        b'* %d FETCH (UID %d FLAGS (\\Seen $Work) INTERNALDATE "10-Jan-2008 21:20:%02d +0100" RFC822.SIZE %d)\r\n'
        % (number, number * 3, number % 60, 1000 + number)
        for number in range(1, messages + 1)
    )
    found = [_row("UID, FLAGS, INTERNALDATE, RFC822.SIZE", facts, messages, runs)]
    for size_bytes, count in ((4_000, messages // 10), (100_000, messages // 200)):
        letters = Writer(1).letters(Shape(count, size_bytes, even=True), "a@bench.example")
        bodies = b"".join(
            b"* %d FETCH (UID %d BODY[] {%d}\r\n%b)\r\n" % (number, number * 3, len(letter), letter)
            for number, (_, letter) in enumerate(letters, 1)
        )
        found.append(_row(f"BODY[] of {size_bytes:,} bytes, with SHA-1", bodies, count, runs))
    return found


def _row(case: str, stream: bytes, messages: int, runs: int) -> Row:
    values = []
    for _ in range(runs):
        gc.collect()
        began = time.process_time_ns()
        if (count := _read(stream)) != messages:
            raise ContestantFailedError(f"{count} messages were read of {messages}")
        values.append((time.process_time_ns() - began) / messages)
    return Row(case, "Sterna", "ns a message", values)


def _read(stream: bytes) -> int:
    count = 0
    for event in _events(stream):
        message = fetched(event.response)
        if message is not None:
            count += 1
            if message.body is not None:
                digest(message.body)
    return count


def _events(stream: bytes) -> Iterator[Untagged]:
    engine = Engine()
    view = memoryview(stream)
    for _ in engine.receive(b"* OK bench\r\n"):
        pass
    for start in range(0, len(stream), CHUNK_BYTES):
        for event in engine.receive(bytes(view[start : start + CHUNK_BYTES])):
            if isinstance(event, Untagged):
                yield event
