"""A journal that an earlier Sterna wrote is used on, with everything in it."""

from __future__ import annotations

import sqlite3

from sterna.model.copied import Fingerprint
from sterna.state.journal import Journal, SkippedMessage

FIRST = """
CREATE TABLE mailbox (id INTEGER PRIMARY KEY, account TEXT NOT NULL, source TEXT NOT NULL, target TEXT NOT NULL,
    uidvalidity INTEGER NOT NULL, uniqueid TEXT NOT NULL, last_uid INTEGER, highestmodseq INTEGER, sync_crc INTEGER,
    UNIQUE (account, source)) STRICT;
CREATE TABLE skipped (account TEXT NOT NULL, source TEXT NOT NULL, uid INTEGER NOT NULL, reason TEXT NOT NULL,
    todo TEXT NOT NULL, PRIMARY KEY (account, source, uid)) STRICT, WITHOUT ROWID;
INSERT INTO mailbox VALUES (7, 'anna@lab.example', '["INBOX"]', '["INBOX"]', 12, 'u', 40, 9, 77);
INSERT INTO skipped VALUES ('anna@lab.example', '["INBOX"]', 3, 'it is empty', 'nothing');
PRAGMA user_version = 1;
"""


def test_its_rows_are_kept_and_new_ones_can_be_written(tmp_path):
    path = tmp_path / "journal.sqlite"
    db = sqlite3.connect(path)
    db.executescript(FIRST)
    db.close()
    for _ in range(2):
        journal = Journal.open(path)
        row = journal.mailboxes("anna@lab.example")[("INBOX",)]
        assert (row.id, row.fingerprint, row.mark) == (7, Fingerprint(40, 9, 77), "")
        assert journal.skipped("anna@lab.example") == [
            SkippedMessage("anna@lab.example", ("INBOX",), 3, "it is empty", "nothing")
        ]
        journal.close()
    journal = Journal.open(path)
    journal.set_mark(7, "modseq 1 2 3 4")
    assert journal.mailboxes("anna@lab.example")[("INBOX",)].mark == "modseq 1 2 3 4"
    journal.close()
