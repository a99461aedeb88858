r"""Which flags the target can hold.

Cyrus keeps the five system flags, and as keywords what is an IMAP atom, at most 128 different ones in a mailbox; an
unknown ``\Flag`` it would drop without a word (RFC 9051 section 2.3.2; cyrus-imapd: MAX_USER_FLAGS).
"""

from __future__ import annotations

import re
from typing import Final

from sterna.model.mailbox import Flags

MAX_KEYWORDS: Final = 128

_SYSTEM: Final = {name.lower(): name for name in ("\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft")}
_KEYWORD: Final = re.compile(r"[!#$&'+,./0-9:;<=>?@A-Z^_`a-z|~}-]+")


class Keywords:
    """The keywords of one mailbox on the target, filled as messages pass; holds what was dropped and how often."""

    def __init__(self) -> None:
        self._spelling: dict[str, str] = {}
        self.dropped: dict[str, int] = {}

    def representable(self, flags: Flags) -> Flags:
        """Return `flags` as the target can hold them; what it cannot is counted in `dropped`."""
        kept: set[str] = set()
        for flag in sorted(flags):
            if flag.lower() == "\\recent":
                continue
            mapped = _SYSTEM.get(flag.lower()) or self._keyword(flag)
            if mapped is None:
                self.dropped[flag] = self.dropped.get(flag, 0) + 1
            else:
                kept.add(mapped)
        return frozenset(kept)

    def _keyword(self, flag: str) -> str | None:
        """Return the spelling that the mailbox already has, since two that differ in case are one keyword."""
        # Cyrus reads a bare NIL as the nil value, and dies of it.
        if not _KEYWORD.fullmatch(flag) or flag.lower() == "nil":
            return None
        if flag.lower() not in self._spelling and len(self._spelling) >= MAX_KEYWORDS:
            return None
        return self._spelling.setdefault(flag.lower(), flag)
