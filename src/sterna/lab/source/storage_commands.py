"""Commands about an account's file storage, and about what it remembers (datasets)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from sterna.communigate.values import Value, as_dictionary, as_number, as_text
from sterna.lab.source.arguments import Arguments, Refused
from sterna.lab.source.basedirectory import BaseDirectory
from sterna.lab.source.names import OTHER, Names


class StorageCommands:
    """Commands about files and datasets of an account."""

    def __init__(self, base: BaseDirectory, names: Names) -> None:
        self._base = base
        self._names = names

    def table(self) -> dict[str, Callable[[Arguments], Value]]:
        """Return the commands by their words."""
        return {
            "LISTSTORAGEFILES": self._list,
            "READSTORAGEFILE": self._read,
            "GETSTORAGEFILEINFO": self._info,
            "DATASET": self._dataset,
        }

    def _list(self, arguments: Arguments) -> Value:
        """``LISTSTORAGEFILES acct [PATH p] [AUTH who]``: a dictionary for a file, ``()`` for a folder."""
        root = self._root(arguments)
        place = self._place(root, arguments.after("PATH") or "")
        arguments.after("AUTH")
        if not place.is_dir():
            if place == root:
                return {}
            raise Refused(OTHER, "the directory does not exist")
        return {path.name: () if path.is_dir() else _described(path) for path in sorted(place.iterdir())}

    def _read(self, arguments: Arguments) -> Value:
        """``READSTORAGEFILE acct FILE f [OFFSET n] [SIZE n] [AUTH who]``: data, time of change, size of the file."""
        root = self._root(arguments)
        arguments.expect("FILE")
        place = self._place(root, arguments.text())
        offset = self._number(arguments, "OFFSET") or 0
        size = self._number(arguments, "SIZE")
        arguments.after("AUTH")
        if not place.is_file():
            raise Refused(OTHER, "the file does not exist")
        data = place.read_bytes()
        end = None if size is None else offset + size
        return (data[offset:end], _changed(place), len(data))

    def _info(self, arguments: Arguments) -> Value:
        """``GETSTORAGEFILEINFO acct [PATH p]``: how much there is, in bytes and files."""
        root = self._root(arguments)
        place = self._place(root, arguments.after("PATH") or "")
        arguments.after("AUTH")
        files = [path for path in place.rglob("*") if path.is_file()] if place.is_dir() else []
        return (sum(path.stat().st_size for path in files), len(files))

    def _dataset(self, arguments: Arguments) -> Value:
        """``DATASET acct {what=listSubsets;subsetName="";}`` or ``{what=listEntries;subsetName=X;}``."""
        name = self._names.account(arguments)
        asked = as_dictionary(arguments.value()) or {}
        datasets = self._base.account_datasets(name)
        subset = as_text(asked.get("subsetName")) or ""
        if (as_text(asked.get("what")) or "").lower() == "listsubsets":
            return dict.fromkeys(datasets, "")
        if subset not in datasets:
            raise Refused(OTHER, "the dataset does not exist")
        return datasets[subset]

    def _root(self, arguments: Arguments) -> Path:
        return self._base.account_files(self._names.account(arguments)).web

    @staticmethod
    def _number(arguments: Arguments, keyword: str) -> int | None:
        return as_number(arguments.value()) if arguments.has(keyword) else None

    @staticmethod
    def _place(root: Path, path: str) -> Path:
        """Return where `path` is below `root`.

        Raises:
            Refused: it leads out of it.
        """
        place = root / path.strip("/")
        if ".." in place.parts:
            raise Refused(OTHER, "incorrect file name")
        return place


def _described(path: Path) -> dict[str, Value]:
    return {"STFileSize": path.stat().st_size, "STModified": _changed(path)}


def _changed(path: Path) -> datetime:
    return datetime.fromtimestamp(int(path.stat().st_mtime), UTC)
