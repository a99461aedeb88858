"""Writes a mailbox as a Maildir that Dovecot, Courier and mail clients read, with the UIDs it has. Blocking.

A message is a file from the moment on which it is whole and on disk; what is there already is not written again, so an
interrupted run goes on where it was. Nothing is ever removed. Bytes are written as they come, CRLF line ends and all.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import Final

from sterna.errors import FormatError, Scope, SternaError
from sterna.imap import mutf7
from sterna.imap.content import Content
from sterna.maildir import filename
from sterna.maildir.folders import FS
from sterna.maildir.keywords import parse_dovecot_keywords, write_dovecot_keywords
from sterna.maildir.uidlist import parse_uid_list, write_uid_list
from sterna.model.mailbox import INBOX, Flags, MailboxName, MessageFacts

_OURS: Final = re.compile(r"[0-9]+\.M([0-9]+)P([0-9]+)\.sterna,S=([0-9]+),W=[0-9]+")
_MOST_NAME_BYTES: Final = 240
_RESERVED: Final = frozenset({"cur", "new", "tmp", "INBOX"})


class ExportInTheWayError(SternaError):
    """The folder has something that is not an earlier export of this very mailbox."""

    scope = Scope.MAILBOX
    exit_code = 73

    def __init__(self, folder: Path, why: str) -> None:
        self.folder = folder
        super().__init__(f"{folder}: {why}; nothing was written there. Choose another folder, or move this one away")


class ExportWriteError(SternaError):
    """A file of an export cannot be written, or does not hold what was written."""

    scope = Scope.RUN
    exit_code = 74

    def __init__(self, path: Path, why: str) -> None:
        self.path = path
        super().__init__(f"{path}: {why}; nothing is lost. Mend that and run the same command again")


class MaildirWriter:
    """One mailbox of an export.

    `dropped` are keywords that found no letter, with the number of messages they stand on.
    """

    def __init__(self, folder: Path, uidvalidity: int) -> None:
        """Look at what an earlier run wrote.

        Raises:
            ExportInTheWayError: there is another mailbox.
            ExportWriteError: the folder cannot be made or read.
        """
        self.dropped: dict[str, int] = {}
        self._folder = folder
        self._uidvalidity = uidvalidity
        self._names: dict[int, str] = {}
        try:
            for part in ("tmp", "new", "cur"):
                (folder / part).mkdir(mode=0o700, parents=True, exist_ok=True)
            self._check_list()
            for name in sorted(path.name for path in (folder / "cur").iterdir()):
                if name.startswith("."):
                    continue
                found = _OURS.fullmatch(filename.split(name)[0])
                if found is None or int(found[2]) != uidvalidity:
                    raise ExportInTheWayError(folder, f"{name} in it is no message of this mailbox")
                self._names[int(found[1])] = name
            listed = parse_dovecot_keywords(_read(folder / "dovecot-keywords") or b"")
        except OSError as error:
            raise ExportWriteError(folder, error.strerror or "it cannot be used") from error
        self._keywords = [listed.get(letter, "") for letter in filename.KEYWORDS[: len(listed)]]

    @property
    def uids(self) -> set[int]:
        """The messages that are there."""
        return set(self._names)

    def size_bytes(self, uid: int) -> int:
        """Return the size of a message's file as its name tells it; another size on disk is an error.

        Raises:
            ExportWriteError: the file was changed since it was written.
        """
        path = self._folder / "cur" / self._names[uid]
        found = _OURS.match(path.name)
        said = int(found[3]) if found else -1
        if path.stat().st_size != said:
            raise ExportWriteError(path, f"it has {path.stat().st_size} bytes and was written with {said}")
        return said

    def write(self, fact: MessageFacts, content: Content) -> bytes:
        """Write a message; return the SHA-1 of what is on disk, 20 bytes.

        Raises:
            ExportWriteError: it cannot be written, or is not what was written when it is read again.
        """
        sha1 = hashlib.sha1(usedforsecurity=False)
        bare = 0
        last = b""
        temporary = self._folder / "tmp" / f"{fact.uid}.{os.getpid()}.sterna"
        try:
            with temporary.open("wb", buffering=0) as stream:
                for chunk in [content] if isinstance(content, bytes) else content.chunks():
                    bare += chunk.count(b"\n") - chunk.count(b"\r\n") - (last == b"\r" and chunk[:1] == b"\n")
                    last = chunk[-1:] or last
                    sha1.update(chunk)
                    _all(stream.fileno(), chunk)
                os.utime(stream.fileno(), (fact.internaldate, fact.internaldate))
                os.fsync(stream.fileno())
            size = len(content)
            base = f"{max(fact.internaldate, 0)}.M{fact.uid}P{self._uidvalidity}.sterna,S={size},W={size + bare}"
            name = f"{base}:2,{self._letters(fact.flags)}"
            if (found := _digest(temporary)) != sha1.digest():
                raise ExportWriteError(temporary, "it does not hold what was written to it")
            temporary.rename(self._folder / "cur" / name)
        except OSError as error:
            raise ExportWriteError(temporary, error.strerror or "it cannot be written") from error
        self._names[fact.uid] = name
        return found

    def set_flags(self, uid: int, flags: Flags) -> bool:
        """Give a message that is there these flags; say whether it had others."""
        name = self._names[uid]
        wanted = f"{filename.split(name)[0]}:2,{self._letters(flags)}"
        if wanted == name:
            return False
        (self._folder / "cur" / name).rename(self._folder / "cur" / wanted)
        self._names[uid] = wanted
        return True

    def finish(self, uidnext: int) -> None:
        """Write the lists of UIDs and keywords, and see that all is on disk.

        Raises:
            ExportWriteError: they cannot be written.
        """
        guid = hashlib.sha256(f"{self._folder.name}/{self._uidvalidity}".encode("utf-8", "replace")).hexdigest()[:32]
        rows = [(uid, filename.split(name)[0]) for uid, name in sorted(self._names.items())]
        uidnext = max(uidnext, rows[-1][0] + 1 if rows else 1)
        lists = {"dovecot-uidlist": write_uid_list(self._uidvalidity, uidnext, guid, rows)}
        if self._keywords:
            lists["dovecot-keywords"] = write_dovecot_keywords(self._keywords)
        try:
            for name, data in lists.items():
                replace_file(self._folder / name, data)
            for folder in (self._folder / "cur", self._folder):
                _sync(folder)
        except OSError as error:
            raise ExportWriteError(self._folder, error.strerror or "it cannot be written") from error

    def _check_list(self) -> None:
        data = _read(self._folder / "dovecot-uidlist")
        if data is None:
            return
        try:
            listed = parse_uid_list(data)
        except FormatError as error:
            raise ExportInTheWayError(self._folder, f"its list of UIDs cannot be read: {error}") from error
        if listed.uidvalidity != self._uidvalidity:
            why = f"it holds a mailbox of UIDVALIDITY {listed.uidvalidity}, and this one has {self._uidvalidity}"
            raise ExportInTheWayError(self._folder, why)

    def _letters(self, flags: Flags) -> str:
        for flag in sorted(flags):
            if filename.has_letter(flag) or any(flag.lower() == known.lower() for known in self._keywords):
                continue
            if flag.startswith("\\") or len(self._keywords) == len(filename.KEYWORDS):
                self.dropped[flag] = self.dropped.get(flag, 0) + 1
            else:
                # Its letter has to be known before it stands in a name: a run may end in between.
                self._keywords.append(flag)
                replace_file(self._folder / "dovecot-keywords", write_dovecot_keywords(self._keywords))
        letters = zip(filename.KEYWORDS, self._keywords, strict=False)
        return filename.letters_of(flags, {keyword.lower(): letter for letter, keyword in letters})


def folder_names(names: list[MailboxName], layout: str) -> dict[MailboxName, Path]:
    """Return the folder of each mailbox, relative to the account's.

    What cannot stand in a folder's name (a full stop in Maildir++, which separates there) becomes ``_``; what would be
    the same folder then gets a mark of its own.
    """
    found: dict[MailboxName, Path] = {}
    for name in sorted(names, key=lambda each: (each != INBOX, each)):
        path = _folder(name, layout)
        if path in found.values():
            mark = "~" + hashlib.sha256("\0".join(name).encode("utf-8", "surrogatepass")).hexdigest()[:8]
            path = path.with_name(path.name + mark)
        found[name] = path
    return found


def write_subscriptions(root: Path, names: list[MailboxName]) -> None:
    """Write Dovecot's list of subscriptions (version 2: a tab between components)."""
    rows = ("\t".join(mutf7.encode(part).decode("ascii") for part in name) for name in sorted(names))
    replace_file(root / "subscriptions", ("V\t2\n\n" + "".join(f"{row}\n" for row in rows)).encode("ascii"))


def replace_file(path: Path, data: bytes) -> None:
    """Let a file hold `data`, or what it held before; never a part of it."""
    temporary = path.with_name(f"{path.name}.new")
    with temporary.open("wb", buffering=0) as stream:
        _all(stream.fileno(), data)
        os.fsync(stream.fileno())
    temporary.rename(path)


def _folder(name: MailboxName, layout: str) -> Path:
    if layout == FS:
        return Path(*(_part(part, layout, top=not number) for number, part in enumerate(name)))
    if name == INBOX:
        return Path()
    text = "".join(f".{_part(part, layout, top=False)}" for part in name)
    if len(text) > _MOST_NAME_BYTES:
        text = f"{text[:_MOST_NAME_BYTES]}~{hashlib.sha256(text.encode()).hexdigest()[:8]}"
    return Path(text)


def _part(part: str, layout: str, *, top: bool) -> str:
    text = mutf7.encode(part).decode("ascii").replace("/", "_") or "_"
    if layout != FS:
        return text.replace(".", "_")
    text = f"_{text[1:]}" if text.startswith(".") else text
    if len(text) > _MOST_NAME_BYTES:
        text = f"{text[:_MOST_NAME_BYTES]}~{hashlib.sha256(text.encode()).hexdigest()[:8]}"
    return f"{text}_" if text in _RESERVED and not (top and text == "INBOX") else text


def _all(file: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(file, left) :]


def _digest(path: Path) -> bytes:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha1").digest()


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _sync(folder: Path) -> None:
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
