"""Which files of an account are mailboxes.

* ``plain``: ``Work/2020`` is the mailbox Work/2020, as Dovecot and UW IMAP keep them.
* ``communigate``: ``Work.mbox`` is the mailbox Work, and ``Work.folder/2020.mbox`` the one below it. How CommuniGate
  writes flags and UIDs into these files is not published, and other formats of its mailboxes (``.mdir``, ``.mslc``) are
  not published at all; both are said.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sterna.errors import FormatError
from sterna.imap import mutf7
from sterna.model.mailbox import INBOX, MailboxName

PLAIN: Final = "plain"
COMMUNIGATE: Final = "communigate"

_DEEPEST: Final = 32
_OTHER_FORMATS: Final = (".mdir", ".mslc")
_FOLDER: Final = ".folder"
_MBOX: Final = ".mbox"


@dataclass(slots=True)
class Tree:
    """What an account has: mailboxes by name, names that only hold others, and what was left out with the reason."""

    files: dict[MailboxName, Path] = field(default_factory=dict)
    holders: set[MailboxName] = field(default_factory=set)
    left_out: list[tuple[MailboxName, str, str]] = field(default_factory=list)


def layout_of(root: Path) -> str:
    """Find out how the mailboxes below `root` lie: CommuniGate's have extensions."""
    return COMMUNIGATE if any(name.endswith((_MBOX, _FOLDER)) for name, _ in _entries(root)) else PLAIN


def find_files(root: Path, layout: str, inbox: Path | None = None) -> Tree:
    """Find the mailboxes below `root`.

    Args:
        root: the account's folder; there need not be one when `inbox` is given.
        layout: `PLAIN` or `COMMUNIGATE`.
        inbox: the file that is the INBOX, when it is elsewhere.
    """
    tree = Tree()
    if inbox is not None and inbox.is_file():
        tree.files[INBOX] = inbox
    if layout == COMMUNIGATE:
        _communigate(tree, root, ())
    else:
        _plain(tree, root, ())
    return tree


def named(parts: list[str]) -> MailboxName:
    """Return the mailbox whose components are spelt so in names of files."""
    name: MailboxName = ()
    for part in parts:
        name = _named(part, name)
    return name


def _plain(tree: Tree, root: Path, above: MailboxName) -> None:
    for entry, is_folder in _entries(root):
        if entry.startswith(".") or len(above) >= _DEEPEST:
            continue
        name = _named(entry, above)
        if is_folder:
            tree.holders.add(name)
            _plain(tree, root / entry, name)
        elif _is_mbox(root / entry):
            _add(tree, name, root / entry)
        else:
            tree.left_out.append((name, f"{root / entry} is no mbox: it does not begin with From", ""))


def _communigate(tree: Tree, root: Path, above: MailboxName) -> None:
    for entry, is_folder in _entries(root):
        path = root / entry
        if is_folder and entry.endswith(_FOLDER) and len(above) < _DEEPEST:
            name = _named(entry.removesuffix(_FOLDER), above)
            tree.holders.add(name)
            _communigate(tree, path, name)
        elif entry.endswith(_MBOX) and not is_folder:
            _add(tree, _named(entry.removesuffix(_MBOX), above), path)
        elif entry.endswith(_OTHER_FORMATS):
            stem, _, extension = entry.rpartition(".")
            why = f"{path}: the format of .{extension} mailboxes is not published"
            tree.left_out.append((_named(stem, above), why, "read this account by IMAP"))


def _add(tree: Tree, name: MailboxName, path: Path) -> None:
    if name in tree.files:
        why = f"{path} would be the same mailbox as {tree.files[name]}"
        tree.left_out.append((name, why, "rename one of them, or declare the other as source.files.inbox"))
    else:
        tree.files[name] = path


def _entries(root: Path) -> Iterator[tuple[str, bool]]:
    try:
        with os.scandir(root) as found:
            rows = sorted((each.name, each.is_dir()) for each in found if each.is_dir() or each.is_file())
    except FileNotFoundError:
        return
    yield from rows


def _is_mbox(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(5) in (b"From ", b"")


def _named(part: str, above: MailboxName) -> MailboxName:
    try:
        text = mutf7.decode(part.encode("ascii"))
    except (FormatError, UnicodeEncodeError):
        text = part.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return (*above, text) if above or text.upper() != "INBOX" else INBOX
