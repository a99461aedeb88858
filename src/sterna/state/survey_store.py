"""What a survey sees, row by row as it is seen, in SQLite: memory does not grow with the site.

The file is written under another name and takes its own when the survey is complete, so that a survey that was ended
leaves the last whole one. Nobody but the owner may read it.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Self

from sterna.errors import Scope, SternaError
from sterna.model.finding import Finding
from sterna.state.survey_rows import Family, FoundFinding, SurveyedAccount, SurveyedMail
from sterna.state.survey_view import SurveyView, name_as_text


class SurveyStoreError(SternaError):
    """What the survey saw cannot be written down or read again: a full disk, wrong permissions."""

    scope = Scope.RUN
    exit_code = 74  # EX_IOERR

    def __init__(self, path: Path, why: str) -> None:
        self.path = path
        self.why = why
        super().__init__(
            f"the survey's store {path} cannot be used: {why}; free the disk or mend the folder, and survey again"
        )


class SurveyStore:
    """The rows of the survey under way; `view` reads them while it is written, too."""

    def __init__(self, path: Path, part: Path, db: sqlite3.Connection) -> None:
        self.view = SurveyView(db)
        self._path = path
        self._part = part
        self._db = db

    @classmethod
    def create(cls, path: Path) -> Self:
        """Begin an empty store that will be `path`.

        Raises:
            SurveyStoreError: it cannot be made.
        """
        part = path.with_name(path.name + ".part")
        with _translated(path):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            part.unlink(missing_ok=True)
            os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            db = sqlite3.connect(part, isolation_level=None, check_same_thread=False)
            # Whoever loses it surveys again; so nothing is synced, and no journal is kept.
            db.execute("PRAGMA journal_mode=OFF")
            db.execute("PRAGMA synchronous=OFF")
            db.executescript(resources.files("sterna.state").joinpath("survey.sql").read_text("utf-8"))
            db.execute("BEGIN")
        return cls(path, part, db)

    def finish(self) -> None:
        """Give the complete store its name; it can still be read by `view`."""
        with _translated(self._path):
            self._db.execute("COMMIT")
            self._part.replace(self._path)

    def close(self) -> None:
        """Close the file; what is not finished is gone."""
        self._db.close()
        self._part.unlink(missing_ok=True)

    def add_thing(self, kind: str, name: str, as_json: object) -> None:
        """Keep a domain, a forwarder, a group, a list: whatever is no account."""
        with _translated(self._path):
            text = json.dumps(as_json, ensure_ascii=False)
            self._db.execute("INSERT INTO thing VALUES (?, ?, ?)", (kind, _storable(name), _storable(text)))

    def add_account(self, account: SurveyedAccount) -> bool:
        """Keep an account without its mail; False when there is one of the same address already."""
        row = (
            account.address,
            account.domain,
            account.rank,
            account.real_name,
            account.password,
            account.why_unreadable,
            account.enabled,
            account.quota_bytes,
            account.names,
            account.as_json,
        )
        with _translated(self._path):
            done = self._db.execute(
                "INSERT OR IGNORE INTO account (address, domain, rank, real_name, password, why, enabled, quota_bytes,"
                " names, json) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [_storable(each) if isinstance(each, str) else each for each in row],
            )
        return done.rowcount == 1

    def add_mail(self, address: str, mail: SurveyedMail) -> None:
        """Keep what IMAP shows of an account."""
        messages = sum(each.messages for each in mail.mailboxes)
        size_bytes = sum(each.size_bytes for each in mail.mailboxes)
        with _translated(self._path):
            self._db.execute(
                "UPDATE account SET mailboxes = ?, messages = ?, bytes = ? WHERE address = ?",
                (len(mail.mailboxes), messages, size_bytes, address),
            )
            self._db.executemany(
                "INSERT OR REPLACE INTO mailbox VALUES (?, ?, ?, ?, ?)",
                (
                    (address, name_as_text(each.name), name_as_text(each.target), each.messages, each.size_bytes)
                    for each in mail.mailboxes
                ),
            )
            self._db.executemany(
                "INSERT INTO month VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET"
                " messages = messages + excluded.messages, bytes = bytes + excluded.bytes",
                ((month, held.messages, held.size_bytes) for month, held in mail.months.items()),
            )

    def add_findings(self, findings: Iterable[FoundFinding]) -> None:
        """Keep findings, each with its family; one that is there already is not kept again."""
        with _translated(self._path):
            for finding, family in findings:
                self._add_finding(finding, family)

    def count(self, kind: str, number: int) -> None:
        """Say that `number` more things of a kind were seen."""
        with _translated(self._path):
            self._db.execute(
                "INSERT INTO seen VALUES (?, ?) ON CONFLICT DO UPDATE SET number = number + excluded.number",
                (kind, number),
            )

    def _add_finding(self, finding: Finding, family: Family) -> None:
        texts = [finding.object, finding.what, finding.why, finding.todo, finding.detail]
        said = "\0".join((finding.kind, finding.outcome, *texts)).encode("utf-8", "surrogatepass")
        common = [family.kind, family.outcome.value, *map(_storable, (family.what, family.why, family.todo))]
        self._db.execute("INSERT OR IGNORE INTO family (kind, outcome, what, why, todo) VALUES (?, ?, ?, ?, ?)", common)
        query = "SELECT id FROM family WHERE kind = ? AND outcome = ? AND what = ? AND why = ? AND todo = ?"
        (number,) = self._db.execute(query, common).fetchone()
        done = self._db.execute(
            "INSERT OR IGNORE INTO finding VALUES (?, ?, ?, ?, ?, ?, ?)",
            (hashlib.sha256(said).digest()[:16], number, *map(_storable, texts)),
        )
        if done.rowcount == 1:
            self._db.execute("UPDATE family SET findings = findings + 1 WHERE id = ?", (number,))


def _storable(text: str) -> str:
    """Return `text` with what UTF-8 cannot hold written out: halves of surrogate pairs, from broken names."""
    return text.encode("utf-8", "backslashreplace").decode()


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise SurveyStoreError(path, str(error)) from error
