from __future__ import annotations

import gc
import hashlib
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.errors import FormatError
from sterna.imap.content import digest, whole
from sterna.imap.fetch import parse_fetch
from sterna.imap.fragments import Fragments, Limits, Response
from sterna.imap.scan import Scanner
from sterna.imap.spool import CHUNK_BYTES, SpoolError, SpoolFile, in_folder
from tests.unit.imap.streams import cut

MESSAGE = bytes(range(256)) * 40
STREAM = b"* 1 FETCH (UID 7 BODY[] {%d}\r\n%b FLAGS (\\Seen))\r\n* 2 FETCH (UID 8 BODY[] {2}\r\nab)\r\n" % (
    len(MESSAGE),
    MESSAGE,
)


def spooled(tmp_path: Path, size: int) -> list[Response]:
    fragments = Fragments(Limits(memory_bytes=100), keep=in_folder(tmp_path))
    return [response for piece in cut(STREAM, range(0, len(STREAM), size)) for response in fragments.feed(piece)]


@pytest.mark.parametrize("size", [1, 7, 1000, 100_000])
def test_a_large_literal_is_kept_on_disk_however_it_arrives(tmp_path, size):
    large, small = (parse_fetch(response) for response in spooled(tmp_path, size))
    assert not isinstance(large.body, bytes)
    assert large.body is not None
    assert (large.uid, large.flags) == (7, frozenset({"\\Seen"}))
    assert whole(large.body) == MESSAGE
    assert len(large.body) == len(MESSAGE)
    assert digest(large.body) == hashlib.sha1(MESSAGE).digest()
    assert small.body == b"ab"


def held(folder: Path) -> int:
    """How many files below `folder` this process has open, those without a name too."""
    links = (descriptor.readlink() for descriptor in Path("/proc/self/fd").iterdir() if descriptor.is_symlink())
    return sum(1 for link in links if str(link).startswith(str(folder)))


def test_it_has_no_name_and_its_place_is_given_back(tmp_path):
    responses = spooled(tmp_path, 1000)
    assert list(tmp_path.iterdir()) == []
    assert held(tmp_path) == 1
    del responses
    gc.collect()
    assert held(tmp_path) == 0


def test_who_expects_a_string_is_not_given_an_empty_one(tmp_path):
    scan = Scanner(spooled(tmp_path, 1000)[0])
    scan.expect(b"* 1 FETCH (UID 7 BODY[] ")
    with pytest.raises(FormatError, match="fits into memory"):
        scan.string()


@given(st.lists(st.binary(max_size=50)), st.integers(0, 3))
def test_what_is_written_is_read_back(pieces, times):
    file = SpoolFile(Path(tempfile.gettempdir()))
    for piece in pieces:
        file.write(piece)
    for _ in range(times):
        assert whole(file) == b"".join(pieces)
    assert digest(file) == hashlib.sha1(b"".join(pieces)).digest()


def test_it_is_read_in_pieces(tmp_path):
    file = SpoolFile(tmp_path)
    file.write(b"x" * (CHUNK_BYTES + 1))
    assert list(map(len, file.chunks())) == [CHUNK_BYTES, 1]


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    with pytest.raises(SpoolError, match="nothing is lost"):
        SpoolFile(tmp_path / "missing")
    (tmp_path / "file").write_text("")
    with pytest.raises(SpoolError, match="nothing is lost"):
        in_folder(tmp_path / "file" / "spool")
