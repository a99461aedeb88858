"""Mail in files as a source: the accounts are the folders that there are; nothing else is known of them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from sterna.errors import Scope, SternaError
from sterna.migration.origin.account_files import MaildirFiles, MboxFiles
from sterna.migration.origin.file_reader import FilesReader, UnreadableFilesError
from sterna.migration.origin.ports import Besides, MailReader
from sterna.migration.workers import UnknownAccountError
from sterna.model.address import Address, AddressError
from sterna.model.mailbox import MailboxName
from sterna.site.declaration import Site
from sterna.site.files import SourceFiles
from sterna.state.file_uids import FileUids

UIDS: Final = "file-uids.sqlite"
"""The file in the state folder with the UIDs that were given here."""

_PLACES: Final = re.compile(r"\{(user|domain)\}")


class NoAccountFoldersError(SternaError):
    """No folder is there as `source.files.path` says."""

    scope = Scope.RUN
    exit_code = 66

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(f"source.files: there is no folder of an account as {path} says; nothing was done")


class FilesOrigin:
    """Folders of accounts."""

    def __init__(self, site: Site, files: SourceFiles, accounts: Mapping[Address, Path], uids: FileUids) -> None:
        self._product = site.source.product
        self._at_a_time = site.policy.parallel_accounts
        self._files = files
        self._accounts = accounts
        self._uids = uids

    @property
    def one_login(self) -> bool:
        """Each account has a reader of its own."""
        return False

    @property
    def connections(self) -> int:
        """As many as accounts may be worked on together."""
        return self._at_a_time

    async def addresses(self, accounts: Sequence[str] | None) -> list[Address]:
        """Return all accounts, or those named; a name without domain is in the declared one."""
        if accounts is None:
            return sorted(self._accounts)
        wanted = {Address.parse(name, domain=self._files.domain) for name in accounts}
        if unknown := wanted.difference(self._accounts):
            raise UnknownAccountError(str(address) for address in sorted(unknown))
        return sorted(wanted)

    async def open(self, address: Address) -> MailReader:
        """Return a reader of the account's files."""
        root = self._accounts[address]
        if self._product == "maildir":
            return FilesReader(MaildirFiles(root, self._uids, self._files))
        inbox = self._files.inbox
        path = None if inbox is None else _filled(inbox, address)
        return FilesReader(MboxFiles(root, path, self._uids, self._files))

    def prefix(self, address: Address) -> bytes:
        """Return nothing."""
        del address
        return b""

    async def subscriptions(self, address: Address, reader: MailReader) -> frozenset[MailboxName]:
        """Return what a list of subscriptions among the files tells."""
        del address
        return frozenset(box.name for box in await reader.subscribed())

    async def besides(self, address: Address, reader: MailReader) -> Besides:
        """Return the subscriptions; files tell nothing else."""
        return Besides(await self.subscriptions(address, reader))


@asynccontextmanager
async def open_files(site: Site) -> AsyncIterator[FilesOrigin]:
    """Find the accounts' folders.

    Raises:
        NoAccountFoldersError: there is none.
        UnreadableFilesError: they cannot be looked at.
        JournalError: the UIDs that were given here cannot be read.
    """
    files = site.source.files
    if files is None:
        raise ValueError("a source of this product has the table source.files")
    try:
        accounts = dict(await asyncio.to_thread(lambda: list(find_accounts(files))))
    except OSError as error:
        raise UnreadableFilesError(error) from error
    if not accounts:
        raise NoAccountFoldersError(files.path)
    uids = FileUids.open(site.state_dir / UIDS)
    try:
        yield FilesOrigin(site, files, accounts, uids)
    finally:
        uids.close()


def find_accounts(files: SourceFiles) -> Iterator[tuple[Address, Path]]:
    """Yield the accounts that have a folder as `files.path` says; what is no address is none."""
    parts = files.path.parts
    fixed = next((number for number, part in enumerate(parts) if _PLACES.search(part)), len(parts))
    yield from _below(Path(*parts[:fixed]), parts[fixed:], {"domain": files.domain or ""})


def _below(folder: Path, parts: Sequence[str], said: Mapping[str, str]) -> Iterator[tuple[Address, Path]]:
    if not parts:
        if folder.is_dir():
            try:
                yield Address.parse(f"{said.get('user', '')}@{said['domain']}"), folder
            except AddressError:
                return
        return
    if not _PLACES.search(parts[0]):
        yield from _below(folder / parts[0], parts[1:], said)
    elif folder.is_dir():
        pattern = re.compile(_PLACES.sub(r"(?P<\1>.+)", _escaped(parts[0])))
        for entry in sorted(folder.iterdir()):
            found = pattern.fullmatch(entry.name)
            if found and not entry.name.startswith("."):
                yield from _below(entry, parts[1:], {**said, **found.groupdict()})


def _escaped(part: str) -> str:
    return "".join(piece if _PLACES.fullmatch(piece) else re.escape(piece) for piece in re.split(r"(\{\w+\})", part))


def _filled(path: Path, address: Address) -> Path:
    return Path(str(path).replace("{user}", address.local).replace("{domain}", address.domain))
