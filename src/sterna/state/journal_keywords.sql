-- Keywords that a mailbox of the target has been given, in the order it got them. A server may never forget one, so they
-- count against its limit also when no message has them any more.
CREATE TABLE IF NOT EXISTS keyword (
    mailbox INTEGER NOT NULL REFERENCES mailbox (id) ON DELETE CASCADE,
    number  INTEGER NOT NULL,
    name    TEXT    NOT NULL,
    PRIMARY KEY (mailbox, number)
) STRICT, WITHOUT ROWID;
