"""One account's mail: what IMAP shows, compared with what the CLI lists; and its names on the target."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Protocol

from sterna.communigate.names import choose_name_encoding, mailbox_name
from sterna.communigate.read import MailboxUse
from sterna.cyrus.names import MAX_INTERNAL_BYTES, UnholdableAddressError, internal, map_names
from sterna.errors import SternaError
from sterna.imap.meter import Count, Metered
from sterna.model.address import Address
from sterna.model.finding import Finding, Outcome
from sterna.model.mailbox import INBOX, ListedMailbox, MailboxName, MailboxState
from sterna.state.survey_rows import Held, SurveyedMail, SurveyedMailbox

_SIZES_DIFFER: Final = 0.01
"""By what share an account's size may differ between CLI and IMAP: the source may store line ends as one byte."""

_DAY_S: Final = 86_400

_SHORTENED: Final = re.compile("~[0-9a-f]{8}$")
"""The mark that `map_names` leaves on a name that was too long."""


class MailReader(Protocol):
    """What is needed of `imap.reader.MailboxReader`."""

    async def mailboxes(self, prefix: bytes = b"") -> list[ListedMailbox]:
        """Return the mailboxes whose names begin with `prefix`."""

    async def status(self, wires: Sequence[bytes]) -> list[MailboxState | None]:
        """Return the state of each mailbox, None for one that is gone."""

    async def measure(self, mailboxes: Sequence[Metered], count: Count) -> list[SternaError | None]:
        """Count every message."""


@dataclass(frozen=True, slots=True)
class AccountMail:
    """An account's mail and what was noticed of it."""

    mail: SurveyedMail
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """What the target takes: messages larger than `message_bytes` cannot be sent on by its Postfix."""

    message_bytes: int


@dataclass(slots=True)
class _Counted:
    """One mailbox while its messages are counted."""

    messages: int = 0
    size_bytes: int = 0


class _Tally:
    """Counts the messages of one account."""

    def __init__(self, mailboxes: Sequence[MailboxName], limits: Limits) -> None:
        self.counted = [_Counted() for _ in mailboxes]
        self.months: dict[int, list[int]] = {}
        self.large: list[tuple[MailboxName, int, int]] = []
        self._names = mailboxes
        self._limits = limits

    def count(self, number: int, uid: int, internaldate: int, size_bytes: int) -> None:
        """Count one message."""
        mailbox = self.counted[number]
        mailbox.messages += 1
        mailbox.size_bytes += size_bytes
        held = self.months.setdefault(_month(internaldate // _DAY_S), [0, 0])
        held[0] += 1
        held[1] += size_bytes
        if size_bytes > self._limits.message_bytes:
            self.large.append((self._names[number], uid, size_bytes))


async def look(
    reader: MailReader,
    address: Address,
    prefix: bytes,
    by_cli: Mapping[str, MailboxUse],
    limits: Limits,
    *,
    quick: bool,
) -> AccountMail:
    """Read one account's mailboxes by IMAP, and compare them with what the CLI lists.

    Args:
        reader: of the source.
        address: the account.
        prefix: what stands before its mailboxes' names on the wire.
        by_cli: what the CLI lists, by the names as the CLI spells them.
        limits: of the target.
        quick: ask only how many messages there are; sizes are the CLI's, and when mail arrived is not known.
    """
    listed = [mailbox for mailbox in await reader.mailboxes(prefix) if mailbox.selectable]
    states = await reader.status([prefix + mailbox.wire for mailbox in listed])
    there = [(mailbox, state) for mailbox, state in zip(listed, states, strict=True) if state is not None]
    gone = {mailbox.name for mailbox, state in zip(listed, states, strict=True) if state is None}
    names = [mailbox.name for mailbox, _ in there]
    encoding = choose_name_encoding(by_cli, [mailbox.name for mailbox in listed])
    told = {mailbox_name(path, encoding): use for path, use in by_cli.items()}
    tally = _Tally(names, limits)
    findings = [_unreadable(address, name, "IMAP lists it and does not let it be opened") for name in sorted(gone)]
    if quick:
        found = {m.name: MailboxUse(s.messages, told[m.name].size_bytes if m.name in told else 0) for m, s in there}
    else:
        metered = [Metered(prefix + mailbox.wire, state.uidnext, state.messages) for mailbox, state in there]
        failures = await reader.measure(metered, tally.count)
        found = {name: MailboxUse(c.messages, c.size_bytes) for name, c in zip(names, tally.counted, strict=True)}
        for name, failure in zip(names, failures, strict=True):
            if failure is not None:
                findings.append(_unreadable(address, name, f"not all of it could be read: {failure}"))
                gone.add(name)
    findings += disagreements(address, found, told, ignore=gone)
    findings += [_large(address, *each, limits) for each in tally.large]
    targets = _targets(address, found)
    findings += [renamed(address, name, target) for name, target in sorted(targets.items()) if name != target]
    surveyed = tuple(
        SurveyedMailbox(name, use.messages or 0, use.size_bytes, targets[name]) for name, use in sorted(found.items())
    )
    months = {month: Held(*held) for month, held in tally.months.items()}
    return AccountMail(SurveyedMail(surveyed, months), tuple(findings))


def disagreements(
    address: Address,
    by_imap: Mapping[MailboxName, MailboxUse],
    by_cli: Mapping[MailboxName, MailboxUse],
    ignore: Iterable[MailboxName] = (),
) -> list[Finding]:
    """Return where the source's two interfaces say different things of an account's mailboxes.

    Mail that only the CLI knows cannot be copied. A message that arrives between the two questions is a difference
    too; a second survey tells.
    """
    findings: list[Finding] = []
    ignored = set(ignore)
    for name in sorted(by_cli.keys() - by_imap.keys() - ignored):
        use = by_cli[name]
        held = f"{use.size_bytes} bytes" if use.messages is None else f"{use.messages} messages"
        why = f"the CLI lists it with {held}, IMAP does not show it, so it is not copied"
        todo = "Let IMAP show it (IMAPSeesNonMail), or export what is in it." if use.messages or use.size_bytes else ""
        findings.append(Finding("mailbox", place(address, name), Outcome.DROPPED, "mailbox", why, todo))
    for name in sorted(by_imap.keys() - by_cli.keys()):
        why = "IMAP shows it and the CLI does not list it; what IMAP shows is copied"
        findings.append(Finding("mailbox", place(address, name), Outcome.KEPT, "mailbox", why))
    common = (by_imap.keys() & by_cli.keys()) - ignored
    for name in sorted(common):
        seen, told = by_imap[name].messages, by_cli[name].messages
        if told is not None and seen != told:
            why = f"IMAP shows {seen} messages, the CLI counts {told}; what IMAP shows is copied"
            todo = "Survey again; if the difference stays, look into the mailbox on the source."
            findings.append(Finding("mailbox", place(address, name), Outcome.CHANGED, "messages", why, todo))
    seen_bytes = sum(by_imap[name].size_bytes for name in common)
    told_bytes = sum(by_cli[name].size_bytes for name in common)
    if abs(seen_bytes - told_bytes) > _SIZES_DIFFER * max(seen_bytes, told_bytes):
        why = f"IMAP adds up to {seen_bytes} bytes, the CLI to {told_bytes}; quotas are planned by the CLI's figure"
        todo = "Where the first is larger, raise policy.quota_headroom_bytes by the difference."
        findings.append(Finding("account", str(address), Outcome.CHANGED, "size", why, todo))
    return findings


def renamed(address: Address, name: MailboxName, target: MailboxName) -> Finding:
    """Return that a mailbox gets another name, and for which of the reasons of `cyrus.names`."""
    if any(part != old and _SHORTENED.search(part) for old, part in zip(name, target, strict=True)):
        reason = f"Cyrus holds names of up to {MAX_INTERNAL_BYTES} bytes"
    elif any(part.startswith(f"{old} ") for old, part in zip(name, target, strict=True) if part != old):
        reason = "another mailbox of the account gets the name that it would have"
    else:
        reason = "Cyrus cannot hold all of its characters, or uses the name itself"
    why = f"{reason}; it becomes '{'/'.join(target)}'"
    return Finding("mailbox", place(address, name), Outcome.CHANGED, "name", why, "Tell the person.")


def place(address: Address, name: MailboxName) -> str:
    """Return a mailbox as findings name it."""
    return f"{address}: {'/'.join(name)}"


def _targets(address: Address, names: Iterable[MailboxName]) -> dict[MailboxName, MailboxName]:
    try:
        root_bytes = len(internal(address, INBOX))
    except UnholdableAddressError:  # reported as a finding of the account
        return {name: name for name in names}
    return map_names(names, root_bytes=root_bytes)


def _unreadable(address: Address, name: MailboxName, why: str) -> Finding:
    return Finding("mailbox", place(address, name), Outcome.UNREADABLE, "mailbox", why, "Look at its access rights.")


def _large(address: Address, name: MailboxName, uid: int, size_bytes: int, limits: Limits) -> Finding:
    why = (
        f"it has {size_bytes} bytes; it is copied, but the target's Postfix takes no message above "
        f"{limits.message_bytes} bytes, so nobody could send or forward it there"
    )
    object_ = f"{place(address, name)}: UID {uid}"
    return Finding("message", object_, Outcome.KEPT, "size", why, "Raise message_size_limit if people need it.")


@lru_cache(maxsize=65_536)
def _month(day: int) -> int:
    """Return year * 100 + month of a day since 1970, in UTC; 0 when no calendar has it."""
    try:
        when = time.gmtime(day * _DAY_S)
    except (OverflowError, OSError, ValueError):
        return 0
    return when.tm_year * 100 + when.tm_mon
