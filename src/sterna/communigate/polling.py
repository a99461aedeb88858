"""Read the outside accounts that the source fetches mail from (RPOP), with the messages that it has seen there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from sterna.communigate.keys import Meaning, key_findings
from sterna.communigate.names import NameEncoding, is_foreign, mailbox_name
from sterna.communigate.sizes import read_seconds
from sterna.communigate.values import Dictionary, Value, as_dictionary, as_text, is_yes, readable
from sterna.model.finding import Finding, Outcome
from sterna.model.mailbox import INBOX, MailboxName
from sterna.model.polling import PolledAccount
from sterna.model.secret import Secret

_UIDL = re.compile(rb"[\x21-\x7e]{1,70}")
"""A unique id (RFC 1939 section 7)."""

_HOST_AND_PORT = re.compile(r"\[?([^\[\]\s]+?)\]?(?::([0-9]{1,5}))?", re.ASCII)

_CARRIED: Final = Meaning(Outcome.KEPT, "written into getmail's configuration")
_KEYS: Final = dict.fromkeys(
    ("authName", "domain", "password", "period", "mailbox", "leave", "APOP", "TLS", "authname", "login"), _CARRIED
)


def read_polled(
    rpops: Value, seen: Mapping[str, bytes], account: str, encoding: NameEncoding
) -> tuple[tuple[PolledAccount, ...], tuple[Finding, ...]]:
    """Return the records that can be polled elsewhere, and what is lost or changed of all.

    Args:
        rpops: the dictionary of records.
        seen: the files in which polling notes what it has fetched, by their names.
        account: whose records they are.
        encoding: how they spell mailbox names.
    """
    records = as_dictionary(rpops) or {}
    polled: list[PolledAccount] = []
    findings: list[Finding] = []
    for name, value in sorted(records.items()):
        record = as_dictionary(value) or {}
        object_ = f"{account}: RPOP {name}"
        findings += key_findings("rpop", object_, record, _KEYS)
        found = _HOST_AND_PORT.fullmatch((as_text(record.get("domain")) or "").strip())
        user = as_text(record.get("authName")) or as_text(record.get("login")) or ""
        port = int(found[2]) if found and found[2] else None
        if found is None or not user or (port is not None and not 0 < port < 65536):
            why = "it names no server or no user there"
            findings.append(_finding(account, name, Outcome.UNREADABLE, why, "look at the record on the source"))
            continue
        file = seen.get(name, next(iter(seen.values())) if len(seen) == len(records) == 1 else None)
        ids = None if file is None else read_seen(file)
        each = PolledAccount(
            name=name,
            host=found[1].lower(),
            user=readable(user),
            password=_password(record),
            port=port,
            tls=is_yes(record.get("TLS")) or False,
            apop=is_yes(record.get("APOP")) or False,
            leave=is_yes(record.get("leave")) or False,
            period_s=read_seconds(record.get("period")),
            mailbox=_mailbox(record, object_, encoding, findings),
            seen=ids,
        )
        polled.append(each)
        findings.append(_moved(account, each))
    return tuple(polled), tuple(findings)


def read_seen(file: bytes) -> tuple[str, ...] | None:
    """Return the unique ids of a file with one on each line, also behind other words; None for other content."""
    ids: list[str] = []
    for line in file.replace(b"\0", b"\n").split(b"\n"):
        words = line.split()
        if not words:
            continue
        if len(words) > 1 or not _UIDL.fullmatch(words[0]):
            return None
        ids.append(words[0].decode("ascii"))
    return tuple(dict.fromkeys(ids))


def _password(record: Dictionary) -> Secret | None:
    text = as_text(record.get("password")) or ""
    return Secret(readable(text)) if text else None


def _mailbox(record: Dictionary, object_: str, encoding: NameEncoding, findings: list[Finding]) -> MailboxName:
    path = as_text(record.get("mailbox")) or "INBOX"
    if is_foreign(path):
        why = f"its mail goes to another account's mailbox, {path}; on the target it goes to INBOX"
        findings.append(Finding("rpop", object_, Outcome.CHANGED, "mailbox", why, "change getmail's configuration"))
        return INBOX
    return mailbox_name(path, encoding)


def _moved(account: str, each: PolledAccount) -> Finding:
    source = f"{each.user} at {each.host}"
    todo = "make getmail's configuration with: sterna export getmail"
    if each.password is None:
        return _finding(account, each.name, Outcome.CHANGED, f"{source}: its password is not shown", f"{todo}; add it")
    if each.leave and each.seen is None:
        why = f"{source}: which messages were fetched already is not known, so all that lie there would come again"
        return _finding(account, each.name, Outcome.CHANGED, why, f"{todo}, and let it skip what is there")
    return _finding(account, each.name, Outcome.KEPT, f"{source}: getmail can fetch it", todo)


def _finding(account: str, name: str, outcome: Outcome, why: str, todo: str) -> Finding:
    return Finding("rpop", account, outcome, f"RPOP {name}", why, todo)
