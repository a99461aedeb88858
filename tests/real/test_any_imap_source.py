"""Servers that are only known to speak IMAP, as a source: real Dovecot and real Cyrus, by every way to log in."""

from __future__ import annotations

import pytest

from sterna.lab.lab import LabOptions
from sterna.lab.source import dovecot
from sterna.migration.access import open_connection
from sterna.migration.apply import apply_plan
from sterna.migration.copy.run import copy_site
from sterna.migration.origin.imap import ImapOrigin, open_imap
from sterna.migration.plan import make_plan
from sterna.migration.target import open_store
from sterna.migration.verify.run import verify_site
from sterna.model.address import Address
from sterna.model.roles import Role
from sterna.site.accounts import SourceAccount
from sterna.site.declaration import WithoutUids
from sterna.site.load import load_site
from tests.fakes.labels import LabelServer
from tests.real import strangers

pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]

PEOPLE = ("rene.pfeiffer@lab.example", "anna@lab.example")
REPLACED = {
    "\nauth_mechanisms = plain login\n": "\nauth_mechanisms = plain login cram-md5\nauth_master_user_separator = *\n",
    "  inbox = yes\n": '  inbox = yes\n  mailbox "Sent Items" {\n    special_use = \\Sent\n  }\n',
    "mail_plugins = acl imap_acl": "mail_plugins = acl zlib imap_acl imap_zlib",
}
"""What other people's Dovecots have that the lab's does not."""


def generic(lab, name: str, imap: str, accounts: str):
    """The lab's site, with an IMAP server of which nothing else is known as its source; `name` is the file's."""
    folder = lab.info.site.parent
    text = lab.info.site.read_text()
    head, _, target = text.partition("[target.directory]")
    listed = folder / f"{name}.csv"
    listed.write_text(accounts)
    listed.chmod(0o600)
    source = f'[source]\nproduct = "imap"\naccounts = "{name}.csv"\n[source.imap]\nhost = "127.0.0.1"\n{imap}\n'
    path = folder / f"{name}.toml"
    path.write_text(head.partition("[source")[0] + source + "[target.directory]" + target)
    return load_site(path)


def take_other_ways(monkeypatch) -> None:
    """Let the Dovecot of labs to come take logins in more ways, as other people's Dovecots do."""
    written = dovecot.write_files

    def write_files(folder, *rest) -> None:
        written(folder, *rest)
        conf = folder / "dovecot/dovecot.conf"
        before = conf.read_text()
        assert set(REPLACED) == {each for each in REPLACED if each in before}
        for old, new in REPLACED.items():
            before = before.replace(old, new)
        conf.write_text(before)

    monkeypatch.setattr(dovecot, "write_files", write_files)


async def test_dovecot_is_read_by_each_way_to_log_in_and_nothing_is_brought_twice(start_lab, tmp_path, monkeypatch):
    take_other_ways(monkeypatch)
    lab = start_lab(LabOptions(messages=120))
    passwords = {f"{row.name}@{row.domain}": row.password.reveal() for row in lab.info.accounts if row.password}
    where = f'port = {lab.info.source.ports.imap}\ntls = "none"\n'
    secret = tmp_path / "admin"
    secret.write_text(lab.info.source.admin_password.reveal())
    secret.chmod(0o600)
    admin = f'user = "{lab.info.source.admin}"\npassword_file = "{secret}"\n'
    rows = "".join(f"{who}\t{passwords[who]}\n" for who in PEOPLE)
    first = generic(
        lab,
        "each",
        f'{where}access = "password"\nmechanism = "cram-md5"\ncompress = true',
        f"address\tpassword\n{rows}",
    )
    plan = await make_plan(first)
    assert {change.subject for change in plan.changes} == set(PEOPLE)
    assert [each.object for each in plan.findings if each.kind == "account"] == sorted(PEOPLE)
    assert (await apply_plan(first, plan)).failures == ()
    assert (await make_plan(first)).is_empty
    report = await copy_site(first)
    assert report.failures == ()
    assert [differences(lab, report, who, passwords[who]) for who in PEOPLE] == [[], []]
    only = "address\n" + "".join(f"{who}\n" for who in PEOPLE)
    compressed = f'{where}access = "master"\ncompress = true\n{admin}'
    assert b"COMPRESS=DEFLATE" in await offered(generic(lab, "all", compressed, only))
    for way in (
        f'access = "master"\ncompress = true\n{admin}',
        f'access = "authorize"\n{admin}',
        f'access = "tilde"\n{admin}',
    ):
        again = await copy_site(generic(lab, "all", where + way, only))
        assert again.failures == ()
        assert (again.counts.copied, again.counts.updated, again.counts.expunged) == (0, 0, 0)
    verified = await verify_site(generic(lab, "all", f'{where}access = "master"\n{admin}', only))
    assert verified.equal, verified.differences
    await read_back_from_cyrus(lab, first)
    await labels_become_mailboxes(lab)


async def offered(site) -> frozenset[bytes]:
    """What the source offers to those who are logged in."""
    connection = await open_connection(site.source.imap, SourceAccount(Address.parse(PEOPLE[1]), PEOPLE[1]))
    await connection.close()
    return connection.capabilities


def differences(lab, report, who: str, password: str) -> list[str]:
    """What strangers see that is not the same on both sides."""
    renamed = {row["source"]: row["target"] for row in report.as_json()["renamed"] if row["account"] == who}
    return strangers.differences(lab.info.as_json(), who, password, renamed)


async def read_back_from_cyrus(lab, site) -> None:
    """Cyrus as the old server shows the same account as Dovecot did, and what it may hold."""
    anna = Address.parse(PEOPLE[1])
    async with open_store(site.target) as store:
        await store.set_quota(anna, 77_777)
    end = site.target.imap
    there = (
        f'port = {end.port}\ntls = "{end.tls}"\nca_file = "{end.ca_file}"\naccess = "authorize"\n'
        f'compress = true\nuser = "{end.user}"\npassword_file = "{end.password_file}"\n'
    )
    cyrus = generic(lab, "cyrus", there, f"address\n{anna}\n")
    async with open_imap(site) as old, open_imap(cyrus) as new:
        assert await everything(old, anna) == await everything(new, anna)
        looked = await new.looked_at(anna)
    assert looked.storage is not None
    assert (looked.storage.limit_kib, looked.storage.used_kib > 0) == (77_777, True)
    assert looked.furniture.untold == frozenset()
    assert not any(looked.furniture.grants.values())
    assert looked.furniture.roles == {("Sent Items",): Role.SENT}


async def labels_become_mailboxes(lab) -> None:
    """Each message of a server with labels comes once, follows its label, and comes once still."""
    sent, everything = b"[Gmail]/Sent Mail", b"[Gmail]/All Mail"
    mailboxes = {b"INBOX": b"", b"Work": b"", sent: b"\\Sent", everything: b"\\All", b"[Gmail]": b"\\Noselect"}
    labelled = {1: [b"INBOX", b"Work"], 2: [b"Work", sent], 3: [b"Work"], 4: []}
    server = LabelServer(mailboxes, {number: [*labels, everything] for number, labels in labelled.items()})
    async with server.listening() as port:
        where = f'port = {port}\ntls = "none"\naccess = "password"'
        site = generic(lab, "labels", where, "address\tpassword\nlabels@lab.example\tx\n")
        assert (await apply_plan(site, await make_plan(site))).failures == ()
        report = await copy_site(site)
        assert report.failures == ()
        assert report.counts.copied == 4
        again = await copy_site(site)
        assert (again.counts.copied, again.counts.updated, again.counts.expunged) == (0, 0, 0)
        server.label(5, b"INBOX")
        server.label(5, everything)
        server.unlabel(2, sent)
        later = await copy_site(site)
        assert (later.counts.copied, later.counts.expunged) == (1, 0), "a label that is taken off expunges nothing"
        named = {(each.mailbox, each.uid) for each in later.failures}
        assert (("Work",), 12) in named, "its UID is below the last"
        assert any("no longer here" in each.reason for each in later.failures)
        verified = await verify_site(site)
        assert {each.place for each in verified.differences} == {"Work, UID 12", f"{sent.decode()}, UID 11"}
        policy = site.policy.model_copy(update={"without_uids": WithoutUids.APPEND})
        brought = await copy_site(site.model_copy(update={"policy": policy}))
        assert brought.counts.copied == 1
        assert all("no longer here" in each.reason for each in brought.failures)
    with strangers.target_client(lab.info.as_json(), "labels@lab.example") as client:
        counts = {}
        for name in ("INBOX", "Work", sent.decode(), everything.decode()):
            client.select(f'"{name}"', readonly=True)
            counts[name] = len(client.search(None, "ALL")[1][0].split())
    assert counts == {"INBOX": 2, "Work": 2, sent.decode(): 1, everything.decode(): 1}


async def everything(origin: ImapOrigin, address: Address) -> dict[tuple[str, ...], object]:
    """Every mailbox with its state and what is known of its messages, and the subscriptions."""
    reader = await origin.open(address)
    seen: dict[tuple[str, ...], object] = {}
    for box in await reader.mailboxes():
        if box.selectable:
            state = await reader.examine(box.wire)
            facts = await reader.facts(1, 4_294_967_295)
            seen[box.name] = (state.uidvalidity, state.uidnext, facts)
    seen["subscribed",] = await origin.subscriptions(address, reader)
    await reader.close()
    return seen
