"""Mail in mbox files: where one message ends, and what IMAP servers hide in headers. Only read."""
