from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sterna.model.secret import Secret
from sterna.openldap.passwords import hash_password, verify_password
from sterna.site.declaration import PasswordScheme


@given(st.text(), st.text())
def test_a_password_fits_its_own_hash_and_no_other(clear: str, other: str) -> None:
    hashed = hash_password(Secret(clear), PasswordScheme.SSHA512)
    assert verify_password(Secret(clear), hashed) is True
    assert verify_password(Secret(other), hashed) is (clear == other)


@settings(max_examples=3)
@given(st.text())
def test_argon2id_fits_too_and_carries_the_declared_cost(clear: str) -> None:
    hashed = hash_password(Secret(clear), PasswordScheme.ARGON2ID)
    assert hashed.reveal().startswith("{ARGON2}$argon2id$v=19$m=19456,t=2,p=1$")
    assert verify_password(Secret(clear), hashed) is True
    assert verify_password(Secret(clear + "x"), hashed) is False
    assert verify_password(Secret(clear), Secret(hashed.reveal() + "\0\0")) is True


def test_two_hashes_of_one_password_differ() -> None:
    one, two = (hash_password(Secret("x"), PasswordScheme.SSHA512) for _ in range(2))
    assert one != two


@pytest.mark.parametrize("stored", ["", "clear", "{CRYPT}$6$x$y", "{SSHA512}", "{SSHA512}!!", "{ARGON2}rubbish"])
def test_of_what_we_do_not_write_we_say_nothing_or_no(stored: str) -> None:
    assert not verify_password(Secret("clear"), Secret(stored))


@given(st.text())
def test_any_stored_text_gives_an_answer(stored: str) -> None:
    assert verify_password(Secret("x"), Secret(stored)) in (True, False, None)
    for scheme in ("{SSHA512}", "{ARGON2}", "{ARGON2}$argon2id$v=19$m=8,t=1,p=1$"):
        assert verify_password(Secret("x"), Secret(scheme + stored)) in (False, None)
