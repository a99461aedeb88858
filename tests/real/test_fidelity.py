"""What a message, a mailbox, a flag can be, through a whole pass: each is on the target as it was, or is told of."""

from __future__ import annotations

import hashlib

import pytest

from sterna.cyrus.identity import uniqueids
from sterna.cyrus.mailbox_state import MailboxUpdate
from sterna.cyrus.names import internal
from sterna.cyrus.record import Record, sync_crc
from sterna.migration.copy.oddities import BARE_LINE_ENDS, NULS
from sterna.migration.copy.run import copy_site
from sterna.migration.links import open_writer
from sterna.model.address import Address
from sterna.site.declaration import Site
from sterna.site.source import Access, Source, SourceImap
from tests.real import strangers

pytestmark = [pytest.mark.real, pytest.mark.timeout(120)]

FROM, TO = Address.parse("alt.fach@lab.example"), Address.parse("neues.fach@lab.example")

HOSTILE = {
    "raw 8-bit in headers": b"Subject: \xe4\xf6\xfc \xff\r\nFrom: \x80@x\r\n\r\nbody\r\n",
    "UTF-8 in headers": "Subject: Grüße 🐦\r\n\r\nbody\r\n".encode(),
    "NUL in the body": b"Subject: NUL\r\n\r\na\x00b\r\n",
    "NUL in a header": b"Subject: N\x00L\r\n\r\nbody\r\n",
    "nothing but NUL": b"\x00",
    "bare line feeds": b"Subject: LF\nFrom: a@b\n\nbody\nand more\n",
    "one bare line feed in the body": b"Subject: one\r\n\r\nbody\nand more\r\n",
    "bare carriage returns": b"Subject: CR\rFrom: a@b\r\rbody\r",
    "CR CR LF": b"Subject: x\r\r\n\r\r\nbody\r\r\n",
    "no header": b"just text, no colon in it\r\n",
    "an empty header": b"\r\nbody\r\n",
    "only a header": b"Subject: no body\r\n",
    "no blank line": b"Subject: x\r\nthis is no header\r\nnor this\r\n",
    "no final newline": b"Subject: x\r\n\r\nends here",
    "a broken header": b"Bad Header: x\r\n: empty\r\n\r\nbody\r\n",
    "a From_ line": b"From x@y Mon Jan  1 00:00:00 2001\r\nSubject: x\r\n\r\nFrom here\r\n>From there\r\n.\r\n..\r\n",
    "a line of a megabyte": b"Subject: long\r\n\r\n" + b"x" * 1_048_576 + b"\r\n",
    "a header of 200 KB": b"Subject: " + b"y" * 204_800 + b"\r\n\r\nbody\r\n",
    "one byte": b"x",
    "only CRLF": b"\r\n",
    "all bytes": bytes(range(256)) * 3,
    "like an IMAP literal": b"Subject: {12345}\r\n\r\n* BYE {3+}\r\nA1 OK )\r\n",
    "a bad date": b"Date: Mon, 99 Foo 9999 99:99:99 +9999\r\n\r\nbody\r\n",
    "deep MIME": b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (i, i) for i in range(120)
    )
    + b"\r\nend\r\n",
    "twice the same": b"Subject: twin\r\n\r\n.\r\n",
    "twice the same, again": b"Subject: twin\r\n\r\n.\r\n",
}
MAILBOXES = {
    ("INBOX",): [(3 + 7 * number, body, frozenset[str]()) for number, body in enumerate(HOSTILE.values())],
    ("Flags",): [
        (1, b"Subject: deleted, not expunged\r\n\r\n.\r\n", frozenset({"\\Deleted", "\\Seen"})),
        (2, b"Subject: all\r\n\r\n.\r\n", frozenset({"\\Answered", "\\Flagged", "\\Draft", "\\Seen", "$MDNSent"})),
        (
            2_000_000_000,  # beyond 2^31 Cyrus itself no longer finds messages by SEARCH
            b"Subject: odd keywords\r\n\r\n.\r\n",
            frozenset({"a.b/c~d", "NonJunk", "!#$&'+,", "x" * 200, "Junk"}),
        ),
    ],
    ("Empty",): [],
    ("hole", "deeper", "bottom"): [(5, b"Subject: below holes\r\n\r\n.\r\n", frozenset({"\\Recent"}))],
    ("Entwürfe", "2026 ⛵ 帆船"): [(9, b"Subject: any script\r\n\r\n.\r\n", frozenset[str]())],
}
COMMENTS = {"/shared/comment": "what is in here", "/private/comment": "only mine"}
DATES = (1, 946_684_799, 1_700_000_000, 4_000_000_000)


async def load(writer, name: tuple[str, ...], messages) -> None:
    """Make a mailbox of the old account and fill it, by the same commands but not by a pass."""
    uidvalidity = 1_300_000_000 + len(name[0])
    records = [
        Record(uid, 5, 1_600_000_000, flags - {"\\Recent"}, DATES[uid % 4], len(body), hashlib.sha1(body).digest())
        for uid, body, flags in messages
    ]
    if messages:
        bodies = zip(records, messages, strict=True)
        await writer.stage(b"default", [(record.guid, body) for record, (_, body, _) in bodies])
    last = max([record.uid for record in records], default=0) + 17
    await writer.apply(
        MailboxUpdate(
            name=internal(FROM, name),
            uniqueid=uniqueids(FROM, name, uidvalidity)[1],
            partition=b"default",
            uidvalidity=uidvalidity,
            last_uid=last,
            highestmodseq=9,
            sync_crc=sync_crc(records),
            owner=FROM,
            now=1_600_000_000,
            records=records,
        )
    )
    await writer.restart()


def seen(info, account: Address) -> dict[str, strangers.SeenMailbox]:
    """All that its owner sees."""
    with strangers.target_client(info, str(account)) as client:
        return {name: strangers.look(client, full) for name, full in strangers.mailboxes(client).items()}


def write_comments(info) -> None:
    """Let the owner of the old account write something about a mailbox."""
    with strangers.target_client(info, str(FROM)) as client:
        for entry, text in COMMENTS.items():
            assert client.xatom("SETMETADATA", "Empty", f'({entry} "{text}")')[0] == "OK"


def read_comments(info, account: Address = TO) -> str:
    """What the owner reads about it."""
    with strangers.target_client(info, str(account)) as client:
        client.xatom("GETMETADATA", "Empty", "(/shared/comment /private/comment)")
        return str(client.response("METADATA"))


async def test_everything_that_a_mailbox_can_hold_comes_through_as_it_is(platform, tmp_path):
    platform.add_domain("lab.example")
    for address in (FROM, TO):
        platform.add_account(str(address), mailbox=address == TO)
    imap = platform.info.target.imap
    listed = tmp_path / "accounts.tsv"
    listed.write_text(f"address\tlogin\n{TO}\t{FROM}\n")
    same = SourceImap(
        host=imap.host,
        port=imap.port,
        tls=imap.tls,
        ca_file=imap.ca_file,
        user=imap.user,
        password_file=imap.password_file,
        access=Access.AUTHORIZE,
    )
    site = Site(
        name="twice",
        state_dir=tmp_path / "state",
        source=Source(product="imap", accounts=listed, imap=same),
        target=platform.info.target,
    )
    connection, writer = await open_writer(site)
    for name, messages in MAILBOXES.items():
        if len(name) == 3:
            for depth in (1, 2):
                await writer.hold_place(internal(FROM, name[:depth]), uniqueids(FROM, name[:depth], 77)[0])
        await load(writer, name, messages)
    await connection.logout()
    with platform.imap(*platform.admin) as admin:
        # Far too little for this mail: what the source has comes all the same, new mail will wait.
        assert admin.setquota(f"user/{TO}", "(STORAGE 100)")[0] == "OK"

    info = platform.info.as_json()
    write_comments(info)

    report = await copy_site(site)
    assert report.failures == ()
    info = platform.info.as_json()
    before, after = seen(info, FROM), seen(info, TO)
    assert sum(len(mailbox.messages) for mailbox in before.values()) == sum(map(len, MAILBOXES.values()))
    assert before.keys() == after.keys()
    assert not any(name in after for name in ("hole", "hole/deeper"))
    for shown, mailbox in before.items():
        assert (mailbox.uidvalidity, mailbox.uidnext) == (after[shown].uidvalidity, after[shown].uidnext), shown
        assert mailbox.messages.keys() == after[shown].messages.keys(), shown
        for uid, message in mailbox.messages.items():
            assert message == after[shown].messages[uid], (shown, uid)
    wanted = {3 + 7 * number: body for number, body in enumerate(HOSTILE.values())}
    assert {uid: message.body for uid, message in after["INBOX"].messages.items()} == wanted
    with platform.imap(*platform.admin) as admin:
        used = admin.getquota(f"user/{TO}")[1][0]
        assert int(used.split(b"(STORAGE ")[1].split()[0]) > 1000
    assert "only mine" in read_comments(info, FROM)
    assert read_comments(info) == read_comments(info, FROM)
    told = {(each.mailbox, each.messages, each.what) for result in report.results for each in result.oddities}
    assert told == {(("INBOX",), 2, BARE_LINE_ENDS), (("INBOX",), 4, NULS)}
    again = await copy_site(site)
    assert (again.counts.copied, again.counts.updated, again.counts.expunged) == (0, 0, 0)
    assert again.failures == ()
