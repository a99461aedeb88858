"""What may go wrong with the CLI when a test wants it to: faults that are thrown on commands while the server runs.

They stand in ``faults.json`` of the stand-in's folder, which is read again for every command. They are no habits of any
server, so they are no switches: what is read depends on them.
"""

from __future__ import annotations

import enum
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

FILE = "faults.json"


class Fault(enum.StrEnum):
    """One thing that goes wrong with a reply."""

    CLOSE_AT_ONCE = "close at once"
    """The connection ends without a word."""
    CLOSE_IN_REPLY = "close in reply"
    """The connection ends after half of the reply."""
    NO_REPLY = "no reply"
    """Nothing comes, and the connection stays."""
    ENDLESS = "endless"
    """The first line never ends: bytes come as long as anybody reads."""
    ENDLESS_LINES = "endless lines"
    """``200 data follow``, and then one pair of a dictionary after the other, without end."""
    UNKNOWN_CODE = "unknown code"
    """A code that is in no manual: 299 before the right answer."""
    STRANGE_ERROR = "strange error"
    """An error's code that is in no manual."""
    NO_CODE = "no code"
    """A line that begins with no code."""
    TRUNCATED = "truncated"
    """The object stops in the middle; the line ends as it should."""
    GARBAGE = "garbage"
    """Bytes of no meaning, NUL and bytes that are no UTF-8 among them, where the object should be."""
    SLOW = "slow"
    """The reply comes byte by byte."""
    REFUSED = "refused"
    """501, as for a right that is missing."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """A fault and when it strikes.

    Fields:
        word: the command's first word in capitals; ``*`` for any.
        part: must stand in the command line, as an account's name.
        times: how often it strikes; None for ever. Counted for all connections together.
    """

    fault: Fault
    word: str = "*"
    part: str = ""
    times: int | None = None

    def strikes(self, word: str, line: str) -> bool:
        """Return whether this command is struck."""
        return self.word in ("*", word) and self.part in line and self.times != 0


def save(folder: Path, troubles: Iterable[Trouble]) -> None:
    """Have these faults from the next command on; none of them ends all faults."""
    new = folder / f"{FILE}.new"
    new.write_text(json.dumps([asdict(each) for each in troubles], indent=1) + "\n")
    new.replace(folder / FILE)


def load(folder: Path) -> list[Trouble]:
    """Return what `save` wrote; nothing where it has not been called."""
    try:
        rows = json.loads((folder / FILE).read_bytes())
    except FileNotFoundError:
        return []
    return [Trouble(Fault(row["fault"]), row["word"], row["part"], row["times"]) for row in rows]


def strike(folder: Path, word: str, line: str) -> Fault | None:
    """Return the fault that this command is to meet, and count it."""
    troubles = load(folder)
    for number, trouble in enumerate(troubles):
        if trouble.strikes(word, line):
            if trouble.times is not None:
                troubles[number] = replace(trouble, times=trouble.times - 1)
                save(folder, troubles)
            return trouble.fault
    return None


def spoilt(fault: Fault, reply: bytes) -> bytes:
    """Return the reply as the fault makes it, where that can be said in one piece."""
    middle = max(4, len(reply) // 2)
    spoils = {
        Fault.CLOSE_IN_REPLY: reply[:middle],
        Fault.UNKNOWN_CODE: b"299 " + reply[4:],
        Fault.STRANGE_ERROR: b"577 the moon is in the wrong house\r\n",
        Fault.NO_CODE: b"hello, who is there?\r\n",
        Fault.TRUNCATED: reply[:middle].rstrip(b"\r\n") + b"\r\n",
        Fault.GARBAGE: reply[:4] + b"{\x00\xff\xfe)=;\x1b[\xc3\x28 #T99-99-9999\r\n",
        Fault.REFUSED: b"501 you do not have the required access right\r\n",
    }
    return spoils.get(fault, reply)


def endless(fault: Fault) -> Iterator[bytes]:
    """Yield a reply that never ends, in pieces."""
    yield b"200 data follow\r\n{\r\n" if fault is Fault.ENDLESS_LINES else b"201 {"
    number = 0
    while True:
        ends = b"\r\n" if fault is Fault.ENDLESS_LINES else b""
        yield b"".join(b"Key%d=value;%s" % (each, ends) for each in range(number, number + 500))
        number += 500
