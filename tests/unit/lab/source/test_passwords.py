"""How the old server keeps passwords."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sterna.lab.source.passwords import Form, Password, decrypt, encrypt, verify


@given(st.text(), st.text())
def test_the_two_way_form_can_be_reversed(text: str, salt: str):
    assert decrypt(encrypt(text, salt)) == text


@given(st.text())
def test_anything_else_is_not_taken_for_it(stored: str):
    text = decrypt(stored)
    assert text is None or isinstance(text, str)


@given(st.text(min_size=1), st.sampled_from([Form.CLEAR, Form.SHA, Form.SSHA, Form.REVERSIBLE]))
def test_a_kept_password_is_verified_and_no_other(text: str, form: Form):
    settings = Password(text, form).settings("salt")
    assert verify(settings, text)
    assert not verify(settings, text + "x")


def test_a_password_of_the_operating_system_is_never_right():
    assert not verify(Password("x", Form.OUTSIDE).settings("s"), "x")


def test_what_nobody_can_read_is_not_known():
    assert Password("x", Form.SEALED).known is None
    assert Password("x", Form.OUTSIDE).known is None
    assert Password("x", Form.SSHA).known == "x"
    assert decrypt(str(Password("x", Form.SEALED).settings("s")["Password"])) is None
