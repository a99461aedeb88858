"""Sterna moves a mail platform from CommuniGate Pro to Postfix, Cyrus IMAP and OpenLDAP."""
