"""A server with labels, in memory: one store of messages, and mailboxes that are views of it with UIDs of their own.

It answers what `sterna.imap.reader` can ask, from the store alone; so a message has one number wherever it is shown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

STATES = re.compile(rb'(EXAMINE|STATUS) (?:"([^"]*)"|([^ "]+))(?: \([A-Z ]+\))?')


@dataclass(slots=True)
class LabelServer:
    """`mailboxes` are names and attributes; `store` is what each message is labelled with, by its number."""

    mailboxes: dict[bytes, bytes]
    store: dict[int, list[bytes]]
    uids: dict[bytes, dict[int, int]] = field(default_factory=dict)
    examined: bytes = b""

    def __post_init__(self) -> None:
        for name in self.mailboxes:
            self.uids[name] = {}
        for message, labels in self.store.items():
            for name in labels:
                self.label(message, name)

    def label(self, message: int, name: bytes) -> None:
        view = self.uids[name]
        view[message] = max(view.values(), default=10) + 1

    def unlabel(self, message: int, name: bytes) -> None:
        del self.uids[name][message]

    def get(self, command: bytes, default: bytes) -> bytes:
        """What comes after the command, as `TableConversation` wants it."""
        if command.startswith((b"LIST", b"LSUB")):
            word = command[:4]
            rows = [b'* %b (%b) "/" "%b"\r\n' % (word, attributes, name) for name, attributes in self.mailboxes.items()]
            return b"".join(rows) + b"OK done\r\n"
        if found := STATES.fullmatch(command):
            return self._state(found[1], found[2] or found[3])
        if command == b"UID FETCH 1:* (UID X-GM-MSGID)":
            return self._rows(lambda uid, message: b"X-GM-MSGID %d UID %d" % (message, uid))
        if found := re.match(rb"UID FETCH (\d+):(\d+) \(UID FLAGS INTERNALDATE", command):
            first, last = int(found[1]), int(found[2])
            text = b'UID %d FLAGS (\\Seen) INTERNALDATE "17-Jul-1996 02:44:25 +0000" RFC822.SIZE 34'
            return self._rows(lambda uid, _: text % uid, first, last)
        if command.startswith(b"UID SEARCH"):
            return b"* SEARCH %b\r\nOK done\r\n" % b" ".join(b"%d" % uid for uid in sorted(self._view.values()))
        return b'* NAMESPACE (("" "/")) NIL NIL\r\nOK done\r\n' if command == b"NAMESPACE" else default

    @property
    def _view(self) -> dict[int, int]:
        return self.uids[self.examined]

    def _state(self, word: bytes, name: bytes) -> bytes:
        view = self.uids[name]
        following = max(view.values(), default=10) + 1
        if word == b"STATUS":
            return b'* STATUS "%b" (MESSAGES %d UIDNEXT %d UIDVALIDITY 7)\r\nOK done\r\n' % (name, len(view), following)
        self.examined = name
        return b"* %d EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT %d] x\r\nOK done\r\n" % (len(view), following)

    def _rows(self, row, first: int = 1, last: int = 2**32) -> bytes:
        pairs = sorted((uid, message) for message, uid in self._view.items())
        lines = [
            b"* %d FETCH (%b)\r\n" % (number, row(uid, message))
            for number, (uid, message) in enumerate(pairs, 1)
            if first <= uid <= last
        ]
        return b"".join(lines) + b"OK done\r\n"
