"""Which identity (UNIQUEID) a mailbox that we make has on the target. Pure.

It follows from what the mailbox is on the source, so it is the same in every run and a lost journal is no loss.
"""

from __future__ import annotations

import hashlib
from typing import Final

from sterna.model.address import Address
from sterna.model.mailbox import MailboxName

SALTS: Final = 4
"""How many identities a mailbox can have one after another: a deleted mailbox keeps its UNIQUEID for some days."""

PREPARED: Final = 0
"""In place of the UIDVALIDITY, which no mailbox can have: an INBOX made before the source's was asked for."""

PREPARED_UIDVALIDITY: Final = 1
"""What such an INBOX has until its mail comes. The server lets a UIDVALIDITY grow, and nothing else."""


def uniqueids(account: Address, mailbox: MailboxName, uidvalidity: int) -> list[bytes]:
    """Return the identities of an account's mailbox, the first of them for the first time that it is made."""
    return [_uniqueid(account, mailbox, uidvalidity, salt) for salt in range(SALTS)]


def _uniqueid(account: Address, mailbox: MailboxName, uidvalidity: int, salt: int) -> bytes:
    """Return 24 characters of 0-9 and a-z: it becomes a folder's name and the MAILBOXID of RFC 8474."""
    text = "\0".join((str(account), *mailbox, str(uidvalidity), str(salt)))
    number = int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest())
    digits = bytearray()
    for _ in range(24):
        number, digit = divmod(number, 36)
        digits.append(b"0123456789abcdefghijklmnopqrstuvwxyz"[digit])
    return bytes(digits)
