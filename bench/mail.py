"""Letters for the bench: deterministic, each different, of sizes as mail has them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

BLOCK_BYTES: Final = 1 << 20
SMALLEST_BYTES: Final = 600
SPREAD: Final = 1.1
"""Standard deviation of the logarithm of a size: most letters are small, a few hold most of the bytes."""
FIRST: Final = 1_200_000_000
"""Date of the first letter, Unix time."""

_WORDS: Final = (
    "alpha",
    "the",
    "delivery",
    "of",
    "Tuesday",
    "and",
    "yellow",
    "invoice",
    "for",
    "harbour",
    "we",
    "Grüße",
)


@dataclass(frozen=True, slots=True)
class Shape:
    """What a mailbox is to hold.

    Fields:
        messages: how many.
        mean_bytes: their mean size.
        even: all of the same size; otherwise as mail is.
    """

    messages: int
    mean_bytes: int
    even: bool = False


class Writer:
    """Makes letters; the same seed gives the same letters."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)
        self._block = _block(self._rng)
        self._number = 0

    def letters(self, shape: Shape, recipient: str) -> Iterator[tuple[int, bytes]]:
        """Yield (Unix time, bytes with CRLF)."""
        for size in self._sizes(shape):
            self._number += 1
            moment = FIRST + 61 * self._number
            yield moment, self.letter(size, recipient)

    def letter(self, size_bytes: int, recipient: str) -> bytes:
        """Return a letter of about this size, which no other letter equals."""
        head = (
            f"Return-Path: <writer@outside.example>\r\nReceived: from mx.outside.example by mail.bench.example;"
            f" id {self._number:08x}\r\nFrom: Writer {self._number % 97} <writer@outside.example>\r\n"
            f"To: <{recipient}>\r\n"
            f"Subject: Letter {self._number} of many\r\nDate: Thu, 10 Jan 2008 21:20:00 +0100\r\n"
            f"Message-ID: <{self._number}.{self._rng.getrandbits(48):012x}@outside.example>\r\nMIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        ).encode()
        wanted = max(2, size_bytes - len(head))
        pieces = [head]
        while wanted > 0:
            # Whole lines, so that no character is cut.
            start = self._rng.randrange(BLOCK_BYTES // 2)
            start = self._block.index(b"\n", start) + 1
            end = self._block.find(b"\n", min(start + wanted, BLOCK_BYTES - 100)) + 1
            pieces.append(self._block[start:end])
            wanted -= end - start
        return b"".join(pieces)

    def _sizes(self, shape: Shape) -> list[int]:
        if shape.even:
            return [shape.mean_bytes] * shape.messages
        raw = [self._rng.lognormvariate(0, SPREAD) for _ in range(shape.messages)]
        scale = shape.mean_bytes * shape.messages / (sum(raw) or 1)
        return [max(SMALLEST_BYTES, int(size * scale)) for size in raw]


def _block(rng: random.Random) -> bytes:
    lines: list[bytes] = []
    have = 0
    while have < BLOCK_BYTES:
        line = (" ".join(rng.choices(_WORDS, k=11)) + "\r\n").encode()
        lines.append(line)
        have += len(line)
    return b"".join(lines)[: BLOCK_BYTES - 2] + b"\r\n"
