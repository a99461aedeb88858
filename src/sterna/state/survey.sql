-- What one survey of the source saw. It is made anew by each survey; nothing else rests on it.
-- Names of mailboxes are JSON arrays of components, months are year * 100 + month.

-- Domains, forwarders, groups, lists, routes: everything that is no account, as JSON.
CREATE TABLE thing (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    json TEXT NOT NULL
) STRICT;
CREATE INDEX thing_kind ON thing (kind, name);

CREATE TABLE account (
    address     TEXT    PRIMARY KEY,
    domain      TEXT    NOT NULL,
    rank        TEXT    NOT NULL, -- the address in the order of addresses: domain, blank, local part
    real_name   TEXT    NOT NULL,
    password    TEXT    NOT NULL, -- clear, hashed or unreadable; never the password
    why         TEXT    NOT NULL, -- why it is unreadable
    enabled     INTEGER NOT NULL,
    quota_bytes INTEGER,          -- NULL: no limit
    names       TEXT    NOT NULL, -- aliases and forwards in words
    json        TEXT    NOT NULL,
    -- What IMAP shows; NULL while its mailboxes could not be read.
    mailboxes   INTEGER,
    messages    INTEGER NOT NULL DEFAULT 0,
    bytes       INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX account_rank ON account (rank);
CREATE INDEX account_bytes ON account (bytes);

CREATE TABLE mailbox (
    account  TEXT    NOT NULL,
    name     TEXT    NOT NULL,
    target   TEXT    NOT NULL,
    messages INTEGER NOT NULL,
    bytes    INTEGER NOT NULL,
    PRIMARY KEY (account, name)
) STRICT, WITHOUT ROWID;

-- When the mail that is there arrived, by INTERNALDATE.
CREATE TABLE month (
    month    INTEGER PRIMARY KEY,
    messages INTEGER NOT NULL,
    bytes    INTEGER NOT NULL
) STRICT;

-- Findings that say the same of different objects are one family.
CREATE TABLE family (
    id       INTEGER PRIMARY KEY,
    kind     TEXT    NOT NULL,
    outcome  TEXT    NOT NULL,
    what     TEXT    NOT NULL,
    why      TEXT    NOT NULL,
    todo     TEXT    NOT NULL,
    findings INTEGER NOT NULL DEFAULT 0,
    UNIQUE (kind, outcome, what, why, todo)
) STRICT;

CREATE TABLE finding (
    digest BLOB    PRIMARY KEY, -- of everything in it, so that what is said twice is there once
    family INTEGER NOT NULL REFERENCES family (id),
    object TEXT    NOT NULL,
    what   TEXT    NOT NULL,
    why    TEXT    NOT NULL,
    todo   TEXT    NOT NULL,
    detail TEXT    NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX finding_family ON finding (family, object);

-- How many things of each kind were seen, whatever becomes of them.
CREATE TABLE seen (
    kind   TEXT    PRIMARY KEY,
    number INTEGER NOT NULL
) STRICT;
