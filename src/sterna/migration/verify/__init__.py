"""Proving that both sides hold the same: every account, mailbox and message, by what each server says of itself."""
