"""Cyrus IMAP: names, administration, the replication writer, configuration of it and of saslauthd."""
