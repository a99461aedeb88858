"""A server with labels, in memory: one store of messages, and mailboxes that are views of it with UIDs of their own.

It answers what `sterna.imap.reader` can ask, from the store alone; so a message has one number wherever it is shown.
"""

from __future__ import annotations

import asyncio
import copy
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

STATES = re.compile(rb'(EXAMINE|STATUS) (?:"([^"]*)"|([^ "]+))(?: \([A-Z ]+\))?')
FETCH = re.compile(rb"UID FETCH ([0-9:,*]+) \(([^)]*)\)")
LAST = 2**32


@dataclass(slots=True)
class LabelServer:
    """`mailboxes` are names and attributes; `store` is what each message is labelled with, by its number."""

    mailboxes: dict[bytes, bytes]
    store: dict[int, list[bytes]]
    uids: dict[bytes, dict[int, int]] = field(default_factory=dict)
    following: dict[bytes, int] = field(default_factory=dict)
    examined: bytes = b""

    def __post_init__(self) -> None:
        for name in self.mailboxes:
            self.uids[name], self.following[name] = {}, 11
        for message, labels in self.store.items():
            for name in labels:
                self.label(message, name)

    def label(self, message: int, name: bytes) -> None:
        self.uids[name][message] = self.following[name]
        self.following[name] += 1

    def unlabel(self, message: int, name: bytes) -> None:
        del self.uids[name][message]

    def get(self, command: bytes, default: bytes) -> bytes:
        """What comes after the command: untagged responses, and the last line without a tag."""
        if command.startswith((b"LIST", b"LSUB")):
            word = command[:4]
            rows = [b'* %b (%b) "/" "%b"\r\n' % (word, attributes, name) for name, attributes in self.mailboxes.items()]
            return b"".join(rows) + b"OK done\r\n"
        if found := STATES.fullmatch(command):
            return self._state(found[1], found[2] or found[3])
        if found := FETCH.fullmatch(command):
            return self._rows(found[1], found[2].split(b" "))
        if command.startswith(b"UID SEARCH"):
            return b"* SEARCH %b\r\nOK done\r\n" % b" ".join(b"%d" % uid for uid in sorted(self._view.values()))
        return b'* NAMESPACE (("" "/")) NIL NIL\r\nOK done\r\n' if command == b"NAMESPACE" else default

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[int]:
        """Serve on a free port, which is given; anybody may log in, and states are each connection's."""

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            mine = copy.copy(self)
            writer.write(b"* OK [CAPABILITY IMAP4REV1 AUTH=PLAIN SASL-IR NAMESPACE X-GM-EXT-1] Gimap ready\r\n")
            while line := (await reader.readline()).removesuffix(b"\r\n"):
                tag, _, command = line.partition(b" ")
                said = b"OK done\r\n" if command.startswith((b"AUTHENTICATE", b"CAPABILITY", b"LOGOUT")) else b""
                said = said or mine.get(command, b"BAD unknown\r\n")
                head, _, last = said.removesuffix(b"\r\n").rpartition(b"\r\n")
                writer.write((head + b"\r\n" if head else b"") + tag + b" " + last + b"\r\n")
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server:
            yield server.sockets[0].getsockname()[1]

    @property
    def _view(self) -> dict[int, int]:
        return self.uids[self.examined]

    def _state(self, word: bytes, name: bytes) -> bytes:
        view = self.uids[name]
        following = self.following[name]
        if word == b"STATUS":
            return b'* STATUS "%b" (MESSAGES %d UIDNEXT %d UIDVALIDITY 7)\r\nOK done\r\n' % (name, len(view), following)
        self.examined = name
        return b"* %d EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT %d] x\r\nOK done\r\n" % (len(view), following)

    def _rows(self, wanted: bytes, items: list[bytes]) -> bytes:
        spans = [part.replace(b"*", b"%d" % LAST).split(b":") for part in wanted.split(b",")]
        pairs = sorted((uid, message) for message, uid in self._view.items())
        lines = [
            b"* %d FETCH (%b)\r\n" % (number, b" ".join(_item(item, uid, message) for item in items))
            for number, (uid, message) in enumerate(pairs, 1)
            if any(int(span[0]) <= uid <= int(span[-1]) for span in spans)
        ]
        return b"".join(lines) + b"OK done\r\n"


def _item(item: bytes, uid: int, message: int) -> bytes:
    body = b"Subject: message %d\r\n\r\nOnly once.\r\n" % message
    values = {
        b"UID": b"%d" % uid,
        b"X-GM-MSGID": b"%d" % message,
        b"FLAGS": b"(\\Seen)",
        b"INTERNALDATE": b'"17-Jul-1996 02:44:25 +0000"',
        b"RFC822.SIZE": b"%d" % len(body),
        b"BODY.PEEK[]": b"{%d}\r\n%b" % (len(body), body),
    }
    return item.replace(b".PEEK", b"") + b" " + values[item]
