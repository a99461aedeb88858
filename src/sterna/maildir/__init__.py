"""Maildir as mail servers keep it: names, flags, UIDs; a reader that changes nothing, and a writer for the way back."""
