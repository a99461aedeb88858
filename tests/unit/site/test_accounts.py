"""The file of accounts: what is accepted, and that each mistake is named with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from sterna.model.address import Address
from sterna.site.accounts import AccountsFileError, read_accounts
from sterna.site.errors import SecretFileError


def written(folder: Path, text: str, mode: int = 0o600) -> Path:
    path = folder / "accounts.csv"
    path.write_text(text)
    path.chmod(mode)
    return path


@pytest.mark.parametrize("delimiter", [",", ";", "\t"], ids=["comma", "semicolon", "tab"])
def test_columns_may_come_in_any_order_and_with_any_usual_delimiter(tmp_path: Path, delimiter: str):
    rows = (
        ("login", "Address", "password_file"),
        ("anna", "Anna@Lab.Example", "secrets/anna"),
        ("", "ben@lab.example", ""),
    )
    text = "# our people\n\n" + "".join(f"{delimiter.join(row)}\n" for row in rows)
    found = read_accounts(written(tmp_path, text, 0o644))
    anna, ben = found.values()
    assert list(found) == [Address("lab.example", "anna"), Address("lab.example", "ben")]
    assert (anna.login, anna.password_file) == ("anna", tmp_path / "secrets/anna")
    assert (ben.login, ben.password_file, ben.secret()) == ("ben@lab.example", None, None)


def test_a_password_is_taken_as_it_stands_and_not_shown(tmp_path: Path):
    path = written(tmp_path, 'address,password\nanna@lab.example," comma, ""quote"" and blank "\n')
    (anna,) = read_accounts(path).values()
    secret = anna.secret()
    assert secret is not None
    assert secret.reveal() == ' comma, "quote" and blank '
    assert "comma" not in repr(anna)


def test_passwords_that_others_may_read_are_refused(tmp_path: Path):
    path = written(tmp_path, "address,password\nanna@lab.example,x\n", 0o640)
    with pytest.raises(SecretFileError, match="chmod 600"):
        read_accounts(path)


WRONG = {
    "nothing": ("\n# only this\n", "lists no account"),
    "no address": ("login\nanna\n", "address"),
    "unknown column": ("address,passwort\n", ":1: there is no column 'passwort'"),
    "no address in a row": ("address,login\nanna,anna\n", ":2: 'anna' is not an address"),
    "twice": ("address\nanna@lab.example\nAnna@lab.example\n", ":3: anna@lab.example is listed twice"),
    "too few cells": ("address,login\nanna@lab.example\n", ":2: has 1 columns"),
    "two secrets": ("address,password,password_file\na@lab.example,x,y\n", ":2: a@lab.example has both"),
    "an open quote": ('address,login\na@lab.example,"x\n', "cannot be read as a table"),
}


@pytest.mark.parametrize(("text", "said"), WRONG.values(), ids=WRONG)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, text: str, said: str):
    with pytest.raises(AccountsFileError) as caught:
        read_accounts(written(tmp_path, text))
    assert said in str(caught.value)


def test_a_file_that_is_not_there_or_not_text_is_one_line(tmp_path: Path):
    with pytest.raises(AccountsFileError, match="No such file"):
        read_accounts(tmp_path / "none.csv")
    (tmp_path / "latin").write_bytes(b"address\nm\xfcller@lab.example\n")
    with pytest.raises(AccountsFileError, match=":2: should be UTF-8"):
        read_accounts(tmp_path / "latin")
