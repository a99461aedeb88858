"""Reading everybody's mail from the old server with one login, in both ways that a site can declare."""

from __future__ import annotations

import imaplib
from functools import partial

import pytest

from sterna.imap import Connection, LoginError, MailboxReader
from sterna.imap.authentication import AuthorizationError
from sterna.imap.content import Content
from sterna.imap.meter import Metered
from sterna.lab.lab import LabOptions
from sterna.lab.source.switches import Switches
from sterna.migration.access import open_reader
from sterna.model.address import Address
from sterna.model.mailbox import INBOX, MailboxName, MailboxState, MessageFacts
from sterna.model.secret import Secret
from sterna.site.declaration import Access
from sterna.site.load import load_site

pytestmark = pytest.mark.real

RENE = Address.parse("rene.pfeiffer@lab.example")
SMALL = 120


def by(site, access: Access):
    imap = site.source.imap.model_copy(update={"access": access})
    return site.model_copy(update={"source": site.source.model_copy(update={"imap": imap})})


async def everything(
    reader: MailboxReader, prefix: bytes
) -> dict[MailboxName, tuple[MailboxState, list[MessageFacts]]]:
    """All that can be read of one account, without the bytes of messages."""
    seen: dict[MailboxName, tuple[MailboxState, list[MessageFacts]]] = {}
    mailboxes = [mailbox for mailbox in await reader.mailboxes(prefix) if mailbox.selectable]
    states = await reader.status([prefix + mailbox.wire for mailbox in mailboxes])
    for mailbox, state in zip(mailboxes, states, strict=True):
        assert state is not None
        assert await reader.examine(prefix + mailbox.wire) == state
        uids = await reader.uids()
        facts = await reader.facts(1, 4_294_967_295)
        assert [fact.uid for fact in facts] == uids.tolist()
        assert len(facts) == state.messages
        counted: list[tuple[int, int, int]] = []
        metered = [Metered(prefix + mailbox.wire, state.uidnext, state.messages)]
        assert await reader.measure(metered, partial(_keep, counted)) == [None]
        assert sorted(counted) == [(fact.uid, fact.internaldate, fact.size_bytes) for fact in facts]
        seen[mailbox.name] = (state, facts)
    return seen


def _keep(rows: list[tuple[int, int, int]], _: int, *fact: int) -> None:
    uid, internaldate, size_bytes = fact
    rows.append((uid, internaldate, size_bytes))


async def test_both_ways_in_show_the_same_of_every_account(start_lab):
    lab = start_lab(LabOptions(messages=SMALL))
    site = load_site(lab.info.site)
    messages = 0
    for login in lab.info.accounts:
        address = Address(login.domain, login.name)
        found = []
        for access in (Access.TILDE, Access.AUTHORIZE):
            reader, prefix = await open_reader(by(site, access), address)
            found.append(await everything(reader, prefix))
            await reader.close()
        assert found[0] == found[1]
        assert INBOX in found[0]
        messages += sum(len(facts) for _, facts in found[0].values())
    assert messages >= SMALL


def flags_and_recent(lab) -> list[object]:
    """What Python's own client sees of René's INBOX, without changing it."""
    client = imaplib.IMAP4("127.0.0.1", lab.info.source.ports.imap)
    client.login(lab.info.source.admin, lab.info.source.admin_password.reveal())
    status = client.status(f"~{RENE}/INBOX", "(RECENT UNSEEN MESSAGES)")
    client.select(f"~{RENE}/INBOX", readonly=True)
    flags = client.uid("FETCH", "1:*", "(FLAGS)")
    client.logout()
    return [status, flags]


async def test_reading_changes_nothing_and_gets_every_byte(start_lab):
    lab = start_lab(LabOptions(messages=SMALL))
    site = load_site(lab.info.site)
    before = flags_and_recent(lab)
    reader, prefix = await open_reader(by(site, Access.TILDE), RENE)
    await reader.examine(prefix + b"INBOX")
    uids = (await reader.uids()).tolist()
    facts = await reader.facts(uids[0], uids[-1])
    bodies: dict[int, Content] = {}
    await reader.bodies(uids, bodies.__setitem__)
    await reader.close()
    assert {fact.uid: fact.size_bytes for fact in facts} == {uid: len(body) for uid, body in bodies.items()}
    client = imaplib.IMAP4("127.0.0.1", lab.info.source.ports.imap)
    client.login(lab.info.source.admin, lab.info.source.admin_password.reveal())
    client.select(f"~{RENE}/INBOX", readonly=True)
    for uid in uids:
        assert client.uid("FETCH", str(uid), "(BODY.PEEK[])")[1][0][1] == bodies[uid]
    client.logout()
    assert flags_and_recent(lab) == before


async def test_messages_expunged_while_we_read_are_just_not_there(start_lab):
    lab = start_lab(LabOptions(messages=SMALL))
    site = load_site(lab.info.site)
    reader, prefix = await open_reader(by(site, Access.TILDE), RENE)
    await reader.examine(prefix + b"INBOX")
    uids = (await reader.uids()).tolist()
    login = next(one for one in lab.info.accounts if (one.name, one.domain) == (RENE.local, RENE.domain))
    client = imaplib.IMAP4("127.0.0.1", lab.info.source.ports.imap)
    client.login(str(RENE), login.password.reveal())
    client.select("INBOX")
    client.uid("STORE", str(uids[0]), "+FLAGS", r"(\Deleted)")
    client.expunge()
    client.logout()
    bodies: dict[int, Content] = {}
    await reader.bodies(uids[:3], bodies.__setitem__)
    assert list(bodies) == uids[1:3]
    assert [fact.uid for fact in await reader.facts(uids[0], uids[2])] == uids[1:3]
    assert await reader.status([prefix + b"No such {5}", prefix + b"INBOX"]) == [
        None,
        await reader.examine(prefix + b"INBOX"),
    ]
    await reader.close()


async def test_an_administrator_who_may_not_act_for_others_is_told_so(start_lab):
    lab = start_lab(LabOptions(messages=SMALL, switches=Switches(impersonation=False)))
    site = load_site(lab.info.site)
    with pytest.raises(AuthorizationError, match=f"on behalf of {RENE}"):
        await open_reader(by(site, Access.AUTHORIZE), RENE)
    async with await Connection.open(site.source.imap) as connection:
        with pytest.raises(LoginError, match="postmaster"):
            await connection.login(site.source.imap.administrator.user, Secret("wrong"))
