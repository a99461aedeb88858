"""Where the mailboxes of a Maildir are, by its layout; and its subscriptions.

* Maildir++: the folder itself is the INBOX, ``.Work.2020`` in it the mailbox Work/2020.
* ``LAYOUT=fs``: ``Work/2020`` in it is the mailbox, and a folder without ``cur`` only holds others.

Names are modified UTF-7, or UTF-8 where a server was told so.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sterna.errors import FormatError, Scope, SternaError
from sterna.imap import mutf7
from sterna.model.mailbox import INBOX, MailboxName

MAILDIRPP: Final = "maildir++"
FS: Final = "fs"

_MESSAGES: Final = frozenset({"cur", "new", "tmp"})
_DEEPEST: Final = 32


class LayoutUnclearError(SternaError):
    """An account's folder could be read in two ways, or in none."""

    scope = Scope.ACCOUNT
    exit_code = 65

    def __init__(self, folder: Path, why: str) -> None:
        self.folder = folder
        super().__init__(f"{folder}: {why}; nothing was read. Say by source.files.layout how its mailboxes lie")


@dataclass(frozen=True, slots=True)
class Folder:
    """One mailbox; `path` has ``cur`` and ``new`` in it."""

    name: MailboxName
    path: Path


def layout_of(root: Path) -> str:
    """Find out how the mailboxes below `root` lie.

    Raises:
        LayoutUnclearError: there are mailboxes of both layouts.
    """
    dotted = any(_is_mailbox(root / each) for each in _folders(root) if each.startswith("."))
    plain = any(True for _ in _nested(root, ()))
    if dotted and plain:
        raise LayoutUnclearError(root, "it has mailboxes both of Maildir++ (.Work) and of LAYOUT=fs (Work)")
    return FS if plain else MAILDIRPP


def find_folders(root: Path, layout: str) -> Iterator[Folder]:
    """Yield the mailboxes below `root`, the INBOX first; the same name may come twice.

    Raises:
        LayoutUnclearError: there is none at all.
    """
    found = [Folder(INBOX, root)] if _is_mailbox(root) else []
    found += sorted(_nested(root, ()) if layout == FS else _dotted(root), key=lambda folder: folder.name)
    if not found:
        raise LayoutUnclearError(root, "it has no mailbox: no folder cur in it, and none below it")
    yield from found


def subscribed_names(root: Path, layout: str) -> list[MailboxName]:
    """Return the names that ``subscriptions`` (Dovecot) or ``courierimapsubscribed`` (Courier) has."""
    dovecot, courier = root / "subscriptions", root / "courierimapsubscribed"
    if dovecot.is_file():
        lines = dovecot.read_text("utf-8", "surrogateescape").split("\n")
        separator = "\t" if lines[:1] == ["V\t2"] else ("/" if layout == FS else ".")
        rows = lines[1:] if separator == "\t" else lines
        return [_name(row.split(separator)) for row in rows if row]
    if courier.is_file():
        rows = courier.read_text("utf-8", "surrogateescape").split("\n")
        return [_name(row.removeprefix("INBOX.").split(".")) for row in rows if row]
    return []


def _dotted(root: Path) -> Iterator[Folder]:
    for entry in _folders(root):
        if entry.startswith(".") and entry.strip(".") and _is_mailbox(root / entry):
            yield Folder(_name(entry[1:].split(".")), root / entry)


def _nested(root: Path, above: MailboxName) -> Iterator[Folder]:
    for entry in _folders(root):
        if entry.startswith(".") or entry in _MESSAGES or len(above) >= _DEEPEST:
            continue
        name = _name([*above, entry]) if not above else (*above, _component(entry))
        if _is_mailbox(root / entry):
            yield Folder(name, root / entry)
        yield from _nested(root / entry, name)


def _folders(root: Path) -> list[str]:
    try:
        with os.scandir(root) as entries:
            return sorted(entry.name for entry in entries if entry.is_dir())
    except FileNotFoundError:
        return []


def _is_mailbox(folder: Path) -> bool:
    return (folder / "cur").is_dir()


def _name(parts: list[str]) -> MailboxName:
    name = tuple(_component(part) for part in parts)
    return INBOX if len(name) == 1 and name[0].upper() == "INBOX" else name


def _component(part: str) -> str:
    """Return one component: modified UTF-7, or what stands there when it is not."""
    try:
        return mutf7.decode(part.encode("ascii"))
    except (FormatError, UnicodeEncodeError):
        return part.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
