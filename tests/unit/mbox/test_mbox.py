"""What an mbox file says, read as an IMAP server would."""

from __future__ import annotations

import calendar
import io
import time

import hypothesis.strategies as st
import pytest
from hypothesis import given

from sterna.mbox.fields import from_line_date, read_fields, without_hidden
from sterna.mbox.index import index
from sterna.mbox.mailbox import MboxChangedError, MboxError, MboxMailbox
from sterna.mbox.tree import COMMUNIGATE, PLAIN, find_files, layout_of
from sterna.model.mailbox import INBOX
from sterna.state.file_uids import FileUids

FROM = b"From anna@lab.example Sun Jan  1 12:00:00 2006\n"
NUMBERED = (
    FROM
    + b"From: x\nX-IMAPbase: 4711 9 Work\nX-UID: 3\nStatus: RO\nX-Status: AF\nX-Keywords: Work\nSubject: one\n\none\n\n"
    + FROM
    + b"Subject: two\nX-UID: 9\nStatus: O\nDate: Sun, 1 Jan 2006 12:00:00 +0000\n\ntwo\nFrom here it is text\n\n\n"
    + FROM
    + b"Subject: three\n\nthree\n"
)


@pytest.fixture
def uids(tmp_path):
    store = FileUids.open(tmp_path / "state" / "uids.sqlite")
    yield store
    store.close()


def opened(path, uids, **options):
    return MboxMailbox(path, uids, **({"stopped": False, "any_from": False} | options))


def test_a_mailbox_is_as_its_server_shows_it(tmp_path, uids):
    path = tmp_path / "box"
    path.write_bytes(NUMBERED)
    box = opened(path, uids)
    assert (box.state.uidvalidity, box.state.uidnext, list(box.uids), box.unnumbered) == (4711, 10, [3, 9], 1)
    one, other = box.facts(1, 100)
    assert one.flags == {"\\Seen", "\\Answered", "\\Flagged", "Work"}
    assert other.flags == set()
    assert one.internaldate == int(time.mktime((2006, 1, 1, 12, 0, 0, 0, 1, -1)))
    assert box.body(3) == b"From: x\r\nSubject: one\r\n\r\none\r\n"
    second = box.body(9)
    assert second == b"Subject: two\r\nDate: Sun, 1 Jan 2006 12:00:00 +0000\r\n\r\ntwo\r\nFrom here it is text\r\n\r\n"
    assert (one.size_bytes, other.size_bytes) == (len(box.body(3) or b""), len(second))
    assert list(opened(path, uids, stopped=True).uids) == [3, 9, 10]


def test_uids_that_we_give_belong_to_the_bytes(tmp_path, uids):
    path = tmp_path / "box"
    letters = [FROM + b"Subject: %d\n\nbody\n\n" % number for number in (1, 2, 2, 3)]
    path.write_bytes(b"".join(letters))
    assert list(opened(path, uids).uids) == [1, 2, 3, 4]
    path.write_bytes(
        b"".join([letters[3], FROM + b"Subject: 4\n\n\n", letters[1]]).replace(b"Subj", b"Status: RO\nSubj")
    )
    box = opened(path, uids)
    assert list(box.uids) == [2, 4, 5]
    assert box.body(4) == b"Subject: 3\r\n\r\nbody\r\n"
    assert box.body(5) == b"Subject: 4\r\n\r\n"


def test_a_servers_own_note_is_no_message(tmp_path, uids):
    path = tmp_path / "box"
    path.write_bytes(FROM + b"Subject: DON'T DELETE THIS MESSAGE\nX-IMAP: 99 7\nStatus: RO\n\nNothing.\n\n")
    box = opened(path, uids)
    assert (box.state.messages, box.state.uidvalidity, box.state.uidnext) == (0, 99, 8)


def test_a_length_is_believed_only_where_it_leads_to_the_next_message():
    inner = b"quoted:\n\n" + FROM + b"Subject: inner\n\ninner\n"
    true = FROM + b"Content-Length: %d\n\n" % len(inner) + inner + b"\n" + FROM + b"\nx\n"
    assert len(list(index(io.BytesIO(true)))) == 2
    lie = FROM + b"Content-Length: 3\n\nlonger than three\n\n" + FROM + b"\nx\n"
    one, _ = index(io.BytesIO(lie))
    assert lie[one.body : one.end] == b"longer than three\n"


@pytest.mark.parametrize("length", [0, 1, 10**14])
def test_a_length_beyond_the_file_is_not_believed(length):
    data = FROM + b"Content-Length: %d\n\nbody\n" % length
    (one,) = index(io.BytesIO(data))
    assert data[one.body : one.end] == b"body\n"


def test_a_file_that_is_written_meanwhile_is_begun_anew(tmp_path, uids):
    path = tmp_path / "box"
    path.write_bytes(NUMBERED)
    box = opened(path, uids)
    path.write_bytes(NUMBERED + b"\n" + FROM + b"\nnew\n")
    assert not box.is_current
    with pytest.raises(MboxChangedError):
        box.body(3)


def test_what_is_no_mbox_is_refused(tmp_path, uids):
    (tmp_path / "log").write_text("today: nothing\n")
    with pytest.raises(MboxError, match="no mbox"):
        opened(tmp_path / "log", uids)
    (tmp_path / "empty").write_text("")
    assert opened(tmp_path / "empty", uids).state.messages == 0


def test_a_zone_in_the_separating_line_counts():
    assert from_line_date(b"From x Sun Jan  1 12:00:00 2006 +0100\n") == calendar.timegm((2006, 1, 1, 11, 0, 0))
    assert from_line_date(b"From x Sun Xxx  1 12:00:00 2006\n") is None
    assert from_line_date(b"From nobody\n") is None


def test_folded_fields_of_servers_go_whole():
    assert without_hidden(b"A: 1\nX-Keywords: a\n b\nStatus: RO\nB: 2\n\n") == b"A: 1\nB: 2\n\n"
    assert read_fields(b"X-Keywords: a\n b\n\n").flags == {"a", "b"}


@given(
    st.lists(
        st.lists(st.sampled_from([b"x", b"", b"From me", b">From you", b"\r"]), max_size=5).map(b"\n".join), max_size=6
    )
)
def test_messages_that_are_written_one_after_another_are_found_again(bodies):
    data = b"".join(FROM + b"A: b\n\n" + body + b"\n\n" for body in bodies)
    found = list(index(io.BytesIO(data)))
    assert [data[entry.body : entry.end] for entry in found] == [body + b"\n" for body in bodies]


@given(st.binary(max_size=300).map(lambda data: b"From " + data))
def test_any_bytes_have_messages_within_the_file(data):
    at = 0
    for entry in index(io.BytesIO(data), any_from=True):
        assert at <= entry.header <= entry.body <= entry.end <= len(data)
        at = entry.end


def test_both_layouts_are_found(tmp_path):
    plain, cgp = tmp_path / "plain", tmp_path / "cgp"
    (plain / "Work").mkdir(parents=True)
    (cgp / "Work.folder").mkdir(parents=True)
    for path in (plain / "inbox", plain / "Work" / "2020", cgp / "INBOX.mbox", cgp / "Work.folder" / "2020.mbox"):
        path.write_bytes(NUMBERED)
    (plain / "notes.txt").write_text("nothing")
    (cgp / "Old.mdir").mkdir()
    assert (layout_of(plain), layout_of(cgp)) == (PLAIN, COMMUNIGATE)
    for root, layout in ((plain, PLAIN), (cgp, COMMUNIGATE)):
        tree = find_files(root, layout)
        assert tree.files.keys() == {INBOX, ("Work", "2020")}
        assert tree.holders == {("Work",)}
        (left,) = tree.left_out
        assert left[0] in {("notes.txt",), ("Old",)}
