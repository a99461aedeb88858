-- UIDs that we gave to messages in files whose server kept none, and sizes that took reading. Both must not change from
-- pass to pass. Losing this file costs time and no mail: what was copied is compared with the target again.

CREATE TABLE IF NOT EXISTS place (
    id          INTEGER PRIMARY KEY,
    path        BLOB    NOT NULL UNIQUE, -- bytes, because names of files need not be text
    uidvalidity INTEGER NOT NULL,
    uidnext     INTEGER NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS file_uid (
    place INTEGER NOT NULL REFERENCES place (id),
    key   BLOB    NOT NULL,
    uid   INTEGER NOT NULL,
    PRIMARY KEY (place, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS file_size (
    path       BLOB    NOT NULL,
    key        BLOB    NOT NULL,
    size_bytes INTEGER NOT NULL,
    PRIMARY KEY (path, key)
) STRICT, WITHOUT ROWID;
