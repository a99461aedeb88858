-- What the operator orders a pass to do while it runs, and what it says of itself. Times are Unix seconds.

CREATE TABLE IF NOT EXISTS pass_order (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    paused   INTEGER NOT NULL DEFAULT 0,
    accounts INTEGER,          -- at a time; NULL for no order
    messages REAL,             -- in a second
    bytes    REAL              -- in a second
) STRICT;

-- Accounts to be done before all others, in the order in which they were asked for.
CREATE TABLE IF NOT EXISTS pass_first (
    account TEXT NOT NULL PRIMARY KEY,
    number  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS pass (
    id       INTEGER PRIMARY KEY,
    process  INTEGER NOT NULL,
    began    REAL    NOT NULL,
    seen     REAL    NOT NULL, -- when it last said something
    ended    REAL,             -- NULL while it runs, and for one that was killed
    outcome  TEXT    NOT NULL DEFAULT '',
    accounts INTEGER NOT NULL,
    now      TEXT    NOT NULL DEFAULT '{}'  -- a JSON object: rates, how long still, what it waits for
) STRICT;

-- The last pass over each account.
CREATE TABLE IF NOT EXISTS pass_account (
    account   TEXT    NOT NULL PRIMARY KEY,
    pass      INTEGER NOT NULL,
    began     REAL    NOT NULL,
    ended     REAL,            -- NULL while it is under way, or was broken off
    mailboxes INTEGER NOT NULL,
    messages  INTEGER NOT NULL, -- on the source
    copied    INTEGER NOT NULL,
    unchanged INTEGER NOT NULL,
    updated   INTEGER NOT NULL,
    expunged  INTEGER NOT NULL,
    skipped   INTEGER NOT NULL,
    bytes     INTEGER NOT NULL, -- copied
    failures  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
