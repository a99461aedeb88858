"""Deviations from the standard that IMAP servers were seen to write, each with a name.

What is not listed here is an error. Every member has a sample in ``tests/unit/imap/test_quirks.py`` that is read with
it and refused without it.
"""

from __future__ import annotations

import enum


class Quirk(enum.Flag):
    """One leniency of the readers; `KNOWN` is all of them and the default."""

    PLUS_IN_ANSWER = enum.auto()
    """A server's literal is announced as ``{n+}``. Cyrus does so in its replication answers."""

    MISSING_TEXT = enum.auto()
    """``T1 OK`` without the text that the grammar demands after it."""

    BARE_CONTINUATION = enum.auto()
    """``+`` and the line's end, without the space that the grammar demands between them."""

    SPARE_SPACE = enum.auto()
    """A space too many in or after a list: ``* SEARCH 1 2 ``, ``(MESSAGES 1 )``, ``(\\Seen  $Forwarded)``."""

    UNPADDED_DAY = enum.auto()
    """``"1-Jul-1996 …"`` where the grammar wants two places: ``" 1-Jul-1996 …"``."""

    EIGHT_BIT_KEYWORD = enum.auto()
    """A keyword with bytes above 127, read as UTF-8 where it is that, else as Latin-1."""

    PLAIN_NAME = enum.auto()
    """A mailbox name that is not modified UTF-7: a lone ``&``, or bytes above 127 (UTF-8, else Latin-1)."""

    TRAILING_DELIMITER = enum.auto()
    """A mailbox that only holds others is listed as ``Name/``."""

    SILENT_EMPTY_SEARCH = enum.auto()
    """No ``* SEARCH`` at all when nothing was found."""

    EXAMINE_WITHOUT_UIDNEXT = enum.auto()
    """EXAMINE does not say UIDNEXT (RFC 3501 did not demand it); STATUS does."""

    KNOWN = (
        PLUS_IN_ANSWER
        | MISSING_TEXT
        | BARE_CONTINUATION
        | SPARE_SPACE
        | UNPADDED_DAY
        | EIGHT_BIT_KEYWORD
        | PLAIN_NAME
        | TRAILING_DELIMITER
        | SILENT_EMPTY_SEARCH
        | EXAMINE_WITHOUT_UIDNEXT
    )
