-- Accounts whose owners work on the target: from then on it is the truth, and nothing of the source's changes is pushed.

CREATE TABLE IF NOT EXISTS cut_over (
    account TEXT    NOT NULL PRIMARY KEY,
    since   INTEGER NOT NULL -- Unix seconds
) STRICT, WITHOUT ROWID;
