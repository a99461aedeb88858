"""Life on the old server between two passes: new mail arrives, a flag is set, a message is expunged."""

from __future__ import annotations

import imaplib
import secrets
from dataclasses import dataclass

from sterna.errors import Scope, SternaError
from sterna.lab.demo import clients
from sterna.lab.demo.clients import Person
from sterna.lab.info import LabInfo
from sterna.lab.source.arrivals import Arrivals
from sterna.model.mailbox import INBOX

NEW_MAILS = 3


class OldServerClosedError(SternaError):
    """Somebody cannot read their mail on the lab's old server."""

    scope = Scope.RUN
    exit_code = 76

    def __init__(self, address: str, said: object) -> None:
        self.address = address
        self.said = said
        super().__init__(f"{address} cannot read the INBOX on the lab's old server: {said}; its log says more")


@dataclass(frozen=True, slots=True)
class Life:
    """What happened: new mails, messages whose flags changed, messages expunged."""

    new: int
    flagged: int
    expunged: int


def goes_on(info: LabInfo, person: Person) -> Life:
    """Let new mail arrive in the person's INBOX on the old server, flag its first message, expunge its second.

    Raises:
        OldServerClosedError, ArrivalError: it does not let us.
    """
    if info.source is None:
        raise OldServerClosedError(person.address, "this lab has no old server")
    arrivals = Arrivals(info.source.ports.imap, info.source.admin_password)
    first, second, *_ = _uids(info, person, info.source.ports.imap)
    for number in range(1, NEW_MAILS + 1):
        ident = f"life-{secrets.token_hex(8)}"
        arrivals.deliver(person.address, INBOX, clients.letter(person.address, f"New {number}", ident).as_bytes())
    arrivals.flag(person.address, INBOX, first, "+FLAGS", ("\\Flagged", "$Demo"))
    arrivals.expunge(person.address, INBOX, second)
    return Life(NEW_MAILS, flagged=1, expunged=1)


def _uids(info: LabInfo, person: Person, port: int) -> list[str]:
    """Return the UIDs of the person's INBOX, ascending, as their own mail client sees them."""
    try:
        with clients.imap(person, port, info.ca, starttls=True) as client:
            client.select("INBOX", readonly=True)
            _, found = client.uid("SEARCH", "ALL")
    except (imaplib.IMAP4.error, OSError) as error:
        raise OldServerClosedError(person.address, error) from error
    uids = found[0].decode("ascii").split() if found and found[0] else []
    if len(uids) < 2:
        raise OldServerClosedError(person.address, "there are fewer than two messages; use more --messages")
    return uids
