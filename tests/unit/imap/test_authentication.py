from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from sterna.errors import Retry, Scope
from sterna.imap.authentication import (
    AuthorizationError,
    Credentials,
    LoginError,
    LoginUnavailableError,
    UnusableCredentialsError,
    login_command,
    login_exchange,
    without_secret,
)
from sterna.imap.codes import Status
from sterna.imap.content import whole
from sterna.imap.engine import Completed, Engine, Event, Literal
from sterna.model.secret import Secret
from sterna.site.declaration import Mechanism

PASSWORD = Secret('pässwörd with \\ and "')
PLAIN = frozenset({b"AUTH=PLAIN"})


def coded(*parts: str) -> bytes:
    return base64.b64encode("\0".join(parts).encode())


def test_plain_is_sent_at_once_where_the_server_takes_it():
    pieces = login_command("anna@lab.example", PASSWORD, None, PLAIN | {b"SASL-IR"})
    assert pieces == (b"AUTHENTICATE PLAIN " + coded("", "anna@lab.example", PASSWORD.reveal()),)


def test_plain_waits_for_the_server_where_it_must():
    pieces = login_command("admin", PASSWORD, "anna@lab.example", PLAIN)
    assert pieces == (
        b"AUTHENTICATE PLAIN",
        Literal(coded("anna@lab.example", "admin", PASSWORD.reveal()), announcement=b""),
    )


def test_login_uses_literals_so_that_any_password_passes():
    pieces = login_command("anna", PASSWORD, None, frozenset())
    assert pieces == (b"LOGIN ", Literal(b"anna"), b" ", Literal(PASSWORD.reveal().encode()))


REFUSED = {
    "a NUL in the password": ("anna", "a\0b", None, PLAIN, "NUL"),
    "a NUL in the name": ("an\0na", "x", None, PLAIN, "NUL"),
    "another account without PLAIN": ("anna", "x", "berta", frozenset(), "AUTH=PLAIN"),
    "no login in clear": ("anna", "x", None, frozenset({b"LOGINDISABLED"}), "starttls"),
}


@pytest.mark.parametrize(("user", "password", "other", "capabilities", "why"), REFUSED.values(), ids=REFUSED)
def test_what_no_command_can_hold_is_refused_before_anything_is_sent(
    user: str, password: str, other: str | None, capabilities: frozenset[bytes], why: str
):
    with pytest.raises(UnusableCredentialsError, match=why):
        login_command(user, Secret(password), other, capabilities)


def test_an_error_names_user_and_server():
    error = LoginError("anna", "mail.lab.example:143", "wrong password")
    assert "mail.lab.example:143 does not let anna in: wrong password" in str(error)
    assert (error.exit_code, error.scope, error.retry) == (77, Scope.SERVER, Retry.NEVER)


def test_one_account_that_we_may_not_act_for_ends_only_that_account():
    error = AuthorizationError("admin", "mail:143", "no", authorize_as="berta")
    assert "admin on behalf of berta" in str(error)
    assert error.scope is Scope.ACCOUNT


def test_a_server_that_cannot_tell_now_is_asked_again_later():
    error = LoginUnavailableError("anna", "mail:143", "LDAP is down")
    assert (error.exit_code, error.retry) == (75, Retry.LATER)


def test_an_answer_that_repeats_the_password_is_not_shown():
    assert PASSWORD.reveal() not in without_secret(b"bad: " + PASSWORD.reveal().encode(), PASSWORD)
    assert "aGVsbG8=" not in without_secret(b"bad: aGVsbG8=", Secret("hello"))
    assert without_secret(b"Login failed", PASSWORD) == "Login failed"
    assert without_secret(b"Login failed", Secret("")) == "Login failed"
    assert without_secret(b"", PASSWORD) == "it gave no reason"


TIM = Credentials("tim", Secret("tanstaaftanstaaf"), mechanism=Mechanism.CRAM_MD5)
TOKEN = Credentials("anna@lab.example", Secret("ya29.t0ken"), mechanism=Mechanism.XOAUTH2)


def conversation(credentials: Credentials, capabilities: frozenset[bytes], *said: bytes) -> tuple[list[bytes], Event]:
    """What goes out between the server's lines, and how it ends."""
    engine = Engine()
    list(engine.receive(b"* OK ready\r\n"))
    engine.submit(*login_exchange(credentials, capabilities).pieces)
    sent: list[bytes] = [joined(engine)]
    events: list[Event] = []
    for line in said:
        events += engine.receive(line)
        sent.append(joined(engine))
    return sent, events[-1]


def joined(engine: Engine) -> bytes:
    return b"".join(whole(each) for each in engine.bytes_to_send())


def test_the_digest_of_the_example_in_rfc_2195_is_sent_and_no_password():
    challenge = base64.b64encode(b"<1896.697170952@postoffice.reston.mci.net>")
    sent, ended = conversation(TIM, frozenset({b"AUTH=CRAM-MD5"}), b"+ " + challenge + b"\r\n", b"T1 OK welcome\r\n")
    assert sent == [
        b"T1 AUTHENTICATE CRAM-MD5\r\n",
        base64.b64encode(b"tim b913a602c7eda7a495b4e6e7334d3890") + b"\r\n",
        b"",
    ]
    assert isinstance(ended, Completed)
    assert ended.status is Status.OK


def test_a_token_is_shown_at_once_and_taken_without_another_question():
    offered = frozenset({b"AUTH=XOAUTH2", b"SASL-IR"})
    sent, ended = conversation(TOKEN, offered, b"T1 OK [CAPABILITY IMAP4REV1] in\r\n")
    message = base64.b64encode(b"user=anna@lab.example\1auth=Bearer ya29.t0ken\1\1")
    assert sent == [b"T1 AUTHENTICATE XOAUTH2 " + message + b"\r\n", b""]
    assert isinstance(ended, Completed)
    assert ended.status is Status.OK


@pytest.mark.parametrize(
    ("mechanism", "farewell"), [(Mechanism.XOAUTH2, b"\r\n"), (Mechanism.OAUTHBEARER, b"AQ==\r\n")]
)
def test_the_reason_why_a_token_is_refused_is_heard_and_the_refusal_waited_for(mechanism: Mechanism, farewell: bytes):
    credentials = replace(TOKEN, mechanism=mechanism)
    offered = frozenset({b"AUTH=" + mechanism.value.upper().encode()})
    exchange = login_exchange(credentials, offered)
    engine = Engine()
    list(engine.receive(b"* OK ready\r\n"))
    engine.submit(*exchange.pieces)
    assert joined(engine) == b"T1 AUTHENTICATE " + mechanism.value.upper().encode() + b"\r\n"
    list(engine.receive(b"+ \r\n"))
    assert b"ya29.t0ken" in base64.b64decode(joined(engine))
    list(engine.receive(b"+ " + base64.b64encode(b'{"status":"invalid_token"}') + b"\r\n"))
    assert joined(engine) == farewell
    (ended,) = engine.receive(b"T1 NO refused\r\n")
    assert isinstance(ended, Completed)
    assert exchange.said == [b'{"status":"invalid_token"}']


def test_oauthbearer_names_the_account_as_rfc_5801_wants_it():
    credentials = replace(TOKEN, user="a=b,c@lab.example", mechanism=Mechanism.OAUTHBEARER)
    (command, *_) = login_exchange(credentials, frozenset({b"AUTH=OAUTHBEARER", b"SASL-IR"})).pieces
    assert isinstance(command, bytes)
    message = base64.b64decode(command.rpartition(b" ")[2])
    assert message == b"n,a=a=3Db=2Cc@lab.example,\1auth=Bearer ya29.t0ken\1\1"


UNUSABLE = {
    "a mechanism that is not offered": (TIM, frozenset({b"AUTH=PLAIN"}), "AUTH=CRAM-MD5, only PLAIN"),
    "another account by a digest": (replace(TIM, authorize_as="x"), frozenset({b"AUTH=CRAM-MD5"}), "another account"),
    "another account by LOGIN": (
        Credentials("admin", Secret("x"), "anna", Mechanism.LOGIN),
        frozenset({b"AUTH=PLAIN"}),
        "another account",
    ),
    "PLAIN where only LOGIN is": (Credentials("a", Secret("x"), mechanism=Mechanism.PLAIN), frozenset(), "AUTH=PLAIN"),
    "a token with a control character": (
        replace(TOKEN, secret=Secret("a\1b")),
        frozenset({b"AUTH=XOAUTH2"}),
        "control character",
    ),
}


@pytest.mark.parametrize(("credentials", "capabilities", "why"), UNUSABLE.values(), ids=UNUSABLE)
def test_what_a_mechanism_cannot_do_is_said_before_anything_is_sent(
    credentials: Credentials, capabilities: frozenset[bytes], why: str
):
    with pytest.raises(UnusableCredentialsError, match=why):
        login_exchange(credentials, capabilities)


def test_login_is_used_where_it_is_asked_for_although_plain_is_offered():
    asked = Credentials("anna", Secret("x"), mechanism=Mechanism.LOGIN)
    assert login_exchange(asked, PLAIN).pieces[0] == b"LOGIN "
