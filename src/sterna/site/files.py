"""The table of ``sterna.toml`` for mail in files instead of a server."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import Field

from sterna.site.tables import Name, Table


class FileLayout(enum.StrEnum):
    """How an account's mailboxes lie in its folder.

    ``maildir++``: ``.Work.2020`` beside the INBOX's ``cur``. ``fs``: ``Work/2020/cur``, as Dovecot's ``LAYOUT=fs``.
    ``plain``: mbox files ``Work/2020``. ``communigate``: ``Work.mbox`` and ``Work.folder/2020.mbox``.
    """

    AUTO = "auto"
    MAILDIRPP = "maildir++"
    FS = "fs"
    PLAIN = "plain"
    COMMUNIGATE = "communigate"


class SourceFiles(Table):
    """Mail in files instead of a server, for the products `maildir` and `mbox`; the files are only read."""

    table: ClassVar[str] = "source.files"

    path: Annotated[Path, Field(examples=["/srv/mail/{domain}/{user}/Maildir"])]
    """Where an account's mailboxes are; `{domain}` and `{user}` each stand for a part of one folder's name."""
    domain: Name | None = None
    """The accounts' domain, when `{domain}` is not in `path`."""
    inbox: Annotated[Path, Field(examples=["/var/mail/{user}"])] | None = None
    """An mbox file that is the INBOX, when it is not among the others."""
    layout: FileLayout = FileLayout.AUTO
    """`maildir++` or `fs` for Maildir; `plain` or `communigate` for mbox. `auto` finds out which of the two it is."""
    stopped: bool = False
    """Nothing writes to the files any more. Then messages that their server has not numbered yet get a UID; otherwise
    they are left for a later pass, because that server would give them another one."""
