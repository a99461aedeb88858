"""The CLI's dialogue, fed whole and byte by byte."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sterna.communigate.commands import Command, Keyword, ReadCommand
from sterna.communigate.conversation import (
    Answered,
    Conversation,
    Event,
    Greeted,
    LoggedIn,
    LoginMethod,
    LoginRefused,
    UnsendableLoginError,
)
from sterna.communigate.reply import CliProtocolError, Reply, ReplyReader, ReplyTooLongError
from sterna.communigate.syntax import DataFormatError
from sterna.model.secret import Secret

NEW = b"200 mail.example.org CommuniGate Pro PWD Server 6.0.5 ready <12.1300000000@mail.example.org>\r\n"
OLD = b"200 CommuniGate Pro at mail.example.org PWD Server 5.3 ready <7.12@mail.example.org>\r\n"
WITHOUT_STAMP = b"200 mail.example.org ready\r\n"
COMMAND = Command(ReadCommand.LISTDOMAINS)


def said(conversation: Conversation, data: bytes, *, one_by_one: bool = False) -> list[Event]:
    if not one_by_one:
        return conversation.receive(data)
    return [event for byte in data for event in conversation.receive(bytes((byte,)))]


def logged_in(inline: bytes = b"200 switched to inline mode\r\n") -> Conversation:
    conversation = Conversation()
    conversation.receive(WITHOUT_STAMP)
    conversation.login("postmaster", Secret("x"))
    conversation.receive(b"300 please send the PASS\r\n200 login OK, proceed\r\n" + inline)
    conversation.bytes_to_send()
    return conversation


@pytest.fixture(params=[False, True], ids=["whole", "byte by byte"])
def one_by_one(request):
    return request.param


@pytest.mark.parametrize("greeting", [NEW, OLD], ids=["new greeting", "old greeting"])
def test_a_stamp_in_the_greeting_is_signed_and_the_password_is_not_sent(greeting, one_by_one):
    conversation = Conversation()
    stamp = greeting[greeting.index(b"<") :].strip()
    assert said(conversation, greeting, one_by_one=one_by_one) == [Greeted(greeting[4:-2].decode(), stamp.decode())]
    conversation.login("postmaster@example.org", Secret("secret"))
    digest = hashlib.md5(stamp + b"secret").hexdigest().encode()
    assert conversation.bytes_to_send() == b"APOP postmaster@example.org " + digest + b"\r\n"
    assert said(conversation, b"200 login OK\r\n", one_by_one=one_by_one) == []
    assert conversation.bytes_to_send() == b"INLINE\r\n"
    assert said(conversation, b"200 OK\r\n", one_by_one=one_by_one) == [LoggedIn(LoginMethod.APOP, inline=True)]


def test_without_a_stamp_the_login_is_user_and_pass(one_by_one):
    conversation = Conversation()
    said(conversation, WITHOUT_STAMP, one_by_one=one_by_one)
    conversation.login("postmaster", Secret("pass word"))
    assert conversation.bytes_to_send() == b"USER postmaster\r\n"
    said(conversation, b"300 please send the PASS\r\n", one_by_one=one_by_one)
    assert conversation.bytes_to_send() == b"PASS pass word\r\n"
    said(conversation, b"200 login OK, proceed\r\n", one_by_one=one_by_one)
    assert said(conversation, b"200 OK\n", one_by_one=one_by_one) == [LoggedIn(LoginMethod.PASS, inline=True)]


def test_a_server_that_cannot_check_apop_is_asked_with_user_and_pass():
    conversation = Conversation()
    conversation.receive(NEW)
    conversation.login("postmaster", Secret("x"))
    conversation.bytes_to_send()
    assert conversation.receive(b"500 APOP is not available\r\n") == []
    assert conversation.bytes_to_send() == b"USER postmaster\r\n"


REFUSED = {
    "APOP and then PASS": [NEW, b"515 no\r\n", b"300 go\r\n", b"515 wrong password\r\n"],
    "PASS": [WITHOUT_STAMP, b"300 go\r\n", b"515 wrong password\r\n"],
    "USER": [WITHOUT_STAMP, b"515 wrong password\r\n"],
}


@pytest.mark.parametrize("dialogue", REFUSED.values(), ids=REFUSED)
def test_a_refused_login_tells_the_last_answer(dialogue):
    conversation = Conversation()
    conversation.receive(dialogue[0])
    conversation.login("postmaster", Secret("x"))
    events = [event for line in dialogue[1:] for event in conversation.receive(line)]
    assert events == [LoginRefused(515, "wrong password")]


def test_a_server_without_inline_mode_is_used_without_it():
    conversation = Conversation()
    conversation.receive(WITHOUT_STAMP)
    conversation.login("postmaster", Secret("x"))
    assert conversation.receive(b"300 go\r\n200 OK\r\n500 unknown command\r\n") == [
        LoggedIn(LoginMethod.PASS, inline=False)
    ]


REPLIES = {
    "in line": (b'201 ("j.doe",johnny)\r\n', ("j.doe", "johnny")),
    "in line, LF only": (b"201 (a)\n", ("a",)),
    "no data": (b"200 OK\r\n", None),
    "data follow on one line": (b"200 data follow\r\n(a,b)\r\n", ("a", "b")),
    "data follow over lines": (b"200 data follow\r\n{\r\n a = (b,\r\n  c);\r\n}\r\n", {"a": ("b", "c")}),
    "an inner bracket ends a line": (b"200 data follow\r\n(a,(b)\r\n,c)\r\n", ("a", ("b",), "c")),
    "brackets in a string": (b'200 data follow\r\n{a=")}\\"";\r\nb=1;}\r\n', {"a": ')}"', "b": "1"}),
    "a string follows": (b'200 data follow\r\n"one line"\r\n', "one line"),
    "a datablock follows": (b"200 data follow\r\n[AAEC\r\nAwQF]\r\n", bytes(range(6))),
    "an empty line before": (b"200 data follow\r\n\r\n(a)\r\n", ("a",)),
}


@pytest.mark.parametrize(("data", "value"), REPLIES.values(), ids=REPLIES)
def test_a_reply_brings_its_object_in_line_or_on_the_lines_after(data, value, one_by_one):
    conversation = logged_in()
    conversation.submit(COMMAND)
    assert conversation.bytes_to_send() == b"LISTDOMAINS\r\n"
    [event] = said(conversation, data, one_by_one=one_by_one)
    assert isinstance(event, Answered)
    assert event.command == COMMAND
    assert event.reply.value() == value


def test_xml_in_a_reply_over_lines_has_brackets_and_quotes_of_its_own():
    conversation = logged_in()
    conversation.submit(COMMAND)
    assert conversation.receive(b'200 data follow\r\n{a=<x y=">"> ) "\r\n<z/> } </x>;\r\n') == []
    [event] = conversation.receive(b"}\r\n")
    assert isinstance(event, Answered)
    assert event.reply.data == b'{a=<x y=">"> ) "\n<z/> } </x>;\n}'


def test_a_refusal_keeps_code_and_text_verbatim(one_by_one):
    conversation = logged_in()
    conversation.submit(COMMAND)
    assert said(conversation, b"513 unknown user account\r\n", one_by_one=one_by_one) == [
        Answered(COMMAND, Reply(513, "unknown user account"))
    ]


def test_an_object_that_cannot_be_read_leaves_the_conversation_in_step():
    conversation = logged_in()
    conversation.submit(COMMAND)
    [event] = conversation.receive(b"201 {a=b\r\n")
    assert isinstance(event, Answered)
    with pytest.raises(DataFormatError):
        event.reply.value()
    conversation.submit(COMMAND)
    assert len(conversation.receive(b"201 (a)\r\n")) == 1


OUT_OF_ORDER = {
    "a greeting that is an error": (Conversation, b"500 go away\r\n"),
    "a greeting of another protocol": (Conversation, b"* OK IMAP4rev1\r\n"),
    "something nobody asked for": (logged_in, b"200 idle time-out\r\n"),
}


@pytest.mark.parametrize(("start", "data"), OUT_OF_ORDER.values(), ids=OUT_OF_ORDER)
def test_what_the_server_cannot_say_here_is_a_protocol_error(start, data):
    with pytest.raises(CliProtocolError):
        start().receive(data)


@pytest.mark.parametrize("data", [b"201 " + b"a" * 101, b"200 data follow\n(\n" + b"a\n" * 60], ids=["line", "lines"])
def test_a_reply_without_end_is_not_collected_for_ever(data, one_by_one):
    replies = ReplyReader(limit_bytes=100)
    with pytest.raises(ReplyTooLongError, match="100 bytes"):
        [replies.feed(data[at : at + 1]) for at in range(len(data))] if one_by_one else replies.feed(data)


@pytest.mark.parametrize(("user", "password"), [("a\r\nb", "x"), ("a", "x\ny")], ids=["user", "password"])
def test_a_login_never_becomes_two_lines(user, password):
    conversation = Conversation()
    conversation.receive(WITHOUT_STAMP)
    with pytest.raises(UnsendableLoginError):
        conversation.login(user, Secret(password))
    assert conversation.bytes_to_send() == b""


def test_commands_out_of_turn_are_a_mistake_of_ours():
    conversation = logged_in()
    conversation.submit(COMMAND)
    with pytest.raises(RuntimeError, match="not our turn"):
        conversation.submit(COMMAND)


def test_leaving_says_quit_and_hears_the_farewell():
    conversation = logged_in()
    conversation.leave()
    assert conversation.bytes_to_send() == b"QUIT\r\n"
    assert conversation.receive(b"200 CommuniGate Pro PWD connection closed\r\n") == []


LINES = {
    "word alone": (Command(ReadCommand.LISTDOMAINS), b"LISTDOMAINS\r\n"),
    "account": (Command(ReadCommand.GETGROUP, ("sales@example.org",)), b'GETGROUP "sales@example.org"\r\n'),
    "cookie": (
        Command(ReadCommand.LISTDOMAINOBJECTS, ("lab", "1000", Keyword.ACCOUNTS, Keyword.COOKIE, "")),
        b'LISTDOMAINOBJECTS lab 1000 ACCOUNTS COOKIE ""\r\n',
    ),
    "a name that looks like a keyword": (Command(ReadCommand.GETGROUP, ("COOKIE x",)), b'GETGROUP "COOKIE x"\r\n'),
    "a line break in a name": (Command(ReadCommand.GETLIST, ("a\r\nQUIT",)), b'GETLIST "a\\r\\eQUIT"\r\n'),
}


@pytest.mark.parametrize(("command", "line"), LINES.values(), ids=LINES)
def test_a_command_is_one_line_with_its_arguments_quoted(command, line):
    assert command.line() == line


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_no_argument_can_begin_a_second_command(text):
    assert Command(ReadCommand.GETLIST, (text,)).line().count(b"\n") == 1


@given(st.data())
def test_any_bytes_give_replies_or_a_protocol_error_however_they_are_split(data):
    pieces = st.sampled_from(
        [b"200 data follow\r\n", b"201 ", b"513 x\r\n", b"\n", b"\xff", *rb'( ) { } " \ <a> </a>'.split()]
    )
    stream = b"".join(data.draw(st.lists(pieces, max_size=20)))
    size = data.draw(st.integers(1, 20))

    def replies(chunks: list[bytes]) -> tuple[list[Reply], bool]:
        reader, found = ReplyReader(), []
        try:
            for chunk in chunks:
                found += reader.feed(chunk)
        except CliProtocolError:
            return [], False
        return found, True

    whole = replies([stream])
    split = replies([stream[at : at + size] for at in range(0, len(stream), size)])
    assert whole == split
