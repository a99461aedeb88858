"""Nothing of a site gets into a sample: whatever a server sends, only words of the list and placeholders come out."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.communigate.dataformat import read
from sterna.communigate.dataformat_writer import write
from sterna.communigate.sample.anonymise import Anonymiser
from sterna.communigate.sample.words import COMMAND, SCHEMES, SPOKEN, WORDS
from sterna.communigate.syntax import DataFormatError
from sterna.communigate.values import Value

RUN = re.compile(r"[^\W_]+")
ALLOWED = {run for word in (*WORDS, *SCHEMES, *map(str.upper, SCHEMES)) for run in RUN.findall(word)} | {"#NULL#"}
LETTERS = r"[xyzXYZжшщ789]*"
PLACEHOLDER = re.compile(
    rf"{LETTERS}|[xX9]*|[r n t e]|e{LETTERS}|[rnte]{LETTERS}|00[12]{LETTERS}|A*|T?0*1|0*1|I|2001|db8|1|25|192|0|2"
    r"|2[abxy]|5|6|y|7|T01|n|r"
)


def strange(text: str, also: frozenset[str] = frozenset()) -> list[str]:
    """Return what is neither a word of the list nor a placeholder."""
    return [run for run in RUN.findall(text) if not (run in ALLOWED or run in also or PLACEHOLDER.fullmatch(run))]


WORDLIKE = (
    st.sampled_from(sorted(WORDS)) | st.text(max_size=12) | st.from_regex(r"[a-w]{3,10}[0-6]{0,4}", fullmatch=True)
)
VALUES = st.recursive(
    WORDLIKE | st.integers(-(10**9), 10**9) | st.none() | st.binary(max_size=12),
    lambda inner: st.lists(inner, max_size=4).map(tuple) | st.dictionaries(WORDLIKE, inner, max_size=4),
    max_leaves=12,
)
PIECES = st.sampled_from(
    [b"{", b"}", b"(", b")", b"=", b";", b",", b'"', b"[", b"]", b"#", b"#I[", b"#T", b"\\", b" ", b"Password"]
)
ANY = st.lists(st.binary(max_size=8) | PIECES | WORDLIKE.map(lambda text: text.encode(errors="replace")), max_size=25)


@given(VALUES)
def test_of_any_object_only_words_of_the_list_come_through(value):
    assert strange(Anonymiser().object(write(value))) == []


@given(ANY.map(b"".join))
def test_of_any_bytes_only_words_of_the_list_come_through(data: bytes):
    assert strange(Anonymiser().object(data)) == []
    assert strange(Anonymiser().object(data, secret=True)) == []


@given(st.text())
def test_of_any_greeting_only_words_of_the_list_come_through(text: str):
    assert strange(Anonymiser().spoken(text), frozenset(SPOKEN)) == []


@given(ANY.map(b"".join))
def test_of_a_list_of_commands_only_commands_come_through(data: bytes):
    said = Anonymiser().commands(data)
    assert [run for run in strange(said) if not COMMAND.fullmatch(run)] == []


SECRETS = st.from_regex(r"[a-w]{6,12}", fullmatch=True).filter(lambda word: word not in WORDS)


@given(SECRETS, SECRETS)
def test_a_word_of_the_site_is_nowhere_whatever_it_is(one: str, other: str):
    value: Value = {
        one: {
            "Password": other,
            "RealName": f"{one} {other}",
            "Rules": (("1", one, (), (("Mirror to", f"{other}@{one}.example"),)),),
        },
        "Access": {f"#{one}": "lr", f"-{other}@": "lr"},
        "Store": f"~{one}/{other}",
        "Text": f"a\r\n{one}\x07{other}",
    }
    said = Anonymiser().object(write(value))
    assert one not in said.lower()
    assert other not in said.lower()


@given(VALUES)
def test_what_could_be_read_can_still_be_read(value):
    data = write(value)
    try:
        read(data)
    except DataFormatError:
        return
    said = Anonymiser().object(data).encode(errors="surrogateescape")
    if b"#" not in said:  # forms of numbers and times are kept, their values are not
        read(said)


KEPT = {
    "keys and values of the list": (b'{UseAppPassword=YES;MailToUnknown="Rerouted to";}', None),
    "a rule": (b'((5,"#Vacation",(("Human Generated","---")),(("Store in",INBOX),(Discard))))', None),
    "priority": (b"((0,Work,(),()))", "((0,XXXX,(),()))"),
    "layout": (b'{\r\n Foldering = flat;\r\n "x y" = "a"\r\n "b";\r\n}', None),
    "escapes": (b'{RealName="Anna\\e\\195\\132";}', '{RealName="Xxxx\\e\\001\\001";}'),
    "address": (b"(#I[10.0.44.55]:25,#I[fe80::1])", "(#I[192.0.2.1]:25,#I[2001:db8::1])"),
    "time": (b"(#T22-10-2009_15:24:45)", "(#T01-01-0001_01:01:01)"),
    "data": (b"{SecureCertificate=[AAECAwQFBgcICQ==];}", "{SecureCertificate=[AAAAAAAAAAAAAAAA];}"),
    "null": (b"(#NULL#)", "(#NULL#)"),
    "a clear password": (
        b"{Password=geheim;PasswordEncryption=clear;}",
        "{Password=xxxxxxxx;PasswordEncryption=clear;}",
    ),
    "a ciphered password": (
        b'{Password="Kbf0Vx==";PasswordEncryption="A-crpt";}',
        '{Password="Xxx9Xx**";PasswordEncryption="A-crpt";}',
    ),
    "a hash": (
        b'{Password="\\002{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g";}',
        '{Password="\\002{SHA}X9xx9Xx9Xx9XxxXXxXxxX99xx9xx";}',
    ),
    "crypt": (b'{Password="$6$abc";PasswordEncryption="U-crpt";}', '{Password="$6$xxxx";PasswordEncryption="U-crpt";}'),
    "the password of a polled account": (b'{home={password="s3cret";};}', '{zzzz={password="xxxxxxxx";};}'),
}


@pytest.mark.parametrize(("data", "said"), KEPT.values(), ids=KEPT)
def test_the_spelling_and_the_words_of_the_server_are_kept(data: bytes, said: str | None):
    shown = Anonymiser().object(data)
    same = re.sub(r"[xyzXYZ]+", lambda found: "x" * len(found[0]), shown)
    wanted = data.decode() if said is None else said
    assert len(shown) == len(wanted)
    if said is not None:
        assert same == re.sub(r"[xyzXYZ]+", lambda found: "x" * len(found[0]), said)


def test_the_same_word_is_replaced_by_the_same_and_another_by_another():
    anonymiser = Anonymiser()
    first = anonymiser.object(b"(anna,bernd,carla)").strip("()").split(",")
    again = anonymiser.object(b'("Anna@lab",carla,bernd)')
    assert len(set(first)) == 3
    assert again == f'("{first[0].capitalize()[0]}{first[0][1:]}@{again.split("@")[1][:3]}",{first[2]},{first[1]})'


def test_a_word_that_the_operator_gives_is_kept_and_unknown_keys_are_told():
    anonymiser = Anonymiser(frozenset({"NewSetting"}))
    assert anonymiser.object(b"{NewSetting=YES;OtherSetting=NO;}").startswith("{NewSetting=YES;")
    assert anonymiser.replaced_keys == {"OtherSetting"}


GREETINGS = {
    "new": (
        "mail.lab.example CommuniGate Pro PWD Server 6.0.5 ready <12.1300000000@mail.lab.example>",
        " CommuniGate Pro PWD Server 6.0.5 ready <",
    ),
    "old": ("CommuniGate Pro at host PWD Server 5.3 ready <1.2@host>", "PWD Server 5.3 ready <"),
    "an address is no version": ("Server 10.1.2.3 ready", " ready"),
}


@pytest.mark.parametrize(("text", "kept"), GREETINGS.values(), ids=GREETINGS)
def test_a_greeting_keeps_the_programs_version_and_no_name(text: str, kept: str):
    said = Anonymiser().spoken(text)
    assert kept in said
    assert not {"lab", "example", "host", "10.1.2.3"} & set(re.split(r"[ .@<>]", said))
    assert "10.1" not in said
