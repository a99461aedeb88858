"""What mail clients that know nothing of Sterna see: Python's imaplib on both sides, compared value by value."""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

_LIST = re.compile(rb'\((?P<flags>[^)]*)\) (?:"[^"]*"|NIL) (?P<name>.*)\Z', re.DOTALL)
_FACTS = {
    "uid": re.compile(rb"\bUID (\d+)"),
    "flags": re.compile(rb"\bFLAGS \(([^)]*)\)"),
    "date": re.compile(rb'\bINTERNALDATE "([^"]*)"'),
}

imaplib._MAXLINE = 10_000_000  # type: ignore[attr-defined]  # the standard library's limit is lower than what a large mailbox needs


@dataclass(frozen=True, slots=True)
class Seen:
    """One message as a client sees it."""

    flags: frozenset[bytes]
    internaldate: datetime
    body: bytes


@dataclass(frozen=True, slots=True)
class SeenMailbox:
    """One mailbox as a client sees it."""

    uidvalidity: int
    uidnext: int
    messages: Mapping[int, Seen]


@contextmanager
def source_client(lab: Mapping[str, Any], account: str, password: str | None) -> Iterator[tuple[imaplib.IMAP4, str]]:
    """A client of the old server, as the user where the password is known, else as administrator; and the prefix."""
    end = lab["source"]["imap"]
    client = imaplib.IMAP4(end["host"], end["port"])
    admin = lab["admin"]["source"]
    try:
        if password is not None and password.isascii():
            client.login(account, password)
            yield client, ""
        else:
            client.login(admin["user"], admin["password"])
            yield client, f"~{account}/"
    finally:
        client.logout()


OTHER_PEOPLES = ("~", "Other Users/", "Shared Folders/")
"""How names of mailboxes begin that are shared with the account, on either side."""


@contextmanager
def target_client(lab: Mapping[str, Any], account: str) -> Iterator[imaplib.IMAP4]:
    """A client of the new platform, logged in for the account by the administrator (RFC 4616)."""
    end = lab["target"]["imaps"]
    context = ssl.create_default_context(cafile=lab["ca"])
    client = imaplib.IMAP4_SSL(end["host"], end["port"], ssl_context=context)
    admin = lab["admin"]["target"]
    said = f"{account}\0{admin['user']}\0{admin['password']}".encode()
    try:
        client.authenticate("PLAIN", lambda _: said)
        yield client
    finally:
        client.logout()


def mailboxes(client: imaplib.IMAP4, prefix: str = "") -> dict[str, str]:
    """Names of selectable mailboxes without the prefix, by the name to select."""
    pattern = prefix + "*"
    return {
        name: full
        for name, (full, flags) in _listed(client.list('""', _quoted(pattern)), prefix).items()
        if b"\\noselect" not in flags.lower() and b"\\nonexistent" not in flags.lower()
    }


def subscriptions(client: imaplib.IMAP4) -> set[str]:
    """Subscribed names, by LIST (SUBSCRIBED) of RFC 5258 where there is one: Cyrus's LSUB hides those that are gone."""
    if "LIST-EXTENDED" not in client.capabilities:
        return set(_listed(client.lsub('""', "*"), ""))
    client.untagged_responses.pop("LIST", None)
    client._simple_command("LIST", "(SUBSCRIBED)", '""', "*")
    return set(_listed(client.response("LIST"), ""))


def look(client: imaplib.IMAP4, name: str) -> SeenMailbox:
    """Everything in one mailbox."""
    status, answer = client.select(_quoted(name), readonly=True)
    assert status == "OK", (name, answer)
    uidvalidity = int(client.response("UIDVALIDITY")[1][0])
    uidnext = int(client.response("UIDNEXT")[1][0])
    messages: dict[int, Seen] = {}
    if int(answer[0] or 0):
        _, rows = client.uid("FETCH", "1:*", "(UID FLAGS INTERNALDATE BODY.PEEK[])")
        messages = dict(_messages(rows))
    return SeenMailbox(uidvalidity, uidnext, messages)


def _messages(rows) -> Iterator[tuple[int, Seen]]:
    for position, row in enumerate(rows):
        if not isinstance(row, tuple):
            continue
        after = rows[position + 1] if position + 1 < len(rows) else b""
        text = row[0] + (after if isinstance(after, bytes) else b"")
        uid, flags, date = (found[1] for pattern in _FACTS.values() if (found := pattern.search(text)))
        kept = frozenset(flag.lower() for flag in flags.split() if flag.lower() != b"\\recent")
        yield int(uid), Seen(kept, _instant(date), row[1])


def _instant(date: bytes) -> datetime:
    # RFC 9051 pads the day with a blank; Dovecot pads it with a zero.
    return datetime.strptime(date.decode().strip(), "%d-%b-%Y %H:%M:%S %z")


def _listed(answer, prefix: str) -> dict[str, tuple[str, bytes]]:
    found: dict[str, tuple[str, bytes]] = {}
    for row in answer[1]:
        if row is None or row == b"":
            continue
        line = row[0] + row[1] if isinstance(row, tuple) else row
        match = _LIST.match(line)
        assert match, line
        name = match["name"]
        if isinstance(row, tuple):
            name = row[1]
        elif name.startswith(b'"'):
            name = re.sub(rb"\\(.)", rb"\1", name[1:-1])
        full = name.decode("ascii")
        if full.startswith(prefix) and (prefix or not full.startswith(OTHER_PEOPLES)):
            found[full.removeprefix(prefix)] = (full, match["flags"])
    return found


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def differences(lab: Mapping[str, Any], account: str, password: str | None, renamed: Mapping[str, str]) -> list[str]:
    """Compare one account on both sides; return every difference as a line. `renamed` maps names on the wire."""
    found: list[str] = []
    with source_client(lab, account, password) as (source, prefix), target_client(lab, account) as target:
        here, there = mailboxes(source, prefix), mailboxes(target)
        wanted = {renamed.get(name, name): full for name, full in here.items()}
        found += [f"{account}: mailbox {name!r} only on one side" for name in sorted(wanted.keys() ^ there.keys())]
        for name in sorted(wanted.keys() & there.keys()):
            found += _mailbox(f"{account}: {name}", look(source, wanted[name]), look(target, there[name]))
        if not prefix:
            subscribed = {renamed.get(name, name) for name in subscriptions(source)}
            for name in sorted(subscribed ^ subscriptions(target)):
                found.append(f"{account}: subscription {name!r} only on one side")
    return found


def _mailbox(where: str, source: SeenMailbox, target: SeenMailbox) -> Iterator[str]:
    if (source.uidvalidity, source.uidnext) != (target.uidvalidity, target.uidnext):
        yield f"{where}: UIDVALIDITY or UIDNEXT differ"
    for uid in sorted(source.messages.keys() ^ target.messages.keys()):
        yield f"{where}: UID {uid} only on the {'source' if uid in source.messages else 'target'}"
    for uid in sorted(source.messages.keys() & target.messages.keys()):
        one, other = source.messages[uid], target.messages[uid]
        for what in ("flags", "internaldate", "body"):
            if getattr(one, what) != getattr(other, what):
                seen = [str(getattr(side, what))[:80] for side in (one, other)]
                yield f"{where}: UID {uid}: {what} differ: {seen}"
