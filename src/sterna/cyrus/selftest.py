r"""Prove on a user of our own that this server keeps mail as it is, before anybody's mail is brought to it.

The replication commands are no public interface, and a server may be of a version, or configured in a way, that nobody
has seen. So the commands of a pass are tried first: messages with 8-bit headers, NUL, bare line ends, no header, no
final newline; keywords; a gap between UIDs and before UIDNEXT; then changed flags and an expunged message. What the
server holds is read back in its own terms and, as a mail client would, by plain IMAP. The user is removed again.

Here alone stands the command that removes a user at once; it is only sent for the name that this run made up.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from sterna.cyrus.dlist import atom
from sterna.cyrus.identity import uniqueids
from sterna.cyrus.mailbox_state import MailboxHeader, MailboxUpdate
from sterna.cyrus.names import administrator, internal
from sterna.cyrus.record import Record, sync_crc
from sterna.cyrus.replication import ReplicationRefusedError, ReplicationWriter
from sterna.errors import FormatError, Scope, SternaError
from sterna.imap.answers import CommandError
from sterna.imap.codes import Status
from sterna.imap.connection import Connection
from sterna.imap.content import Content, whole
from sterna.imap.reader import MailboxReader
from sterna.model.address import Address
from sterna.model.mailbox import INBOX

DOMAIN: Final = "selftest.invalid"
"""Where the user is: a domain that nobody has (RFC 2606)."""

UIDVALIDITY: Final = 1_000_000_007
LAST_UID: Final = 3_000_000_000
"""Beyond 31 bits, and far above the last message."""


class SelfTestError(SternaError):
    """The target does not hold the messages of the self-test as they were sent; nobody's mail was touched.

    Fields:
        what: what is different, in words.
        user: the user that was made for it, still there when it could not be removed.
    """

    scope = Scope.RUN
    exit_code = 76

    def __init__(self, what: str, user: Address, *, left: bool = False) -> None:
        self.what = what
        self.user = user
        self.left = left
        rest = f" Remove its mailbox user/{user.local}@{user.domain} as administrator." if left else ""
        super().__init__(
            f"the target does not keep mail as it is: {what}. Found on a user that was made for this test; nobody's "
            f"mail was touched, and none is copied.{rest} Report it together with the server's version"
        )


@dataclass(frozen=True, slots=True)
class _Message:
    uid: int
    body: bytes
    flags: frozenset[str]
    internaldate: int

    def record(self, modseq: int, now: int) -> Record:
        guid = hashlib.sha1(self.body, usedforsecurity=False).digest()
        return Record(self.uid, modseq, now, self.flags, self.internaldate, len(self.body), guid)


MESSAGES: Final = (
    _Message(3, b"Subject: \xe4\xf6\xfc \xff\r\n\r\nraw 8-bit header\r\n", frozenset({"\\Seen", "$Forwarded"}), 1),
    _Message(7, b"Subject: NUL\r\n\r\na\x00b", frozenset({"\\Deleted", "\\Flagged"}), 946_684_799),
    _Message(8, b"no header\nbare line ends\r \r\n" + b"x" * 5000, frozenset({"\\Answered", "Probe"}), 1_700_000_000),
    _Message(4_000, b"\r\n.\r\n", frozenset({"\\Draft", "$Forwarded", "Probe"}), 4_000_000_000),
)
"""What is sent; UID 7 is expunged and UID 8 changed afterwards."""

_ANYBODYS: Final = frozenset({"\\Seen", "\\Recent"})
"""Flags that are each reader's own: the administrator does not see the user's."""


async def self_test(connection: Connection, *, partition: str, now: int) -> None:
    """Make a user, fill and change its INBOX as a pass does, read it back, and remove it.

    Args:
        connection: logged in as an administrator, with no mailbox selected; not used for anything else meanwhile.
        partition: where new mailboxes are made; it has to exist, since the server process dies of one that does not.
        now: Unix seconds.

    Raises:
        SelfTestError: the server changes or refuses something, or the user could not be removed.
        ConnectionLostError: the server went away; the user may be left.
    """
    user = Address(domain=DOMAIN, local=f"sterna-{secrets.token_hex(8)}")
    writer = ReplicationWriter(connection)
    try:
        state = await writer.user(user)
        if state.mailboxes or state.placeholders:
            raise SelfTestError("a name that was made up just now exists already", user)
        what = await _try(connection, writer, user, partition.encode("ascii"), now)
    except (ReplicationRefusedError, CommandError, FormatError) as error:
        what = str(error)
    left = not await _removed(connection, writer, user)
    if what is None and left:
        what = "its user could not be removed again"
    if what is not None:
        raise SelfTestError(what, user, left=left)


async def _try(
    connection: Connection, writer: ReplicationWriter, user: Address, partition: bytes, now: int
) -> str | None:
    """Return what is different, None when everything is as it was sent."""
    name = internal(user, INBOX)
    records = [message.record(10 + number, now) for number, message in enumerate(MESSAGES)]
    # Administrators may not read mail, and what this one is called in access lists depends on the server's domains.
    acl = f"{user}\tlrswipkxtecdan\tanyone\tlr\t".encode("ascii")
    first = MailboxUpdate(
        name=name,
        uniqueid=uniqueids(user, INBOX, UIDVALIDITY)[0],
        partition=partition,
        uidvalidity=UIDVALIDITY,
        last_uid=LAST_UID - 1,
        highestmodseq=20,
        sync_crc=sync_crc(records),
        owner=user,
        now=now,
        records=records,
        echo={b"ACL": acl},
    )
    await writer.stage(
        partition, [(record.guid, message.body) for record, message in zip(records, MESSAGES, strict=True)]
    )
    await writer.apply(first)
    await writer.restart()
    header = await writer.header(name)
    what = await _compare(connection, writer, first, header, MESSAGES)
    if what is not None or header is None:
        return what
    changed = (MESSAGES[0], replace(MESSAGES[2], flags=frozenset({"\\Seen", "Other"})), MESSAGES[3])
    kept = [records[0], changed[1].record(21, now), records[3]]
    second = replace(
        first,
        last_uid=LAST_UID,
        highestmodseq=21,
        sync_crc=sync_crc(kept),
        records=[replace(records[1], modseq=21, expunged=True), kept[1]],
        since=header,
        echo=header.echo,
    )
    await writer.apply(second)
    await writer.restart()
    what = await _compare(connection, writer, second, await writer.header(name), changed)
    return f"{what} (after a change)" if what else None


async def _compare(
    connection: Connection,
    writer: ReplicationWriter,
    sent: MailboxUpdate,
    header: MailboxHeader | None,
    messages: Sequence[_Message],
) -> str | None:
    """Compare with what the server says it holds, then with what a mail client reads."""
    if header is None:
        return "the mailbox is not there"
    wanted = (sent.uidvalidity, sent.last_uid, sent.highestmodseq, sent.sync_crc)
    found = (header.uidvalidity, header.last_uid, header.highestmodseq, header.sync_crc)
    if wanted != found:
        return f"UIDVALIDITY, last UID, MODSEQ, CRC are {found} instead of {wanted}"
    held = {record.uid: record for record in await writer.records(sent.name)}
    if held.keys() != {message.uid for message in messages}:
        return f"it holds the UIDs {sorted(held)}"
    for message in messages:
        record, mine = held[message.uid], message.record(0, 0)
        if (record.guid, record.size_bytes) != (mine.guid, mine.size_bytes):
            return f"the bytes of UID {message.uid} are others"
        if (record.flags, record.internaldate) != (mine.flags, mine.internaldate):
            return f"flags or date of UID {message.uid} are {sorted(record.flags)}, {record.internaldate}"
    return await _read(connection, sent, messages)


async def _read(connection: Connection, sent: MailboxUpdate, messages: Sequence[_Message]) -> str | None:
    """Compare with what a mail client reads."""
    reader = MailboxReader(connection)
    state = await reader.examine(administrator(sent.owner, INBOX))
    if (state.uidvalidity, state.uidnext) != (sent.uidvalidity, sent.last_uid + 1):
        return f"by IMAP, UIDVALIDITY and UIDNEXT are {state.uidvalidity} and {state.uidnext}"
    facts = {fact.uid: fact for fact in await reader.facts(1, LAST_UID)}
    bodies: dict[int, Content] = {}
    await reader.bodies(sorted(facts), bodies.__setitem__)
    await connection.run(b"UNSELECT")
    if facts.keys() != {message.uid for message in messages}:
        return f"by IMAP, it has the UIDs {sorted(facts)}"
    for message in messages:
        fact = facts[message.uid]
        if message.uid not in bodies or whole(bodies[message.uid]) != message.body:
            return f"by IMAP, the bytes of UID {message.uid} are others"
        seen = (fact.flags - _ANYBODYS, fact.internaldate, fact.size_bytes)
        if seen != (message.flags - _ANYBODYS, message.internaldate, len(message.body)):
            return f"by IMAP, UID {message.uid} has {sorted(fact.flags)}, date {fact.internaldate}"
    return None


async def _removed(connection: Connection, writer: ReplicationWriter, user: Address) -> bool:
    """Remove the user that this run made; say whether it is gone."""
    await connection.command(b"UNSELECT")
    answer = await connection.command(b"SYNCAPPLY UNUSER ", atom(str(user).encode("ascii")))
    if answer.status is not Status.OK:
        return False
    state = await writer.user(user)
    return not state.mailboxes
