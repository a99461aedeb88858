-- The journal of a site's passes. A lost journal costs time, not mail: everything in it can be found out again by reading
-- source and target. Names of mailboxes are JSON arrays of components.

CREATE TABLE IF NOT EXISTS mailbox (
    id            INTEGER PRIMARY KEY,
    account       TEXT    NOT NULL,
    source        TEXT    NOT NULL,
    target        TEXT    NOT NULL,
    uidvalidity   INTEGER NOT NULL,
    uniqueid      TEXT    NOT NULL,
    -- The target's marks after our last write; NULL while a write's outcome is unknown.
    last_uid      INTEGER,
    highestmodseq INTEGER,
    sync_crc      INTEGER,
    -- The source's mark at the last pass that was complete, or empty.
    mark          TEXT    NOT NULL DEFAULT '',
    UNIQUE (account, source)
) STRICT;

CREATE TABLE IF NOT EXISTS message (
    mailbox      INTEGER NOT NULL REFERENCES mailbox (id) ON DELETE CASCADE,
    uid          INTEGER NOT NULL,
    guid         BLOB    NOT NULL,
    size_bytes   INTEGER NOT NULL,
    internaldate INTEGER NOT NULL,
    flags        TEXT    NOT NULL, -- separated by blanks, which no flag can hold
    modseq       INTEGER NOT NULL,
    last_updated INTEGER NOT NULL,
    stored       INTEGER NOT NULL, -- 0: sent, answer not seen
    PRIMARY KEY (mailbox, uid)
) STRICT, WITHOUT ROWID;

-- Messages that could not be moved, each with its reason, until a later pass moves them.
CREATE TABLE IF NOT EXISTS skipped (
    account TEXT    NOT NULL,
    source  TEXT    NOT NULL,
    uid     INTEGER NOT NULL,
    reason  TEXT    NOT NULL,
    todo    TEXT    NOT NULL,
    answer  TEXT    NOT NULL DEFAULT '',
    kept    TEXT    NOT NULL DEFAULT '',
    since   INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (account, source, uid)
) STRICT, WITHOUT ROWID;

-- Subscriptions we made on the target: the only ones we may take back.
CREATE TABLE IF NOT EXISTS subscription (
    account TEXT NOT NULL,
    target  TEXT NOT NULL,
    PRIMARY KEY (account, target)
) STRICT, WITHOUT ROWID;

-- Rights we gave others to an account's mailboxes on the target, as JSON arrays of the name's components and the
-- identifier: the only ones we may take back.
CREATE TABLE IF NOT EXISTS given (
    account TEXT NOT NULL,
    what    TEXT NOT NULL,
    PRIMARY KEY (account, what)
) STRICT, WITHOUT ROWID;
