"""Writes Dovecot's own store: Maildir with ``LAYOUT=fs``, with UIDs, flags, keywords and dates as they are wanted.

* A mailbox ``A/B`` is the folder ``A/B`` with ``cur``, ``new`` and ``tmp`` in it; names are in modified UTF-7.
* ``dovecot-uidlist`` version 3: ``3 V<uidvalidity> N<uidnext> G<guid>``, then ``<uid> :<file name without flags>``.
* ``dovecot-keywords``: ``<number> <keyword>``; a file name has ``a`` for number 0, ``b`` for 1 and so on.
* INTERNALDATE is the file's modification time; ``S=`` and ``W=`` in its name are its sizes on disk and by IMAP.
* ``subscriptions`` version 2 has a tab between the components of a name; ``dovecot-acl`` says with whom one is shared.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sterna.imap import mutf7
from sterna.lab.source.contents import StoredMailbox, StoredMessage
from sterna.lab.source.kinds import Person
from sterna.model.mailbox import MailboxName

_FLAG_LETTERS = {"\\Draft": "D", "\\Flagged": "F", "\\Answered": "R", "\\Seen": "S", "\\Deleted": "T"}

_RIGHTS = {"l": "l", "r": "r", "s": "s", "w": "w", "i": "i", "p": "p", "c": "k", "d": "te", "a": "a"}
"""Rights of RFC 2086, which CommuniGate has, in the letters of RFC 4314, which Dovecot has."""

_PLAIN_IDENTIFIER = re.compile(r"[#\w.@+-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Written:
    """What one account's store holds."""

    messages: int
    size_bytes: int


def account_folder(root: Path, address: str) -> Path:
    """Return the folder of an account's mail below `root`: ``<domain>/<local part>``."""
    local, _, domain = address.partition("@")
    return root / domain / local


def mailbox_folder(account: Path, name: MailboxName) -> Path:
    """Return the folder of one mailbox of an account."""
    return account.joinpath(*(mutf7.encode(component).decode("ascii") for component in name))


def write_account(root: Path, person: Person, mailboxes: Iterable[StoredMailbox]) -> Written:
    """Write everything of one account below `root`, and return how much it was."""
    account = account_folder(root, person.address)
    account.mkdir(parents=True)
    messages = size_bytes = 0
    for box in mailboxes:
        messages += len(box.messages)
        size_bytes += _write_mailbox(mailbox_folder(account, box.name), box, person)
    _write_subscriptions(account, person)
    return Written(messages, size_bytes)


def _write_mailbox(folder: Path, box: StoredMailbox, person: Person) -> int:
    for name in ("cur", "new", "tmp"):
        (folder / name).mkdir(parents=True)
    flags = {keyword: chr(ord("a") + number) for number, keyword in enumerate(box.declared.keywords)}
    place = hashlib.sha256(f"{person.address}/{folder.name}/{box.uidvalidity}".encode()).hexdigest()[:32]
    lines = [f"3 V{box.uidvalidity} N{box.uidnext} G{place}"]
    size_bytes = 0
    for message in box.messages:
        served = message.served_bytes
        name = f"{message.internaldate}.M{message.uid}P{box.uidvalidity}.lab,S={len(message.stored)},W={served}"
        _write_message(f"{folder}/cur/{name}:2,{_suffix(message, flags)}", message)
        lines.append(f"{message.uid} :{name}")
        size_bytes += served
    (folder / "dovecot-uidlist").write_text("\n".join((*lines, "")))
    if flags:
        rows = (f"{number} {keyword}\n" for number, keyword in enumerate(box.declared.keywords))
        (folder / "dovecot-keywords").write_text("".join(rows))
    if box.declared.acl:
        rights = (_acl_line(who, letters, person.domain) for who, letters in sorted(box.declared.acl.items()))
        (folder / "dovecot-acl").write_text("".join(rights))
    return size_bytes


def _suffix(message: StoredMessage, letters: dict[str, str]) -> str:
    """Return the flags as they stand in a file name: sorted, capitals first."""
    return "".join(sorted(letter for flag, letter in (_FLAG_LETTERS | letters).items() if flag in message.flags))


def _write_message(path: str, message: StoredMessage) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        left = memoryview(message.stored)
        while left:
            left = left[os.write(file, left) :]
        os.utime(file, (message.internaldate, message.internaldate))
    finally:
        os.close(file)


def _acl_line(identifier: str, rights: str, domain: str) -> str:
    """Translate an identifier of CommuniGate's; empty for one that Dovecot could not read.

    A domain's accounts and groups become groups, which nobody is in unless Dovecot is told so.
    """
    letters = "".join(_RIGHTS.get(letter, "") for letter in rights)
    sign = "-" * identifier.startswith("-")
    name = identifier.removeprefix("-")
    if not letters or not _PLAIN_IDENTIFIER.fullmatch(name):
        return ""
    if name == "anyone":
        return f"{sign}anyone {letters}\n"
    if name.startswith("anyone@"):
        return f"{sign}group={name if name != 'anyone@' else f'anyone@{domain}'} {letters}\n"
    if name.startswith("#"):
        return f"{sign}group={name[1:]}@{domain} {letters}\n"
    return f"{sign}user={name if '@' in name else f'{name}@{domain}'} {letters}\n"


def _write_subscriptions(account: Path, person: Person) -> None:
    names = [box.name for box in person.mailboxes if box.name not in person.unsubscribed]
    everything = (*names, *person.gone, *person.foreign)
    rows = ("\t".join(mutf7.encode(component).decode("ascii") for component in name) for name in everything)
    (account / "subscriptions").write_text("V\t2\n\n" + "".join(f"{row}\n" for row in rows))
