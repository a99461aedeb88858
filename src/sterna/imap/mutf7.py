"""Modified UTF-7, the spelling of mailbox names on the wire (RFC 3501 section 5.1.3).

Printable US-ASCII stands for itself, ``&`` is written ``&-``, and everything else is UTF-16BE in base64 between ``&``
and ``-``, with ``,`` for ``/`` and without padding. There is exactly one spelling of each name, and `decode` accepts
no other: so two different spellings are never taken for one mailbox.
"""

from __future__ import annotations

import binascii
import re
from typing import Final

from sterna.errors import FormatError

_SHIFTED: Final = re.compile(rb"&([A-Za-z0-9+,]*)-")
_PLAIN: Final = re.compile(rb"[\x20-\x25\x27-\x7e]+")
_NOT_PLAIN: Final = re.compile("[^\x20-\x7e]+|&")


def encode(text: str) -> bytes:
    """Return `text` as it is written on the wire.

    Raises:
        FormatError: half of a surrogate pair stands alone; such text has no UTF-16 form.
    """
    try:
        return _NOT_PLAIN.sub(lambda run: _shifted(run[0]), text).encode("ascii")
    except UnicodeEncodeError as error:
        data = text.encode("utf-8", "surrogatepass")
        before = text[: text.index(error.object[error.start])].encode("utf-8", "surrogatepass")
        raise FormatError("text without lone surrogates", data=data, offset=len(before)) from None


def decode(wire: bytes) -> str:
    """Return the text that `wire` spells.

    Raises:
        FormatError: not modified UTF-7, or another spelling than the one `encode` gives.
    """
    text: list[str] = []
    at = 0
    after_shift = False
    while at < len(wire):
        if plain := _PLAIN.match(wire, at):
            text.append(plain[0].decode("ascii"))
            after_shift = False
        elif (plain := _SHIFTED.match(wire, at)) is None:
            raise FormatError("modified UTF-7", data=wire, offset=at)
        elif not plain[1]:
            text.append("&")
            after_shift = False
        elif after_shift:
            raise FormatError("one run of base64 instead of two", data=wire, offset=at)
        else:
            text.append(_unshifted(wire, at, plain[1]))
            after_shift = True
        at = plain.end()
    return "".join(text)


def _shifted(run: str) -> str:
    if run == "&":
        return "&-"
    packed = binascii.b2a_base64(run.encode("utf-16-be"), newline=False)
    return "&" + packed.rstrip(b"=").replace(b"/", b",").decode("ascii") + "-"


def _unshifted(wire: bytes, at: int, run: bytes) -> str:
    """Decode one run of base64; `at` is where its ``&`` stands."""
    padded = run.replace(b",", b"/") + b"=" * (-len(run) % 4)
    try:
        text = binascii.a2b_base64(padded, strict_mode=True).decode("utf-16-be")
    except (binascii.Error, UnicodeDecodeError):
        raise FormatError("base64 of UTF-16BE", data=wire, offset=at) from None
    # Spare bits that are not zero, and printable ASCII that needed no base64, would be second spellings of a name.
    if _NOT_PLAIN.fullmatch(text) is None or text == "&" or _shifted(text).encode("ascii") != b"&" + run + b"-":
        raise FormatError("the one canonical spelling", data=wire, offset=at)
    return text
