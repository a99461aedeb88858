"""A command in flight, and who waits for what the server says to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from sterna.imap.answers import Answer
from sterna.imap.engine import Completed
from sterna.imap.fragments import Response


@dataclass(slots=True)
class Pending:
    """One command in flight.

    Fields:
        future: where its answer goes.
        on_untagged: who takes untagged data, None to keep them for the answer.
        failure: what `on_untagged` raised; it is not called again.
    """

    future: asyncio.Future[Answer]
    on_untagged: Callable[[Response], None] | None
    untagged: list[Response] = field(default_factory=list)
    failure: Exception | None = None

    def take(self, response: Response) -> None:
        """Hand on untagged data that belong to this command."""
        if self.on_untagged is None:
            self.untagged.append(response)
        elif self.failure is None and not self.future.cancelled():
            try:
                self.on_untagged(response)
            except Exception as error:  # noqa: BLE001 it is the caller's error and reaches the caller by the future
                self.failure = error

    def finish(self, event: Completed) -> None:
        """Hand on the answer, unless nobody waits for it any more."""
        if self.future.done():
            return
        if self.failure is not None:
            self.future.set_exception(self.failure)
        else:
            self.future.set_result(Answer(event.status, event.code, event.text, tuple(self.untagged)))
