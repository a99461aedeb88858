"""Read values of a tree, and note what cannot be read: each damaged file is one finding, and no reason to stop."""

from __future__ import annotations

from collections.abc import Mapping

from sterna.communigate.dataformat import read
from sterna.communigate.syntax import DataFormatError, Form
from sterna.communigate.tree.files import Entry, Files, TreeFileError, TreePath, shown
from sterna.communigate.values import Dictionary, Value
from sterna.model.finding import Finding, Outcome

_TODO = "look at the file on the source; what it says can be asked of the CLI"


class TreeNotes:
    """Reads for one object, as an account or a domain, and collects what was noticed.

    `kind` and `object` are those of the findings.
    """

    def __init__(self, files: Files, kind: str, object_: str) -> None:
        self.findings: list[Finding] = []
        self._files = files
        self._kind = kind
        self._object = object_

    def add(self, outcome: Outcome, what: str, why: str, todo: str = "", *, kind: str = "") -> None:
        """Note a finding about the object; `kind` is another one than usual."""
        self.findings.append(Finding(kind or self._kind, self._object, outcome, what, why, todo))

    def value(self, path: TreePath, *, optional: bool = False) -> Value:
        """Return what a file says, None when it cannot be read; a missing one is noted unless it is `optional`."""
        try:
            return read(self._files.read(path), form=Form.FILE)
        except TreeFileError as error:
            if not (error.missing and optional):
                self.add(Outcome.UNREADABLE, shown(path), str(error), _TODO)
        except DataFormatError as error:
            # The error shows one character at most: a password may be beside it.
            self.add(Outcome.UNREADABLE, shown(path), f"the file is damaged: {error}", _TODO)
        return None

    def dictionary(self, path: TreePath, *, optional: bool = False) -> Dictionary | None:
        """Return the dictionary that a file is, None when it cannot be read or is none."""
        value = self.value(path, optional=optional)
        if value is None or isinstance(value, Mapping):
            return value
        self.add(Outcome.UNREADABLE, shown(path), "the file is no dictionary", _TODO)
        return None

    def entries(self, path: TreePath, *, optional: bool = False) -> tuple[Entry, ...]:
        """Return what is in a folder, nothing when it cannot be read."""
        try:
            return self._files.entries(path)
        except TreeFileError as error:
            if not (error.missing and optional):
                self.add(Outcome.UNREADABLE, shown(path), str(error))
            return ()

    def size(self, path: TreePath) -> int:
        """Return how many bytes a folder's files have, 0 when it cannot be read."""
        try:
            return self._files.size(path)
        except TreeFileError as error:
            self.add(Outcome.UNREADABLE, shown(path), str(error))
            return 0

    def content(self, path: TreePath) -> bytes | None:
        """Return a file's bytes, None when it cannot be read."""
        try:
            return self._files.read(path)
        except TreeFileError as error:
            self.add(Outcome.UNREADABLE, shown(path), str(error))
            return None
