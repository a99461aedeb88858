r"""All messages of one mailbox as Cyrus lists them, in columns: ``SYNCGET FULLMAILBOX``, read as it comes.

The answer is one line, about 150 bytes for each message, and Cyrus keeps the mailbox locked until it is sent. So it is
read at once and as it arrives, whatever the size of the mailbox, into 60 bytes for each message; the line itself is
never held. What stands in a record is told by one regular expression where it is as always, and by the full reader of
the notation where it is not. Pure: text in, columns out.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from sterna.cyrus.dlist import parse
from sterna.cyrus.record import EXPUNGED, Record, from_dlist
from sterna.errors import FormatError
from sterna.imap.fragments import Response
from sterna.model.mailbox import Flags

MAX_RECORD_BYTES: Final = 4 << 20
"""Longest record that is waited for: a message's annotations stand in it, each at most 128 KiB."""

_VALUE: Final = (
    rb'(?:[^\s()"%]+|"(?:[^"\\]|\\.)*"|%?\((?:[^()"]|"(?:[^"\\]|\\.)*"|\((?:[^()"]|"(?:[^"\\]|\\.)*")*\))*\))'
)
_HEAD: Final = re.compile(rb"\* MAILBOX %\((?:(?!RECORD )[A-Z0-9_]+ " + _VALUE + rb" )*RECORD \(")
_USUAL: Final = re.compile(
    rb" ?%\(UID (\d+) MODSEQ (\d+) LAST_UPDATED (\d+) FLAGS \(([^()\"{%]*)\)"
    rb" INTERNALDATE (\d+) SIZE (\d+) GUID ([0-9a-f]{40})\)"
)
_ANY: Final = re.compile(
    rb' ?(%\((?:[^()"]|"(?:[^"\\]|\\.)*"|\((?:[^()"]|"(?:[^"\\]|\\.)*"|\((?:[^()"]|"(?:[^"\\]|\\.)*")*\))*\))*\))'
)
_END: Final = re.compile(rb"\)(?: [A-Z0-9_]+ " + _VALUE + rb")*\)\r\n")
_ANNOUNCED: Final = re.compile(rb"%?\{\d+\+?\}\r\n\Z")
_LITERAL: Final = b'"a literal"'
"""Stands for a literal: only annotations and names come as such, and nobody asks for them here."""


class Row(NamedTuple):
    """One message on the target. `guid` is the SHA-1 that Cyrus took of what it stored, `internaldate` Unix seconds."""

    uid: int
    guid: bytes
    size_bytes: int
    internaldate: int
    flags: Flags


class RecordColumns:
    """The messages of a mailbox, ascending by UID, expunged ones left out. Feed the answer, then `finish`."""

    def __init__(self) -> None:
        self.uids = array("L")
        self._dates = array("q")
        self._sizes = array("Q")
        self._modseqs = array("Q")
        self._updated = array("Q")
        self._guids = bytearray()
        self._flags: list[Flags] = []
        self._known: dict[bytes, Flags] = {}
        self._text = b""
        self._began = False
        self._ended = False

    def __len__(self) -> int:
        return len(self.uids)

    def feed(self, response: Response) -> None:
        """Read the answer or its next part; answers of another kind are none of ours.

        Raises:
            FormatError: it is not what Cyrus says of a mailbox.
        """
        if self._ended or not (self._began or self._text or response.parts[0].startswith(b"* MAILBOX ")):
            return
        parts = list(response.parts)
        for literal in range(1, len(parts), 2):
            announced = parts[literal - 1]
            parts[literal - 1 : literal + 1] = [announced[:-40] + _ANNOUNCED.sub(b"", announced[-40:]), _LITERAL]
        self._text = b"".join((self._text, *parts))
        self._read()

    def finish(self) -> None:
        """Say that nothing more comes.

        Raises:
            FormatError: the answer broke off, or its UIDs do not ascend.
        """
        if self._text or (self._began and not self._ended):
            raise FormatError("a RECORD or the end of the list", data=self._text, offset=0)
        last = 0
        for uid in self.uids:
            if uid <= last:
                raise FormatError("UIDs that ascend", data=b"%d after %d" % (uid, last), offset=0)
            last = uid

    def between(self, first: int, last: int) -> Iterator[Row]:
        """Yield the messages with UIDs from `first` to `last`."""
        for at in range(bisect_left(self.uids, first), bisect_left(self.uids, last + 1)):
            guid = bytes(self._guids[20 * at : 20 * at + 20])
            yield Row(self.uids[at], guid, self._sizes[at], self._dates[at], self._flags[at])

    def of(self, uids: Iterable[int]) -> Iterator[Record]:
        """Yield those of the messages `uids` that there are, with everything that is known of them."""
        for uid in uids:
            at = bisect_left(self.uids, uid)
            if at < len(self.uids) and self.uids[at] == uid:
                guid = bytes(self._guids[20 * at : 20 * at + 20])
                modseq, updated = self._modseqs[at], self._updated[at]
                yield Record(uid, modseq, updated, self._flags[at], self._dates[at], self._sizes[at], guid)

    def __contains__(self, uid: int) -> bool:
        at = bisect_left(self.uids, uid)
        return at < len(self.uids) and self.uids[at] == uid

    def _read(self) -> None:
        """Read as many whole records as there are; keep the rest for later."""
        text, at = self._text, 0
        if not self._began:
            head = _HEAD.match(text)
            if head is None:
                self._wait(text)
                return
            self._began, at = True, head.end()
        while True:
            found = _USUAL.match(text, at)
            if found is not None:
                self._add(found)
            elif (found := _ANY.match(text, at)) is not None:
                self._add_unusual(found[1])
            else:
                break
            at = found.end()
        if (end := _END.match(text, at)) is not None:
            self._ended, at = True, end.end()
        self._wait(text[at:])

    def _wait(self, rest: bytes) -> None:
        if len(rest) > MAX_RECORD_BYTES:
            raise FormatError("a RECORD", data=rest, offset=0)
        self._text = rest

    def _add(self, found: re.Match[bytes]) -> None:
        uid, modseq, updated, raw, date, size, guid = found.groups()
        flags = self._known.get(raw)
        if flags is None:
            flags = self._known[raw] = frozenset(raw.decode("ascii", "backslashreplace").split())
        if EXPUNGED in flags:
            return
        self.uids.append(int(uid))
        self._dates.append(int(date))
        self._sizes.append(int(size))
        self._modseqs.append(int(modseq))
        self._updated.append(int(updated))
        self._guids += bytes.fromhex(guid.decode())
        self._flags.append(flags)

    def _add_unusual(self, text: bytes) -> None:
        record = from_dlist(parse((text,)))
        if record.expunged:
            return
        self.uids.append(record.uid)
        self._dates.append(record.internaldate)
        self._sizes.append(record.size_bytes)
        self._modseqs.append(record.modseq)
        self._updated.append(record.last_updated)
        self._guids += record.guid
        self._flags.append(record.flags)
