"""Write accounts' mail from either side as Maildir: a copy to keep, and the way back."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sterna.errors import Scope, SternaError
from sterna.imap.content import Content
from sterna.maildir.folders import FS
from sterna.maildir.writer import MaildirWriter, folder_names, write_subscriptions
from sterna.migration.copy.places import JOURNAL
from sterna.migration.copy.windows import batches
from sterna.migration.jobs import run_together
from sterna.migration.origin.opening import open_origin
from sterna.migration.origin.ports import MailReader
from sterna.migration.verify.reread import open_owner
from sterna.model.address import Address
from sterna.model.mailbox import ListedMailbox, MailboxName, MessageFacts
from sterna.openldap.directory import Directory
from sterna.openldap.tree import Tree
from sterna.site.declaration import Site
from sterna.state.journal import Journal

_WINDOW: Final = 1000
"""How many messages are looked at together."""


SOURCE: Final = "source"
TARGET: Final = "target"
"""Which server the mail is read from."""


@dataclass(frozen=True, slots=True)
class ExportFailure:
    """What could not be written, and why."""

    account: Address
    mailbox: str
    uid: int | None
    reason: str

    def __str__(self) -> str:
        where = ": ".join(filter(None, (str(self.account), self.mailbox, f"UID {self.uid}" if self.uid else "")))
        return f"{where}: {self.reason}"


@dataclass(slots=True)
class ExportReport:
    """What one run of an export did.

    Fields:
        kept: messages that are gone from the server and stay in the export.
        renamed: mailboxes, with their account, whose folder is not called as they are.
    """

    accounts: int = 0
    mailboxes: int = 0
    written: int = 0
    unchanged: int = 0
    flagged: int = 0
    kept: int = 0
    bytes: int = 0
    renamed: list[tuple[Address, str, str]] = field(default_factory=list)
    failures: list[ExportFailure] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """0 when everything that is on the server is in the export."""
        return 3 if self.failures else 0

    def as_json(self) -> dict[str, object]:
        """Return the report as the interface `export maildir --json` promises it."""
        numbers = ("accounts", "mailboxes", "written", "unchanged", "flagged", "kept", "bytes")
        return {
            **{name: getattr(self, name) for name in numbers},
            "renamed": [
                {"account": str(account), "mailbox": name, "folder": folder} for account, name, folder in self.renamed
            ],
            "failures": [
                {"account": str(row.account), "mailbox": row.mailbox, "uid": row.uid, "reason": row.reason}
                for row in self.failures
            ],
        }


async def export_maildir(
    site: Site,
    out: Path,
    *,
    side: str = TARGET,
    layout: str,
    accounts: Sequence[str] | None = None,
) -> ExportReport:
    """Write the mail of all accounts, or of those named, below ``out/<domain>/<name>``; both servers are only read.

    Args:
        site: the source and the target.
        out: made when it is missing; what an earlier run wrote there is completed.
        side: which server is read, `SOURCE` or `TARGET`.
        layout: `sterna.maildir.folders.MAILDIRPP` or `FS`.
        accounts: full addresses; on the source also names in its main domain.

    Raises:
        SternaError: of a scope beyond one account; what was written until then is whole.
    """
    report = ExportReport()
    async with _opened(site, side, accounts) as (addresses, open_account):
        queue = iter(addresses)

        async def worker() -> None:
            for address in queue:
                one = _AccountExport(site, address, out, layout, report)
                await one.run(open_account, side)

        await run_together(worker() for _ in range(site.policy.parallel_accounts))
    report.failures.sort(key=str)
    return report


OpenAccount = Callable[[Address], Awaitable[tuple[MailReader, bytes]]]
"""Connects; the reader has to be closed, and the names of mailboxes stand behind the prefix."""


@asynccontextmanager
async def _opened(
    site: Site, side: str, accounts: Sequence[str] | None
) -> AsyncIterator[tuple[list[Address], OpenAccount]]:
    """Yield the accounts and what opens a reader of one."""
    if side is TARGET:
        names = accounts if accounts is not None else await asyncio.to_thread(_everybody, site)

        async def owner(address: Address) -> tuple[MailReader, bytes]:
            return await open_owner(site, address), b""

        yield sorted(Address.parse(name) for name in names), owner
        return
    async with open_origin(site) as origin:

        async def reader(address: Address) -> tuple[MailReader, bytes]:
            return await origin.open(address), origin.prefix(address)

        yield await origin.addresses(accounts), reader


class _AccountExport:
    """Writes one account."""

    def __init__(self, site: Site, address: Address, out: Path, layout: str, report: ExportReport) -> None:
        self._site = site
        self._address = address
        self._root = out / address.domain / address.local
        self._layout = layout
        self._report = report

    async def run(self, open_account: OpenAccount, side: str) -> None:
        try:
            reader, prefix = await open_account(self._address)
        except SternaError as error:
            if error.scope > Scope.ACCOUNT:
                raise
            self._fail("", None, str(error))
            return
        try:
            boxes = [box for box in await reader.mailboxes(prefix) if box.selectable]
            names = [box.name for box in boxes]
            folders = folder_names(names, self._layout)
            for box in boxes:
                await self._attempt(box, self._mailbox(reader, prefix, box, self._root / folders[box.name], side))
                self._note_name(box.name, folders[box.name])
            subscribed = [box.name for box in await reader.subscribed(prefix)]
            await asyncio.to_thread(write_subscriptions, self._root, subscribed)
            self._report.accounts += 1
        except SternaError as error:
            if error.scope > Scope.ACCOUNT:
                raise
            self._fail("", None, str(error))
        finally:
            await reader.close()

    async def _attempt(self, box: ListedMailbox, work: Awaitable[None]) -> None:
        try:
            await work
        except SternaError as error:
            if error.scope > Scope.MAILBOX:
                raise
            self._fail("/".join(box.name), None, str(error))

    async def _mailbox(self, reader: MailReader, prefix: bytes, box: ListedMailbox, folder: Path, side: str) -> None:
        state = await reader.examine(prefix + box.wire)
        uids = await reader.uids()
        writer = await asyncio.to_thread(MaildirWriter, folder, state.uidvalidity)
        digests = await asyncio.to_thread(self._digests, box.name, state.uidvalidity, side)
        self._report.kept += len(writer.uids.difference(uids))
        try:
            for start in range(0, len(uids), _WINDOW):
                await self._window(reader, writer, uids[start : start + _WINDOW], digests, box)
        finally:
            await asyncio.to_thread(writer.finish, state.uidnext)
        for keyword, number in sorted(writer.dropped.items()):
            self._fail("/".join(box.name), None, f"a Maildir cannot hold the keyword {keyword!r} of {number} messages")
        self._report.mailboxes += 1

    async def _window(
        self,
        reader: MailReader,
        writer: MaildirWriter,
        uids: array[int],
        digests: Mapping[int, bytes],
        box: ListedMailbox,
    ) -> None:
        wanted = set(uids)
        facts = {f.uid: f for f in await reader.facts(uids[0], uids[-1]) if f.uid in wanted}
        there = writer.uids
        for uid in sorted(facts.keys() & there):
            await asyncio.to_thread(writer.size_bytes, uid)
            changed = await asyncio.to_thread(writer.set_flags, uid, facts[uid].flags)
            self._report.flagged += changed
            self._report.unchanged += not changed
        missing = sorted(facts.keys() - there)
        for batch in batches(missing, facts):
            bodies: dict[int, Content] = {}
            await reader.bodies(batch, bodies.__setitem__)
            for uid, reason in await asyncio.to_thread(_write, writer, bodies, facts, digests):
                self._fail("/".join(box.name), uid, reason)
            self._report.written += len(bodies)
            self._report.bytes += sum(map(len, bodies.values()))
            if gone := set(batch) - bodies.keys():
                still = {fact.uid for fact in await reader.facts(min(gone), max(gone))} & gone
                for uid in sorted(still):
                    self._fail("/".join(box.name), uid, "the server lists it and does not give its bytes")

    def _digests(self, name: MailboxName, uidvalidity: int, side: str) -> dict[int, bytes]:
        """Return the SHA-1s that were taken when the messages were copied, by UID, where they were."""
        path = self._site.state_dir / JOURNAL
        if not path.exists():
            return {}
        journal = Journal.open(path)
        try:
            for row in journal.mailboxes(str(self._address)).values():
                if (row.target if side is TARGET else row.source) == name and row.uidvalidity == uidvalidity:
                    return {uid: known.guid for uid, known in journal.rows(row.id).items() if known.stored}
        finally:
            journal.close()
        return {}

    def _note_name(self, name: MailboxName, folder: Path) -> None:
        plain = Path(*name) if self._layout == FS else Path("." + ".".join(name))
        if str(folder) != "." and "&" not in str(folder) and folder != plain:
            self._report.renamed.append((self._address, "/".join(name), str(folder)))

    def _fail(self, mailbox: str, uid: int | None, reason: str) -> None:
        self._report.failures.append(ExportFailure(self._address, mailbox, uid, reason))


def _write(
    writer: MaildirWriter,
    bodies: Mapping[int, Content],
    facts: Mapping[int, MessageFacts],
    digests: Mapping[int, bytes],
) -> list[tuple[int, str]]:
    """Write messages; return those whose bytes are not the ones that were copied once."""
    different: list[tuple[int, str]] = []
    for uid, content in sorted(bodies.items()):
        found = writer.write(facts[uid], content)
        if digests.get(uid, found) != found:
            different.append((uid, "its bytes are not those that were copied; it was written as the server gives it"))
    return different


def _everybody(site: Site) -> list[str]:
    """Return the addresses of all accounts that the target's directory has."""
    directory = Directory.open(site.target.directory)
    try:
        tree = Tree(site.target.directory.suffix)
        found = directory.search(tree.users, "(objectClass=greenUser)", ("mail",))
        return [mail[0].decode() for entry in found if (mail := entry.attributes.get("mail"))]
    finally:
        directory.close()
