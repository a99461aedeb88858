"""What a Maildir says, read as an IMAP server would."""

from __future__ import annotations

import contextlib
import os
from itertools import pairwise

import hypothesis.strategies as st
import pytest
from hypothesis import given

from sterna.errors import FormatError
from sterna.imap.lines import with_crlf
from sterna.maildir import filename, folders
from sterna.maildir.keywords import parse_courier_keywords, parse_dovecot_keywords, write_dovecot_keywords
from sterna.maildir.mailbox import MaildirMailbox, MailFilesError
from sterna.maildir.uidlist import parse_uid_list, write_uid_list
from sterna.model.mailbox import INBOX
from sterna.state.file_uids import FileUids

BASES = st.text("abc0123.,=MP-", min_size=1, max_size=12)


@pytest.fixture
def uids(tmp_path):
    store = FileUids.open(tmp_path / "state" / "uids.sqlite")
    yield store
    store.close()


def maildir(folder, files=(), **lists):
    """A mailbox with files by name, in cur when they have flags."""
    for name in ("cur", "new", "tmp"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for name, content in dict(files).items():
        (folder / ("cur" if ":" in name else "new") / name).write_bytes(content)
    for name, content in lists.items():
        (folder / name.replace("_", "-")).write_text(content)
    return folder


@pytest.mark.parametrize(
    ("letters", "flags"),
    {
        "none": ("", set()),
        "all": ("DFPRST", {"\\Draft", "\\Flagged", "\\Answered", "\\Seen", "\\Deleted"}),
        "keywords": ("Sab", {"\\Seen", "Work", "Play"}),
        "an unknown letter says nothing": ("Sz?", {"\\Seen"}),
        "more behind a comma": ("S,x", {"\\Seen"}),
    }.values(),
)
def test_letters_are_flags(letters, flags):
    assert filename.flags_of(letters, {"a": "Work", "b": "Play"}) == flags


@given(st.sets(st.sampled_from([*filename.LETTERS.values(), "Work", "Play"])))
def test_flags_that_are_written_into_a_name_are_read_back(flags):
    letters = filename.letters_of(frozenset(flags), {"work": "a", "play": "b"})
    assert filename.flags_of(letters, {"a": "Work", "b": "Play"}) == flags
    assert list(letters) == sorted(letters)


@given(st.dictionaries(BASES, st.integers(1, 2**31), max_size=20).filter(lambda d: len(set(d.values())) == len(d)))
def test_a_list_of_uids_that_is_written_is_read_back(uids):
    rows = sorted((uid, base) for base, uid in uids.items())
    read = parse_uid_list(write_uid_list(77, 2**32 - 1, "0" * 32, rows))
    assert (read.uidvalidity, read.uidnext, read.uids) == (77, 2**32 - 1, uids)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_list_of_uids_or_an_error(data):
    with contextlib.suppress(FormatError):
        assert parse_uid_list(data).uidnext > 0


def test_dovecots_additions_and_couriers_list_are_read():
    dovecot = parse_uid_list(b"3 V12 N5 Gabc\n2 W120 S100 :1.a,S=1\n4 :1.b:2,S\n")
    assert (dovecot.uidvalidity, dovecot.uidnext, dovecot.uids) == (12, 5, {"1.a,S=1": 2, "1.b": 4})
    courier = parse_uid_list(b"1 9 8\n6 1.a\n7 1.b\n")
    assert (courier.uidvalidity, courier.uidnext, courier.uids) == (9, 8, {"1.a": 6, "1.b": 7})


def test_a_later_line_of_a_list_counts_and_two_files_of_one_uid_do_not():
    assert parse_uid_list(b"1 9 8\n6 1.a\n7 1.a\n").uids == {"1.a": 7}
    with pytest.raises(FormatError):
        parse_uid_list(b"1 9 8\n6 1.a\n6 1.b\n")


def test_keywords_of_both_servers_are_read():
    assert parse_dovecot_keywords(b"0 Work\n2 Play\nrubbish\n99 Far\n") == {"a": "Work", "c": "Play"}
    assert parse_dovecot_keywords(write_dovecot_keywords(["x", "y"])) == {"a": "x", "b": "y"}
    assert parse_courier_keywords(b"Work\nPlay\n\n1.a:0 1\n1.b:1 7\n") == {"1.a": {"Work", "Play"}, "1.b": {"Play"}}


def test_a_mailbox_is_as_its_server_shows_it(tmp_path, uids):
    box = maildir(
        tmp_path / "box",
        {"100.a,S=5:2,Sa": b"a\n\nb\n", "90.b:2,FT": b"a\r\n\r\nb\r\n", "95.c": b""},
        dovecot_uidlist="3 V7 N30 Gx\n3 :100.a,S=5\n9 :90.b\n12 :80.gone\n",
        dovecot_keywords="0 Work\n",
    )
    os.utime(box / "cur" / "90.b:2,FT", (4711, 4711))
    seen = MaildirMailbox(box, uids, stopped=False)
    assert (seen.state.uidvalidity, seen.state.uidnext, list(seen.uids), seen.unnumbered) == (7, 30, [3, 9], 1)
    one, other = seen.facts(1, 100)
    assert (one.uid, one.flags, one.size_bytes) == (3, frozenset({"\\Seen", "Work"}), 8)
    assert (other.uid, other.flags, other.size_bytes, other.internaldate) == (
        9,
        frozenset({"\\Flagged", "\\Deleted"}),
        8,
        4711,
    )
    assert seen.body(3) == seen.body(9) == b"a\r\n\r\nb\r\n"
    # Nobody else will number it now.
    assert list(MaildirMailbox(box, uids, stopped=True).uids) == [3, 9, 30]


def test_uids_that_we_give_stay_and_grow(tmp_path, uids):
    box = maildir(tmp_path / "box", {"200.b:2,": b"b", "100.a:2,P": b"a"})
    first = MaildirMailbox(box, uids, stopped=False)
    assert (list(first.uids), first.body(1), first.body(2)) == ([1, 2], b"a", b"b")
    assert next(iter(first.facts(1, 1))).flags == {"$Forwarded"}, "a client's mailbox, not a server's"
    (box / "cur" / "100.a:2,P").unlink()
    maildir(box, {"50.late:2,S": b"l"})
    second = MaildirMailbox(box, uids, stopped=False)
    assert (list(second.uids), second.state.uidnext, second.body(3)) == ([2, 3], 4, b"l")
    assert second.state.uidvalidity == first.state.uidvalidity


def test_a_message_whose_flags_change_meanwhile_is_found_again(tmp_path, uids):
    box = maildir(tmp_path / "box", {"100.a:2,": b"a", "200.b:2,": b"b"})
    seen = MaildirMailbox(box, uids, stopped=False)
    (box / "cur" / "100.a:2,").rename(box / "cur" / "100.a:2,S")
    (box / "cur" / "200.b:2,").unlink()
    assert [(fact.uid, fact.flags) for fact in seen.facts(1, 9)] == [(1, frozenset({"\\Seen"}))]
    assert (seen.body(1), seen.body(2)) == (b"a", None)


def test_names_of_files_need_not_be_text(tmp_path, uids):
    box = maildir(tmp_path / os.fsdecode(b"b\xffx"), {os.fsdecode(b"1.\xff:2,S"): b"a"})
    assert list(MaildirMailbox(box, uids, stopped=False).uids) == [1]
    again = MaildirMailbox(box, uids, stopped=False)
    assert [(fact.uid, fact.size_bytes) for fact in (*again.facts(1, 9), *again.facts(1, 9))] == [(1, 1), (1, 1)]


def test_a_damaged_list_of_uids_stops_the_mailbox_and_changes_nothing(tmp_path, uids):
    with pytest.raises(MailFilesError, match="dovecot-uidlist"):
        MaildirMailbox(maildir(tmp_path / "box", dovecot_uidlist="rubbish\n"), uids, stopped=False)


def test_a_large_message_is_not_held_in_memory(tmp_path, uids):
    box = maildir(tmp_path / "box", {"1.a:2,": b"x" * 70 + b"\n"})
    with (box / "cur" / "1.a:2,").open("ab") as stream:
        stream.writelines([b"y" * 79 + b"\n"] * 60_000)
    body = MaildirMailbox(box, uids, stopped=False).body(1)
    assert not isinstance(body, bytes)
    assert body is not None
    assert len(body) == 72 + 81 * 60_000


def test_both_layouts_are_found(tmp_path):
    plus = maildir(tmp_path / "plus")
    for name in (".Sent", ".Work.2020", ".Entw&APw-rfe"):
        maildir(plus / name)
    (plus / "subscriptions").write_text("Sent\nWork.2020\n")
    assert folders.layout_of(plus) == folders.MAILDIRPP
    named = {folder.name for folder in folders.find_folders(plus, folders.MAILDIRPP)}
    assert named == {INBOX, ("Sent",), ("Work", "2020"), ("Entwürfe",)}
    assert folders.subscribed_names(plus, folders.MAILDIRPP) == [("Sent",), ("Work", "2020")]
    fs = tmp_path / "fs"
    for name in ("INBOX", "Work/2020", "Sent"):
        maildir(fs / name)
    assert folders.layout_of(fs) == folders.FS
    assert {folder.name for folder in folders.find_folders(fs, folders.FS)} == {INBOX, ("Work", "2020"), ("Sent",)}


def test_a_folder_that_could_be_read_in_two_ways_is_not_guessed(tmp_path):
    maildir(tmp_path / "x" / ".Sent")
    maildir(tmp_path / "x" / "Sent")
    with pytest.raises(folders.LayoutUnclearError):
        folders.layout_of(tmp_path / "x")
    with pytest.raises(folders.LayoutUnclearError):
        list(folders.find_folders(tmp_path / "nothing", folders.FS))


@given(st.lists(st.sampled_from([b"\r", b"\n", b"a", b"\r\n"]), max_size=30), st.lists(st.integers(0, 60), max_size=5))
def test_line_ends_do_not_depend_on_where_chunks_are_cut(pieces, cuts):
    data = b"".join(pieces)
    places = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    chunks = [data[one:other] for one, other in pairwise(places)]
    wanted = data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    assert b"".join(with_crlf(iter(chunks))) == wanted
