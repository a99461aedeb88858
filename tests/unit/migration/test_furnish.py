"""Furnishing: read back, tried again, and never forgotten before it is done."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from sterna.cyrus.acl import OWNER_RIGHTS, parse_acl, write_acl
from sterna.cyrus.mailbox_state import MailboxHeader, MailboxUpdate, UserState
from sterna.cyrus.names import internal
from sterna.cyrus.replication import MailboxChangedError, ReplicationRefusedError
from sterna.migration.copy.furnish import Furnisher
from sterna.migration.copy.furniture import Furniture
from sterna.migration.copy.ports import JournalThread
from sterna.model.address import Address
from sterna.state.journal import Journal

ANNA = Address("lab.example", "anna")
WORK = ("Work",)
NAMES = {WORK: WORK}
NOBODY = UserState({}, frozenset(), frozenset(), frozenset())


class Writer:
    """One mailbox with an access control list; `errors` are raised by the next writes."""

    def __init__(self) -> None:
        owner = write_acl({b"anna@lab.example": OWNER_RIGHTS})
        self.box = MailboxHeader(internal(ANNA, WORK), b"u", b"default", 1, 0, 1, 0, 0, {b"ACL": owner})
        self.errors: list[ReplicationRefusedError] = []

    async def header(self, name: bytes) -> MailboxHeader | None:
        return self.box if name == self.box.name else None

    async def apply(self, update: MailboxUpdate) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.box = replace(self.box, echo=dict(update.echo))

    @property
    def others(self) -> set[bytes]:
        acl = self.box.echo[b"ACL"]
        assert isinstance(acl, bytes)
        return set(parse_acl(acl)) - {b"anna@lab.example"}


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[JournalThread]:
    thread = JournalThread(Journal.open(tmp_path / "journal.sqlite"))
    yield thread
    thread.close()


def bobs(rights: bytes = b"lr") -> Furniture:
    return Furniture({WORK: {b"bob@lab.example": rights}})


async def furnish(writer: Writer, journal: JournalThread, wanted: Furniture, names=NAMES) -> list[str]:
    failures = []
    furnisher = Furnisher(ANNA, journal, writer, lambda: 1.0)  # type: ignore[arg-type]  # as much as is used of one
    async for _, work in furnisher.steps(wanted, NOBODY, names):
        try:
            await work
        except ReplicationRefusedError as error:
            failures.append(str(error))
    return failures


async def test_rights_are_given_and_taken_back(journal: JournalThread) -> None:
    writer = Writer()
    assert await furnish(writer, journal, bobs()) == []
    assert writer.others == {b"bob@lab.example"}
    assert await furnish(writer, journal, Furniture()) == []
    assert writer.others == set()
    assert await journal.given(str(ANNA)) == frozenset()


async def test_a_right_that_could_not_be_taken_back_is_taken_back_by_the_next_pass(journal: JournalThread) -> None:
    writer = Writer()
    await furnish(writer, journal, bobs())
    writer.errors = [ReplicationRefusedError("MAILBOX", b"Work", b"no")]
    assert len(await furnish(writer, journal, Furniture())) == 1
    assert writer.others == {b"bob@lab.example"}
    assert await furnish(writer, journal, Furniture()) == []
    assert writer.others == set()


async def test_a_mailbox_that_is_left_out_of_a_pass_keeps_its_rows(journal: JournalThread) -> None:
    writer = Writer()
    await furnish(writer, journal, bobs())
    assert await furnish(writer, journal, Furniture(), names={}) == []
    assert writer.others == {b"bob@lab.example"}
    await furnish(writer, journal, Furniture())
    assert writer.others == set()


async def test_a_mailbox_that_somebody_else_changed_is_looked_at_again(journal: JournalThread) -> None:
    writer = Writer()
    writer.errors = [MailboxChangedError("MAILBOX", b"Work", b"IMAP_SYNC_CHANGED")] * 2
    assert await furnish(writer, journal, bobs()) == []
    assert writer.others == {b"bob@lab.example"}
