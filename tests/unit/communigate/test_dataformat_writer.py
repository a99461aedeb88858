"""What the writer writes, and that the reader gets back what was written."""

from datetime import UTC, datetime, timedelta, timezone
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.communigate.dataformat import Reader, read
from sterna.communigate.dataformat_writer import write, write_file
from sterna.communigate.syntax import Form, Quirk, UnwritableValueError
from sterna.communigate.values import IpAddress, OpaqueObject, RemoteTime, XmlObject

WRITTEN = {
    "atom": ("abc123", b"abc123"),
    "empty": ("", b'""'),
    "underscore": ("a_b", b'"a_b"'),
    "address": ("john@example.org", b'"john@example.org"'),
    "digits of another script": ("\u0661", '"\u0661"'.encode()),
    "escapes": ('"\\\r\n\t\x02\x7f', b'"\\"\\\\\\r\\e\\t\\002\\127"'),
    "a byte that is not UTF-8": ("J\udcfcrgen", b'"J\\252rgen"'),
    "number": (-5, b"#-5"),
    "yes": (True, b"YES"),
    "no": (False, b"NO"),
    "time": (datetime(2009, 10, 22, 15, 24, 45, tzinfo=UTC), b"#T22-10-2009_15:24:45"),
    "time of another zone": (
        datetime(2010, 1, 1, 0, 30, tzinfo=timezone(timedelta(hours=1))),
        b"#T31-12-2009_23:30:00",
    ),
    "remote past": (RemoteTime.PAST, b"#TPAST"),
    "address with port": (IpAddress(ip_address("192.0.2.7"), 25), b"#I[192.0.2.7]:25"),
    "datablock": (b"\x00\x01\x02", b"[AAEC]"),
    "null": (None, b"#NULL#"),
    "array": (("a", "b c", (1,)), b'(a,"b c",(#1))'),
    "list": (["a", []], b"(a,())"),
    "dictionary": ({"k": "v", "k 2": {}}, b'{k=v;"k 2"={};}'),
    "XML": (XmlObject("<a>b</a>"), b"<a>b</a>"),
    "opaque": (OpaqueObject("File"), b"#(File)"),
}


@pytest.mark.parametrize(("value", "data"), WRITTEN.values(), ids=WRITTEN)
def test_a_value_is_written_by_the_narrow_grammar(value, data):
    assert write(value) == data


def test_a_file_has_one_pair_a_line_and_braces_of_their_own():
    written = write_file({"RealName": "Jane Doe", "Rules": (("5", "x", (), (("Discard",),)),)})
    assert written == b'{\n RealName = "Jane Doe";\n Rules = ((5,x,(),((Discard))));\n}\n'


def test_a_file_may_be_an_array():
    assert write_file(("a",)) == b"(a)\n"


UNWRITABLE = {
    "time without a zone": datetime(2010, 1, 1),  # noqa: DTZ001 - that is the point
    "surrogate that stands for no byte": "\ud800",
    "key with such a surrogate": {"\ud800": "a"},
    "huge number": 10**20,
    "opaque object that would end early": OpaqueObject("a) b"),
    "XML that is none": XmlObject("<a>"),
    "XML with something behind": XmlObject("<a/>;b=c"),
    "XML over two lines": XmlObject("<a>\n</a>"),
    "XML with a lone surrogate": XmlObject("<a>\udc80</a>"),
}


@pytest.mark.parametrize("value", UNWRITABLE.values(), ids=UNWRITABLE)
def test_what_has_no_spelling_is_refused(value):
    with pytest.raises(UnwritableValueError):
        write((value,))


BYTES_AS_TEXT = st.binary(max_size=30).map(lambda raw: raw.decode(errors="surrogateescape"))
TEXT = st.one_of(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), BYTES_AS_TEXT)
SCALARS = st.one_of(
    TEXT,
    st.integers(-(10**19), 10**19),
    st.binary(max_size=40),
    st.none(),
    st.datetimes(timezones=st.just(UTC)).map(lambda at: at.replace(microsecond=0)),
    st.sampled_from(RemoteTime),
    st.builds(IpAddress, st.ip_addresses(), st.none() | st.integers(0, 65535)),
    st.text(st.characters(categories=["L", "N"]), max_size=8).map(OpaqueObject),
    st.text(st.characters(categories=["L", "N"]), max_size=8).map(lambda text: XmlObject(f"<a b='}}'>{text}</a>")),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4).map(tuple) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_what_is_written_is_read_back(value):
    line = write(value)
    assert read(line) == value
    assert b"\n" not in line
    assert b"\r" not in line
    assert read(write_file(value), form=Form.FILE) == value


@given(VALUES)
def test_what_is_written_is_what_the_manual_has(value):
    reader = Reader(write(value))
    reader.read()
    # A number of a byte that is not UTF-8 is documented; that the bytes together are no text is the value's doing.
    assert reader.met in (Quirk(0), Quirk.NOT_UTF8)
