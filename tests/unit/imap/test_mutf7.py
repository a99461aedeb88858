from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.errors import FormatError
from sterna.imap.mutf7 import decode, encode

KNOWN = {
    "plain": ("INBOX", b"INBOX"),
    "empty": ("", b""),
    "ampersand": ("Q&A", b"Q&-A"),
    "umlaut": ("Entwürfe", b"Entw&APw-rfe"),
    "the standard's own": ("~peter/mail/台北/日本語", b"~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
    "beyond the first plane": ("🐬", b"&2D3cLA-"),
    "control character": ("a\tb", b"a&AAk-b"),
    "ampersand between others": ("ä&ö", b"&AOQ-&-&APY-"),
    "comma in base64": ("\u00ff\u00ff", b"&AP8A,w-"),
    "tilde and hyphen": ("-~-", b"-~-"),
}


@pytest.mark.parametrize(("text", "wire"), KNOWN.values(), ids=KNOWN)
def test_a_known_name_is_written_and_read(text: str, wire: bytes):
    assert encode(text) == wire
    assert decode(wire) == text


WRONG = {
    "no end": b"&AOQ",
    "lone ampersand": b"Q&A",
    "plain letter in base64": b"&AGE-",
    "ampersand in base64": b"&ACY-",
    "two runs where one is enough": b"&AOQ-&APY-",
    "spare bits": b"&AOR-",
    "half a character": b"&AA-",
    "lone surrogate": b"&2D0-",
    "slash in base64": b"&AP8A/w-",
    "eight bits": b"Entw\xfcrfe",
    "control character": b"a\tb",
    "one base64 letter": b"&A-",
}


@pytest.mark.parametrize("wire", WRONG.values(), ids=WRONG)
def test_a_second_spelling_of_a_name_is_refused(wire: bytes):
    with pytest.raises(FormatError):
        decode(wire)


def test_an_error_says_where():
    with pytest.raises(FormatError) as caught:
        decode(b"abc&!-")
    assert caught.value.offset == 3


def test_a_lone_surrogate_cannot_be_written():
    with pytest.raises(FormatError) as caught:
        encode("ä\ud83d")
    assert caught.value.offset == 2


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_is_written_is_read_back(text: str):
    assert decode(encode(text)) == text
    assert encode(text).isascii()


@given(st.one_of(st.binary(max_size=12), st.text("&-,+/AOQaé", max_size=12).map(lambda text: text.encode("latin-1"))))
def test_any_bytes_are_a_name_with_one_spelling_or_an_error(wire: bytes):
    try:
        text = decode(wire)
    except FormatError:
        return
    assert encode(text) == wire
