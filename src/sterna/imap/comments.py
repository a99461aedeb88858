"""What people have written about mailboxes: the entries ``comment`` of METADATA (RFC 5464)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from sterna.imap import reading
from sterna.imap.answers import CommandError
from sterna.imap.enquiry import Asked
from sterna.imap.fragments import Response
from sterna.imap.responses import kind
from sterna.imap.scan import Scanner

_METADATA: Final = b"METADATA"


@dataclass(frozen=True, slots=True)
class Comments:
    """What is written about one mailbox, for everybody and for its reader alone; empty when nothing is."""

    shared: bytes = b""
    private: bytes = b""


async def comments(reader: Asked, wires: Sequence[bytes]) -> list[Comments]:
    """Return what is written about each mailbox; nothing where the server does not tell. All at once."""

    async def one(wire: bytes) -> Comments:
        def question(capabilities: AbstractSet[bytes]) -> reading.ReadCommand | None:
            return reading.metadata(wire, capabilities) if _METADATA in capabilities else None

        try:
            answer = await reader.ask(question)
        except CommandError:
            return Comments()
        found: dict[bytes, bytes] = {}
        for response in answer.untagged if answer is not None else ():
            if kind(response) == _METADATA:
                found |= parse_metadata(response)
        return Comments(found.get(b"/shared/comment", b""), found.get(b"/private/comment", b""))

    return list(await asyncio.gather(*(one(wire) for wire in wires)))


def parse_metadata(response: Response) -> dict[bytes, bytes]:
    """Read ``* METADATA mailbox (entry value …)`` (RFC 5464 section 4.4.1); entries without a value are left out.

    Raises:
        FormatError: it is not that.
    """
    scan = Scanner(response)
    scan.expect(b"* ")
    scan.word()
    scan.expect(b" ")
    scan.astring()
    scan.expect(b" (")
    found: dict[bytes, bytes] = {}
    while not scan.skip(b")"):
        entry = scan.astring().lower()
        scan.expect(b" ")
        value = scan.nstring()
        if value is not None:
            found[entry] = value
        scan.spaces()
    scan.end()
    return found
