from __future__ import annotations

import base64

import pytest

from sterna.errors import Retry, Scope
from sterna.imap.authentication import (
    AuthorizationError,
    LoginError,
    LoginUnavailableError,
    UnusableCredentialsError,
    login_command,
    without_secret,
)
from sterna.imap.engine import Literal
from sterna.model.secret import Secret

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
