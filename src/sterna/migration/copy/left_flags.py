"""Flags that the target cannot hold, kept beside: a small file for each mailbox that has some."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from sterna.errors import Scope, SternaError
from sterna.model.address import Address
from sterna.model.mailbox import MailboxName

FOLDER: Final = "flags"
"""Folder below the site's state folder."""


class FlagsNotKeptError(SternaError):
    """The flags that were left out of a mailbox cannot be kept beside."""

    scope = Scope.MAILBOX
    exit_code = 74

    def __init__(self, folder: Path, why: str) -> None:
        self.folder = folder
        super().__init__(
            f"flags that the target cannot hold cannot be kept in {folder}: {why}; they are still on the source. Free "
            "the disk and run copy again"
        )


class LeftFlags:
    """Keeps them below one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, account: Address, mailbox: MailboxName, flags: Mapping[int, tuple[str, ...]]) -> Path:
        """Add what was left out of a mailbox to its file, by UID, and return that; only its owner may read it.

        Raises:
            FlagsNotKeptError: it cannot be written.
        """
        said = json.dumps([str(account), *mailbox], ensure_ascii=False).encode("utf-8", "surrogatepass")
        path = self._folder / f"{account}-{hashlib.sha256(said).hexdigest()[:16]}.json"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            held = json.loads(path.read_text("utf-8"))["flags"] if path.exists() else {}
            held |= {str(uid): list(names) for uid, names in flags.items()}
            rows = dict(sorted(held.items(), key=lambda row: int(row[0])))
            text = json.dumps({"account": str(account), "mailbox": list(mailbox), "flags": rows}, indent=1)
            new = path.with_suffix(".new")
            with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
                file.write(text + "\n")
                file.flush()
                os.fsync(file.fileno())
            new.replace(path)
        except (OSError, ValueError, KeyError) as error:
            raise FlagsNotKeptError(self._folder, str(error)) from error
        return path
