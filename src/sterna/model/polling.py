"""Outside accounts that the source fetches mail from (CommuniGate's RPOP)."""

from __future__ import annotations

from dataclasses import dataclass

from sterna.model.mailbox import INBOX, MailboxName
from sterna.model.secret import Secret


@dataclass(frozen=True, slots=True)
class PolledAccount:
    """One POP3 account elsewhere whose mail is brought into `mailbox`.

    Fields:
        name: of the record, unique for the account that it belongs to.
        host, port: port None is the usual one, 995 with `tls` and 110 without.
        password: None when the source does not show it.
        period_s: seconds between two looks; None: the source's default.
        leave: messages stay on that server, and those of `seen` are not fetched again.
        apop: log in by APOP (RFC 1939 section 7).
        seen: the unique ids (UIDL) that were fetched already; None when the source does not show them.
    """

    name: str
    host: str
    user: str
    password: Secret | None
    port: int | None = None
    tls: bool = False
    apop: bool = False
    leave: bool = False
    period_s: int | None = None
    mailbox: MailboxName = INBOX
    seen: tuple[str, ...] | None = None
