"""A server that exists only as a table: what it answers to each command. It passes for a connection."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

from sterna.imap.answers import Answer
from sterna.imap.codes import Status, split_code
from sterna.imap.content import whole
from sterna.imap.engine import Literal, Piece
from sterna.imap.fragments import Fragments, Response


class TableConversation:
    """Answers from `table`: command without literals' announcement -> untagged responses and the tagged line.

    `at_once` answers when a command is submitted; else `answer_next` is called by the test, in any order.
    """

    def __init__(
        self, table: Mapping[bytes, bytes], capabilities: Sequence[bytes] = (), *, at_once: bool = True
    ) -> None:
        self.capabilities = frozenset(capabilities)
        self.sent: list[bytes] = []
        self.waiting: list[Callable[[], None]] = []
        self.closed = False
        self._table = table
        self._at_once = at_once

    def submit(self, *pieces: Piece, on_untagged: Callable[[Response], None] | None = None) -> asyncio.Future[Answer]:
        command = b"".join(whole(piece.data) if isinstance(piece, Literal) else piece for piece in pieces)
        self.sent.append(command)
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

        def answer() -> None:
            *untagged, last = Fragments().feed(self._table.get(command, b"NO unknown\r\n"))
            try:
                for response in untagged:
                    if on_untagged is not None:
                        on_untagged(response)
            except Exception as error:  # noqa: BLE001 as the connection does
                future.set_exception(error)
                return
            word, _, text = last.parts[0].removesuffix(b"\r\n").partition(b" ")
            future.set_result(Answer(Status(word), *split_code(text), tuple(untagged) if on_untagged is None else ()))

        if self._at_once:
            answer()
        else:
            self.waiting.append(answer)
        return future

    async def close(self) -> None:
        self.closed = True
