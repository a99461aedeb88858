"""Accounts in folders, read as if by IMAP."""

from __future__ import annotations

import os

import pytest

from sterna.errors import SternaError
from sterna.migration.origin.account_files import MaildirFiles, MboxFiles
from sterna.migration.origin.file_reader import FilesReader
from sterna.migration.origin.files import find_accounts
from sterna.model.mailbox import INBOX
from sterna.site.files import SourceFiles
from sterna.state.file_uids import FileUids


@pytest.fixture
def uids(tmp_path):
    store = FileUids.open(tmp_path / "state" / "uids.sqlite")
    yield store
    store.close()


def maildir(root, *names):
    for name in ("cur", "new", "tmp"):
        (root / name).mkdir(parents=True, exist_ok=True)
    for name in names:
        (root / "cur" / name).write_bytes(b"a: b\n\n" + name.encode() + b"\n")
    return root


@pytest.mark.parametrize(
    ("pattern", "options", "found"),
    {
        "a folder for each part": ("{domain}/{user}/Maildir", {}, {"anna@lab.example", "rene@lab.example"}),
        "a part of a name": ("{user}.macnt", {"domain": "lab.example"}, {"gudrun@lab.example"}),
        "no domain in the path": ("lab.example/{user}", {"domain": "x.example"}, {"anna@x.example", "rene@x.example"}),
        "nothing there": ("nothing/{user}", {"domain": "x.example"}, set()),
    }.values(),
)
def test_accounts_are_the_folders_that_fit(tmp_path, pattern, options, found):
    for folder in (
        "lab.example/anna/Maildir",
        "lab.example/rene/Maildir",
        "gudrun.macnt",
        ".hidden/x/Maildir",
        "a b/c",
    ):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "lab.example" / "file").write_text("no folder")
    accounts = dict(find_accounts(SourceFiles(path=tmp_path / pattern, **options)))
    assert set(map(str, accounts)) == found
    assert all(path.is_dir() for path in accounts.values())


async def test_a_maildir_is_read_as_by_imap(tmp_path, uids):
    root = maildir(tmp_path / "anna", "1.a:2,S", "2.b:2,", "3.c:2,F")
    maildir(root / ".Work")
    maildir(root / ".INBOX")
    (root / "courierimapsubscribed").write_text("INBOX.Work\nINBOX\n")
    reader = FilesReader(MaildirFiles(root, uids, SourceFiles(path=root, domain="x")))
    boxes = {box.name: box.wire for box in await reader.mailboxes()}
    assert boxes.keys() == {INBOX, ("Work",)}
    assert {box.name for box in await reader.subscribed()} == {INBOX, ("Work",)}
    (state,) = await reader.status([boxes[INBOX]])
    assert await reader.examine(boxes[INBOX]) == state
    assert state is not None
    assert (state.messages, list(await reader.uids())) == (3, [1, 2, 3])
    assert [fact.uid for fact in await reader.facts_of([1, 3])] == [1, 3]
    assert (await reader.flags(3, 3))[3] == {"\\Flagged"}
    (root / "cur" / "2.b:2,").unlink()
    bodies: dict[int, object] = {}
    await reader.bodies([1, 2, 3], bodies.__setitem__)
    assert bodies == {1: b"a: b\r\n\r\n1.a:2,S\r\n", 3: b"a: b\r\n\r\n3.c:2,F\r\n"}
    ((name, why, _),) = await reader.remarks()
    assert (name, "would be the same mailbox" in why) == (INBOX, True)
    await reader.close()


async def test_a_mark_is_equal_while_nothing_changes_and_never_given_too_early(tmp_path, uids):
    root = maildir(tmp_path / "anna", "1.a:2,S")
    reader = FilesReader(MaildirFiles(root, uids, SourceFiles(path=root, domain="x")))
    ((wire,),) = [[box.wire for box in await reader.mailboxes()]]
    await reader.examine(wire)
    assert await reader.mark() == "", "it may change again within the same tick of the clock"
    for folder in ("cur", "new"):
        os.utime(root / folder, (1_000_000_000, 1_000_000_000))
    await reader.examine(wire)
    mark = await reader.mark()
    assert mark
    assert await reader.marks([(wire, mark)]) == [mark]
    (root / "cur" / "1.a:2,S").rename(root / "cur" / "1.a:2,")
    assert await reader.marks([(wire, mark)]) != [mark]
    await reader.close()


async def test_what_is_not_numbered_yet_is_told(tmp_path, uids):
    root = maildir(tmp_path / "anna", "1.a:2,S", "2.b:2,")
    (root / "dovecot-uidlist").write_text("3 V7 N2 Gx\n1 :1.a\n")
    reader = FilesReader(MaildirFiles(root, uids, SourceFiles(path=root, domain="x")))
    (box,) = await reader.mailboxes()
    assert (await reader.examine(box.wire)).messages == 1
    ((name, why, todo),) = await reader.remarks()
    assert (name, "not given a UID yet: 1;" in why, "stopped" in todo) == (INBOX, True, True)
    await reader.close()


async def test_communigates_files_say_what_they_do_not_tell(tmp_path, uids):
    root = tmp_path / "anna.macnt"
    (root / "Work.folder").mkdir(parents=True)
    text = b"From <anna@x> strange fields 4711 SR\nDate: Sun, 1 Jan 2006 12:00:00 +0000\nSubject: one\n\nbody\n"
    for path in ("INBOX.mbox", "Work.folder/2020.mbox"):
        (root / path).write_bytes(text)
    (root / "Old.mdir").mkdir()
    reader = FilesReader(MboxFiles(root, None, uids, SourceFiles(path=root, domain="x")))
    boxes = {box.name: box for box in await reader.mailboxes()}
    assert {name for name, box in boxes.items() if box.selectable} == {INBOX, ("Work", "2020")}
    await reader.examine(boxes[INBOX].wire)
    (fact,) = await reader.facts(1, 9)
    assert (fact.flags, fact.internaldate) == (frozenset(), 1136116800)
    said = " ".join(why for _, why, _ in await reader.remarks())
    assert ".mdir mailboxes is not published" in said
    assert "flags and UIDs" in said
    await reader.close()


async def test_an_account_without_files_is_one_clear_error(tmp_path, uids):
    (tmp_path / "x").mkdir()
    options = SourceFiles(path=tmp_path, domain="x")
    for files in (MaildirFiles(tmp_path / "x", uids, options), MboxFiles(tmp_path / "x", None, uids, options)):
        reader = FilesReader(files)
        with pytest.raises(SternaError):
            await reader.mailboxes()
        await reader.close()
