-- Messages that have other UIDs on the target than on the source: which is which. Losing this costs time: what is there
-- is recognised by its bytes; but what we brought is then no longer known to be ours, and is never expunged.

CREATE TABLE IF NOT EXISTS placed_mailbox (
    id                 INTEGER PRIMARY KEY,
    account            TEXT    NOT NULL,
    source             TEXT    NOT NULL, -- JSON array of components
    target             TEXT    NOT NULL, -- the same
    uidvalidity        INTEGER NOT NULL, -- the source's
    target_uidvalidity INTEGER NOT NULL,
    looked             INTEGER NOT NULL DEFAULT 0,
    UNIQUE (account, source)
) STRICT;

CREATE TABLE IF NOT EXISTS placed (
    mailbox      INTEGER NOT NULL REFERENCES placed_mailbox (id) ON DELETE CASCADE,
    uid          INTEGER NOT NULL, -- the source's
    target_uid   INTEGER,          -- NULL while the answer was not seen
    guid         BLOB    NOT NULL,
    likeness     BLOB    NOT NULL,
    message_id   BLOB    NOT NULL,
    size_bytes   INTEGER NOT NULL,
    internaldate INTEGER NOT NULL,
    floor        INTEGER NOT NULL,
    stage        INTEGER NOT NULL,
    found        INTEGER NOT NULL,
    attempts     INTEGER NOT NULL,
    PRIMARY KEY (mailbox, uid)
) STRICT, WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS placed_unsettled ON placed (mailbox, uid) WHERE stage NOT IN (2, 4);
