-- Servers that have passed the self-test: who they said they are, and when (Unix seconds).
CREATE TABLE IF NOT EXISTS proved (
    server TEXT PRIMARY KEY,
    at INTEGER NOT NULL
) STRICT;
