"""Looks into Dovecot's store for the CLI: which mailboxes there are, how much is in them, what is subscribed.

Nothing is kept between two questions, so what a client has just changed by IMAP shows at once.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from sterna.imap import mutf7
from sterna.lab.source import mbox
from sterna.lab.source.kinds import Use
from sterna.lab.source.maildir import account_folder
from sterna.model.mailbox import INBOX, MailboxName

_SIZE = re.compile(r",W=([0-9]+)")


@dataclass(frozen=True, slots=True)
class Place:
    """One name in an account's tree: a mailbox when it has a `use`, a folder when it has `children`."""

    use: Use | None
    children: bool


class MailStore:
    """The store below `root`, and that of the crowd below `crowd`."""

    def __init__(self, root: Path, crowd: Path) -> None:
        self._root = root
        self._crowd = crowd

    def places(self, address: str) -> dict[MailboxName, Place]:
        """Return every name of an account with what it is; INBOX is always there."""
        folder = account_folder(self._root, address)
        found = {INBOX: Place(Use(0, 0), children=False)}
        if folder.is_dir():
            self._walk(folder, (), found)
        elif (of_crowd := self._crowd / address).is_dir():
            _walk_files(of_crowd, (), found)
        return found

    def subscriptions(self, address: str) -> list[MailboxName]:
        """Return the subscribed names in the order of the file; of one of the crowd, all mailboxes."""
        try:
            text = (account_folder(self._root, address) / "subscriptions").read_text("ascii")
        except FileNotFoundError:
            known = (self._crowd / address).is_dir()
            return [name for name, place in self.places(address).items() if place.use] if known else []
        head, _, rows = text.partition("\n\n")
        split = "\t" if head == "V\t2" else "/"  # the older form has one name a line and no first line
        lines = (rows if head == "V\t2" else text).splitlines()
        return [tuple(mutf7.decode(word.encode("ascii")) for word in line.split(split)) for line in lines if line]

    def _walk(self, folder: Path, name: MailboxName, found: dict[MailboxName, Place]) -> None:
        """Add everything below `folder`, which is the place `name`."""
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
        below = [each for each in names if each not in ("cur", "new", "tmp")]
        if name:
            found[name] = Place(_use(folder) if "cur" in names else None, children=bool(below))
        for each in below:
            self._walk(folder / each, (*name, mutf7.decode(each.encode("ascii"))), found)


def _walk_files(folder: Path, name: MailboxName, found: dict[MailboxName, Place]) -> None:
    """Add everything below `folder` of the crowd's store, where a file is a mailbox."""
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda each: each.name):
            if entry.name.startswith("."):
                continue
            below = (*name, mutf7.decode(entry.name.encode("ascii")))
            if entry.is_dir():
                found[below] = Place(None, children=True)
                _walk_files(folder / entry.name, below, found)
            else:
                found[below] = Place(mbox.count(folder / entry.name), children=False)


def _use(folder: Path) -> Use:
    messages = size_bytes = 0
    for place in ("cur", "new"):
        with os.scandir(folder / place) as entries:
            for entry in entries:
                size = _SIZE.search(entry.name)
                size_bytes += int(size[1]) if size else entry.stat().st_size
                messages += 1
    return Use(messages, size_bytes)
