"""What the source's IMAP says of itself, verbatim, and how long a question takes."""

from __future__ import annotations

import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Final

from sterna.errors import SternaError
from sterna.imap import reading
from sterna.imap.connection import Connection
from sterna.imap.engine import Piece
from sterna.imap.fragments import Response
from sterna.migration.survey.probes.seen import Latency, Verbatim
from sterna.model.address import Address
from sterna.site.declaration import Access, SourceImap
from sterna.site.secrets import read_secret

_QUESTIONS: Final = 9
_MOST_LINES: Final = 40


async def ask_imap(imap: SourceImap, account: Address | None) -> tuple[list[Verbatim], Latency]:
    """Return what IMAP says: greeting, CAPABILITY before and after login, NAMESPACE, ID, the flags of an INBOX.

    Raises:
        SternaError: it cannot be reached or does not let us in.
    """
    said: list[Verbatim] = []
    authorize = account if imap.access is Access.AUTHORIZE else None
    async with await Connection.open(imap) as connection:
        said.append(Verbatim("IMAP greeting", (_text(connection.greeting),)))
        said.append(await _command(connection, "IMAP CAPABILITY before login", b"CAPABILITY"))
        user, password_file = imap.administrator
        await connection.login(user, read_secret(password_file), authorize_as=str(authorize) if authorize else None)
        said.append(await _command(connection, "IMAP CAPABILITY after login", b"CAPABILITY"))
        if b"ID" in connection.capabilities:
            said.append(await _command(connection, "IMAP ID", b"ID NIL"))
        if b"NAMESPACE" in connection.capabilities:
            said.append(await _command(connection, "IMAP NAMESPACE", b"NAMESPACE"))
        if account is not None:
            wire = b"INBOX" if authorize else f"~{account}/INBOX".encode()
            pieces = reading.examine(wire, connection.capabilities).pieces
            said.append(await _command(connection, "IMAP flags of an INBOX (EXAMINE)", *pieces, only=b"FLAGS"))
        latency = await timed("IMAP (NOOP)", lambda: connection.run(b"NOOP"))
    return said, latency


async def timed(service: str, ask: Callable[[], Awaitable[object]]) -> Latency:
    """Return how long `ask` takes, asked a few times one after the other."""
    took = []
    for _ in range(_QUESTIONS):
        began = time.perf_counter()
        await ask()
        took.append(time.perf_counter() - began)
    return Latency(service, len(took), min(took), statistics.median(took), max(took))


async def _command(connection: Connection, title: str, *pieces: Piece, only: bytes = b"") -> Verbatim:
    try:
        answer = await connection.command(*pieces)
    except SternaError as error:
        return Verbatim(title, (f"({error})",))
    lines = [_line(response) for response in answer.untagged if only in response.parts[0]]
    return Verbatim(title, (*lines[:_MOST_LINES], f"{answer.status.name} {_text(answer.text)}".strip()))


def _line(response: Response) -> str:
    return _text(b"".join(response.parts))


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace").strip()
