"""The table of ``sterna.toml`` for a new platform that is only known to speak IMAP."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from sterna.site.source import SourceImap


class TargetMail(SourceImap):
    """Any IMAP server as the target, with `target.product = "imap"`: mail is brought by APPEND and gets new UIDs.

    Each account has a connection of its own, so `access` is `authorize`, `master` or `password`; keys are those of
    `source.imap`.
    """

    table: ClassVar[str] = "target.mail"

    accounts: Path | None = None
    """The file that lists the accounts with their logins there, as for a source; needed with `access = "password"`.
    Without it, an account logs in under its address."""
