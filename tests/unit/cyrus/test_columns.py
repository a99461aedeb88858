"""The records of a mailbox in columns: what comes out is what the full reader says, however the answer was cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.cyrus.columns import RecordColumns, Row
from sterna.cyrus.record import Record
from sterna.errors import FormatError
from sterna.imap import fragments
from sterna.imap.fragments import Fragments

HEAD = (
    b'* MAILBOX %(UNIQUEID 0123 MBOXNAME "lab.example!user.anna.a RECORD (b" SYNC_CRC 1 LAST_UID 9 ACL '
    b'"anna\tlrs\t" OPTIONS P ANNOTATIONS (%(ENTRY /comment USERID NIL MODSEQ 1 VALUE "x) RECORD ("))'
)


def answer(records: list[Record], extra: bytes = b"", tail: bytes = b"") -> bytes:
    rows = b" ".join(record.dump()[:-1] + extra + b")" for record in records)
    return HEAD + b" RECORD (" + rows + b")" + tail + b")\r\n"


def read(data: bytes, cuts: list[int]) -> RecordColumns:
    """Read an answer that arrives in pieces, in parts as small as they can be."""
    columns = RecordColumns()
    stream = Fragments()
    stream.in_parts = True
    for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True):
        for response in stream.feed(data[start:end]):
            columns.feed(response)
    columns.finish()
    return columns


def rows(columns: RecordColumns) -> list[Row]:
    return list(columns.between(1, 2**32 - 1))


def record(uid: int, flags: frozenset[str] = frozenset({"\\Seen", "$Forwarded"}), *, expunged: bool = False) -> Record:
    return Record(uid, 100, 1, flags, 1_577_869_200, 34, uid.to_bytes(20), expunged)


RECORDS = st.lists(
    st.tuples(st.sampled_from([frozenset(), frozenset({"\\Seen"}), frozenset({"Wichtig", "a~b"})]), st.booleans()),
    max_size=12,
).map(lambda rows: [record(3 * at + 1, flags, expunged=gone) for at, (flags, gone) in enumerate(rows)])
EXTRA = st.sampled_from(
    [
        b"",
        b" ANNOTATIONS (%(ENTRY /vendor/cmu/cyrus-imapd/savedate USERID NIL MODSEQ 0 VALUE 1500000000))",
        b' ANNOTATIONS (%(ENTRY /comment USERID anna MODSEQ 0 VALUE "a) \\" (b") %(ENTRY /x USERID NIL VALUE y))',
        b" ANNOTATIONS (%(ENTRY /comment USERID anna MODSEQ 0 VALUE {9}\r\n%(UID 1\r\n))",
    ]
)


@given(RECORDS, EXTRA, st.sets(st.integers(1, 4000), max_size=6))
def test_columns_hold_what_the_records_say_wherever_the_answer_is_cut(records, extra, cuts):
    data = answer(records, extra)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fragments, "_PART_BYTES", 100)
        found = read(data, sorted(cut for cut in cuts if cut < len(data)))
    wanted = [Row(r.uid, r.guid, r.size_bytes, r.internaldate, r.flags) for r in records if not r.expunged]
    assert rows(found) == wanted
    assert list(found.of(range(1, 4000))) == [each for each in records if not each.expunged]
    assert [uid in found for uid in range(1, 40)] == [uid in {row.uid for row in wanted} for uid in range(1, 40)]


def test_a_part_of_the_messages_is_found_by_uid():
    found = read(answer([record(uid) for uid in (1, 5, 9, 4_000_000_000)]), [])
    assert [row.uid for row in found.between(2, 9)] == [5, 9]
    assert [row.uid for row in found.between(10, 2**32 - 1)] == [4_000_000_000]


def test_an_empty_mailbox_has_no_rows():
    assert rows(read(answer([]), [])) == []


def test_other_answers_are_passed_over():
    assert rows(read(b"* OK fine\r\n" + answer([record(1)]) + b"* MAILBOX nonsense\r\n", []))[0].uid == 1


BROKEN = {
    "a record that is none": HEAD + b" RECORD (%(UID x))\r\n",
    "a record without GUID": answer([record(1)]).replace(b" GUID ", b" GUIDE "),
    "the end is missing": answer([record(1)])[:-4] + b"\r\n",
    "UIDs that do not ascend": answer([record(2), record(1)]),
    "no list of records": HEAD + b")\r\n",
}


@pytest.mark.parametrize("data", BROKEN.values(), ids=BROKEN)
def test_what_is_broken_is_an_error_and_not_an_empty_mailbox(data):
    with pytest.raises(FormatError):
        read(data, [])
