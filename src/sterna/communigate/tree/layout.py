"""Where things are in CommuniGate's base directory: the domains, and the accounts of each.

Accounts/ is the main domain's directory, Domains/<domain>/ that of every other. An account of many mailboxes is a
folder ``<name>.macnt``, one of a single mailbox the files ``<name>.settings``, ``<name>.info`` and a mailbox beside
them. Accounts may also be in sub-hierarchies ``<x>.sub/`` and on other disks, ``<x>.mnt/``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sterna.communigate.tree.files import Entry, Files, Kind, TreeFileError, TreePath, TreeUnusableError, shown
from sterna.communigate.tree.notes import TreeNotes
from sterna.model.finding import Outcome

MAIN: Final = "Accounts"
OTHERS: Final = "Domains"
SETTINGS: Final = "Settings"

MAILBOXES: Final = (".mbox", ".mdir", ".mslc")
"""Extensions of mailboxes: one text file; one file a message; slices."""

_OWN_FOLDERS: Final = frozenset({SETTINGS, "WebSkins", "FileStorage"})
"""Folders of a domain that hold no accounts."""

_HIERARCHIES: Final = (".sub", ".mnt")
_DEEPEST: Final = 8
_LOOKED_AT: Final = 2000
"""How many folders are looked into for the base directory."""

_LINK_TODO: Final = "give a copy of the tree, or an archive, in which the link is what it leads to"


@dataclass(frozen=True, slots=True)
class AccountPlace:
    """Where one account is.

    Fields:
        kind: the extension by which the server knows what it is: ``macnt``, or that of its single mailbox.
        settings, info: its files.
        folder: the folder of an account with many mailboxes, None for others.
        inbox: the single mailbox, in the folder that `settings` is in; None when there is none.
    """

    name: str
    kind: str
    settings: TreePath
    info: TreePath
    folder: TreePath | None
    inbox: Entry | None = None


def find_base(files: Files, path: Path) -> TreePath:
    """Return the folder that has Accounts/ or Domains/ in it: the tree itself or, as in archives, one some way below.

    Raises:
        TreeUnusableError: there is none, or more than one.
    """
    level: list[TreePath] = [()]
    left = _LOOKED_AT
    for _ in range(5):
        found = [place for place in level if _is_base(files, place)]
        if len(found) > 1:
            raise TreeUnusableError(path, f"it has several base directories: {', '.join(map(shown, found))}")
        if found:
            return found[0]
        level = [(*place, entry.name) for place in level[:left] for entry in _folders(files, place)]
        left -= len(level)
    raise TreeUnusableError(
        path, "there is no folder with Accounts or Domains in it, as CommuniGate's base directory has"
    )


def accounts(notes: TreeNotes, folder: TreePath, depth: int = 0) -> Iterator[AccountPlace]:
    """Yield the accounts in a domain's directory, in the order of their names; what is no account is noted."""
    entries = notes.entries(folder)
    files = {entry.name: entry for entry in entries}
    odd: list[str] = []
    for entry in entries:
        stem, dot, extension = entry.name.rpartition(".")
        if entry.kind is Kind.LINK:
            what = shown((*folder, entry.name))
            notes.add(Outcome.UNREADABLE, what, "it is a symbolic link, which is not followed", _LINK_TODO)
        elif entry.kind is Kind.FOLDER and dot + extension in _HIERARCHIES and depth < _DEEPEST:
            yield from accounts(notes, (*folder, entry.name), depth + 1)
        elif entry.kind is Kind.FOLDER and extension == "macnt" and stem:
            inner = (*folder, entry.name)
            yield AccountPlace(stem, "macnt", (*inner, "account.settings"), (*inner, "account.info"), inner)
        elif entry.kind is Kind.FILE and extension == "settings" and stem:
            yield _single(folder, stem, files)
        elif not _belongs(entry, stem, files):
            odd.append(entry.name)
    if odd:
        why = f"{len(odd)} names in a domain's directory that belong to no account: {_some(odd)}"
        notes.add(Outcome.DROPPED, shown(folder), why, "see on the source what they are")


def _single(folder: TreePath, name: str, files: Mapping[str, Entry]) -> AccountPlace:
    inbox = next((files[name + extension] for extension in MAILBOXES if name + extension in files), None)
    kind = "" if inbox is None else inbox.name.rpartition(".")[2]
    return AccountPlace(name, kind, (*folder, f"{name}.settings"), (*folder, f"{name}.info"), None, inbox)


def _belongs(entry: Entry, stem: str, files: Mapping[str, Entry]) -> bool:
    """Return whether a name is a domain's own, or a further file of an account of a single mailbox."""
    if entry.kind is Kind.FOLDER and entry.name in _OWN_FOLDERS:
        return True
    return bool(stem) and f"{stem}.settings" in files


def _is_base(files: Files, place: TreePath) -> bool:
    names = {entry.name for entry in _folders(files, place)}
    return MAIN in names or OTHERS in names


def _folders(files: Files, place: TreePath) -> list[Entry]:
    try:
        return [entry for entry in files.entries(place) if entry.kind is Kind.FOLDER]
    except TreeFileError:  # what may not be looked into is not the base directory
        return []


def _some(names: list[str]) -> str:
    return ", ".join(shown((name,)) for name in names[:10]) + (" …" if len(names) > 10 else "")
