"""What the reader understands, and how it complains."""

import contextlib
import time
import tracemalloc
from datetime import UTC, datetime
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.communigate.dataformat import MAX_DEPTH, Reader, read
from sterna.communigate.syntax import DOCUMENTED, SEEN, DataFormatError, Form, Quirk
from sterna.communigate.values import IpAddress, OpaqueObject, RemoteTime, XmlObject

ON_A_LINE = {
    "atom": (b"abc123", "abc123"),
    "quoted": (b'"x y z"', "x y z"),
    "empty string": (b'""', ""),
    "adjacent strings are one": (b'"a" "b"', "ab"),
    "a character split between adjacent strings": (b'"\\195" "\\164"', "ä"),
    "escapes are three decimal digits": (b'"\\065\\e"', "A\n"),
    "every named escape": (b'"\\"\\\\\\r\\n\\t\\e"', '"\\\r\n\t\n'),
    "digits after an escaped backslash": (b'"\\\\065"', "\\065"),
    "UTF-8": ('"Gänsefüßchen"'.encode(), "Gänsefüßchen"),
    "the byte 2 before a hash": (b'"\\002{SHA}x"', "\x02{SHA}x"),
    "byte 128 by its number": (b'"\\128"', "\udc80"),
    "number": (b"#50", 50),
    "negative number": (b"#-5", -5),
    "day": (b"#T22-10-2009", datetime(2009, 10, 22, tzinfo=UTC)),
    "day and time": (b"#T22-10-2009_15:24:45", datetime(2009, 10, 22, 15, 24, 45, tzinfo=UTC)),
    "remote past": (b"#TPAST", RemoteTime.PAST),
    "remote past as a year": (b"#T01-01-0000", RemoteTime.PAST),
    "remote future": (b"#TFUTURE", RemoteTime.FUTURE),
    "address": (b"#I[10.0.44.55]", IpAddress(ip_address("10.0.44.55"))),
    "address and port": (b"#I[10.0.44.55]:25", IpAddress(ip_address("10.0.44.55"), 25)),
    "IPv6 address": (b"#I[2001:db8::1]:993", IpAddress(ip_address("2001:db8::1"), 993)),
    "datablock": (b"[AAEC]", b"\x00\x01\x02"),
    "datablock with white space": (b"[AA\r\n EC]", b"\x00\x01\x02"),
    "adjacent datablocks are one": (b"[AAE=] [Ag==]", b"\x00\x01\x02"),
    "empty datablock": (b"[]", b""),
    "null": (b"#NULL#", None),
    "null as its language prints it": (b"#null#", None),
    "empty array": (b"()", ()),
    "array": (b"(a,b,c)", ("a", "b", "c")),
    "array with spaces": (b'( 10 , "1 m" )', ("10", "1 m")),
    "empty dictionary": (b"{}", {}),
    "dictionary": (b"{k=v;k2=v2;}", {"k": "v", "k2": "v2"}),
    "nested": (b'{a=(b,c);"d e"={};}', {"a": ("b", "c"), "d e": {}}),
    "everything within": (
        b'{ Count = #42; None = #NULL#; List = (a,"b c",(nested,#-1),{}); }',
        {"Count": 42, "None": None, "List": ("a", "b c", ("nested", -1), {})},
    ),
    "XML": (b"<a/>", XmlObject("<a/>")),
    "XML in a dictionary": (
        b'{x=<a b="};>"><a>}</a><!-- </a> --><![CDATA[</a>]]></a>;y=z;}',
        {"x": XmlObject('<a b="};>"><a>}</a><!-- </a> --><![CDATA[</a>]]></a>'), "y": "z"},
    ),
    "object without a text form": (b"#(File 17)", OpaqueObject("File 17")),
    "space around": (b"  abc  ", "abc"),
    "answer to LISTDOMAINOBJECTS": (
        b'("2", {john=macnt;"j.doe"=(john);sales=(("sales@crm.example"));}, "1", "1", "")',
        ("2", {"john": "macnt", "j.doe": ("john",), "sales": (("sales@crm.example",),)}, "1", "1", ""),
    ),
}


@pytest.mark.parametrize(("data", "value"), ON_A_LINE.values(), ids=ON_A_LINE)
def test_one_line_is_read_by_the_documented_grammar(data, value):
    assert read(data, quirks=SEEN) == value
    assert read(data, form=Form.FILE) == value


FILES = {
    "one pair a line": (
        b'{\n RealName = "Jane Doe";\n MaxAccountSize = 500M;\n}\n',
        {"RealName": "Jane Doe", "MaxAccountSize": "500M"},
    ),
    "CRLF": (b"{\r\n a = b;\r\n}\r\n", {"a": "b"}),
    "tabs and nesting over lines": (b"{\n  A\t= {\n    B = (10, 1);\n  };\n}", {"A": {"B": ("10", "1")}}),
    "a long string wrapped": (
        b'{\n a = "first half, "\r\n  "second half\\eline two \\"quoted\\"";\n}',
        {"a": 'first half, second half\nline two "quoted"'},
    ),
    "a datablock over lines": (b"{a=[AAEC\n AwQF\n];}", {"a": bytes(range(6))}),
    "an array at the top": (
        b'((1,"#Redirect",(),(("Mirror to","a@b.example"))))\n',
        (("1", "#Redirect", (), (("Mirror to", "a@b.example"),)),),
    ),
}


@pytest.mark.parametrize(("data", "value"), FILES.values(), ids=FILES)
def test_a_file_may_be_laid_out_freely(data, value):
    assert read(data, form=Form.FILE) == value


QUIRKS = {
    Quirk.WIDE_ATOM: (
        b"{PasswordEncryption=A-crpt;Mixed=john@example.org;}",
        {"PasswordEncryption": "A-crpt", "Mixed": "john@example.org"},
    ),
    Quirk.UNKNOWN_ESCAPE: (b'"SMTP\\*\\999"', "SMTP\\*\\999"),
    Quirk.CONTROL_IN_STRING: (b'"\x02{SHA}a\nb"', "\x02{SHA}a\nb"),
    Quirk.NOT_UTF8: (b'"J\xfcrgen"', "J\udcfcrgen"),
    Quirk.BARE_HASH_WORD: (b"#Vacation", "#Vacation"),
    Quirk.NUMBER_WITH_BASE: (b"(#0xfF,#-0b101,#0o17)", (255, -5, 15)),
    Quirk.UNPADDED_BASE64: (b"[AAE]", b"\x00\x01"),
    Quirk.COMMENT: (b"{ // a comment }\n a /* and ** one */ = b; /**/ }", {"a": "b"}),
    Quirk.DUPLICATE_KEY: (b"{a=1;a=2;}", {"a": "2"}),
    Quirk.MISSING_BRACES: (b' a = b;\n "c d" = (e);\n', {"a": "b", "c d": ("e",)}),
    Quirk.MISSING_SEMICOLON: (b"{a=b;c=d}", {"a": "b", "c": "d"}),
}


def test_every_quirk_has_its_example():
    assert set(QUIRKS) == set(Quirk)


@pytest.mark.parametrize(("quirk", "example"), QUIRKS.items(), ids=[quirk.name for quirk in QUIRKS])
def test_a_quirk_is_an_error_by_the_manual_and_a_value_when_it_is_allowed(quirk, example):
    data, value = example
    with pytest.raises(DataFormatError):
        read(data, form=Form.FILE, quirks=DOCUMENTED)
    reader = Reader(data, form=Form.FILE, quirks=quirk)
    assert reader.read() == value
    assert reader.met == quirk


def test_an_empty_file_is_an_empty_dictionary():
    assert read(b"\n", form=Form.FILE) == {}


def test_a_file_that_is_one_word_is_a_string():
    assert read(b"word\n", form=Form.FILE) == "word"


NUMBER_OR_TIME = "a number of at most 20 digits, or a time like #T31-12-2009_23:59:59"

ERRORS = {
    "no semicolon": (b"{a=b}", (1, 5), "';' after the value, found '}'"),
    "no semicolon on the third line": (b"{\n a = b;\n c = d\n e = f;\n}", (4, 2), "';' after the value, found 'e'"),
    "no value": (b"{a=;}", (1, 4), "a string, found ';'"),
    "no equal sign": (b"{a b;}", (1, 4), "'=' after the key, found 'b'"),
    "cut in a dictionary": (b"{a=b;\n", (2, 1), "a key or '}', found the end"),
    "cut in an array": (b"(a,b", (1, 5), "',' or ')', found the end"),
    "cut in a string": (b'{\n a = "bcd;\n}\n', (2, 6), "a string that its second '\"' ends, found '\"'"),
    "two objects": (b"(a) (b)", (1, 5), "nothing more after the object, found '('"),
    "a date that is none": (b"#T31-02-2010", (1, 1), "a day and a time that exist, found '#'"),
    "an address that is none": (b"#I[10.0.44]", (1, 4), "an IPv4 or IPv6 address, found '1'"),
    "a port that is none": (b"#I[10.0.0.4]:70000", (1, 14), "a port up to 65535, found '7'"),
    "a number that is none": (b"#12x", (1, 1), f"{NUMBER_OR_TIME}, found '#'"),
    "a hash alone": (b"{a=#;}", (1, 4), "a number, a time, an address, #NULL# or #(…) after '#', found '#'"),
    "a datablock that is none": (b"[AA*C]", (1, 1), "a datablock, base64 between '[' and ']', found '['"),
    "base64 cut short": (b"[AAECA]", (1, 1), "a datablock of sound base64, found '['"),
    "a comment without its end": (b"{ /* a = b;\n}", (1, 3), "a comment that '*/' ends, found '/'"),
    "a tag without its end": (b"<a b='c>", (1, 1), "an XML tag, found '<'"),
    "an element without its end": (b"<a><b></b>", (1, 11), "the end of an XML element, found the end"),
    "an element with another's end": (b"<a></b>", (1, 4), "the end of the XML element 'a', found '<'"),
    "nothing": (b"{a=b;c=", (1, 8), "an object, found the end"),
    "a NUL": (b"{a=\x00;}", (1, 4), "a string, found '\\x00'"),
}


@pytest.mark.parametrize(("data", "place", "expected"), ERRORS.values(), ids=ERRORS)
def test_an_error_names_line_and_column_and_what_was_expected(data, place, expected):
    with pytest.raises(DataFormatError) as caught:
        read(data, form=Form.FILE)
    assert (caught.value.line, caught.value.column) == place
    assert str(caught.value) == f"line {place[0]}, column {place[1]}: expected {expected}"


def test_an_error_does_not_show_the_password_beside_it():
    with pytest.raises(DataFormatError) as caught:
        read(b"{Password=hunter2hunter2 RealName=x;}")
    assert b"hunter2" not in caught.value.near
    assert "hunter2" not in str(caught.value)


def test_a_line_break_is_no_white_space_in_one_line():
    with pytest.raises(DataFormatError, match="column 6"):
        read(b"{a=b;\n}")


USUAL = {
    "a comment in each place": (
        b"{a=b;c=(d,e);}",
        b"/*x*/{/*x*/a /*x*/=/*x*/b /*x*/;/*x*/c=(/*x*/d /*x*/,e /*x*/)/*x*/;}",
    ),
    "escapes": (b'{"a b"="c d";e=("f g");}', b'{"a\\032b"="c\\032d";e=("f\\032g");}'),
    "strings in parts": (b'{"a b"="c d";e=("f g");}', b'{"a " "b"="c" " d";e=("f" " " "g");}'),
    "arrays in dictionaries in arrays": (b"({a=({b=();},(c));},d)", b"( {a = ( {b = () ;} , ( c ) ) ;} , d )"),
}


@pytest.mark.parametrize(("usual", "unusual"), USUAL.values(), ids=USUAL)
def test_what_is_written_unusually_says_the_same(usual, unusual):
    assert read(usual, form=Form.FILE) == read(unusual, form=Form.FILE)


@pytest.mark.parametrize(
    "text", [b"(a,)", b"(,a)", b"(a b)", b"(a,,b)", b"((a)", b"(a))", b"((a)b)", b"{a=(b;);}", b"{=a;}", b"{a=b,c=d;}"]
)
def test_separators_have_their_places(text):
    with pytest.raises(DataFormatError):
        read(text, form=Form.FILE)


def test_a_comment_sign_is_text_in_one_line():
    assert read(b"{path=/var;url=//x;}") == {"path": "/var", "url": "//x"}


def test_nesting_ends_at_the_limit_and_not_at_the_interpreters():
    deepest = b"(" * (MAX_DEPTH + 1) + b")" * (MAX_DEPTH + 1)
    assert read(deepest)
    with pytest.raises(DataFormatError, match=f"at most {MAX_DEPTH} levels"):
        read(b"(" + deepest + b")")
    with pytest.raises(DataFormatError):
        read(b"{a=" * 100_000)


REPEATED = {
    "escapes": (b'"', b"\\e", b'"'),
    "no end of the string": (b'"', b"\\e", b""),
    "many strings": (b"", b'"a" ', b""),
    "comments without end": (b"(", b"/*,", b""),
    "comments": (b"(", b"/**/", b")"),
    "array": (b"(", b"a,", b"a)"),
    "dictionary": (b"{", b"a=b;", b"}"),
    "XML": (b"", b"<a>", b""),
    "XML attributes": (b"<a", b" b='c'", b""),
    "one XML element": (b"<a", b" b='c'", b"/>"),
    "XML quotes": (b"<a>", b"<b '", b""),
    "datablocks": (b"", b"[AAEC]", b""),
    "open datablocks": (b"", b"[A ", b""),
}


@pytest.mark.parametrize(("before", "piece", "after"), REPEATED.values(), ids=REPEATED)
def test_reading_takes_linear_time(before, piece, after):
    def seconds(times: int) -> float:
        data = before + piece * times + after
        start = time.process_time()
        with contextlib.suppress(DataFormatError):
            read(data, form=Form.FILE)
        return time.process_time() - start

    few = min(seconds(2_000) for _ in range(3))
    assert seconds(32_000) < 16 * 4 * max(few, 0.001)  # were it quadratic, it would be 256 times as long


@pytest.mark.parametrize(("before", "piece", "after"), REPEATED.values(), ids=REPEATED)
def test_memory_is_a_small_multiple_of_the_text(before, piece, after):
    data = before + piece * (400_000 // len(piece)) + after
    tracemalloc.start()
    try:
        with contextlib.suppress(DataFormatError):
            read(data, form=Form.FILE)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 16 * len(data)


PIECES = st.sampled_from(
    [*rb'{ } ( ) [ ] " \ = ; , # #T #I[ <a> </a> /* */ // a 1 AAEC \065 #NULL#'.split(), b"\n", b" ", b"\x00"]
)


@given(st.one_of(st.binary(max_size=40), st.lists(PIECES, max_size=30).map(b"".join)), st.sampled_from(Form))
def test_any_bytes_give_a_value_or_a_format_error(data, form):
    for quirks in (DOCUMENTED, SEEN, ~DOCUMENTED):
        with contextlib.suppress(DataFormatError):
            read(data, form=form, quirks=quirks)
