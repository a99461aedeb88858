"""Values of ``userPassword`` that we did not write ourselves: which scheme they are, and whether a password fits.

New hashes are made in `passwords`; the older schemes here are only ever verified, where another hand has written them.
"""

from __future__ import annotations

import base64
import binascii
import enum
import hashlib
import hmac
import re
from collections.abc import Iterable
from typing import Final

from sterna.model.secret import Secret
from sterna.openldap.passwords import verify_password

_LABEL: Final = re.compile(r"\A\{([A-Za-z0-9._/-]+)\}(.*)\Z", re.DOTALL)

_DIGESTS: Final = {
    "MD5": "md5",
    "SMD5": "md5",
    "SHA": "sha1",
    "SSHA": "sha1",
    "SHA256": "sha256",
    "SSHA256": "sha256",
    "SHA384": "sha384",
    "SSHA384": "sha384",
    "SHA512": "sha512",
}
"""Schemes of slapd and its module pw-sha2, each with its digest; the salt, if any, stands behind the digest."""


class Match(enum.Enum):
    """Whether a password is the one that a stored value was made of."""

    SAME = "same"
    DIFFERENT = "different"
    UNKNOWN = "unknown"
    """Only the directory itself can tell, for instance with ``{CRYPT}``."""


def scheme_of(stored: Secret) -> str:
    """Return the scheme's name in small letters (``argon2id``, ``ssha512`` …); ``clear`` when there is none."""
    label = _LABEL.match(stored.reveal())
    if label is None:
        return "clear"
    name = label[1].lower()
    if name == "argon2" and (variant := re.match(r"\$(argon2[a-z]*)\$", label[2])):
        return variant[1]
    return name


def match_any(password: Secret, stored: Iterable[Secret]) -> Match:
    """Return whether `password` fits any of the values: slapd accepts a login when one of several does."""
    results = {match_one(password, value) for value in stored}
    for result in (Match.SAME, Match.UNKNOWN):
        if result in results:
            return result
    return Match.DIFFERENT


def match_one(password: Secret, stored: Secret) -> Match:
    """Return whether `password` is the one that `stored` was made of."""
    known = verify_password(password, stored)
    if known is not None:
        return Match.SAME if known else Match.DIFFERENT
    clear = password.reveal()
    label = _LABEL.match(stored.reveal())
    if label is None or label[1].upper() == "CLEARTEXT":
        return _same(clear.encode(), (stored.reveal() if label is None else label[2]).encode())
    digest = _DIGESTS.get(label[1].upper())
    return Match.UNKNOWN if digest is None else _match_digest(clear.encode(), label[2], digest)


def _match_digest(clear: bytes, value: str, digest: str) -> Match:
    try:
        raw = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return Match.UNKNOWN
    size = hashlib.new(digest, usedforsecurity=False).digest_size
    if len(raw) < size:
        return Match.UNKNOWN
    return _same(hashlib.new(digest, clear + raw[size:], usedforsecurity=False).digest(), raw[:size])


def _same(left: bytes, right: bytes) -> Match:
    return Match.SAME if hmac.compare_digest(left, right) else Match.DIFFERENT
