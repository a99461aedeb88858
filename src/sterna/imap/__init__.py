"""The IMAP conversation: an engine without I/O, the connection that feeds it, and a reader of mailboxes."""
