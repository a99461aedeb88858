"""A mailbox that is written is the mailbox that is read; an interrupted run leaves nothing half."""

from __future__ import annotations

import hashlib
from itertools import pairwise
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given

from sterna.imap.content import Content, whole
from sterna.imap.spool import SpoolFile
from sterna.maildir.folders import FS, MAILDIRPP, find_folders, subscribed_names
from sterna.maildir.mailbox import MaildirMailbox
from sterna.maildir.writer import (
    ExportInTheWayError,
    ExportWriteError,
    MaildirWriter,
    folder_names,
    write_subscriptions,
)
from sterna.model.mailbox import INBOX, MessageFacts
from sterna.state.file_uids import FileUids

NAMES = st.lists(
    st.lists(st.text("aäA./~_&\x01", min_size=1, max_size=4), min_size=1, max_size=3).map(tuple),
    max_size=8,
    unique=True,
)


def fact(uid, *flags, date=1_000_000_000):
    return MessageFacts(uid, frozenset(flags), date, 0)


@pytest.fixture
def uids(tmp_path):
    store = FileUids.open(tmp_path / "state" / "uids.sqlite")
    yield store
    store.close()


def test_what_is_written_is_read_back(tmp_path, uids):
    writer = MaildirWriter(tmp_path / "box", 7)
    large = SpoolFile(tmp_path)
    large.write(b"large\r" * 1000)
    large.write(b"\nend\r\n")
    bodies: dict[int, Content] = {3: b"a: b\r\n\r\n\x00\xe4\r\n", 9: b"no end", 12: large}
    for uid, body in bodies.items():
        written = writer.write(fact(uid, "\\Seen", "Work", "$MDNSent"), body)
        assert written == hashlib.sha1(whole(body), usedforsecurity=False).digest()
    writer.finish(40)
    read = MaildirMailbox(tmp_path / "box", uids, stopped=False)
    assert (read.state.uidvalidity, read.state.uidnext, list(read.uids)) == (7, 40, [3, 9, 12])
    for found in read.facts(1, 99):
        assert found.flags == {"\\Seen", "Work", "$MDNSent"}
        assert found.internaldate == 1_000_000_000
        assert found.size_bytes == len(bodies[found.uid])
    assert (read.body(3), read.body(9)) == (bodies[3], bodies[9])


def test_a_run_that_was_killed_goes_on_where_it_was(tmp_path, uids):
    killed = MaildirWriter(tmp_path / "box", 7)
    killed.write(fact(3, "Work"), b"x\r\n")
    (tmp_path / "box" / "tmp" / "half").write_bytes(b"ha")
    writer = MaildirWriter(tmp_path / "box", 7)
    assert writer.uids == {3}
    assert writer.set_flags(3, frozenset({"Work", "\\Seen"}))
    assert not writer.set_flags(3, frozenset({"Work", "\\Seen"}))
    writer.write(fact(4), b"y\r\n")
    writer.finish(5)
    read = MaildirMailbox(tmp_path / "box", uids, stopped=False)
    assert [(each.uid, each.flags) for each in read.facts(1, 9)] == [
        (3, frozenset({"Work", "\\Seen"})),
        (4, frozenset()),
    ]


def test_another_mailbox_in_the_folder_is_left_alone(tmp_path):
    MaildirWriter(tmp_path / "box", 7).finish(5)
    with pytest.raises(ExportInTheWayError, match="UIDVALIDITY 7"):
        MaildirWriter(tmp_path / "box", 8)
    (tmp_path / "theirs" / "cur").mkdir(parents=True)
    (tmp_path / "theirs" / "cur" / "1.x:2,").write_bytes(b"mail")
    with pytest.raises(ExportInTheWayError, match="no message of this mailbox"):
        MaildirWriter(tmp_path / "theirs", 8)
    assert (tmp_path / "theirs" / "cur" / "1.x:2,").read_bytes() == b"mail"


def test_a_file_that_was_changed_since_is_named(tmp_path):
    MaildirWriter(tmp_path / "box", 7).write(fact(3), b"x\r\n")
    (path,) = (tmp_path / "box" / "cur").iterdir()
    path.write_bytes(b"longer than that")
    with pytest.raises(ExportWriteError, match="16 bytes and was written with 3"):
        MaildirWriter(tmp_path / "box", 7).size_bytes(3)


def test_keywords_beyond_the_alphabet_are_counted(tmp_path):
    writer = MaildirWriter(tmp_path / "box", 7)
    writer.write(fact(1, *(f"k{number:02}" for number in range(28))), b"x\r\n")
    writer.write(fact(2, "k27", "K00"), b"x\r\n")
    assert writer.dropped == {"k26": 1, "k27": 2}


@given(NAMES, st.sampled_from([MAILDIRPP, FS]))
def test_no_two_mailboxes_share_a_folder(names, layout):
    found = folder_names([INBOX, *(name for name in names if name != INBOX)], layout)
    folders = list(found.values())
    assert len({*folders}) == len(folders)
    assert all(".." not in folder.parts and not folder.is_absolute() for folder in folders)
    assert found[INBOX] == (Path() if layout == MAILDIRPP else Path("INBOX"))


@pytest.mark.parametrize("layout", [MAILDIRPP, FS])
def test_names_and_subscriptions_are_read_back(tmp_path, layout):
    names = [INBOX, ("Work",), ("Work", "2020"), ("Entwürfe",), ("cur",)]
    root = tmp_path / "x"
    for folder in folder_names(names, layout).values():
        MaildirWriter(root / folder, 7).finish(1)
    write_subscriptions(root, names)
    found = {folder.name for folder in find_folders(root, layout)}
    assert found == {*names} if layout == MAILDIRPP else {*names[:-1], ("cur_",)}
    assert set(subscribed_names(root, layout)) == set(names)
    assert all(one != other for one, other in pairwise(sorted(found)))
