"""What users of the old server do between and during passes: much at once, over one connection, by a seed."""

from __future__ import annotations

import imaplib
import random
from collections.abc import Iterator
from contextlib import contextmanager

from sterna.lab.lab import LabInfo
from sterna.lab.source.population import ADMIN

_KEYWORDS = ("Wichtig", "$Forwarded", "later", "\\Seen", "\\Flagged", "\\Answered", "\\Draft", "\\Deleted")
_DATE = '"%02d-Mar-2009 08:%02d:%02d +0100"'


class Life:
    """An administrator's connection to the old server, which does what the users of one account would do."""

    def __init__(self, client: imaplib.IMAP4, account: str, chance: random.Random) -> None:
        self._client = client
        self._account = account
        self._chance = chance
        self._number = 0

    def round(self, mailbox: str, *, most: int = 24) -> None:
        """Deliver, flag and expunge in INBOX, and fill `mailbox`, which is made, with `most` messages or fewer."""
        self._do(self._client.create(self._name(mailbox)))
        for _ in range(self._chance.randrange(most // 4, most) + 1):
            self.deliver(mailbox)
        for _ in range(self._chance.randrange(1, 8)):
            self.deliver("INBOX")
        self.stir()

    def stir(self) -> None:
        """Change flags of some messages of INBOX, and expunge a few."""
        self._do(self._client.select(self._name("INBOX")))
        uids = self._client.uid("SEARCH", "ALL")[1][0].split()
        for uid in self._chance.sample(uids, min(len(uids), 5)):
            change, flag = self._chance.choice(("+FLAGS", "-FLAGS", "FLAGS")), self._chance.choice(_KEYWORDS)
            self._do(self._client.uid("STORE", uid.decode(), change, f"({flag})"))
        for uid in self._chance.sample(uids, min(len(uids) // 8, 3)):
            self._do(self._client.uid("STORE", uid.decode(), "+FLAGS", "(\\Deleted)"))
            self._do(self._client.uid("EXPUNGE", uid.decode()))
        self._do(self._client.close() if self._chance.random() < 0.1 else self._client.unselect())

    def deliver(self, mailbox: str) -> None:
        """Put one message there; one in five is the same bytes as an earlier one."""
        self._number += self._chance.random() > 0.2
        filler = random.Random(self._number)
        size = filler.choice((0, 10, 300, 300, 4000, 4000, 30_000))
        text = filler.randbytes(size).replace(b"\0", b"\1").replace(b"\r", b"x").replace(b"\n", b"\r\n")
        message = b"Subject: %d\r\nX-Bytes: \xe4\xff\r\n\r\n" % self._number + text
        flags = " ".join(self._chance.sample(_KEYWORDS, self._chance.randrange(4)))
        date = _DATE % (1 + self._number % 28, self._number % 60, self._chance.randrange(60))
        self._do(self._client.append(self._name(mailbox), f"({flags})", date, message))

    def deliver_large(self, mailbox: str, size: int) -> None:
        """Put a message of about this many bytes there."""
        line = b"x" * 998 + b"\r\n"
        message = b"Subject: large\r\n\r\n" + line * (size // len(line))
        self._do(self._client.append(self._name(mailbox), "()", _DATE % (9, 9, 9), message))

    def remove(self, mailbox: str) -> None:
        """Take a mailbox away again, so that accounts do not grow for ever."""
        self._do(self._client.delete(self._name(mailbox)))

    def _name(self, mailbox: str) -> str:
        return f'"~{self._account}/{mailbox}"'

    def _do(self, answered: tuple[str, object]) -> None:
        assert answered[0] == "OK", answered


@contextmanager
def life(lab: LabInfo, account: str, seed: int) -> Iterator[Life]:
    """The life of one account of the lab's old server."""
    assert lab.source is not None
    with imaplib.IMAP4("127.0.0.1", lab.source.ports.imap, timeout=30) as client:
        client.login(ADMIN, lab.source.admin_password.reveal())
        yield Life(client, account, random.Random(seed))
