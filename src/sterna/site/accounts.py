"""The file that lists the accounts of a source: CSV or tab-separated text with a line of column names."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sterna.errors import Scope, SternaError
from sterna.model.address import Address, AddressError
from sterna.model.secret import Secret
from sterna.site.secrets import check_private, read_secret

COLUMNS: Final = ("address", "login", "password", "password_file")
_DELIMITERS: Final = ("\t", ";", ",")
"""Tried in this order on the line of names; names hold none of them."""


class AccountsFileError(SternaError):
    """The file of accounts says something that cannot be used; nothing was done.

    Fields:
        path: the file.
        line: from 1; 0 when the whole file is meant.
    """

    scope = Scope.RUN
    exit_code = 78  # EX_CONFIG

    def __init__(self, path: Path, line: int, reason: str) -> None:
        self.path = path
        self.line = line
        self.reason = reason
        super().__init__(f"{path}:{line}: {reason}" if line else f"{path}: {reason}")


@dataclass(frozen=True, slots=True)
class SourceAccount:
    """One account of the source.

    Fields:
        address: what it is called on the new platform, and in every report.
        login: what it is called on the source.
        password, password_file: its own secret, or where it is; at most one of them.
    """

    address: Address
    login: str
    password: Secret | None = None
    password_file: Path | None = None

    def secret(self) -> Secret | None:
        """Return its own secret, None when the file of accounts names none.

        Raises:
            SecretFileError: its file cannot be used.
        """
        return self.password if self.password_file is None else read_secret(self.password_file)


def read_accounts(path: Path) -> dict[Address, SourceAccount]:
    """Return the accounts that the file lists, in its order. Paths in it are relative to its own folder.

    The first line names the columns: `address` is needed, `login` is the address where it is left out or empty. Empty
    lines and lines that begin with ``#`` are passed over.

    Raises:
        AccountsFileError: it cannot be read, or a line of it cannot be used.
        SecretFileError: it holds passwords, and other users may open it.
    """
    text, status = _text(path)
    rows = _rows(path, text)
    _, names = next(rows, (0, []))
    if not names:
        raise AccountsFileError(path, 0, f"lists no account; its first line names columns, of {', '.join(COLUMNS)}")
    columns = _columns(path, names)
    if "password" in columns:
        check_private(path, status)
    found: dict[Address, SourceAccount] = {}
    for line, cells in rows:
        if len(cells) != len(columns):
            raise AccountsFileError(path, line, f"has {len(cells)} columns, and the first line names {len(columns)}")
        account = _account(path, line, dict(zip(columns, cells, strict=True)))
        if account.address in found:
            raise AccountsFileError(path, line, f"{account.address} is listed twice")
        found[account.address] = account
    return found


def _text(path: Path) -> tuple[str, os.stat_result]:
    try:
        with path.open("rb") as file:
            return file.read().decode("utf-8-sig"), os.fstat(file.fileno())
    except OSError as error:
        raise AccountsFileError(path, 0, f"the file of accounts cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise AccountsFileError(path, line, "should be UTF-8 and is not") from error


def _rows(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the number of each line that says something, and its cells."""
    first = next((line for line in text.splitlines() if line.strip() and not line.startswith("#")), "")
    delimiter = next((each for each in _DELIMITERS if each in first), ",")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise AccountsFileError(path, reader.line_num, f"cannot be read as a table: {error}") from error
        if cells is None:
            return
        # A password may begin or end with a blank, everything else is trimmed where it is used.
        if any(cell.strip() for cell in cells) and not cells[0].startswith("#"):
            yield reader.line_num, cells


def _columns(path: Path, names: list[str]) -> list[str]:
    columns = [name.strip().lower() for name in names]
    known = ", ".join(COLUMNS)
    for column in columns:
        if column not in COLUMNS:
            raise AccountsFileError(path, 1, f"there is no column {column!r}; the first line names some of {known}")
    if "address" not in columns or len(set(columns)) != len(columns):
        raise AccountsFileError(path, 1, f"the first line names the columns, each once and address among them: {known}")
    return columns


def _account(path: Path, line: int, row: Mapping[str, str]) -> SourceAccount:
    try:
        address = Address.parse(row["address"])
    except AddressError as error:
        raise AccountsFileError(path, line, str(error)) from error
    password, secret_file = row.get("password", ""), row.get("password_file", "").strip()
    if password and secret_file:
        raise AccountsFileError(path, line, f"{address} has both a password and a password_file")
    return SourceAccount(
        address,
        row.get("login", "").strip() or str(address),
        Secret(password) if password else None,
        path.parent / secret_file if secret_file else None,
    )
