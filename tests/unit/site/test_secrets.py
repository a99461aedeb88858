"""Password files: read when needed, refused when others could read them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sterna.model.secret import Secret
from sterna.site.errors import SecretFileError
from sterna.site.secrets import read_secret


def secret_file(folder: Path, data: bytes, mode: int = 0o600) -> Path:
    path = folder / "secret"
    path.write_bytes(data)
    path.chmod(mode)
    return path


@pytest.mark.parametrize("data", [b"geheim", b"geheim\n", b"geheim\r\n"])
def test_the_line_end_is_not_part_of_the_password(tmp_path: Path, data: bytes) -> None:
    assert read_secret(secret_file(tmp_path, data)) == Secret("geheim")


def test_spaces_and_umlauts_are_part_of_the_password(tmp_path: Path) -> None:
    assert read_secret(secret_file(tmp_path, " höß ".encode())) == Secret(" höß ")


BAD = {
    "empty": (b"", "is empty"),
    "an empty line": (b"\n", "is empty"),
    "two lines": (b"a\nb\n", "one line"),
    "a NUL": (b"a\0b", "one line"),
    "a wrong file": (b"x" * 5000, "one line"),
    "not UTF-8": (b"\xff", "UTF-8"),
}


@pytest.mark.parametrize(("data", "said"), BAD.values(), ids=BAD)
def test_a_file_that_is_no_password_is_refused(tmp_path: Path, data: bytes, said: str) -> None:
    path = secret_file(tmp_path, data)
    with pytest.raises(SecretFileError, match=said) as caught:
        read_secret(path)
    assert str(path) in str(caught.value)
    assert caught.value.exit_code == 78


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_file_that_others_may_open_is_refused_with_the_remedy(tmp_path: Path, mode: int) -> None:
    with pytest.raises(SecretFileError, match="chmod 600"):
        read_secret(secret_file(tmp_path, b"geheim", mode))


def test_the_password_is_not_in_the_error(tmp_path: Path) -> None:
    with pytest.raises(SecretFileError) as caught:
        read_secret(secret_file(tmp_path, b"geheim\nzwei"))
    assert "geheim" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SecretFileError, match="no such password file"):
        read_secret(tmp_path / "nowhere")


def test_a_folder_and_a_pipe_are_refused_without_waiting(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (tmp_path, pipe):
        with pytest.raises(SecretFileError, match="not a regular file"):
            read_secret(path)
