"""Writes and looks into the mail of the crowd: one file for each mailbox, in the format that Dovecot calls mbox.

A mailbox with its three folders, as Maildir has it, would be six times as many files: too many for 100,000 mailboxes
in a minute. UIDs, flags and UIDVALIDITY are in header fields that Dovecot hides: ``X-UID``, ``Status``, ``X-Status``,
``X-IMAPbase``; in a mailbox without messages ``X-IMAP`` in a message that is none. All of them are subscribed, which is
written nowhere: a file for it would be a mailbox to the administrator.
"""

from __future__ import annotations

import os
import random
import re
import time
from collections.abc import Sequence
from pathlib import Path

from sterna.imap import mutf7
from sterna.lab.source.kinds import Person, Use
from sterna.lab.source.messages import compose
from sterna.model.mailbox import MailboxName

MAX_MESSAGES = 3
"""Most messages of one mailbox."""

_LETTERS = 200
"""So many different letters there are; writing each anew would take longer than all else."""

_HIDDEN = re.compile(rb"(?m)^(?:X-UID|X-IMAPbase|X-IMAP|X-Keywords|X-Status|Status|Content-Length): [^\n]*\n")
_FROM_LINE = re.compile(rb"(?m)^>*From ")
_NOTHING_HERE = b"From: Mail System Internal Data <MAILER-DAEMON@lab.example>\nSubject: no message\n"
_YEAR_S = 365 * 86400
_FIRST_S = 1_104_537_600  # the year 2005


def letters(seed: int) -> list[bytes]:
    """Return the letters that the crowd has got, lines ended with LF."""
    rng = random.Random(seed)  # noqa: S311  made to be repeated, not to be secret
    found: list[bytes] = []
    while len(found) < _LETTERS:
        letter = compose(rng, "jemand@lab.example", _FIRST_S + rng.randrange(6 * _YEAR_S)).replace(b"\r\n", b"\n")
        header, _, body = letter.partition(b"\n\n")
        if body and len(letter) < 4096 and b"\r" not in letter and not _FROM_LINE.search(letter):
            found.append(_HIDDEN.sub(b"", header + b"\n") + b"\n" + body.rstrip(b"\n") + b"\n")
    return found


def write_account(folder: Path, person: Person, known: Sequence[bytes], owner: tuple[int, int]) -> Use:
    """Write the mailboxes of one account into `folder`, which is made; return how much is in all of them.

    Args:
        folder: the account's own.
        person: whose mailboxes; what is in them follows from the address.
        known: what `letters` returned.
        owner: user and group that own the files.
    """
    rng = random.Random(person.address)  # noqa: S311  as above
    made: set[str] = set()
    messages = size_bytes = 0
    for box in person.mailboxes:
        parts = _parts(box.name)
        place = str(folder)
        for part in ("", *parts[:-1]):
            place = f"{place}/{part}" if part else place
            if place not in made:
                os.mkdir(place, 0o700)  # noqa: PTH102  a hundred thousand times; pathlib takes three times as long
                os.chown(place, *owner)
                made.add(place)
        chosen = [rng.choice(known) for _ in range(rng.randrange(MAX_MESSAGES + 1))]
        _write(f"{place}/{parts[-1]}", _mailbox(rng, chosen), owner)
        messages += len(chosen)
        size_bytes += sum(len(letter) + letter.count(b"\n") for letter in chosen)
    return Use(messages, size_bytes)


def count(path: Path) -> Use:
    """Return how much is in one file."""
    messages = size_bytes = 0
    for message in path.read_bytes().split(b"\n\nFrom "):
        header, _, body = message.partition(b"\n")[2].partition(b"\n\n")
        if b"\nX-IMAP: " in header or header.startswith(b"X-IMAP: "):
            continue
        shown = _HIDDEN.sub(b"", header + b"\n") + b"\n" + body.rstrip(b"\n") + b"\n"
        messages += 1
        size_bytes += len(shown) + shown.count(b"\n")
    return Use(messages, size_bytes)


def _parts(name: MailboxName) -> tuple[str, ...]:
    return tuple(mutf7.encode(component).decode("ascii") for component in name)


def _mailbox(rng: random.Random, chosen: Sequence[bytes]) -> bytes:
    uidvalidity = _FIRST_S + rng.randrange(6 * _YEAR_S)
    uid = rng.choice((0, 0, 17, 4200))
    pieces: list[bytes] = []
    moment = _FIRST_S + rng.randrange(5 * _YEAR_S)
    for letter in chosen:
        uid += 1 + rng.choice((0, 0, 0, 5))
        moment += rng.randrange(_YEAR_S // 4)
        header, _, body = letter.partition(b"\n\n")
        status = rng.choice((b"RO", b"RO", b"O")) + b"\nX-Status: " + rng.choice((b"", b"", b"A", b"F"))
        state = b"Status: " + status + b"\nX-UID: %d\n" % uid
        pieces += (_from_line(moment), header, b"\n", state, b"\n", body, b"\n")
    base = b"%010d %010d" % (uidvalidity, uid)
    if not pieces:
        return b"".join((_from_line(moment), _NOTHING_HERE, b"X-IMAP: ", base, b"\nStatus: RO\n\nNothing.\n\n"))
    pieces[2] = b"\nX-IMAPbase: " + base + b"\n"
    return b"".join(pieces)


def _from_line(moment: int) -> bytes:
    return f"From stranger@outside.example {time.asctime(time.gmtime(moment))}\n".encode("ascii")


def _write(path: str, data: bytes, owner: tuple[int, int]) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(file, data)
        os.fchown(file, *owner)
    finally:
        os.close(file)
