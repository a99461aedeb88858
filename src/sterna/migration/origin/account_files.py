"""One account's files as `FilesReader` wants them: a Maildir, or a tree of mbox files. Blocking."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sterna.cyrus.names import wire
from sterna.errors import Scope, SternaError
from sterna.maildir import folders
from sterna.maildir.mailbox import MaildirMailbox
from sterna.mbox import tree
from sterna.mbox.mailbox import MboxMailbox
from sterna.migration.origin.file_reader import OpenMailbox
from sterna.model.mailbox import INBOX, ListedMailbox, MailboxName
from sterna.site.files import FileLayout, SourceFiles
from sterna.state.file_uids import FileUids

_SETTLED_S: Final = 2.0
"""What changed less than so long ago may change again within the same tick of the file system's clock."""

_MARKED: Final = ("cur", "new", "dovecot-uidlist", "dovecot-keywords", "courierimapuiddb", "courierimapkeywords/:list")
_TWICE: Final = "{} would be the same mailbox as {}"
_RENAME: Final = "rename one of them and run copy again"


class NoFilesError(SternaError):
    """An account has no mailbox in files."""

    scope = Scope.ACCOUNT
    exit_code = 66

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(f"{folder}: no mailbox was found there; nothing was changed on the target")


class MaildirFiles:
    """A Maildir with its folders."""

    def __init__(self, root: Path, uids: FileUids, options: SourceFiles) -> None:
        self._root = root
        self._uids = uids
        self._stopped = options.stopped
        self._layout = options.layout
        self._folders: dict[bytes, folders.Folder] = {}
        self._twice: list[tuple[MailboxName, str, str]] = []

    def mailboxes(self) -> list[ListedMailbox]:
        """Return the account's mailboxes; a name that comes twice is one that is left out."""
        layout = self._known_layout()
        self._folders, self._twice = {}, []
        for folder in folders.find_folders(self._root, layout):
            key = wire(folder.name)
            if key in self._folders:
                self._twice.append((folder.name, _TWICE.format(folder.path, self._folders[key].path), _RENAME))
            else:
                self._folders[key] = folder
        return [ListedMailbox(folder.name, key) for key, folder in self._folders.items()]

    def subscribed(self) -> list[MailboxName]:
        """Return the names that it is subscribed to."""
        return folders.subscribed_names(self._root, self._known_layout())

    def open(self, wire: bytes) -> OpenMailbox:
        """Look at a mailbox."""
        return MaildirMailbox(self._path(wire), self._uids, stopped=self._stopped)

    def mark(self, wire: bytes) -> str:
        """Return when its folders and lists were changed last."""
        return _mark([self._path(wire) / name for name in _MARKED])

    def left_out(self) -> list[tuple[MailboxName, str, str]]:
        """Return the folders whose name another one has."""
        return list(self._twice)

    def _path(self, key: bytes) -> Path:
        if key not in self._folders:
            self.mailboxes()
        return self._folders[key].path

    def _known_layout(self) -> str:
        return folders.layout_of(self._root) if self._layout is FileLayout.AUTO else self._layout.value


class MboxFiles:
    """A tree of mbox files."""

    def __init__(self, root: Path, inbox: Path | None, uids: FileUids, options: SourceFiles) -> None:
        self._root = root
        self._inbox = inbox
        self._uids = uids
        self._options = options
        self._tree = tree.Tree()
        self._opened: dict[bytes, MboxMailbox] = {}

    def mailboxes(self) -> list[ListedMailbox]:
        """Return the account's mailboxes, and the folders that only hold others.

        Raises:
            NoFilesError: there is none.
        """
        self._tree = tree.find_files(self._root, self._layout(), self._inbox)
        if not self._tree.files:
            raise NoFilesError(self._root)
        found = [ListedMailbox(name, wire(name)) for name in sorted(self._tree.files)]
        found += [ListedMailbox(name, wire(name), selectable=False) for name in sorted(self._holders())]
        # Each account has an INBOX, whether or not there is a file of it.
        return found if INBOX in self._tree.files else [ListedMailbox(INBOX, wire(INBOX)), *found]

    def subscribed(self) -> list[MailboxName]:
        """Return the names in Dovecot's list; without one everything, as whoever had no list saw all of it."""
        listed = self._root / ".subscriptions"
        if not listed.is_file():
            return sorted(self._tree.files)
        lines = listed.read_text("utf-8", "replace").split("\n")
        separator = "\t" if lines[:1] == ["V\t2"] else "/"
        rows = (line.split(separator) for line in (lines[1:] if separator == "\t" else lines) if line)
        return [tree.named(row) for row in rows]

    def open(self, wire: bytes) -> OpenMailbox:
        """Look at a mailbox; one that has not changed since is not read again."""
        before = self._opened.get(wire)
        if before is not None and before.is_current:
            return before
        any_from = self._layout() == tree.COMMUNIGATE
        path = self._path(wire)
        box = MboxMailbox(path, self._uids, stopped=self._options.stopped, any_from=any_from)
        self._opened[wire] = box
        return box

    def mark(self, wire: bytes) -> str:
        """Return when its file was changed last."""
        return _mark([self._path(wire)])

    def left_out(self) -> list[tuple[MailboxName, str, str]]:
        """Return what could not be taken for a mailbox, and what such files do not tell."""
        rows = list(self._tree.left_out)
        if self._layout() == tree.COMMUNIGATE:
            why = "how CommuniGate writes flags and UIDs into its files is not published: all messages come unread"
            rows.append((INBOX, why, "read this account by IMAP while that is possible"))
        return rows

    def _path(self, key: bytes) -> Path:
        for name, path in self._tree.files.items():
            if wire(name) == key:
                return path
        return Path("/dev/null")  # the INBOX of an account that has no file of it

    def _holders(self) -> Iterator[MailboxName]:
        for name in self._tree.holders - self._tree.files.keys():
            if any(each[: len(name)] == name for each in self._tree.files):
                yield name

    def _layout(self) -> str:
        layout = self._options.layout
        return tree.layout_of(self._root) if layout is FileLayout.AUTO else layout.value


def _mark(paths: list[Path]) -> str:
    """Return what is equal as long as none of the files changes; empty when one has changed only just now."""
    words: list[str] = []
    for path in paths:
        try:
            stat = path.stat()
        except (FileNotFoundError, NotADirectoryError):
            words.append("-")
            continue
        except OSError:  # whoever opens it says why
            return ""
        if time.time() - stat.st_mtime < _SETTLED_S:
            return ""
        words.append(f"{stat.st_ino}.{stat.st_mtime_ns}.{stat.st_size}")
    return " ".join(words)
