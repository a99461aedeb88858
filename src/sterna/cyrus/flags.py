r"""Which flags the target can hold.

Cyrus keeps the five system flags, and as keywords what is an IMAP atom, at most 128 different ones in a mailbox; an
unknown ``\Flag`` it would drop without a word (RFC 9051 section 2.3.2; cyrus-imapd: MAX_USER_FLAGS). A keyword keeps
its place when no message has it any more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from sterna.model.mailbox import Flags

MAX_KEYWORDS: Final = 128

MAX_LEFT: Final = 100_000
"""Of so many messages the flags that were left out are remembered, so that memory has an end; all are counted."""

_SYSTEM: Final = {name.lower(): name for name in ("\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft")}
_KEYWORD: Final = re.compile(r"[!#$&'+,./0-9:;<=>?@A-Z^_`a-z|~}-]+")


class Keywords:
    """The keywords of one mailbox on the target, filled as messages pass; remembers what was left out, and where."""

    def __init__(self, given: Iterable[str] = ()) -> None:
        """Begin with the keywords that the mailbox has been given, also those that no message has now."""
        self._spelling = {name.lower(): name for name in given}
        self._dropped: dict[str, int] = {}
        self._left: dict[int, tuple[str, ...]] = {}

    @property
    def names(self) -> list[str]:
        """All keywords of the mailbox, in the order it got them."""
        return list(self._spelling.values())

    @property
    def dropped(self) -> Mapping[str, int]:
        """Flags that cannot be held, and on how many messages they stand."""
        return self._dropped

    @property
    def left(self) -> Mapping[int, tuple[str, ...]]:
        """The same by UID, where it was told, and at most `MAX_LEFT` of them."""
        return self._left

    def representable(self, flags: Flags, uid: int | None = None) -> Flags:
        """Return `flags` as the target can hold them; what it cannot is counted, once for each `uid`."""
        kept: set[str] = set()
        left: list[str] = []
        for flag in sorted(flags):
            if flag.lower() == "\\recent":
                continue
            mapped = _SYSTEM.get(flag.lower()) or self._keyword(flag)
            if mapped is None:
                left.append(flag)
            else:
                kept.add(mapped)
        if left:
            self._leave(tuple(left), uid)
        return frozenset(kept)

    def _leave(self, flags: tuple[str, ...], uid: int | None) -> None:
        counted: tuple[str, ...] = ()
        if uid is not None and (uid in self._left or len(self._left) < MAX_LEFT):
            counted = self._left.get(uid, ())
            self._left[uid] = flags
        for flag in flags:
            if flag not in counted:
                self._dropped[flag] = self._dropped.get(flag, 0) + 1

    def _keyword(self, flag: str) -> str | None:
        """Return the spelling that the mailbox already has, since two that differ in case are one keyword."""
        # Cyrus reads a bare NIL as the nil value, and dies of it.
        if not _KEYWORD.fullmatch(flag) or flag.lower() == "nil":
            return None
        if flag.lower() not in self._spelling and len(self._spelling) >= MAX_KEYWORDS:
            return None
        return self._spelling.setdefault(flag.lower(), flag)
