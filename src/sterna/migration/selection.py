"""What of the mail is moved, and what is left for later or for good. Pure.

Leaving out is not deleting: a message that is not selected and is on the target already stays there and goes on being
kept in step with the source.

UIDs only grow on the target. A message that is left out below one that is brought can never get its UID there any more;
so a pass that is to bring recent mail first does so by whole mailboxes, unless mail may be brought without UIDs.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from sterna.errors import Scope, SternaError
from sterna.model.mailbox import INBOX, MailboxName, MessageFacts
from sterna.site.selection import SelectionTable, size_bytes


class NamesCollideError(SternaError):
    """Two mailboxes of an account would become one."""

    scope = Scope.ACCOUNT
    exit_code = 65

    def __init__(self, one: MailboxName, other: MailboxName, target: MailboxName) -> None:
        self.one = one
        self.other = other
        super().__init__(
            f"its mailboxes {'/'.join(one)} and {'/'.join(other)} would both become {'/'.join(target)}; nothing was "
            "written. Change selection.names in the site file, or rename one of them on the source"
        )


@dataclass(frozen=True)
class Selection:
    """What is moved; without any argument, everything.

    Fields:
        include, exclude: patterns of mailboxes, ``*`` for any text; names with ``/`` between their components.
        since, before: Unix seconds; a message that arrived at `since` is in, one at `before` is not.
        max_bytes: of a message.
        whole_mailboxes: a mailbox is moved whole when any of its messages is selected, and else left for later, so that
            every message keeps its UID.
        names: new names by old ones.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    since: int | None = None
    before: int | None = None
    max_bytes: int | None = None
    whole_mailboxes: bool = False
    names: Mapping[MailboxName, MailboxName] = field(default_factory=dict)

    @property
    def takes_all_messages(self) -> bool:
        """Whether no message of a mailbox that is taken is left out."""
        return self.whole_mailboxes or (self.since is None and self.before is None and self.max_bytes is None)

    @property
    def takes_everything(self) -> bool:
        """Whether nothing at all is left out."""
        no_limit = self.since is None and self.before is None and self.max_bytes is None
        return no_limit and not self.include and not self.exclude

    def takes_mailbox(self, name: MailboxName) -> bool:
        """Say whether a mailbox is moved; the INBOX always is."""
        if name == INBOX:
            return True
        path = "/".join(name)
        included = not self._included or any(pattern.fullmatch(path) for pattern in self._included)
        return included and not any(pattern.fullmatch(path) for pattern in self._excluded)

    def takes_message(self, fact: MessageFacts) -> bool:
        """Say whether date and size of a message are within the limits."""
        if self.since is not None and fact.internaldate < self.since:
            return False
        if self.before is not None and fact.internaldate >= self.before:
            return False
        return self.max_bytes is None or fact.size_bytes <= self.max_bytes

    @cached_property
    def _included(self) -> list[re.Pattern[str]]:
        return [_pattern(text) for text in self.include]

    @cached_property
    def _excluded(self) -> list[re.Pattern[str]]:
        return [_pattern(text) for text in self.exclude]


EVERYTHING: Final = Selection()


def declared(table: SelectionTable) -> Selection:
    """Return what the site file selects."""
    return Selection(
        include=table.include,
        exclude=table.exclude,
        since=midnight(table.since),
        before=midnight(table.before),
        max_bytes=None if table.max_size is None else size_bytes(table.max_size),
        names={tuple(old.split("/")): tuple(new.split("/")) for old, new in table.names.items()},
    )


@dataclass(frozen=True, slots=True)
class Choice:
    """What the site moves at all, and which part of that one pass moves now."""

    site: Selection = EVERYTHING
    now: Selection = EVERYTHING

    @property
    def takes_all_messages(self) -> bool:
        """Whether no message of a mailbox that is taken is left out."""
        return self.site.takes_all_messages and self.now.takes_all_messages

    def takes_mailbox(self, name: MailboxName) -> bool:
        """Say whether a mailbox is moved now, as far as its name tells."""
        return self.site.takes_mailbox(name) and self.now.takes_mailbox(name)

    def takes_message(self, fact: MessageFacts) -> bool:
        """Say whether a message of a mailbox that is taken is moved now."""
        return self.site.takes_message(fact) and (self.now.whole_mailboxes or self.now.takes_message(fact))


ALL: Final = Choice()


def for_pass(
    patterns: tuple[tuple[str, ...], tuple[str, ...]],
    since: dt.date | None,
    before: dt.date | None,
    *,
    without_uids: bool,
) -> Selection:
    """Return what one pass is about.

    Args:
        patterns: of mailboxes that are in, and of those that are out.
        since: the first day whose mail is in.
        before: the first day whose mail is not.
        without_uids: whether older mail may get new UIDs when it comes later. Otherwise mailboxes are moved whole.
    """
    limits = since is not None or before is not None
    return Selection(
        include=patterns[0],
        exclude=patterns[1],
        since=midnight(since),
        before=midnight(before),
        whole_mailboxes=limits and not without_uids,
    )


def midnight(day: dt.date | None) -> int | None:
    """Return the Unix seconds at which a day begins in UTC."""
    return None if day is None else int(dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC).timestamp())


def renamed(
    names: Iterable[MailboxName], wanted: Mapping[MailboxName, MailboxName], known: Iterable[MailboxName] = ()
) -> dict[MailboxName, MailboxName]:
    """Return for each of an account's mailboxes the name that the operator wants for it.

    Args:
        names: the account's mailboxes.
        wanted: new names by old ones; what is below a mailbox goes with it.
        known: mailboxes that were copied already: they keep what they have.

    Raises:
        NamesCollideError: two of them would have one name.
    """
    kept = set(known)
    result: dict[MailboxName, MailboxName] = {}
    taken: dict[MailboxName, MailboxName] = {}
    for name in sorted(set(names)):
        result[name] = name if name in kept else _wanted(name, wanted)
        if (other := taken.setdefault(result[name], name)) != name:
            raise NamesCollideError(other, name, result[name])
    return result


def _wanted(name: MailboxName, wanted: Mapping[MailboxName, MailboxName]) -> MailboxName:
    for depth in range(len(name), 0, -1):
        if (new := wanted.get(name[:depth])) is not None:
            return new + name[depth:]
    return name


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(piece) for piece in text.split("*")), re.DOTALL)
